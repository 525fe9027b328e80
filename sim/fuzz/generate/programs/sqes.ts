/** Submission entries of every operation that has to do with files, memory and the network: sensible ones, and what can be wrong. */
import { type Genes, STEADY_COUNTS, STEADY_LENGTHS } from './genes.ts';
import { type Feature, type Fields, type FileKind, type Model, type RingModel } from './model.ts';
import { iovecs, memory, message, MEMORY_BYTES, sockaddr, timespec } from './arguments.ts';

export interface Row {
  readonly op: string;
  readonly weight: number;
  /** What a program must have to use it at all. */
  readonly feature?: Feature;
  /** What a real kernel does with it is not always the same, or not modelled: only in programs for the simulator. */
  readonly loose?: true;
  readonly make: (m: Model, g: Genes, r: RingModel) => Fields | undefined;
}

const STREAMS: readonly FileKind[] = ['stream', 'stream', 'stream', 'dgram'];
const READABLE: readonly FileKind[] = ['stream', 'pipe', 'event', 'dgram'];
const ANY: readonly FileKind[] = ['stream', 'dgram', 'listener', 'pipe', 'event', 'epoll', 'bare'];
const LENGTHS = [64, 1, 0, 100, 1000, 4096, 8192] as const;
/** Flags of send and receive that nobody waits for. */
const MSG_FLAGS = ['DONTWAIT', 'WAITALL', 'PEEK', 'TRUNC', 'MORE', 'OOB', 'CTRUNC', 'ERRQUEUE', 'NOSIGNAL', 'ZEROCOPY'] as const;
/** Those that the model of a socket has in every combination that a real one has, and that leave nothing to a timer. */
const STEADY_MSG_FLAGS = ['DONTWAIT', 'WAITALL', 'PEEK', 'NOSIGNAL'] as const;

const msgFlags = (m: Model, g: Genes): Fields => {
  const flags = g.rare(3) ? g.some(m.steady ? STEADY_MSG_FLAGS : MSG_FLAGS) : [];
  return flags.length === 0 ? {} : { msg_flags: flags };
};

/** The file of a request: a descriptor, or a slot of the registered files. */
function fileOf(m: Model, g: Genes, r: RingModel, kinds: readonly FileKind[]): Fields | undefined {
  if (r.slots > 0 && m.may('fixed files') && g.rare(3)) return { fd: g.number(g.below(r.slots)), flags: ['FIXED_FILE'] };
  const wrong = g.right(false, true);
  const file = m.file(g, wrong ? ANY : kinds);
  if (!file) return undefined;
  return { fd: g.right<string | number>(file.name, -1, 999, ...(m.steady ? [] : [1])) };
}
const lengthOf = (g: Genes, bytes: number) => g.number(bytes, STEADY_LENGTHS);
const flagsOf = (fields: Fields): string[] => (fields.flags ?? []) as string[];
const withFlags = (fields: Fields, ...flags: readonly string[]): Fields => ({ ...fields, flags: [...flagsOf(fields), ...flags] });

/** Where a receive puts its bytes: memory of its own, or a provided buffer. */
function into(m: Model, g: Genes, r: RingModel, fields: Fields, ioprio: string[]): Fields {
  const groups = m.groups.filter((x) => x.ring === r.id);
  const group = groups.length > 0 ? g.pick(groups) : undefined;
  const legacy = m.may('legacy buffers') && g.rare(3);
  if ((!group && !legacy) || g.rare(4)) return { ...fields, addr: memory(m, g), len: lengthOf(g, g.pick(LENGTHS)) };
  const bgid = legacy || !group ? 7 : g.right(group.bgid, group.bgid + 1, 7, 65535);
  if (m.may('multishot') && g.rare(2)) ioprio.push('RECV_MULTISHOT');
  if (m.may('bundles') && g.rare(3)) ioprio.push('RECVSEND_BUNDLE');
  const len = ioprio.length > 0 ? g.right(0, 64, 100) : lengthOf(g, g.pick([0, 64, 1000]));
  return { ...withFlags(fields, 'BUFFER_SELECT'), bgid, len };
}

function recv(m: Model, g: Genes, r: RingModel): Fields | undefined {
  const fields = fileOf(m, g, r, STREAMS);
  if (!fields) return undefined;
  const ioprio = g.rare(8) ? ['RECVSEND_POLL_FIRST'] : [];
  return { ...into(m, g, r, fields, ioprio), ...msgFlags(m, g), ...(ioprio.length > 0 ? { ioprio } : {}) };
}

