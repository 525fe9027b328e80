/** Invariants of the rings: a run with a bug of the museum breaks the one that names it, and the same run without it breaks none. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { type FuzzCase, NO_CALM, Runner } from '../../../sim/fuzz/index.ts';
import { SMALL_LIMITS } from '../../../sim/fuzz/generate/sizes.ts';
import { compileCore, type Plain } from '../../../sim/host/index.ts';

type Step = Readonly<Record<string, Plain>>;
let runner: Runner;
beforeAll(async () => {
  runner = new Runner(await compileCore(readFileSync('build/core.fuzz.wasm')));
});

const DEFER = ['SINGLE_ISSUER', 'DEFER_TASKRUN'];
const ring = (cq: number, ...flags: string[]): Step => ({ 'ring.init': { sq: 4, cq, flags: ['CQSIZE', 'SUBMIT_ALL', ...flags] } });
const submit: Step = { submit: {} };
const events: Step = { get_events: {} };
const drain: Step = { drain: {} };
const sqe = (fields: Step): Step => ({ sqe: fields });
const send = (fd: string, n: number): Step => ({ 'peer.send': { fd, n } });
const bytes = (name: string): Step => ({ 'mem.bytes': { name, len: 512 } });
const nops = (n: number, more: Step = {}): Step[] => [...Array(n).keys()].map((i) => sqe({ op: 'NOP', ud: 40 + i, ...more }));
const receive = (ud: number, more: Step = {}): Step => sqe({ op: 'RECV', fd: 'a', bgid: 1, flags: ['BUFFER_SELECT'], ud, ...more });
const connect: Step = { 'sock.connect': { to: 'l', name: 'k' } };
const wide = { nop_flags: 32, off: 7, addr: 9 };

/** Bug, invariant, program. */
const RUNS: readonly (readonly [string, RegExp, readonly Step[]])[] = [
  ['cqe-reorder', /^U3/, [ring(4), ...nops(3), submit, ...nops(3), submit, { advance: { n: 4 } }, ...nops(1), submit]],
  ['poll-mshot-overflow', /^U2/, [
    { 'sock.pair': {} }, ring(4), sqe({ op: 'POLL_ADD', fd: 'a', poll_events: ['IN'], len: 1, ud: 1 }), submit, ...nops(4), submit,
    send('b', 1), events,
  ]],
  ['accept-overflow-fd', /^U12/, [
    { 'sock.listen': { name: 'l' } }, ring(4), sqe({ op: 'ACCEPT', fd: 'l', ioprio: ['ACCEPT_MULTISHOT'], ud: 1 }), submit, ...nops(4),
    submit, connect, events, drain, events, drain,
  ]],
  ['recv-mshot-eof', /^U8/, [
    { 'sock.pair': { kind: 'unix' } }, ring(8, ...DEFER), { 'pbuf.reg': { bgid: 1, entries: 4, bufs: 4, size: 64 } },
    receive(1, { ioprio: ['RECV_MULTISHOT'] }), submit, events, send('b', 5), { 'peer.close': 'b' }, events, drain,
  ]],
  ['notif-reorder', /^U1/, [
    { 'sock.pair': {} }, bytes('buf'), ring(8, ...DEFER), sqe({ op: 'SEND_ZC', fd: 'a', addr: 'buf', len: 8, flags: ['ASYNC'], ud: 1 }),
    submit, { sleep_ms: 1 }, events, { 'peer.recv': { fd: 'b' } }, { sleep_ms: 1 }, events, drain,
  ]],
  ['bundle-truncated', /^U5/, [
    { 'sock.pair': {} }, ring(8), { 'pbuf.reg': { bgid: 1, entries: 16, bufs: 12, size: 16 } }, send('b', 48),
    receive(1, { len: 24, ioprio: ['RECVSEND_BUNDLE'] }), submit, send('b', 8), receive(2), submit, events, drain,
  ]],
  ['inc-short-commit', /^U5/, [
    { 'sock.pair': {} }, ring(8), { 'pbuf.reg': { bgid: 1, entries: 4, bufs: 2, size: 64, flags: 'INC' } }, send('b', 40), receive(1),
    submit,
  ]],
  ['pbuf-wrong-group', /^U5/, [
    { 'sock.pair': {} }, bytes('mem'), ring(8),
    sqe({ op: 'PROVIDE_BUFFERS', fd: 1, addr: 'mem', len: 32, bgid: 1, off: 2, ud: 8 }),
    sqe({ op: 'PROVIDE_BUFFERS', fd: 1, addr: 'mem', len: 32, bgid: 2, off: 9, ud: 8 }), submit,
    receive(1), submit, send('b', 1), events, receive(2, { bgid: 2 }), submit, send('b', 1), events, drain,
    receive(3, { bgid: 2 }), submit, send('b', 1), events, drain,
  ]],
  // A list of one that a request has put back: it went nowhere.
  ['pbuf-wrong-group', /^U5/, [
    { 'sock.pair': {} }, bytes('mem'), ring(8), sqe({ op: 'PROVIDE_BUFFERS', fd: 1, addr: 'mem', len: 32, bgid: 1, off: 2, ud: 8 }), submit,
    receive(1), submit, send('b', 1), events, drain,
  ]],
  ['ltimeout-no-ref', /^(U|core: R)/, [
    { 'sock.pair': {} }, { 'sock.pair': { a: 'c', b: 'd' } }, bytes('buf'), { 'mem.ts': { name: 't', time: 500_000 } }, ring(16, ...DEFER),
    sqe({ op: 'RECV', fd: 'a', addr: 'buf', len: 64, flags: ['IO_LINK'], ud: 1 }), sqe({ op: 'LINK_TIMEOUT', addr: 't', len: 1, ud: 2 }),
    sqe({ op: 'POLL_ADD', fd: 'c', poll_events: ['IN'], len: 1, ud: 3 }), submit, events, send('b', 5), send('d', 5), { sleep_ms: 1 },
    events,
    drain, events, drain,
  ]],
  ['iowq-stale-tail', /^(U9|core)/, [
    ring(8), ...[1, 2].map((ud) => sqe({ op: 'NOP', flags: ['ASYNC'], ud })), sqe({ op: 'ASYNC_CANCEL', addr: 2, ud: 3 }),
    sqe({ op: 'NOP', flags: ['ASYNC'], ud: 4 }), submit, { sleep_ms: 1 }, events, drain, ...nops(1, { flags: ['ASYNC'] }), submit,
    { sleep_ms: 1 }, events, drain, { 'ring.exit': 0 }, { sleep_ms: 1 },
  ]],
  ['cancel-skips-iowq', /^U10/, [
    ring(8), sqe({ op: 'NOP', flags: ['ASYNC'], ud: 1 }), sqe({ op: 'ASYNC_CANCEL', addr: 1, ud: 2 }), submit, { sleep_ms: 1 },
    events, drain,
  ]],
  ['poll-cancel-lost', /^U10/, [
    { 'sock.pair': {} }, ring(8, ...DEFER), sqe({ op: 'POLL_ADD', fd: 'a', poll_events: ['IN'], len: 1, ud: 1 }), submit, events,
    send('b', 5), sqe({ op: 'ASYNC_CANCEL', addr: 1, ud: 2 }), submit, events, drain,
  ]],
  ['resize-wide-cqes', /^U3/, [
    ring(8, ...DEFER, 'CQE32'), ...nops(4, wide), submit, { 'ring.resize': { sq: 8, cq: 32, flags: ['CQSIZE'] } }, { sleep_ms: 1 }, drain,
  ]],
  ['cqe32-overflow-half', /^U3/, [
    ring(4, 'CQE32'), ...nops(4, wide), submit, ...nops(3, { ...wide, addr: 11 }), submit, drain, events,
  ]],
];

const caseOf = (steps: readonly Step[]): FuzzCase => ({
  generator: 'by hand', scenario: { run: { verify: true }, limits: SMALL_LIMITS, steps: steps as Plain[] }, edits: [], calm_at: NO_CALM,
});

test.each(RUNS)('%s breaks %s', (bug, invariant, steps) => {
  expect(runner.run(caseOf(steps), { rest_steps: 1 })).not.toHaveProperty('broken');
  const { broken, refused } = runner.run(caseOf(steps), { rest_steps: 1, bug });
  expect(refused).toBeUndefined();
  expect(broken?.invariant).toMatch(invariant);
});
