/**
 * The user half of the rings, in liburing's words (src/queue.c, src/setup.c, liburing.h): one implementation over
 * memory, for every kernel.
 *
 *     SQ: we write entries and move the tail; the kernel reads them and moves the head.
 *     CQ: the kernel writes entries and moves the tail; we read them and move the head.
 *
 * On a real kernel the tail that we publish is a release store and the tail that we read an acquire load. Here the kernel
 * runs only inside a call, so the order of plain stores is enough.
 */
import { must, type Steps, SyscallError } from './app.ts';
import type { Call, UserMemory } from './kernel.ts';
import {
  EAGAIN, EINVAL, ETIME, IO_URING_CQE_BYTES, IO_URING_GETEVENTS_ARG_BYTES, IO_URING_PARAMS_BYTES, IO_URING_SQE_BYTES, IORING_CQE_F_32,
  IORING_ENTER_EXT_ARG, IORING_ENTER_GETEVENTS, IORING_ENTER_SQ_WAKEUP, IORING_FEAT_SINGLE_MMAP, IORING_OFF_CQ_RING, IORING_OFF_SQ_RING,
  IORING_OFF_SQES, IORING_SETUP_CQE32, IORING_SETUP_CQSIZE, IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_IOPOLL, IORING_SETUP_NO_SQARRAY,
  IORING_SETUP_SINGLE_ISSUER, IORING_SETUP_SQPOLL, IORING_SETUP_SUBMIT_ALL, IORING_SQ_CQ_OVERFLOW, IORING_SQ_NEED_WAKEUP,
  IORING_SQ_TASKRUN, io_uring_params, io_uring_sqe,
} from './uapi.gen.ts';

export interface RingOptions {
  readonly entries: number;
  readonly cq_entries?: number;
  /** Added to SINGLE_ISSUER, DEFER_TASKRUN, SUBMIT_ALL, CQE32 and NO_SQARRAY, which zero-copy receive wants. */
  readonly flags?: number;
}

export interface Cqe {
  readonly user_data: bigint;
  readonly res: number;
  readonly flags: number;
  /** Address of the entry; the second half of a 32-byte one begins 16 bytes further. */
  readonly address: number;
  /** Places that it takes in the ring: two for a 32-byte one among 16-byte ones (io_uring_cqe_nr). */
  readonly slots: number;
}

/** Where a ring's fields lie, as addresses. */
interface Layout {
  readonly sq_head: number;
  readonly sq_tail: number;
  readonly sq_flags: number;
  readonly sq_dropped: number;
  readonly sq_mask: number;
  readonly sq_entries: number;
  readonly cq_head: number;
  readonly cq_tail: number;
  readonly cq_overflow: number;
  readonly cq_mask: number;
  readonly cqes: number;
  readonly cqe_bytes: number;
  readonly sqes: number;
  /** What the ring was set up with (IORING_SETUP_), and what the kernel can do (IORING_FEAT_). */
  readonly setup: number;
  readonly features: number;
}

/** An open wait: what io_uring_enter gets (_io_uring_get_cqe's get_data). */
interface Wanted {
  submit: number;
  readonly wait: number;
  readonly flags: number;
  readonly arg: number;
  readonly arg_bytes: number;
  readonly timed: boolean;
}

export class Ring {
  readonly fd: number;
  readonly memory: UserMemory;
  layout: Layout;
  /** Refill rings of the zcrx instances that were registered with this ring. */
  readonly refills: { given(): Uint8Array[] }[] = [];
  /** Entries that getSqe gave out and submit has not yet published. */
  private local_tail: number;
  private published: number;

  constructor(memory: UserMemory, fd: number, layout: Layout) {
    this.memory = memory;
    this.fd = fd;
    this.layout = layout;
    this.local_tail = this.word(layout.sq_tail);
    this.published = this.local_tail;
  }

