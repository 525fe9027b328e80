/** Steps that fill submission entries, enter the kernel, and look at the rings. */
import type { Cqe, Steps } from '../../../uring-model/8-app/index.ts';
import {
  IO_URING_CQE_BYTES, IO_URING_GETEVENTS_ARG_BYTES, IORING_CQE_BUFFER_SHIFT, IORING_CQE_F_BUFFER, IORING_CQE_F_MORE,
  IORING_ENTER_EXT_ARG, IORING_OP_ACCEPT, IORING_OP_RECV_ZC, IORING_OP_SOCKET, IORING_ZCRX_AREA_MASK, IORING_ZCRX_AREA_SHIFT,
  io_uring_getevents_arg, io_uring_sqe,
} from '../../../uring-model/8-app/uapi.gen.ts';
import { STRUCTS } from '../../schema/uapi.ts';
import { fieldType } from '../../schema/uapi_form.ts';
import { type Handlers, type Machine, type OpenRing, StepError } from './machine.ts';
import type { StepValue } from './program.ts';
import { proves } from './run_zcrx.ts';
import { cqeFlags, crc32, resultOf, sqFlags, type TraceValue } from './trace_line.ts';

const MS = 1_000_000n;

/** Names of steps for fields of the entry, where they differ. */
const RENAMED: Readonly<Record<string, string>> = { op: 'opcode', ud: 'user_data', bgid: 'buf_group', poll_events: 'poll32_events' };
const MEMBERS = new Map((STRUCTS.find((s) => s.name === 'io_uring_sqe')?.fields ?? []).map((f) => [f[2], f]));
/** Fields of a step that are none of the entry. */
const OTHER = ['step', 'ring', 'poke', 'tag', 'thread', 'host', 'as'];
/** Members that every step has a value for; others share their places. */
const DEFAULTED = ['off', 'addr', 'len', 'fd'];

function put(view: DataView, at: number, name: string, value: bigint): void {
  const row = MEMBERS.get(name);
  if (!row) throw new StepError(`a submission entry has no field '${name}'`);
  const { base } = fieldType(row[1]);
  const bits = base === 'u8' ? 8 : base === 'u16' ? 16 : base === 'u64' || base === 'i64' ? 64 : 32;
  const n = BigInt.asUintN(bits, value);
  if (bits === 8) view.setUint8(at + row[0], Number(n));
  else if (bits === 16) view.setUint16(at + row[0], Number(n), true);
  else if (bits === 32) view.setUint32(at + row[0], Number(n), true);
  else view.setBigUint64(at + row[0], n, true);
}

function fill(m: Machine): void {
  const open = m.ring();
  const sqe = open.ring.getSqe();
  if (!sqe) throw new StepError(`the submission queue of ring ${m.int('ring')} is full: submit before`);
  const view = m.memory.view();
  const given = Object.entries(m.fields()).filter(([name, v]) => !OTHER.includes(name) && v !== undefined) as [string, StepValue][];
  // Of members that share a place the one with a value counts: those with defaults come first.
  given.sort(([a], [b]) => Number(!DEFAULTED.includes(a)) - Number(!DEFAULTED.includes(b)));
  for (const [name, value] of given) {
    const n = m.big(value);
    if (n !== 0n || !isFlags(name)) put(view, sqe.base, RENAMED[name] ?? name, n);
  }
  for (const pair of m.list('poke')) {
    const [at, word] = pair as readonly StepValue[];
    const off = Number(m.big(at));
    if (off < 0 || off + 4 > open.ring.layout.sqe_bytes)
      throw new StepError(`poke at ${off}: an entry of ring ${m.int('ring')} has ${open.ring.layout.sqe_bytes} bytes`);
    view.setUint32(sqe.base + off, Number(BigInt.asUintN(32, m.big(word))), true);
  }
  const now = new io_uring_sqe(view, sqe.base);
  const makes_file = (now.opcode === IORING_OP_ACCEPT || now.opcode === IORING_OP_SOCKET) && now.file_index === 0;
  open.sent.set(now.user_data, { op: now.opcode, bgid: m.has('bgid') ? m.int('bgid') : undefined, makes_file });
}
/** Flags have a default, and those of one operation lie where those of another do. */
const isFlags = (name: string) => name.endsWith('_flags') || name === 'poll_events';