function recvZc(m: Model, g: Genes, r: RingModel): Fields | undefined {
  const own = m.instances.filter((z) => z.ring === r.id);
  const instance = own.length > 0 ? g.pick(own) : m.instances[0];
  const fields = fileOf(m, g, r, ['stream']);
  if (!fields || !instance) return undefined;
  return {
    ...fields, ioprio: g.right(['RECV_MULTISHOT'], [], ['RECV_MULTISHOT', 'RECVSEND_POLL_FIRST'], ['RECV_MULTISHOT', 'RECVSEND_BUNDLE']),
    zcrx_ifq_idx: g.right<string | number>(`${instance.name}.id`, 9, -1), len: lengthOf(g, g.rare(4) ? g.pick([1000, 4096, 10_000]) : 0),
  };
}

function send(m: Model, g: Genes, r: RingModel, zc: boolean): Fields | undefined {
  const fields = fileOf(m, g, r, STREAMS);
  if (!fields) return undefined;
  const group = m.groups.find((x) => x.ring === r.id);
  if (group && m.may('bundles') && g.rare(4)) {
    const ioprio = g.rare(2) ? { ioprio: ['RECVSEND_BUNDLE'] } : {};
    return { ...withFlags(fields, 'BUFFER_SELECT'), bgid: group.bgid, len: g.right(0, 64), ...ioprio };
  }
  const flags = ['RECVSEND_POLL_FIRST', ...(zc ? ['SEND_ZC_REPORT_USAGE', 'RECVSEND_FIXED_BUF'] : [])];
  const ioprio = g.rare(4) ? { ioprio: g.some(flags) } : {};
  return { ...fields, addr: memory(m, g), len: lengthOf(g, g.pick(LENGTHS)), ...msgFlags(m, g), ...ioprio };
}

function sendmsg(m: Model, g: Genes, r: RingModel): Fields | undefined {
  const fields = fileOf(m, g, r, STREAMS);
  return fields && { ...fields, addr: g.right<string | number>(message(m, g), 0, 8), len: g.right(1, 0, 2), ...msgFlags(m, g) };
}

function recvmsg(m: Model, g: Genes, r: RingModel): Fields | undefined {
  const fields = fileOf(m, g, r, STREAMS);
  if (!fields) return undefined;
  const ioprio: string[] = [];
  const placed = into(m, g, r, fields, ioprio);
  return { ...placed, addr: message(m, g), ...msgFlags(m, g), ...(ioprio.length > 0 ? { ioprio } : {}) };
}

function readWrite(m: Model, g: Genes, r: RingModel, write: boolean): Fields | undefined {
  const fields = fileOf(m, g, r, READABLE);
  return fields && { ...fields, addr: memory(m, g), len: lengthOf(g, g.pick(write ? [8, 64, 100, 1000] : [8, 64, 4096])), off: g.right(-1,
    0, 5) };
}
function vectors(m: Model, g: Genes, r: RingModel): Fields | undefined {
  const fields = fileOf(m, g, r, READABLE);
  return fields && { ...fields, addr: iovecs(m), len: g.number(g.pick([2, 1, 0]), STEADY_COUNTS), off: -1 };
}
function fixed(m: Model, g: Genes, r: RingModel): Fields | undefined {
  const fields = fileOf(m, g, r, READABLE);
  if (!fields || r.fixed === 0) return undefined;
  return { ...fields, addr: memory(m, g), len: lengthOf(g, g.pick([8, 64, 1000])), off: -1, buf_index: g.number(g.below(r.fixed)) };
}

const direct = (m: Model, g: Genes, r: RingModel): Fields =>
  (r.slots > 0 && m.may('fixed files') && g.rare(2) ? { file_index: g.right<string | number>(g.rare(2) ? 'IORING_FILE_INDEX_ALLOC'
    : 1 + g.below(r.slots), r.slots + 5) } : {});

function accept(m: Model, g: Genes, r: RingModel): Fields | undefined {
  const fields = fileOf(m, g, r, ['listener']);
  const ioprio = m.may('multishot') && g.rare(2) ? { ioprio: ['ACCEPT_MULTISHOT', ...g.some(['ACCEPT_DONTWAIT', 'ACCEPT_POLL_FIRST'],
    1)] } : {};
  return fields && { ...fields, ...ioprio, ...direct(m, g, r), ...(g.rare(6) ? { accept_flags: g.some(['NONBLOCK', 'CLOEXEC']) } : {}) };
}

