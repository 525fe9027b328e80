/** What programs that aim at the rings are made of: steps of one kind, and short scenes that seldom come together by chance. */
import fc from 'fast-check';
import type { Plain } from '../../host/index.ts';

export type Step = Readonly<Record<string, Plain>>;
export type Steps = fc.Arbitrary<readonly Step[]>;
const one = (step: fc.Arbitrary<Step>): Steps => step.map((s) => [s]);

const user_data = fc.integer({ min: 1, max: 12 });
/** Mostly none of them. */
const some = (...names: readonly string[]) => fc.oneof({ weight: 3, arbitrary: fc.constant([] as string[]) }, fc.subarray([...names]));
const flags = fc.oneof({ weight: 5, arbitrary: fc.constant([] as string[]) },
  fc.constantFrom(['IO_LINK'], ['IO_LINK'], ['IO_HARDLINK'], ['ASYNC'], ['ASYNC', 'IO_LINK'], ['CQE_SKIP_SUCCESS'], ['IO_DRAIN']));
const reader = fc.constantFrom('a', 'a', 'c');
const writer = fc.constantFrom('b', 'b', 'd');
const peer = (fd: string) => (fd === 'a' ? 'b' : 'd');
const other = (fd: string) => (fd === 'a' ? 'c' : 'a');
const bytes = fc.constantFrom(1, 5, 16, 17, 40, 100, 300);
const span = fc.constantFrom('t0', 't5', 't20', 't200', 't1000');

const sqe = (fields: fc.Arbitrary<Step>): Steps => fields.map((f) => [{ sqe: f }]);

const receive = fc.record({
  op: fc.constant('RECV'), fd: reader, bgid: fc.constantFrom(1, 1, 2, 2, 3, 4), ud: user_data, len: fc.constantFrom(0, 0, 0, 8, 40, 100),
  flags: flags.map((f) => ['BUFFER_SELECT', ...f]),
  ioprio: fc.constantFrom([], ['RECV_MULTISHOT'], ['RECV_MULTISHOT'], ['RECV_MULTISHOT', 'RECVSEND_BUNDLE'], ['RECVSEND_BUNDLE'],
    ['RECVSEND_POLL_FIRST']),
}) as fc.Arbitrary<Step>;
const guard = (fields: fc.Arbitrary<Step>): Steps => fc.tuple(fields, span, user_data).map(([f, addr, ud]) => [
  { sqe: { ...f, flags: [...(f.flags as string[]).filter((x) => x !== 'IO_HARDLINK' && x !== 'IO_DRAIN'), 'IO_LINK'] } },
  { sqe: { op: 'LINK_TIMEOUT', addr, len: 1, ud } },
]);
const nop = fc.record({ op: fc.constant('NOP'), ud: user_data, flags }) as fc.Arbitrary<Step>;
const big_nop = fc.record({
  op: fc.constant('NOP'), ud: user_data, flags, nop_flags: fc.constantFrom(32, 32, 33, 48), len: fc.constantFrom(0, 7, -5 >>> 0),
  off: fc.integer({ min: 1, max: 2 ** 30 }), addr: fc.integer({ min: 1, max: 2 ** 30 }),
}) as fc.Arbitrary<Step>;