/** Does something, and says how long it took where the step has buckets. */
function* timed(m: Machine, what: Steps<number>): Steps<void> {
  const buckets = m.list('buckets').map(Number);
  if (buckets.length === 0) {
    m.ret(yield* what);
    return;
  }
  const before = yield* m.clockNs();
  const done = yield* what;
  const ms = Number(((yield* m.clockNs()) - before) / MS);
  const i = buckets.findIndex((b) => ms < b);
  const took = i === 0 ? `<${buckets[0]}ms` : i < 0 ? `>=${buckets.at(-1)}ms` : `${buckets[i - 1]}..${buckets[i]}ms`;
  m.ret(done, { took, cqe: m.ring().ring.cqReady() > 0 });
}

/** A struct io_uring_getevents_arg. */
function waitArgument(m: Machine): number {
  const at = m.memory.alloc(IO_URING_GETEVENTS_ARG_BYTES);
  const ts = m.has('timeout') ? m.timespec(m.int('timeout')) : 0;
  const a = new io_uring_getevents_arg(m.memory.view(), at);
  a.sigmask_sz = 8;
  a.min_wait_usec = m.int('min_wait');
  a.ts = BigInt(ts);
  return at;
}

function submitWait(m: Machine): Steps<number> {
  const { ring } = m.ring();
  if (!m.has('timeout') && m.int('min_wait') === 0) return ring.submitAndWait(m.int('nr'));
  return ring.submitAndWaitArg(m.int('nr'), waitArgument(m), m.has('timeout'));
}

function* wait(m: Machine): Steps<number> {
  const { ring } = m.ring();
  return yield* m.has('timeout') ? ring.waitArg(m.int('nr'), waitArgument(m), true) : ring.waitCqeNr(m.int('nr'));
}

function* enterRaw(m: Machine): Steps<number> {
  const extended = m.has('timeout') || m.has('min_wait');
  const arg = extended ? waitArgument(m) : 0;
  if (m.flag('flush')) m.ring().ring.flushSq();
  const flags = (m.int('flags') | (extended ? IORING_ENTER_EXT_ARG : 0)) >>> 0;
  return yield m.ring().ring.enter(m.int('submit'), m.int('wait'), flags, arg, extended ? IO_URING_GETEVENTS_ARG_BYTES : 0);
}

const POLL_NS = 20_000_000;

/** Enters until there are enough (a timeout's completion ends a wait early, so in a loop). */
function* awaitCqes(m: Machine): Steps<void> {
  const { ring } = m.ring();
  const nr = m.int('nr');
  const end = (yield* m.clockNs()) + BigInt(m.int('deadline'));
  const arg = m.memory.alloc(IO_URING_GETEVENTS_ARG_BYTES);
  const ts = m.timespec(POLL_NS);
  const a = new io_uring_getevents_arg(m.memory.view(), arg);
  a.sigmask_sz = 8;
  a.ts = BigInt(ts);
  while (ring.cqReady() < nr && (yield* m.clockNs()) < end) yield* ring.waitArg(nr, arg, true);
  m.emit('await', { nr, reached: ring.cqReady() >= nr });
}

/** The bytes behind a completion, where they are known. */
function dataOf(m: Machine, open: OpenRing, cqe: Cqe): Record<string, TraceValue> {
  const sent = open.sent.get(cqe.user_data);
  if (cqe.res <= 0) return {};
  if (sent?.op === IORING_OP_RECV_ZC && cqe.flags & IORING_CQE_F_MORE) return zeroCopy(m, cqe);
  if (!(cqe.flags & IORING_CQE_F_BUFFER) || sent?.bgid === undefined) return {};
  const group = m.buffers.get(m.groupKey(m.int('ring'), sent.bgid));
  if (!group || cqe.res > group.size) return {};
  return { crc: crc32(m.memory.bytes(group.data_at + (cqe.flags >>> IORING_CQE_BUFFER_SHIFT) * group.size, cqe.res)) };
}

