/** The queues of a ring as they lie in memory, beside what the trace says was put there. */
import type { Engine } from '../../host/index.ts';
import type { Checker, Invariant, RunView } from './form.ts';
import { type Completion, F_32, followRequests, type Request } from './requests.ts';

/** struct io_rings (include/linux/io_uring_types.h) */
const SQ_HEAD = 0;
const SQ_TAIL = 4;
const CQ_HEAD = 8;
const CQ_TAIL = 12;
const SQ_ENTRIES = 24;
const CQ_ENTRIES = 28;
const SQ_DROPPED = 32;
const CQ_OVERFLOW = 44;
const CQES = 64;
const SETUP_CQE32 = 1 << 11;
const SETUP_CQE_MIXED = 1 << 18;
const SETUP_SQ_REWIND = 1 << 20;
const OPS_128: readonly number[] = [63, 64];
const KEPT = 4096;

/** Does the program itself write over heads and tails? Then memory says nothing. */
const pokes = ({ scenario }: RunView) => scenario.steps?.some((s) => s.step === 'ring.poke') ?? false;

/** Has somebody received over his own ring? Its size never changes where it lies, and is a power of two. */
const writtenOver = (entries: number, before: number): boolean => entries !== before || (entries & (entries - 1)) !== 0;

/** One ring's queues. */
class Queues {
  address = 0;
  flags = 0;
  /** The place after the last completion. */
  next = 0;
  head = 0;
  lost = 0;
  /** User space has written where it must not: what is in memory says nothing any more. */
  wild = false;
  /** As the queue said when it was looked at first; 0: not yet. */
  entries = 0;
  /** Completions by their places: user_data, res, flags, and what follows in those of 32 bytes, -1: unknown. */
  readonly told = new Map<number, readonly [number, number, number, number, number]>();
  /** Places of those that memory was not compared with: since they were posted, or since the queue moved. */
  fresh: number[] = [];
}

function queues(run: RunView): Checker {
  const { violated } = run;
  const rings: (Queues | undefined)[] = [];
  const due = new Map<Request, readonly [number, number]>();
  const late: (readonly [number, number] | undefined)[][] = [];

  const put = (c: Completion) => {
    const q = rings[c.ring];
    if (!q) return;
    const waits = requests.waiting(c.ring);
    if (!c.late && waits.length > 0) violated(`ring ${c.ring}: a completion overtook ${waits.length} that wait in the overflow list`);
    const mixed = (q.flags & SETUP_CQE_MIXED) !== 0;
    // Before the end of a mixed queue a filler takes the place that is too small, even if then there is no room after all.
    const filler = mixed && c.at === ((q.next + 1) >>> 0);
    if (c.at !== q.next && !filler) violated(`ring ${c.ring}: a completion went to place ${c.at}, and the next was ${q.next}`);
    const big = bigOf(c);
    q.fresh.push(c.at);
    q.told.set(c.at, [c.user_data, c.res, c.flags, big[0], big[1]]);
    q.next = (c.at + (mixed && (c.flags & F_32) !== 0 ? 2 : 1)) >>> 0;
    if (q.told.size > KEPT) q.told.delete(q.told.keys().next().value as number);
  };
  const bigOf = (c: Completion): readonly [number, number] => {
    if (c.late) return late[c.ring]?.shift() ?? [-1, -1];
    const big = c.request && due.get(c.request);
    if (big && c.request) due.delete(c.request);
    return big ?? [-1, -1];
  };
  const requests = followRequests(run, {
    queues: (ring, address, flags) => {
      const q = rings[ring] ??= new Queues();
      q.address = address;
      q.entries = 0;
      q.flags = flags;
      q.fresh = [...q.told.keys()];
    },
    gone: (ring) => {
      rings[ring] = undefined;
      late[ring] = [];
    },
    overflowed: (r, ring, kept) => {
      const big = r && due.get(r);
      if (r) due.delete(r);
      if (kept) (late[ring] ??= []).push(big);
      else if (rings[ring]) rings[ring].lost++;
    },
    posted: put,
    ended: (r) => {
      due.delete(r);
    },
  });
  return {
    on: {
      ...requests.on,
      cqe_big: (b, i) => {
        const r = requests.at_slot(b.a(i));
        if (r) due.set(r, [b.b(i), b.c(i)]);
      },
    },
    ...(pokes(run) ? {} : { atRest: (engine: Engine) => {
      for (const [ring, q] of rings.entries()) if (q && !q.wild) look(run, ring, q, engine);
    } }),
  };
}