/** What happens by itself, and when anybody looks. */
export const FLOW: Steps = fc.oneof(
  { weight: 6, arbitrary: fc.constant<readonly Step[]>([{ submit: {} }]) },
  { weight: 3, arbitrary: fc.constant<readonly Step[]>([{ submit: {} }, { get_events: {} }]) },
  { weight: 3, arbitrary: fc.constant<readonly Step[]>([{ get_events: {} }]) },
  { weight: 3, arbitrary: fc.constant<readonly Step[]>([{ drain: {} }]) },
  { weight: 2, arbitrary: fc.constant<readonly Step[]>([{ sleep_ms: 1 }]) },
  { weight: 2, arbitrary: fc.constantFrom(3000, 20_000, 300_000).map((timeout): readonly Step[] => [{ wait: { nr: 3, timeout } }]) },
);
const send: Steps = one(fc.record({ fd: writer, n: bytes }).map((f): Step => ({ 'peer.send': f })));
const cancel: Steps = fc.oneof(
  sqe(fc.record({ op: fc.constant('ASYNC_CANCEL'), addr: user_data, ud: fc.constant(90), flags }) as fc.Arbitrary<Step>),
  sqe(fc.record({ op: fc.constant('ASYNC_CANCEL'), ud: fc.constant(91), cancel_flags: fc.constantFrom(['ALL', 'ANY'], ['ANY']) }) as
    fc.Arbitrary<Step>),
  one(user_data.map((ud): Step => ({ 'ring.sync_cancel': { ud, timeout: 10_000 } }))),
);

