/** The receive window over loopback, beside TCP_INFO and SO_MEMINFO of the same calls on Linux 7.3.4: to the byte. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { compileCore, loadScenario, readSockets, runScenario } from '../../sim/host/index.ts';

const root = join(import.meta.dirname, '..', '..');
let core: WebAssembly.Module;

beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});

/** What p03 sends up to its link, from memory that begins within a page, as the probe's does. */
const sends = (pause: string) => `
define:
  zc: [{sqe: {op: SEND_ZC, fd: a, addr: buf+96, len: $len, msg_flags: NOSIGNAL, ud: $ud, ioprio: $zf}}, submit, get_events]
steps:
  - mem.bytes: {name: buf, len: 69632}
  - sock.pair: {kind: tcp}
  - ring.init: {sq: 8, cq: 32, flags: []}
  - repeat:
      for: {zf: [[], [SEND_ZC_REPORT_USAGE]], n: [16, 1024, 65536]}
      steps: [{use: {name: zc, ud: 10, len: $n, zf: $zf}}, {peer.recv: {fd: b}}, ${pause} get_events, drain]
  - {use: {name: zc, ud: 20, len: 100, zf: []}}
  - await: {nr: 2, deadline: 500ms}
`;

/** The end that receives. */
function reader(pause: string) {
  const { engine } = runScenario(core, loadScenario(sends(pause), 'x.yaml'), {});
  return readSockets(engine).find((s) => s.bytes_received > 0);
}

test('a reader that takes longer than tcp_rcvbuf_low_rtt has room for what it read, as it grew', () => {
  expect(reader('{sleep_ms: {ms: 2}},')).toMatchObject({
    rcvbuf: 632267, rcv_wnd: 277120, rcv_space: 66576, rmem_alloc: 5056, bytes_received: 133252,
  });
});

test('one that reads at once has room for twice as much, and hardly more', () => {
  // 154 547 and 154 855 in two runs: it is the round trip that differs, by a microsecond.
  expect(reader('')).toMatchObject({ rcv_space: 66576, rmem_alloc: 5056 });
  expect(reader('')?.rcvbuf).toBeGreaterThanOrEqual(154239);
  expect(reader('')?.rcvbuf).toBeLessThan(160000);
});