function zeroCopy(m: Machine, cqe: Cqe): Record<string, TraceValue> {
  const z = m.instances.get(m.text('zcrx'));
  const off = m.memory.view().getBigUint64(cqe.address + IO_URING_CQE_BYTES, true);
  if (!z) return { off: off.toString() };
  const at = Number(off & ~IORING_ZCRX_AREA_MASK);
  const where = { area: Number(off >> BigInt(IORING_ZCRX_AREA_SHIFT)), niov: Math.floor(at / z.buffer_bytes), at: at % z.buffer_bytes };
  const inside = at + cqe.res <= z.area_bytes;
  if (!m.flag('check')) return { off: where, ...(inside ? { crc: crc32(m.memory.bytes(z.area_at + at, cqe.res)) } : {}) };
  const ok = inside && proves(m, z, off, cqe.res, m.seq_proved);
  m.seq_proved += cqe.res;
  return { off: where, ok };
}

/** A descriptor is said relative to the first that the ring gave; res is then 0. */
function fileOrResult(open: OpenRing, cqe: Cqe): Record<string, TraceValue> {
  if (cqe.res < 0 || !open.sent.get(cqe.user_data)?.makes_file) return resultOf('res', cqe.res);
  open.first_file ??= cqe.res;
  return { res: 0, fd: `first+${cqe.res - open.first_file}` };
}

function drain(m: Machine): void {
  const open = m.ring();
  const names = m.raw('as') as readonly string[] | undefined;
  const max = m.int('max');
  let n = 0;
  let slots = 0;
  for (const cqe of open.ring.completions()) {
    if (n >= max) break;
    const off = open.ring.layout.cqe_bytes > IO_URING_CQE_BYTES || cqe.slots > 1
      ? m.memory.view().getBigUint64(cqe.address + IO_URING_CQE_BYTES, true) : 0n;
    m.give(names?.[n], cqe.res, {
      res: BigInt(cqe.res), ud: cqe.user_data, flags: BigInt(cqe.flags), bid: BigInt(cqe.flags >>> IORING_CQE_BUFFER_SHIFT), off,
    });
    m.emit('cqe', {
      r: m.int('ring'), ud: cqe.user_data.toString(), ...fileOrResult(open, cqe), fl: cqeFlags(cqe.flags), seq: open.seen,
      ...dataOf(m, open, cqe), ...(names?.[n] === undefined ? {} : { as: names[n] }),
    });
    open.seen++;
    n++;
    slots += cqe.slots;
  }
  open.ring.cqAdvance(slots);
  m.emit('ret', { step: 'drain', ret: n });
}

function rings(m: Machine): void {
  const l = m.ring().ring.layout;
  const view = m.memory.view();
  const word = (at: number) => view.getUint32(at, true);
  m.emit('rings', {
    r: m.int('ring'), sq: { head: word(l.sq_head), tail: word(l.sq_tail), dropped: word(l.sq_dropped), fl: sqFlags(word(l.sq_flags)) },
    cq: { head: word(l.cq_head), tail: word(l.cq_tail), overflow: word(l.cq_overflow) },
  });
}

/** Words of the rings that a step may write, and where they are. */
const CURSORS = ['sq_head', 'sq_tail', 'cq_head', 'cq_tail'] as const;

function poke(m: Machine): void {
  const { layout } = m.ring().ring;
  for (const name of CURSORS) if (m.has(name)) m.memory.view().setUint32(layout[name], Number(BigInt.asUintN(32, m.big(m.raw(name)))),
    true);
}

export const ENTER_STEPS: Handlers = {
  sqe: fill,
  *submit(m) {
    const { ring } = m.ring();
    const waiting = ring.sqReady();
    if (m.has('n')) {
      ring.flushSq();
      m.ret(yield ring.enter(m.int('n'), 0, 0, 0, 0), { n: m.int('n') });
    } else m.ret(yield* ring.submit(), { n: waiting });
  },
  *submit_wait(m) {
    yield* timed(m, submitWait(m));
  },
  *get_events(m) {
    const done = yield* m.ring().ring.getEvents();
    m.ret(done);
  },
  *wait(m) {
    yield* timed(m, wait(m));
  },
  *peek(m) {
    m.ret(yield* m.ring().ring.waitCqeNr(0));
  },
  *peek_batch(m) {
    m.ret((yield* m.ring().ring.peekBatchCqe(m.int('max'))).length);
  },
  *enter(m) {
    yield* timed(m, enterRaw(m));
  },
  drain,
  advance(m) {
    m.ring().ring.cqAdvance(m.int('n'));
  },
  rings,
  'ring.poke': poke,
  await: awaitCqes,
};