function look({ violated }: RunView, ring: number, q: Queues, engine: Engine): void {
  const { view } = engine;
  const word = (offset: number) => view.getUint32(q.address + offset, true);
  const [head, tail, entries] = [word(CQ_HEAD), word(CQ_TAIL), word(CQ_ENTRIES)];
  q.entries ||= entries;
  if (((head - q.head) | 0) < 0 || ((tail - head) | 0) < 0 || writtenOver(entries, q.entries)) {
    q.wild = true;
    return;
  }
  q.head = head;
  const filler = (q.flags & SETUP_CQE_MIXED) !== 0 && tail === ((q.next + 1) >>> 0);
  if (tail !== q.next && !filler) violated(`ring ${ring}: the tail of the CQ is ${tail}, and completions were posted up to ${q.next}`);
  if (tail - head > entries) violated(`ring ${ring}: ${tail - head} completions in a CQ of ${entries}`);
  if (word(CQ_OVERFLOW) !== q.lost) violated(`ring ${ring}: cq_overflow is ${word(CQ_OVERFLOW)}, and ${q.lost} completions were lost`);
  // What the application has seen it may have written over.
  for (const at of q.told.keys()) {
    if (((at - head) | 0) >= 0) break;
    q.told.delete(at);
  }
  for (const at of q.fresh) if (q.told.has(at)) compare(violated, ring, q, view, at, entries);
  q.fresh.length = 0;
}

function compare(violated: RunView['violated'], ring: number, q: Queues, view: DataView, at: number, entries: number): void {
  const [user_data, res, flags, big0, big1] = q.told.get(at) as readonly [number, number, number, number, number];
  const wide = (q.flags & SETUP_CQE32) !== 0;
  const cqe = q.address + CQES + ((at & (entries - 1)) << (wide ? 5 : 4));
  const text = `ring ${ring}: completion ${at} (user_data ${user_data})`;
  if (view.getUint32(cqe, true) !== user_data || view.getInt32(cqe + 8, true) !== res || view.getUint32(cqe + 12, true) !== flags) {
    violated(`${text} is not what lies in the CQ: user_data ${view.getUint32(cqe, true)}, res ${view.getInt32(cqe + 8, true)}, not ${res}`);
  }
  if (big0 < 0 || (!wide && (flags & F_32) === 0)) return;
  if (view.getUint32(cqe + 16, true) !== big0 || view.getUint32(cqe + 24, true) !== big1) {
    violated(`${text} lies in the CQ without its second half`);
  }
}

export const COMPLETION_QUEUE: Invariant = {
  id: 'U3', name: 'completion queue',
  about: 'What lies between head and tail of a CQ is what was posted, in order, nothing overtakes what waits in the overflow list, and '
    + 'what is lost is counted.',
  source: 'Linux io_uring/io_uring.c: io_get_cqe_overflow, __io_cqring_overflow_flush, io_cqring_add_overflow; io_uring/register.c: '
    + 'io_register_resize_rings',
  checker: queues,
};

/** One ring's entries that became requests, and those of them that were two places long. */
interface Submissions {
  readonly address: number;
  readonly flags: number;
  taken: number;
  wide: number;
  /** As the queue said when it was looked at first; 0: not yet. */
  entries: number;
}

/** The submission queue: every entry that was taken became a request, or was counted as dropped. */
function submissions(run: RunView): Checker {
  const rings: (Submissions | undefined)[] = [];
  const requests = followRequests(run, {
    queues: (ring, address, flags) => {
      const old = rings[ring];
      rings[ring] = { address, flags, taken: old?.taken ?? 0, wide: old?.wide ?? 0, entries: 0 };
    },
    gone: (ring) => {
      rings[ring] = undefined;
    },
    made: (r) => {
      const q = rings[r.ring];
      if (!q) return;
      q.taken++;
      if (OPS_128.includes(r.opcode)) q.wide++;
    },
  });
  const seen = (engine: Engine, ring: number, q: Submissions) => {
    const { view } = engine;
    const entries = view.getUint32(q.address + SQ_ENTRIES, true);
    q.entries ||= entries;
    if (writtenOver(entries, q.entries)) return;
    const [head, dropped] = [view.getUint32(q.address + SQ_HEAD, true), view.getUint32(q.address + SQ_DROPPED, true)];
    const over = (head - q.taken - dropped) | 0;
    // The second half of an entry of 128 bytes is one more.
    if (over < 0 || over > q.wide) {
      run.violated(`ring ${ring}: the SQ's head is ${head}; ${q.taken} entries became requests and ${dropped} were dropped`);
    }
    const left = (view.getUint32(q.address + SQ_TAIL, true) - head) | 0;
    if (left < 0 && left > -entries) run.violated(`ring ${ring}: the SQ's head ${head} passed its tail`);
  };
  return {
    on: requests.on,
    ...(pokes(run) ? {} : { atRest: (engine: Engine) => {
      for (const [ring, q] of rings.entries()) if (q && (q.flags & SETUP_SQ_REWIND) === 0) seen(engine, ring, q);
    } }),
  };
}

export const SUBMISSION_QUEUE: Invariant = {
  id: 'U4', name: 'submission queue',
  about: 'Each entry that was taken from an SQ became a request or was counted as dropped, and the head never passes the tail.',
  source: 'Linux io_uring/io_uring.c: io_submit_sqes, io_get_sqe',
  checker: submissions,
};
