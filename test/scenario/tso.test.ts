/** Large packets in whole worlds: whoever cuts them and whatever the link does, streams arrive whole and every count agrees. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileCore, KIND, loadScenario, readWireFrames, runScenario, TraceStore } from '../../sim/host/index.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(new URL('../../build/core.wasm', import.meta.url)));
});

const WORLD = `
about: large packets over a bad link
run: { verify: on, until_ns: 60s }
wire: { delay_ns: 20us }
app: { port: 9999 }
hosts:
  client: { app: { role: source, flows: 2, bytes: 1MiB, chunk: 200KiB } }
  server: { app: { role: sink, receive: zc }, refill: { area_bytes: 16MiB } }
`;
const BAD = ['loss_ppm=1%', 'reorder_ppm=2%', 'reorder_delay_ns=30us', 'duplicate_ppm=0.5%', 'corrupt_ppm=0.5%'];

function run(sets: readonly string[]) {
  const trace = new TraceStore();
  let captured = 0;
  const scenario = loadScenario(WORLD, 'tso', { sets });
  const { result } = runScenario(core, scenario, {
    sinks: {
      onTrace: (b) => trace.add(b),
      onCapture: (bytes) => {
        for (const _ of readWireFrames(bytes)) captured++;
      },
    },
  });
  expect(result.streams.every((s) => s.complete)).toBe(true);
  expect(result.streams.map((s) => s.bytes)).toEqual([2 ** 20, 2 ** 20]);
  return { trace, captured, result, sums: result.streams.map((s) => s.sha256).sort() };
}

describe.each(['on', 'off'])('tso %s', (tso) => {
  const worlds = [['on', 1], ['on', 2], ['on', 3], ['off', 4], ['off', 5], ['off', 6]] as const;
  test.each(worlds)('verified after each event: sack %s, seed %i', (sack, seed) => {
    const bad = BAD.map((set) => `client.wire.${set}`);
    const { result } = run([...bad, 'server.wire.loss_ppm=1%', `client.nic.tso=${tso}`, `tcp.sack=${sack}`, `run.seed=${seed}`]);
    expect(result.client.tcp.RetransSegs).toBeGreaterThan(10);
  });
});

test('who cuts a packet makes no difference to the streams', () => {
  const worlds = [[], ['client.nic.tso=off'], ['client.nic.tx_checksum=off', 'server.nic.rx_checksum=off'], ['tcp.family=ipv6']];
  const streams = worlds.map((sets) => run(sets).sums);
  for (const sums of streams) expect(sums).toEqual(streams[0]);
});

test('a device with a short ring and queue makes a sender of large packets slow and loses nothing for good', () => {
  for (const tso of ['on', 'off']) {
    const short = ['client.nic.tx_ring=8', 'client.nic.tx_queues=1', 'client.wire.queue_packets=2', 'wire.rate_bps=1Gbps'];
    const { result } = run([`client.nic.tso=${tso}`, ...short]);
    if (tso === 'off') expect(result.drops.FULL_RING).toBeGreaterThan(0);
  }
});

test('64 KiB of the smallest segments fit into what one event may trace and capture', () => {
  const { trace, captured } = run(['nic.mtu=576', 'run.capture=on', 'limits.trace_records=65536', 'limits.capture_bytes=2MiB']);
  const sent = trace.filter((b, i) => b.kind(i) === KIND.tcp_tx && b.c(i) > 60_000);
  expect(sent.length).toBeGreaterThan(0);
  expect(captured).toBe(trace.filter((b, i) => b.kind(i) === KIND.wire_send).length);
});