  /** A ring as zero-copy receive wants it; throws when there is none. */
  static *create(memory: UserMemory, options: RingOptions): Steps<Ring> {
    const params = memory.alloc(IO_URING_PARAMS_BYTES);
    const p = new io_uring_params(memory.view(), params);
    p.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQE32
      | IORING_SETUP_NO_SQARRAY | (options.flags ?? 0) | (options.cq_entries ? IORING_SETUP_CQSIZE : 0);
    if (options.cq_entries) p.cq_entries = options.cq_entries;
    const ring = yield* Ring.queueInitParams(memory, options.entries, params);
    if (typeof ring === 'number') throw new SyscallError('setup', ring);
    return ring;
  }

  /** io_uring_queue_init_params: `params` is the address of a struct io_uring_params. A ring, or -errno. */
  static *queueInitParams(memory: UserMemory, entries: number, params: number): Steps<Ring | number> {
    const asked = new io_uring_params(memory.view(), params).flags;
    // The index array is left out where the kernel can do without (io_uring_queue_init_try_nosqarr).
    new io_uring_params(memory.view(), params).flags = asked | IORING_SETUP_NO_SQARRAY;
    let fd = yield { call: 'setup', entries, params };
    if (fd === -EINVAL && !(asked & IORING_SETUP_NO_SQARRAY)) {
      new io_uring_params(memory.view(), params).flags = asked;
      fd = yield { call: 'setup', entries, params };
    }
    if (fd < 0) return fd;
    return new Ring(memory, fd, yield* mapRings(memory, fd, params));
  }

  /** The rings have new places (io_uring_resize_rings): what was published stays so. */
  *remap(params: number): Steps<void> {
    this.layout = yield* mapRings(this.memory, this.fd, params);
  }

  /** The next free entry, zeroed; undefined when the queue is full: submit first (io_uring_get_sqe). */
  getSqe(): io_uring_sqe | undefined {
    const l = this.layout;
    if (((this.local_tail - this.word(l.sq_head)) >>> 0) >= l.sq_entries) return undefined;
    const at = l.sqes + (this.local_tail & l.sq_mask) * IO_URING_SQE_BYTES;
    this.local_tail = (this.local_tail + 1) >>> 0;
    this.memory.bytes(at, IO_URING_SQE_BYTES).fill(0);
    return new io_uring_sqe(this.memory.view(), at);
  }

  /** Bytes of the entries that a submit would publish, oldest first. */
  pendingSqes(): Uint8Array[] {
    return this.sqeBytes(this.published, this.local_tail);
  }

  private sqeBytes(from: number, to: number): Uint8Array[] {
    const l = this.layout;
    const out: Uint8Array[] = [];
    for (let i = from; i !== to; i = (i + 1) >>> 0) {
      out.push(this.memory.bytes(l.sqes + (i & l.sq_mask) * IO_URING_SQE_BYTES, IO_URING_SQE_BYTES).slice());
    }
    return out;
  }

  /** Submits what getSqe gave out. Returns the number that the kernel took, or -errno. */
  submit(): Steps<number> {
    return this.submitAndWait(0);
  }

  /** Submits and waits for completions (io_uring_submit_and_wait). Returns as submit does. */
  *submitAndWait(wait: number): Steps<number> {
    const submit = this.flushSq();
    const flags = this.sqNeedsEnter(submit.count);
    const complete = wait > 0 || this.cqNeedsEnter();
    if (flags === undefined && !complete) return submit.count;
    return yield this.enter(submit.count, wait, (flags ?? 0) | (complete ? IORING_ENTER_GETEVENTS : 0), 0, 0, submit.from);
  }

  /** Runs task work and takes in what has overflowed, without waiting (io_uring_get_events). */
  *getEvents(): Steps<number> {
    return yield this.enter(0, 0, IORING_ENTER_GETEVENTS, 0, 0);
  }

  /** io_uring_wait_cqes; `arg` is the address of a struct io_uring_getevents_arg, `timed` whether it has a time. 0, or -errno. */
  waitCqes(wait: number, arg: number, timed: boolean): Steps<number> {
    return this.getCqe({ submit: 0, wait, flags: IORING_ENTER_EXT_ARG, arg, arg_bytes: IO_URING_GETEVENTS_ARG_BYTES, timed });
  }