function named(m: Model, g: Genes, r: RingModel): Fields | undefined {
  const listener = m.file(g, ['listener']);
  const file = m.file(g, ['bare', 'bare', 'stream']);
  if (!listener || !file) return undefined;
  return { fd: file.name, addr: g.right<string | number>(sockaddr(m, listener), 0), off: g.number(16), ...(r.slots < 0 ? {} : {}) };
}

const POLL_EVENTS = ['IN', 'OUT', 'IN|OUT', 'IN|RDHUP', 'PRI', 'IN|ET', 'HUP'] as const;
function poll(m: Model, g: Genes, r: RingModel): Fields | undefined {
  const fields = fileOf(m, g, r, ANY.filter((k) => k !== 'epoll' || !m.steady));
  return fields && { ...fields, poll_events: g.pick(POLL_EVENTS), ...(m.may('multishot') && g.rare(3) ? { len: 1 } : {}) };
}

const CANCEL_FLAGS = ['ALL', 'FD', 'ANY', 'OP', 'FD_FIXED', 'USERDATA'] as const;
export function cancelOf(m: Model, g: Genes): Fields {
  const flags = g.rare(3) ? g.some(CANCEL_FLAGS, 3) : [];
  const file = flags.includes('FD') ? m.file(g, ['stream', 'listener', 'pipe']) : undefined;
  return { ...(flags.length > 0 ? { flags } : {}), ud: m.pastUd(g), ...(file ? { fd: file.name } : {}) };
}
function cancel(m: Model, g: Genes): Fields {
  const { flags, ud, fd } = cancelOf(m, g);
  return { addr: ud as number, ...(flags ? { cancel_flags: flags } : {}), ...(fd ? { fd } : {}), ...(g.rare(6) ? { len: g.pick([26, 6,
    27]) } : {}) };
}

function timeout(m: Model, g: Genes): Fields {
  const flags = g.rare(4) ? { timeout_flags: g.some(m.steady ? ['ETIME_SUCCESS', 'BOOTTIME'] : ['ETIME_SUCCESS',
    'MULTISHOT', 'BOOTTIME',
    'REALTIME', 'ABS', 'UPDATE', 'IMMEDIATE_ARG'], 2) } : {};
  return { addr: timespec(m, g), len: g.right(1, 0, 2), off: g.rare(3) ? g.pick([1, 2, 5]) : 0, ...flags };
}

function messageRing(m: Model, g: Genes, r: RingModel): Fields | undefined {
  const to = m.rings.length > 0 ? g.pick(m.rings) : undefined;
  if (!to) return undefined;
  m.holds(r.id, to.id);
  const flags = g.rare(4) ? { msg_ring_flags: g.some(['CQE_SKIP', 'FLAGS_PASS']) } : {};
  return { fd: g.right<string | number>(`ring${to.id}`, -1), len: g.number(g.below(5)), off: m.nextUd(g), ...flags };
}

function provide(m: Model, g: Genes): Fields {
  return { fd: g.number(g.pick([4, 1, 8])), addr: memory(m, g), len: lengthOf(g, g.pick([256, 16, 1000])), off: g.number(g.below(4)),
    bgid: g.right(7, 1) };
}
function filesUpdate(m: Model, g: Genes, r: RingModel): Fields | undefined {
  const file = m.file(g, ['stream', 'pipe', 'event']);
  if (!file) return undefined;
  const words = m.memory(`w_${file.name}`, 'mem.words', { words: [file.name, -1] });
  return { addr: words, len: g.number(g.pick([1, 2]), STEADY_COUNTS), off: g.number(g.rare(4) ? -1 : g.below(Math.max(r.slots, 1))) };
}

