/** Step programs that play both hosts: over the simulated wire, with streams. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { compileCore, loadScenario, runScenario, type TraceLine } from '../../sim/host/index.ts';

const root = process.env.RINGLAB_ROOT ?? join(import.meta.dirname, '..', '..');
let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});

function trace(text: string): TraceLine[] {
  const lines: TraceLine[] = [];
  runScenario(core, loadScenario(text, 'x.yaml'), { onStep: (line) => lines.push(line) });
  return lines;
}
const of = (lines: readonly TraceLine[], e: string) => lines.filter((l) => l.e === e);

const OPEN = `
nic: {header_split: on, rx_queues: 2, rss_equal: 1, rules: [{dst_port: 9999, queue: 1}]}
steps:
  - sock.pair: {over: wire, port: 9999}
  - ring.init: {sq: 8, cq: 256, flags: [SINGLE_ISSUER, DEFER_TASKRUN, CQE32]}
  - zcrx.reg: {nodev: off, rxq: 1, pages: 128, rq: 128}
`;

test('far more than any buffer holds goes through an area of half a megabyte, and nobody waits for himself', () => {
  const lines = trace(`${OPEN}
  - stream.send: {fd: b, n: 8 MiB, end: on}
  - zcrx.receive: {fds: a, give: batch, batch: 8}`);
  expect(of(lines, 'received')).toMatchObject([{ why: 'end', bytes: 8 << 20, zeroCopyBytes: 8 << 20, copiedBytes: 0, ok: true }]);
  expect(of(lines, 'lent')).toMatchObject([{ distinct: true, events: [] }]);
  expect(lines.at(-1)?.e).toBe('end');
});

test('what is not given back is not received again, and goes on when it is', () => {
  const lines = trace(`${OPEN}
  - stream.send: {fd: b, n: 1 MiB, end: on}
  - zcrx.receive: {fds: a, give: none, quiet: 100ms}
  - zcrx.give: {order: reversed}
  - zcrx.receive: {fds: a}`);
  expect(of(lines, 'received')).toMatchObject([{ why: 'quiet', some: true, ok: true }, { why: 'end', ok: true }]);
  expect(of(lines, 'lent')).toMatchObject([{ returned: 'none', distinct: true }, { returned: 'all', distinct: true }]);
});

test('bytes that are not the stream\'s are found', () => {
  const lines = trace(`${OPEN}
  - peer.send: {fd: b, n: 100}
  - stream.send: {fd: b, n: 1000}
  - zcrx.receive: {fds: a, n: 1000}`);
  expect(of(lines, 'received')).toMatchObject([{ why: 'bytes', ok: false }]);
});

test('a receive that copies moves streams too, either way', () => {
  const lines = trace(`
steps:
  - sock.pair: {over: wire}
  - stream.send: {fd: a, n: 3000000, end: on}
  - stream.recv: {fd: b, n: 1000000}
  - stream.recv: {fd: b}`);
  expect(of(lines, 'received')).toMatchObject([{ why: 'bytes', bytes: 1_000_000 }, { why: 'end', bytes: 2_000_000, ok: true }]);
});

test('a call of the client\'s task that waits lets time pass for both', () => {
  const lines = trace(`
steps:
  - sock.pair: {over: wire}
  - peer.send: {fd: a, n: 10}
  - peer.recv: {fd: b}
  - sleep_ms: {ms: 20, host: client}
  - peer.close: b
  - peer.recv: {fd: a}`);
  expect(of(lines, 'ret').map((l) => l.ret)).toEqual([10, 10, 0, 0]);
});

test('what was to be sent from a file goes with it, and not from the next file of its number', () => {
  const lines = trace(`
steps:
  - sock.pair: {over: wire}
  - stream.send: {fd: b, n: 8 MiB}
  - peer.close: {fd: b, rst: on}
  - peer.close: a
  - sock.pair: {over: wire, a: c, b: d}
  - stream.send: {fd: d, n: 1000, end: on}
  - stream.recv: {fd: c}`);
  expect(of(lines, 'received')).toMatchObject([{ why: 'end', bytes: 1000, ok: true }]);
});
