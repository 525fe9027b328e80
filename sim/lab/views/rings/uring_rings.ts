/** Submission and completion queue of an io_uring, and its rings of provided buffers: struct io_rings as the application maps it. */
import { bitNames, cqeFlagsText, type Engine, NONE, opName, resText } from '../../../host/index.ts';
import { type AppMemory, type GroupMemory, groupsOf, overflowOf, type RingMemory, workLength } from '../core_memory.ts';
import { SQ_FLAGS } from '../uapi_decode.ts';
import { foldRing } from './fold.ts';
import type { RingMark, RingView, Span, Twice } from './shape.ts';

/** Offsets in struct io_rings: uring-model/7-ring/state.ts. */
const SQ_HEAD = 0;
const SQ_TAIL = 4;
const CQ_HEAD = 8;
const CQ_TAIL = 12;
const SQ_DROPPED = 32;
const SQ_FLAGS_AT = 36;
const CQ_OVERFLOW = 44;
const CQES = 64;
const SQE_BYTES = 64;
const CQE32 = 1 << 11;
const SQE128 = 1 << 10;
const TASKRUN_FLAG = 1 << 9;
const SQ_CQ_OVERFLOW = 2;
const SQ_TASKRUN = 4;
const WORK_MAX = 1000;
const OVERFLOW_SHOWN = 6;

export const span = (from: number, to: number, state: Span['state']): Span => ({ from: from >>> 0, to: to >>> 0, state });
export const count = (from: number, to: number): number => (to - from) | 0;
export const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
export const twice = (what: string, seen: string | number | undefined, truth: string | number, about: string): Twice => ({
  what, seen: seen === undefined ? undefined : String(seen), truth: String(truth), about,
  differs: seen !== undefined && String(seen) !== String(truth),
});

export const sqeAddress = (engine: Engine, r: RingMemory, index: number): number => {
  const at = r.sq_array === 0 ? index : engine.view.getUint32(r.sq_array + index * 4, true) & (r.sq_entries - 1);
  return r.sqes + at * SQE_BYTES * (r.flags & SQE128 ? 2 : 1);
};
export const cqeAddress = (r: RingMemory, index: number): number => r.rings + CQES + index * (r.flags & CQE32 ? 32 : 16);

export function sqView(engine: Engine, r: RingMemory, app: AppMemory | undefined): RingView {
  const word = (at: number) => engine.view.getUint32(r.rings + at, true);
  const [khead, ktail] = [word(SQ_HEAD), word(SQ_TAIL)];
  const own_tail = app && app.rings === r.rings ? app.sq_tail : ktail;
  const marks: RingMark[] = [
    { name: 'head', counter: khead, by: 'kernel', shared: true },
    ...(r.cached_sq_head === khead ? [] : [{ name: 'cached_sq_head', counter: r.cached_sq_head, by: 'kernel', shared: false } as const]),
    { name: 'tail', counter: ktail, by: 'application', shared: true },
    ...(own_tail === ktail ? [] : [{ name: 'sqe_tail', counter: own_tail, by: 'application', shared: false } as const]),
  ];
  const spans = [span(khead, r.cached_sq_head, 'hidden'), span(r.cached_sq_head, ktail, 'queued'), span(ktail, own_tail, 'hidden')];
  const flags = word(SQ_FLAGS_AT);
  const flag_names = bitNames(SQ_FLAGS, flags).map((f) => f.replace(/^SQ_/, '')).join(' | ') || 'none';
  const waiting = count(r.cached_sq_head, ktail);
  const work = workLength(engine, r.work_head, WORK_MAX);
  const taskrun = (r.flags & TASKRUN_FLAG) === 0 ? undefined : (flags & SQ_TASKRUN) !== 0 ? 'some' : '0';
  return {
    key: `sq${r.idx}`, id: `ring:${r.idx}`, slots: `slot:${r.idx}:sq`, kind: 'sq', host: r.host, title: `Submission queue of ring ${r.idx}`,
    entries: r.sq_entries, used: count(khead, own_tail), marks, spans,
    pieces: foldRing(r.sq_entries, marks, spans, (_, i) => {
      const at = sqeAddress(engine, r, i);
      return { text: `${opName(engine.view.getUint8(at))}, user_data ${engine.view.getBigUint64(at + 32, true)}` };
    }),
    twice: [
      twice('entries for the kernel', count(khead, ktail), waiting, 'tail - head; the kernel counts from its own head'),
      twice('flags', flag_names, flag_names, 'sq.kflags'),
      {
        ...twice('task work that waits', taskrun, work, 'without IORING_SETUP_TASKRUN_FLAG nothing tells the application'),
        differs: work > 0 && (taskrun === undefined || taskrun === '0'),
      },
      twice('requests not finished', undefined, r.reqs, 'armed, under way, or completed and not yet posted'),
      ...(word(SQ_DROPPED) > 0 ? [twice('dropped', word(SQ_DROPPED), word(SQ_DROPPED), 'entries with an index out of range')] : []),
    ],
    overflow: undefined,
    note: waiting === 0 ? 'Nothing waits to be submitted.' : `${plural(waiting, 'entry waits', 'entries wait')} for the kernel.`,
  };
}