const ROWS: readonly Row[] = [
  { op: 'RECV', weight: 12, make: recv },
  { op: 'NOP', weight: 3, make: (m, g) => (m.steady || !g.rare(3) ? {} : { nop_flags: g.odd() }) },
  { op: 'RECVMSG', weight: 4, make: recvmsg },
  { op: 'RECV_ZC', weight: 10, feature: 'zcrx', make: recvZc },
  { op: 'SEND', weight: 6, make: (m, g, r) => send(m, g, r, false) },
  { op: 'SEND_ZC', weight: 5, feature: 'zero-copy send', make: (m, g, r) => send(m, g, r, true) },
  { op: 'SENDMSG', weight: 2, make: sendmsg },
  { op: 'SENDMSG_ZC', weight: 2, feature: 'zero-copy send', make: sendmsg },
  { op: 'READ', weight: 3, make: (m, g, r) => readWrite(m, g, r, false) },
  { op: 'WRITE', weight: 3, make: (m, g, r) => readWrite(m, g, r, true) },
  { op: 'READV', weight: 1, make: vectors },
  { op: 'WRITEV', weight: 1, make: vectors },
  { op: 'READ_FIXED', weight: 2, feature: 'fixed buffers', make: fixed },
  { op: 'WRITE_FIXED', weight: 2, feature: 'fixed buffers', make: fixed },
  { op: 'READ_MULTISHOT', weight: 2, feature: 'multishot', make: (m, g, r) => {
    const fields = fileOf(m, g, r, ['pipe', 'event', 'stream']);
    const group = m.groups.find((x) => x.ring === r.id);
    return fields && group && { ...withFlags(fields, 'BUFFER_SELECT'), bgid: group.bgid, off: g.right(-1, 0) };
  } },
  { op: 'ACCEPT', weight: 5, feature: 'listeners', make: accept },
  { op: 'CONNECT', weight: 3, feature: 'listeners', make: named },
  { op: 'BIND', weight: 1, feature: 'listeners', make: (m, g, r) => {
    const fields = named(m, g, r);
    return fields && { ...fields, off: 16 };
  } },
  { op: 'LISTEN', weight: 1, feature: 'listeners', make: (m, g, r) => ({ ...fileOf(m, g, r, ['bare', 'listener']), len: g.number(4) }) },
  { op: 'SOCKET', weight: 1, make: (m, g, r) => ({ fd: g.right(2, 1, 10, 99), off: g.right(1, 2, 5), ...direct(m, g, r) }) },
  { op: 'SHUTDOWN', weight: 2, loose: true, make: (m, g, r) => {
    const fields = fileOf(m, g, r, ['stream']);
    return fields && { ...fields, len: g.number(g.pick([1, 0, 2])) };
  } },
  { op: 'CLOSE', weight: 2, feature: 'exits', make: (m, g, r) => {
    if (r.slots > 0 && (m.steady || g.rare(2))) return { fd: 0, file_index: 1 + g.below(r.slots) };
    const file = m.file(g, ['stream', 'pipe', 'listener', 'event']);
    if (!file || m.steady) return undefined;
    m.removeFile(file);
    return { fd: file.name };
  } },
  { op: 'POLL_ADD', weight: 5, feature: 'polls', make: poll },
  { op: 'POLL_REMOVE', weight: 2, feature: 'polls', make: (m, g) => ({
    addr: m.pastUd(g), ...(g.rare(3) ? { len: g.pick([2, 3, 4, 1]), poll_events: g.pick(POLL_EVENTS), off: m.nextUd(g) } : {}),
  }) },
  { op: 'TIMEOUT', weight: 4, feature: 'timeouts', make: timeout },
  { op: 'TIMEOUT_REMOVE', weight: 2, feature: 'timeouts', make: (m, g) => ({
    addr: m.pastUd(g), ...(g.rare(3) ? { off: timespec(m, g), timeout_flags: g.some(['UPDATE', 'LINK_TIMEOUT_UPDATE'], 2) } : {}),
  }) },
  { op: 'LINK_TIMEOUT', weight: 3, feature: 'timeouts', make: (m, g) => ({ addr: timespec(m, g), len: g.right(1, 0) }) },
  { op: 'ASYNC_CANCEL', weight: 6, feature: 'cancel', make: cancel },
  { op: 'MSG_RING', weight: 4, feature: 'messages', make: messageRing },
  { op: 'FILES_UPDATE', weight: 2, feature: 'fixed files', make: filesUpdate },
  { op: 'PROVIDE_BUFFERS', weight: 4, feature: 'legacy buffers', make: provide },
  { op: 'REMOVE_BUFFERS', weight: 2, feature: 'legacy buffers', make: (_, g) => ({ fd: g.number(g.pick([1, 2, 20])), bgid: g.right(7,
    1) }) },
  { op: 'EPOLL_CTL', weight: 2, feature: 'epoll', loose: true, make: (m, g) => {
    const set = m.file(g, ['epoll']);
    const file = m.file(g, ['stream', 'pipe', 'event']);
    const event = m.memory('ev', 'mem.words', { words: [5, 1, 0] });
    return set && file && { fd: set.name, off: file.name, len: g.number(g.pick([1, 2, 3])), addr: event };
  } },
  { op: 'EPOLL_WAIT', weight: 1, feature: 'epoll', make: (m, g) => {
    const set = m.file(g, ['epoll']);
    return set && { fd: set.name, addr: memory(m, g), len: g.number(4) };
  } },
  { op: 'FIXED_FD_INSTALL', weight: 1, feature: 'fixed files', loose: true, make: (_, g, r) =>
    (r.slots > 0 ? { fd: g.below(r.slots), flags: ['FIXED_FILE'] } : undefined) },
  { op: 'PIPE', weight: 1, feature: 'pipes', loose: true, make: (m, g, r) => ({ addr: memory(m, g), ...direct(m, g, r) }) },
  { op: 'URING_CMD', weight: 1, loose: true, make: (m, g, r) => {
    const fields = fileOf(m, g, r, ['stream', 'listener', 'dgram']);
    return fields && { ...fields, cmd_op: g.pick([0, 1, 2, 3, 4, 9]), level: 1, optname: g.pick([7, 8, 2]), optlen: 4, optval: memory(m,
      g) };
  } },
];