/** Parts that a case may have. */
export const PARTS: Readonly<Record<string, Steps>> = {
  receives: fc.oneof(sqe(receive), sqe(receive), guard(receive), send, send),
  buffers: fc.oneof(
    one(fc.record({ bgid: fc.constantFrom(1, 2), bid: fc.nat(7) }).map((f): Step => ({ 'pbuf.add': f }))),
    sqe(fc.record({
      op: fc.constant('PROVIDE_BUFFERS'), fd: fc.constantFrom(1, 2), addr: fc.constant('mem'), len: fc.constant(32),
      bgid: fc.constantFrom(3, 4),
      off: fc.integer({ min: 40, max: 60 }), ud: fc.constant(80),
    }) as fc.Arbitrary<Step>),
    sqe(fc.record({ op: fc.constant('REMOVE_BUFFERS'), fd: fc.constant(1), bgid: fc.constantFrom(3, 4), ud: fc.constant(81) }) as
      fc.Arbitrary<Step>),
  ),
  nops: fc.oneof(sqe(nop), sqe(big_nop), sqe(nop)),
  cancel,
  timeouts: fc.oneof(
    sqe(fc.record({
      op: fc.constant('TIMEOUT'), addr: span, len: fc.constant(1), off: fc.constantFrom(0, 0, 1, 2), ud: user_data, flags,
      timeout_flags: some('MULTISHOT', 'ETIME_SUCCESS'),
    }) as fc.Arbitrary<Step>),
    sqe(fc.record({ op: fc.constant('TIMEOUT_REMOVE'), addr: user_data, ud: fc.constant(92) }) as fc.Arbitrary<Step>),
  ),
  polls: fc.oneof(sqe(fc.record({
    op: fc.constant('POLL_ADD'), fd: fc.constantFrom('a', 'c', 'pr'), poll_events: fc.constantFrom(['IN'], ['IN', 'RDHUP']), ud: user_data,
    len: fc.constantFrom(0, 1, 1), flags,
  }) as fc.Arbitrary<Step>), send),
  pipes: fc.oneof(
    sqe(fc.record({
      op: fc.constantFrom('READ_MULTISHOT', 'READ'), fd: fc.constant('pr'), bgid: fc.constantFrom(1, 2, 3), ud: user_data,
      off: fc.constant(-1), flags: fc.constant(['BUFFER_SELECT']),
    }) as fc.Arbitrary<Step>),
    one(fc.constantFrom('x', 'some more bytes').map((text): Step => ({ write: { fd: 'pw', text } }))),
    sqe(fc.record({ op: fc.constant('READ'), fd: fc.constant('pr'), addr: fc.constant('buf'), len: fc.constant(8), ud: user_data,
      off: fc.constant(-1), flags }) as fc.Arbitrary<Step>),
  ),
  sends: fc.oneof(
    sqe(fc.record({
      op: fc.constantFrom('SEND', 'SEND_ZC', 'SEND_ZC'), fd: fc.constantFrom('a', 'c'), addr: fc.constant('buf'), len: bytes,
      ud: user_data, flags,
    }) as fc.Arbitrary<Step>),
    one(writer.map((fd): Step => ({ 'peer.recv': { fd, flags: ['DONTWAIT'] } }))),
  ),
  accepts: fc.oneof(
    sqe(fc.record({
      op: fc.constant('ACCEPT'), fd: fc.constant('l'), ud: user_data,
      ioprio: fc.constantFrom([], ['ACCEPT_MULTISHOT'], ['ACCEPT_MULTISHOT']),
      file_index: fc.constantFrom(0, 0, 'IORING_FILE_INDEX_ALLOC'),
    }) as fc.Arbitrary<Step>),
    fc.constant<readonly Step[]>([{ 'sock.connect': { to: 'l', name: 'k' } }]),
  ),
  messages: sqe(fc.record({
    op: fc.constant('MSG_RING'), ring: fc.constantFrom(0, 1), fd: fc.constantFrom('ring1', 'ring0'), len: fc.constant(3), off: user_data,
    ud: user_data,
  }) as fc.Arbitrary<Step>),
  /** The end of a stream, just behind its last bytes. */
  stream_ends: fc.tuple(reader, fc.constantFrom([], ['RECV_MULTISHOT'], ['RECV_MULTISHOT']), bytes, fc.constantFrom(1, 3), user_data)
    .map(([fd, ioprio, n, bgid, ud]): readonly Step[] => [
      { sqe: { op: 'RECV', fd, bgid, flags: ['BUFFER_SELECT'], ioprio, ud } }, { submit: {} }, { get_events: {} },
      { 'peer.send': { fd: peer(fd), n } }, { 'peer.close': peer(fd) },
    ]),
  /** Two who wait for the same bytes. */
  rivals: fc.tuple(reader, bytes, fc.constantFrom('RECV', 'RECV', 'READ')).map(([fd, n, op]): readonly Step[] => [
    ...[21, 22].map((ud): Step => ({ sqe: { op, fd, addr: 'buf', len: 400, ud } })), { submit: {} }, { get_events: {} },
    ...[1, 2].map((): Step => ({ 'peer.send': { fd: peer(fd), n } })), { get_events: {} }, { 'peer.send': { fd: peer(fd), n } },
    { get_events: {} }, { sleep_ms: 1 },
  ]),
  /** A bundle that ends in the middle of a buffer, and more behind it. */
  bundles: fc.tuple(reader, fc.constantFrom(40, 100, 300), fc.constantFrom(0, 20, 24, 40, 72), fc.constantFrom(1, 1, 2),
    fc.constantFrom([], ['RECV_MULTISHOT'])).map(([fd, n, len, bgid, more]): readonly Step[] => [
      { 'peer.send': { fd: peer(fd), n } },
      { sqe: { op: 'RECV', fd, bgid, len, flags: ['BUFFER_SELECT'], ioprio: ['RECVSEND_BUNDLE', ...more], ud: 23 } },
      ...[5, 6, 7].map((bid): Step => ({ 'pbuf.add': { bgid, bid } })), { submit: {} }, { get_events: {} }, { drain: {} },
    ]),
  /** A guard whose time has come when what it guards is done. */
  late_guards: fc.tuple(reader, bytes, fc.boolean()).map(([fd, n, async]): readonly Step[] => [
    { sqe: { op: 'RECV', fd, addr: 'buf', len: 100, flags: async ? ['ASYNC', 'IO_LINK'] : ['IO_LINK'], ud: 24 } },
    { sqe: { op: 'LINK_TIMEOUT', addr: 't200', len: 1, ud: 25 } },
    { sqe: { op: 'POLL_ADD', fd: other(fd), poll_events: ['IN'], len: 1, ud: 26 } },
    { submit: {} }, { get_events: {} }, { 'peer.send': { fd: peer(fd), n } }, { 'peer.send': { fd: peer(other(fd)), n } }, { sleep_ms: 1 },
  ]),
  /** Requests for workers, one of which is cancelled before they come to it. */
  workers: fc.tuple(fc.array(fc.constantFrom(31, 32, 33), { minLength: 1, maxLength: 3 }), fc.constantFrom(31, 32, 33), reader)
    .map(([uds, addr, fd]): readonly Step[] => [
      ...uds.map((ud): Step => ({ sqe: { op: 'RECV', fd, addr: 'buf', len: 8, flags: ['ASYNC'], ud } })),
      { sqe: { op: 'ASYNC_CANCEL', addr, ud: 90 } }, { sqe: { op: 'NOP', flags: ['ASYNC'], ud: 34 } }, { submit: {} }, { sleep_ms: 1 },
      { get_events: {} },
    ]),
  /** Somebody cancels what has just been woken. */
  late_cancels: fc.tuple(reader, bytes, user_data, fc.constantFrom('POLL_ADD', 'RECV')).map(([fd, n, ud, op]): readonly Step[] => [
    { sqe: op === 'RECV' ? { op, fd, bgid: 1, flags: ['BUFFER_SELECT'], ioprio: ['RECV_MULTISHOT'], ud }
      : { op, fd, poll_events: ['IN'], len: 1, ud } },
    { submit: {} }, { get_events: {} }, { 'peer.send': { fd: peer(fd), n } },
    { sqe: { op: 'ASYNC_CANCEL', addr: ud, ud: 90 } }, { submit: {} },
    { get_events: {} }, { 'peer.send': { fd: peer(fd), n } },
  ]),
  /** More completions than there is room for, and what becomes of those that wait. */
  floods: fc.tuple(fc.integer({ min: 2, max: 7 }), fc.constantFrom(0, 32, 32), fc.integer({ min: 1, max: 1000 }),
    fc.constantFrom<readonly Step[]>([], [{ 'ring.resize': { sq: 8, cq: 32, flags: ['CQSIZE'] } }, { sleep_ms: 1 }],
      [{ drain: {} }, { get_events: {} }, { sleep_ms: 1 }]))
    .map(([times, nop_flags, addr, then]): readonly Step[] => [
      ...[...Array(times).keys()].map((i): Step => ({ sqe: { op: 'NOP', nop_flags, off: 100 + i, addr: addr + i, ud: 40 + i } })),
      { submit: {} }, ...then,
    ]),
  /** Many connections for one accept. */
  crowds: fc.tuple(fc.integer({ min: 1, max: 7 }), fc.constantFrom(0, 0, 'IORING_FILE_INDEX_ALLOC')).map(([times, file_index]) => [
    { sqe: { op: 'ACCEPT', fd: 'l', ioprio: ['ACCEPT_MULTISHOT'], file_index, ud: 27 } }, { submit: {} },
    ...Array.from({ length: times }, (): Step => ({ 'sock.connect': { to: 'l', name: 'k' } })), { get_events: {} },
  ]),
  /** A worker that sends. */
  sent_by_workers: fc.tuple(reader, bytes).map(([fd, len]): readonly Step[] => [
    { sqe: { op: 'SEND_ZC', fd, addr: 'buf', len, flags: ['ASYNC'], ud: 28 } }, { submit: {} }, { sleep_ms: 1 },
  ]),
  resize: one(fc.record({ sq: fc.constantFrom(8, 16), cq: fc.constantFrom(4, 8, 16, 32) })
    .map((f): Step => ({ 'ring.resize': { ...f, flags: ['CQSIZE'] } }))),
  ends: fc.oneof(
    one(fc.constantFrom('b', 'd', 'pw').map((fd): Step => ({ 'peer.close': fd }))),
    one(writer.map((fd): Step => ({ 'peer.shutdown': { fd } }))),
    fc.constant<readonly Step[]>([{ 'peer.send': { fd: 'b', n: 5 } }, { 'peer.close': 'b' }]),
  ),
};