/** `cqeOf`: the record of the trace that tells of an entry, where that is known. */
export function cqView(engine: Engine, r: RingMemory, cqeOf: (counter: number) => number | undefined): RingView {
  const word = (at: number) => engine.view.getUint32(r.rings + at, true);
  const [khead, ktail] = [word(CQ_HEAD), word(CQ_TAIL)];
  const marks: RingMark[] = [
    { name: 'head', counter: khead, by: 'application', shared: true },
    { name: 'tail', counter: ktail, by: 'kernel', shared: true },
    ...(r.cached_cq_tail === ktail ? [] : [{ name: 'cached_cq_tail', counter: r.cached_cq_tail, by: 'kernel', shared: false } as const]),
  ];
  const spans = [span(khead, ktail, 'queued'), span(ktail, r.cached_cq_tail, 'hidden')];
  const { first, count: beyond } = overflowOf(engine, r, OVERFLOW_SHOWN);
  const ready = count(khead, ktail);
  const told = (word(SQ_FLAGS_AT) & SQ_CQ_OVERFLOW) !== 0;
  const full = count(khead, r.cached_cq_tail) >= r.cq_entries;
  return {
    key: `cq${r.idx}`, id: `ring:${r.idx}`, slots: `slot:${r.idx}:cq`, kind: 'cq', host: r.host, title: `Completion queue of ring ${r.idx}`,
    entries: r.cq_entries, used: count(khead, r.cached_cq_tail), marks, spans,
    pieces: foldRing(r.cq_entries, marks, spans, (counter, i) => {
      const record = cqeOf(counter);
      return { text: cqeText(engine, cqeAddress(r, i)), holds: record === undefined ? [] : [`cqe:${record}`] };
    }),
    twice: [
      twice('completions', ready, count(khead, r.cached_cq_tail), 'tail - head; the kernel fills ahead of the tail that it has published'),
      twice('koverflow', word(CQ_OVERFLOW), r.overflows, 'counts only what was lost; the list behind a full queue is not counted'),
      { ...twice('overflow list', told ? 'some' : '0', beyond, 'IORING_SQ_CQ_OVERFLOW tells of it'), differs: told !== beyond > 0 },
    ],
    overflow: beyond === 0 ? undefined : {
      count: beyond, first: first.map((o) => `user_data ${o.user_data}, res ${resText(o.res)}, ${cqeFlagsText(o.flags)}`),
    },
    note: cqNote(ready, full, beyond),
  };
}

function cqNote(ready: number, full: boolean, beyond: number): string {
  if (beyond > 0) return `Full, and ${plural(beyond, 'completion')} beyond it: nothing overtakes them.`;
  if (full) return 'Full: a multishot request that has to complete now ends.';
  return `${ready === 0 ? 'Nothing waits' : plural(ready, 'completion waits', 'completions wait')} for the application.`;
}

export const cqeText = (engine: Engine, at: number): string =>
  `user_data ${engine.view.getBigUint64(at, true)}, res ${resText(engine.view.getInt32(at + 8, true))}, ` +
  cqeFlagsText(engine.view.getUint32(at + 12, true));

const IOBL_BUF_RING = 1;
const BUF_BYTES = 16;
export const bufAddress = (g: GroupMemory, index: number): number => g.bufs + (index & g.mask) * BUF_BYTES;

/** Rings of provided buffers; lists of PROVIDE_BUFFERS have no ring. */
export const bufRings = (engine: Engine, r: RingMemory): GroupMemory[] =>
  (r.groups === NONE ? [] : groupsOf(engine, r)).filter((g) => (g.flags & IOBL_BUF_RING) !== 0 && g.bufs !== 0);

export function bufView(engine: Engine, r: RingMemory, g: GroupMemory): RingView {
  const entries = g.mask + 1;
  const tail = engine.view.getUint16(g.bufs + 14, true);
  const free = (tail - g.head) & 0xffff;
  const marks: RingMark[] = [
    { name: 'head', counter: g.head, by: 'kernel', shared: false }, { name: 'tail', counter: tail, by: 'application', shared: true },
  ];
  const spans = [span(g.head, g.head + Math.min(free, entries), 'queued')];
  return {
    key: `buf${r.idx}.${g.bgid}`, id: `ring:${r.idx}`, slots: `slot:${r.idx}:buf${g.bgid}`, kind: 'buf', host: r.host,
    title: `Provided buffers, group ${g.bgid} of ring ${r.idx}`, entries, used: free, marks, spans,
    pieces: foldRing(entries, marks, spans, (_, i) => {
      const at = bufAddress(g, i);
      return { text: `bid ${engine.view.getUint16(at + 12, true)}, ${engine.view.getUint32(at + 8, true)} bytes` };
    }),
    twice: [
      twice('head', undefined, g.head & g.mask, 'only IORING_REGISTER_PBUF_STATUS tells'),
      twice('to be picked', undefined, free, 'tail - head'),
      twice('with the application', undefined, entries - free, 'picked by the kernel and not given back'),
    ],
    overflow: undefined,
    note: free === 0 ? 'Empty: a receive that selects a buffer ends with -ENOBUFS.' : `${plural(free, 'buffer')} to be picked.`,
  };
}