/** Operations that a program may use, each as often as it weighs. */
export const opsOf = (m: Model): readonly Row[] => ROWS
  .filter(({ feature, loose }) => !(feature && !m.may(feature)) && !(loose && m.steady))
  .flatMap((row) => Array.from({ length: row.weight }, () => row));

/** Words of an entry that carry no operation: an operation that nobody has modelled is no finding. */
const POKES = [1, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60].filter((at) => at % 4 === 0);
/**
 * A real process has files 0 to 2 (4); the upper half of addr2 is told as EINVAL by UDP without a length of the address (12); where memory
 * lies, and what lies behind it, is another matter on each machine: halves of addr, and len (16, 20, 24); flags that are left out by
 * name are left out in numbers too (28).
 */
const STEADY_POKES = POKES.filter((at) => at === 8 || at > 28);
const LOOSE_FLAGS = ['IO_LINK', 'IO_HARDLINK', 'IO_DRAIN', 'ASYNC', 'CQE_SKIP_SUCCESS', 'FIXED_FILE', 'BUFFER_SELECT'] as const;
const LINKS = ['IO_LINK', 'IO_LINK', 'IO_HARDLINK', 'IO_DRAIN'] as const;
/** While a drain is active a worker thread does all requests (Linux io_uring/io_uring.c: io_init_req, io_req_task_submit). */
const WORKERS_FLAGS: readonly string[] = ['ASYNC', 'IO_DRAIN'];
const STEADY_LINKS = LINKS.filter((f) => !WORKERS_FLAGS.includes(f));

/** Fills one entry; false: there is nothing that this operation could be about. */
export function fillSqe(m: Model, g: Genes, r: RingModel, link = false): boolean {
  const { op, make } = g.pick(m.ops);
  if (r.filled >= r.sq) return false;
  const fields = make(m, g, r);
  if (!fields) return false;
  const flags = flagsOf(fields);
  if (link) flags.push(g.pick(m.steady ? STEADY_LINKS : LINKS));
  if (m.may('async') && !m.steady && g.rare(5)) flags.push('ASYNC');
  if (g.rare(12)) flags.push('CQE_SKIP_SUCCESS');
  const odd = g.right<string | undefined>(undefined, ...LOOSE_FLAGS.filter((f) => !m.steady || !WORKERS_FLAGS.includes(f)));
  if (odd !== undefined) flags.push(odd);
  const poke = m.may('raw words') && g.rare(6)
    ? { poke: [[g.pick(m.steady ? STEADY_POKES : POKES), g.pick([0, 1, 0xffffffff, 0x7fffffff, 0x80000000, MEMORY_BYTES,
      g.below(65536)])]] } : {};
  r.last = {
    ...(r.id > 0 ? { ring: r.id } : {}), op, ...fields, ...(flags.length > 0 ? { flags: [...new Set(flags)] } : {}), ud: m.nextUd(g),
      ...poke,
  };
  m.step('sqe', r.last);
  r.filled++;
  return true;
}
