/** Caches, DRAM and the bus: what a run moves over them, and what that takes. Published figures that the model must come to are named. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { compileCore, loadScenario, type RunResult, runScenario } from '../../sim/host/index.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(new URL('../../build/core.wasm', import.meta.url)));
});
const TEXT = `
run: { payload: false, trace: false, until_ns: 50ms }
wire: { rate_bps: 100Gbps, delay_ns: 5us }
nic: { mtu: 9000, rx_ring: 1024, rx_queues: 1, tx_queues: 1 }
app: { port: 9999 }
hosts:
  client: { app: { role: source, bytes: 48MiB, chunk: 65536 } }
  server: { app: { role: sink, receive: recv, chunk: 65536 }, refill: { area_bytes: 64MiB } }
`;
const run = (...sets: string[]): RunResult => runScenario(core, loadScenario(TEXT, 'memory', { sets })).result;
const received = (r: RunResult): number => r.streams.reduce((sum, s) => sum + s.bytes, 0);
const perByte = (r: RunResult, host: 'client' | 'server', name: string): number => (r[host].dram[name] ?? 0) / received(r);
const cycles = (r: RunResult, cost: string): number =>
  r.server.charges.filter((c) => c.cost === cost).reduce((sum, c) => sum + c.cycles, 0);
const COLD = ['mem.ddio_ways=0', 'mem.llc_bytes=0', 'mem.l2_bytes=64KiB', 'app.buffers_bytes=256MiB', 'server.app.touch=read'];

test('without caches a copy moves a byte four times on either side, zero copy once where it is sent and twice where it is received', () => {
  const copied = run(...COLD);
  expect(perByte(copied, 'client', 'total')).toBeCloseTo(4, 1);
  expect(perByte(copied, 'server', 'total')).toBeCloseTo(4, 1);
  const lent = run(...COLD, 'client.app.send=zc_fixed', 'server.app.receive=zc');
  expect(perByte(lent, 'client', 'total')).toBeCloseTo(1, 1);
  expect(perByte(lent, 'server', 'total')).toBeCloseTo(2, 1);
});

test('the NIC finds its I/O ways by their share of what it goes round in (ddio-bench: 38.93 % of 2 ways, 99.75 % of 6)', () => {
  const hit = (ways: number): number => {
    // Two rings of 4096 buffers with 1448 bytes each: 11.86 MB; the published 11.56 MB would be 0.4083 of two ways.
    const ring = ['nic.mtu=1500', 'server.nic.rx_ring=4096', 'server.nic.rx_queues=2', 'client.app.flows=8', 'cpu.machine=ideal'];
    const { dram } = run(...ring, 'client.app.bytes=12MiB', `server.mem.ddio_ways=${ways}`).server;
    return (dram['ddio_hit'] ?? 0) / ((dram['ddio_hit'] ?? 0) + (dram['ddio_miss'] ?? 0));
  };
  expect(hit(2)).toBeGreaterThan(0.35);
  expect(hit(2)).toBeLessThan(0.55);
  expect(hit(6)).toBeGreaterThan(0.95);
});

test('a working set that is given decides what the NIC finds', () => {
  const { dram } = run('server.mem.io_working_set=11559209').server;
  expect((dram['ddio_hit'] ?? 0) / ((dram['ddio_hit'] ?? 0) + (dram['ddio_miss'] ?? 0))).toBeCloseTo((2 * 2.25 * 1.048576) / 11.559209, 2);
});

test('a share of misses that is given costs 35.6 cycles a line', () => {
  const r = run('server.mem.miss_permille=604');
  expect((r.server.dram['cache_miss'] ?? 0) / received(r)).toBeCloseTo(0.604, 2);
  expect(cycles(r, 'copy_miss_kib') / (received(r) / 64)).toBeCloseTo(35.6 * 0.604, 0);
});

test('a memory bus that has no time left makes cores wait', () => {
  const free = run(...COLD, 'mem.dram_bps=0');
  const bound = run(...COLD, 'server.mem.dram_bps=60Gbps');
  expect(cycles(free, 'dram_stall')).toBe(0);
  expect(cycles(bound, 'dram_stall')).toBeGreaterThan(1e6);
  const bps = ((bound.server.dram['total'] ?? 0) * 8e9) / bound.virtualTimeNs;
  expect(bps).toBeLessThan(60e9);
});

test('a bus that is slower than the link fills the NIC, which drops', () => {
  const bound = run('server.nic.pcie_bps=20Gbps', 'cpu.machine=ideal', 'client.app.flows=4');
  expect(bound.server.nic['rx_fifo_errors']).toBeGreaterThan(0);
  expect(((bound.server.nic['pcie_rx_bytes'] ?? 0) * 8e9) / bound.virtualTimeNs).toBeLessThan(20e9 * 1.01);
});

test('an IOMMU costs a mapping for each page that is sent, and a flush of it where it is strict', () => {
  const units = (how: string, cost: string) =>
    run(`client.mem.iommu=${how}`).client.charges.filter((c) => c.cost === cost).reduce((sum, c) => sum + c.units, 0);
  expect(units('passthrough', 'iommu_map')).toBe(0);
  expect(units('lazy', 'iommu_map')).toBeGreaterThan(1000);
  expect(units('lazy', 'iommu_flush')).toBe(0);
  expect(units('strict', 'iommu_flush')).toBe(units('strict', 'iommu_unmap'));
});
