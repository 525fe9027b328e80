/** What a run says of performance: taken over its steady part, and attributed to what limits it. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileCore, loadScenario, type Measurement, measureRun } from '../../sim/host/index.ts';

const core = compileCore(readFileSync(new URL('../../build/core.wasm', import.meta.url)));
const MIB = 1024 ** 2;
const TEXT = `
app: {port: 9999}
run: {payload: off, trace: off}
hosts:
  client: {app: {role: source, bytes: 20MiB, chunk: 64KiB}}
  server: {app: {role: sink, receive: recv}}
`;
const measured = async (...sets: string[]): Promise<Measurement> =>
  measureRun(await core, loadScenario(TEXT, 'measure', { sets })).measurement;

test('a link that both hosts could fill many times over is what limits a run, at its rate', async () => {
  const m = await measured('wire.rate_bps=1Gbps');
  expect(m.bottleneck).toBe('link');
  expect(m.throughput_bps).toBeGreaterThan(0.92e9);
  expect(m.throughput_bps).toBeLessThan(1e9);
});

test('a receiver that pays for its copies is busy and limits the run; the other side costs nothing', async () => {
  const m = await measured('wire.rate_bps=400Gbps', 'client.cpu.machine=ideal', 'server.cost.copy_kib=2000');
  expect(m.bottleneck).toBe('server core 1');
  expect(m.server.core_busy[1]).toBeGreaterThan(0.93);
  expect(m.server.copied_per_byte).toBeCloseTo(1, 1);
  expect(m.server.cycles_per_byte.copy).toBeCloseTo(2000 / 1024, 1);
  expect(m.client.cycles_per_request).toBe(0);
});

test('the window leaves out how a connection begins and ends', async () => {
  const m = await measured('wire.rate_bps=1Gbps');
  expect(m.bytes).toBeLessThan(20 * MIB * 0.7);
  expect(m.bytes).toBeGreaterThan(20 * MIB * 0.3);
});

test('a bus that is full is what limits a run, though cores that wait for it are busy', async () => {
  const cold = ['mem.ddio_ways=0', 'mem.llc_bytes=0', 'mem.l2_bytes=64KiB', 'app.buffers_bytes=256MiB', 'wire.rate_bps=100Gbps'];
  expect((await measured(...cold, 'server.mem.dram_bps=40Gbps')).bottleneck).toBe('dram');
  expect((await measured('client.nic.pcie_bps=10Gbps', 'wire.rate_bps=100Gbps')).bottleneck).toBe('pcie');
});