  /** io_uring_submit_and_wait_min_timeout, with arg and timed as in waitCqes. The number submitted, or -errno. */
  submitAndWaitTimeout(wait: number, arg: number, timed: boolean): Steps<number> {
    const { count } = this.flushSq();
    return this.getCqe({ submit: count, wait, flags: IORING_ENTER_EXT_ARG, arg, arg_bytes: IO_URING_GETEVENTS_ARG_BYTES, timed });
  }

  /** io_uring_wait_cqe_nr, and with 0 io_uring_peek_cqe: enters only when the ring asks for it. 0, or -errno. */
  waitCqeNr(wait: number): Steps<number> {
    return this.getCqe({ submit: 0, wait, flags: 0, arg: 0, arg_bytes: 0, timed: false });
  }

  /** io_uring_peek_batch_cqe, as far as it enters the kernel: how many of at most `max` there are. */
  *peekBatch(max: number): Steps<number> {
    if (this.cqReady() === 0 && this.cqNeedsFlush()) yield* this.getEvents();
    return Math.min(this.cqReady(), max);
  }

  /** _io_uring_get_cqe */
  private *getCqe(w: Wanted): Steps<number> {
    let looped = false;
    let result = 0;
    for (;;) {
      const ready = this.cqReady();
      let flags = 0;
      let enter = false;
      if (ready === 0 && w.wait === 0 && w.submit === 0) {
        if (looped || !this.cqNeedsEnter()) return result === 0 ? -EAGAIN : result;
        enter = true;
      }
      if (w.wait > ready || enter) {
        flags |= IORING_ENTER_GETEVENTS | w.flags;
        enter = true;
      }
      const submit_flags = this.sqNeedsEnter(w.submit);
      if (submit_flags !== undefined) {
        flags |= submit_flags;
        enter = true;
      }
      if (!enter) return result;
      if (looped && w.timed) return ready === 0 && result === 0 ? -ETIME : result;
      const done = yield this.enter(w.submit, w.wait, flags, w.arg, w.arg_bytes);
      if (done < 0) return result === 0 ? done : result;
      w.submit -= done;
      if (ready > 0) return result;
      if (!looped) {
        looped = true;
        result = done;
      }
    }
  }

  /** Publishes what getSqe gave out (__io_uring_flush_sq): how many entries wait for the kernel, and where the new ones begin. */
  flushSq(): { readonly count: number; readonly from: number } {
    const l = this.layout;
    const from = this.published;
    this.memory.view().setUint32(l.sq_tail, this.local_tail, true);
    this.published = this.local_tail;
    return { count: (this.local_tail - this.word(l.sq_head)) >>> 0, from };
  }

  /** sq_ring_needs_enter: with which flags, or undefined when not at all. */
  private sqNeedsEnter(submit: number): number | undefined {
    if (submit === 0) return undefined;
    if (!(this.layout.setup & IORING_SETUP_SQPOLL)) return 0;
    return this.word(this.layout.sq_flags) & IORING_SQ_NEED_WAKEUP ? IORING_ENTER_SQ_WAKEUP : undefined;
  }
  private cqNeedsFlush(): boolean {
    return (this.word(this.layout.sq_flags) & (IORING_SQ_CQ_OVERFLOW | IORING_SQ_TASKRUN)) !== 0;
  }
  private cqNeedsEnter(): boolean {
    return (this.layout.setup & IORING_SETUP_IOPOLL) !== 0 || this.cqNeedsFlush();
  }

  /** The system call. Entries from `from` on are what it publishes, for transcripts. */
  enter(submit: number, wait: number, flags: number, arg: number, arg_bytes: number, from = this.published): Call {
    const to = this.published;
    return {
      call: 'enter', fd: this.fd, submit, wait, flags, arg, arg_bytes,
      sqes: () => this.sqeBytes(from, to), rqes: () => this.refills.flatMap((r) => r.given()),
    };
  }

  /** Completions that are there now, oldest first. They stay until cqAdvance. */
  *completions(): Generator<Cqe, void, void> {
    const l = this.layout;
    const head = this.word(l.cq_head);
    const ready = this.cqReady();
    for (let i = 0; i < ready; ) {
      const address = l.cqes + (((head + i) >>> 0) & l.cq_mask) * l.cqe_bytes;
      const view = this.memory.view();
      const flags = view.getUint32(address + 12, true);
      const slots = l.cqe_bytes === IO_URING_CQE_BYTES && flags & IORING_CQE_F_32 ? 2 : 1;
      yield { user_data: view.getBigUint64(address, true), res: view.getInt32(address + 8, true), flags, address, slots };
      i += slots;
    }
  }

  /** io_uring_for_each_cqe and io_uring_cq_advance in one: the callback sees each once. Returns how many there were. */
  forEachCqe(visit: (cqe: Cqe) => void): number {
    let count = 0;
    let slots = 0;
    for (const cqe of this.completions()) {
      visit(cqe);
      count++;
      slots += cqe.slots;
    }
    this.cqAdvance(slots);
    return count;
  }

  /** The oldest completion, or undefined (io_uring_peek_cqe). */
  peekCqe(): Cqe | undefined {
    for (const cqe of this.completions()) return cqe;
    return undefined;
  }

  /** Entries that a submit would hand over (io_uring_sq_ready). */
  sqReady(): number {
    return (this.local_tail - this.word(this.layout.sq_head)) >>> 0;
  }

  cqReady(): number {
    return (this.word(this.layout.cq_tail) - this.word(this.layout.cq_head)) >>> 0;
  }

  /** Gives entries back to the kernel. */
  cqAdvance(count: number): void {
    const head = (this.word(this.layout.cq_head) + count) >>> 0;
    this.memory.view().setUint32(this.layout.cq_head, head, true);
  }

  private word(address: number): number {
    return this.memory.view().getUint32(address, true);
  }
}

/** Maps the parts of a ring that was set up. */
function* mapRings(memory: UserMemory, fd: number, params: number): Steps<Layout> {
  const q = new io_uring_params(memory.view(), params);
  const cqe_bytes = q.flags & IORING_SETUP_CQE32 ? 2 * IO_URING_CQE_BYTES : IO_URING_CQE_BYTES;
  const { sq_entries, cq_entries, features, flags } = q;
  const sq_bytes = q.sq_off.array + (flags & IORING_SETUP_NO_SQARRAY ? 0 : sq_entries * 4);
  const cq_bytes = q.cq_off.cqes + cq_entries * cqe_bytes;
  const single = (features & IORING_FEAT_SINGLE_MMAP) !== 0;
  const sq_map = single ? Math.max(sq_bytes, cq_bytes) : sq_bytes;
  const sq = yield* must({ call: 'mmap', fd, offset: IORING_OFF_SQ_RING, bytes: sq_map });
  const cq = single ? sq : yield* must({ call: 'mmap', fd, offset: IORING_OFF_CQ_RING, bytes: cq_bytes });
  const sqes = yield* must({ call: 'mmap', fd, offset: IORING_OFF_SQES, bytes: sq_entries * IO_URING_SQE_BYTES });
  const view = memory.view();
  const { sq_off, cq_off } = new io_uring_params(view, params);
  // Where there is an index array, entry i stands at place i, as liburing writes it once.
  if (!(flags & IORING_SETUP_NO_SQARRAY)) for (let i = 0; i < sq_entries; i++) view.setUint32(sq + sq_off.array + i * 4, i, true);
  return {
    sq_head: sq + sq_off.head, sq_tail: sq + sq_off.tail, sq_flags: sq + sq_off.flags, sq_dropped: sq + sq_off.dropped, sq_entries,
    sq_mask: view.getUint32(sq + sq_off.ring_mask, true),
    cq_head: cq + cq_off.head, cq_tail: cq + cq_off.tail, cq_overflow: cq + cq_off.overflow,
    cq_mask: view.getUint32(cq + cq_off.ring_mask, true),
    cqes: cq + cq_off.cqes, cqe_bytes, sqes, setup: flags, features,
  };
}
