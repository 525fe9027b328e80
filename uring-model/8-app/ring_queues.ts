/**
 * The two queues of a ring, in liburing's words (src/queue.c, liburing.h): one implementation over memory, for every kernel.
 *
 *     SQ: we write entries and move the tail; the kernel reads them and moves the head.
 *     CQ: the kernel writes entries and moves the tail; we read them and move the head.
 *
 * On a real kernel the tail that we publish is a release store and the tail that we read an acquire load. Here the kernel
 * runs only inside a call, so the order of plain stores is enough.
 *
 * liburing's waits return 0 or -errno and point an argument at the completion at the head of the CQ. Here `cqe` is that completion.
 */
import type { Steps } from './app.ts';
import type { Call, UserMemory } from './kernel.ts';
import { initializeSqe, prepNop } from './prep/queue.ts';
import { type Layout, mapRings } from './ring_layout.ts';
import {
  __kernel_timespec, EAGAIN, EINVAL, EOPNOTSUPP, ETIME, IO_URING_CQE_BYTES, IO_URING_GETEVENTS_ARG_BYTES, IO_URING_REG_WAIT_BYTES,
  IORING_CQ_EVENTFD_DISABLED, IORING_CQE_F_32, IORING_CQE_F_SKIP, IORING_ENTER_EXT_ARG, IORING_ENTER_EXT_ARG_REG,
  IORING_ENTER_GETEVENTS, IORING_ENTER_NO_IOWAIT, IORING_ENTER_REGISTERED_RING, IORING_ENTER_SQ_WAIT, IORING_ENTER_SQ_WAKEUP,
  IORING_FEAT_EXT_ARG, IORING_FEAT_MIN_TIMEOUT, IORING_FEAT_NO_IOWAIT, IORING_SETUP_CQE_MIXED, IORING_SETUP_IOPOLL, IORING_SETUP_SQ_REWIND,
  IORING_SETUP_SQE128, IORING_SETUP_SQE_MIXED, IORING_SETUP_SQPOLL, IORING_SQ_CQ_OVERFLOW, IORING_SQ_NEED_WAKEUP, IORING_SQ_TASKRUN,
  IOSQE_CQE_SKIP_SUCCESS, io_uring_getevents_arg, io_uring_params, io_uring_sqe,
} from './uapi.gen.ts';

export interface Cqe {
  readonly user_data: bigint;
  readonly res: number;
  readonly flags: number;
  /** Address of the entry; the second half of a 32-byte one begins 16 bytes further. */
  readonly address: number;
  /** Places that it takes in the ring: two for a 32-byte one among 16-byte ones (io_uring_cqe_nr). */
  readonly slots: number;
}

/** A span of time in nanoseconds; undefined: without a limit (a struct __kernel_timespec, or NULL). */
export type Span = number | bigint | undefined;

/** Bytes of a signal mask (_NSIG / 8). */
const SIGMASK_BYTES = 8;
/** Where the ring keeps its arguments of waits. */
const TIMESPEC_AT = 32;
const WAIT_BYTES = 64;

/** An open wait: what io_uring_enter gets (_io_uring_get_cqe's get_data). */
interface Wanted {
  submit: number;
  readonly wait: number;
  readonly flags: number;
  readonly arg: number;
  readonly arg_bytes: number;
  readonly timed: boolean;
}

export class RingQueues {
  /** Descriptor of the ring; -1 when closeRingFd has closed it. */
  fd: number;
  readonly memory: UserMemory;
  layout: Layout;
  /** Refill rings of the zcrx instances that were registered with this ring. */
  readonly refills: { given(): Uint8Array[] }[] = [];
  /** What the ring goes by in io_uring_enter and io_uring_register: its descriptor, or its index when it is registered. */
  protected enter_fd: number;
  protected registered = false;
  /** Entries that getSqe gave out and submit has not yet published: [published, local_tail). */
  private local_tail: number;
  private published: number;
  private no_iowait = false;
  private wait_area = 0;

  constructor(memory: UserMemory, fd: number, layout: Layout) {
    this.memory = memory;
    this.fd = fd;
    this.enter_fd = fd;
    this.layout = layout;
    this.local_tail = this.word(layout.sq_tail);
    this.published = this.local_tail;
  }

  /** IORING_SETUP_* that the ring has, and IORING_FEAT_* that the kernel has. */
  get flags(): number {
    return this.layout.setup;
  }
  get features(): number {
    return this.layout.features;
  }

  /** The rings have new places (io_uring_resize_rings): what was published stays so. */
  *remap(params: number): Steps<void> {
    const { setup, features } = this.layout;
    // The kernel says nothing of features here, and of flags only those that go over.
    new io_uring_params(this.memory.view(), params).features = features;
    this.layout = { ...(yield* mapRings(this.memory, this.fd, params)), setup };
  }

  // ---- Submission

  /**
   * The next free entry; undefined when the queue is full: submit first (io_uring_get_sqe). As in liburing its flags and the like are
   * zero, and what a prep function and sqeSetData64 set keeps the value that the place had before.
   */
  getSqe(): io_uring_sqe | undefined {
    const l = this.layout;
    if (((this.local_tail - this.word(l.sq_head)) >>> 0) >= l.sq_entries) return undefined;
    return this.takeSqe(1);
  }

  /** An entry of 128 bytes, on a ring with IORING_SETUP_SQE128 or IORING_SETUP_SQE_MIXED (io_uring_get_sqe128). */
  getSqe128(): io_uring_sqe | undefined {
    const l = this.layout;
    if (l.setup & IORING_SETUP_SQE128) return this.getSqe();
    if (!(l.setup & IORING_SETUP_SQE_MIXED)) return undefined;
    const used = (this.local_tail - this.word(l.sq_head)) >>> 0;
    const at_end = (((this.local_tail + 1) & l.sq_mask) >>> 0) === 0;
    if (used + (at_end ? 2 : 1) >= l.sq_entries) return undefined;
    if (at_end) {
      // It must not wrap: a NOP that nobody hears of takes the last place.
      const filler = this.takeSqe(1);
      prepNop(filler);
      filler.flags |= IOSQE_CQE_SKIP_SUCCESS;
    }
    return this.takeSqe(2);
  }

  private takeSqe(places: number): io_uring_sqe {
    const l = this.layout;
    const sqe = new io_uring_sqe(this.memory.view(), l.sqes + (this.local_tail & l.sq_mask) * l.sqe_bytes);
    this.local_tail = (this.local_tail + places) >>> 0;
    initializeSqe(sqe);
    return sqe;
  }

  /** Entries that the kernel has not taken yet, published or not (io_uring_sq_ready). */
  sqReady(): number {
    return (this.local_tail - this.word(this.layout.sq_head)) >>> 0;
  }
  /** Entries that getSqe can still give out (io_uring_sq_space_left). */
  sqSpaceLeft(): number {
    return this.layout.sq_entries - this.sqReady();
  }

  /** Bytes of the entries that a submit would publish, oldest first. */
  pendingSqes(): Uint8Array[] {
    return this.sqeBytes(this.published, this.local_tail);
  }
  private sqeBytes(from: number, to: number): Uint8Array[] {
    const l = this.layout;
    const out: Uint8Array[] = [];
    for (let i = from; i !== to; i = (i + 1) >>> 0) {
      out.push(this.memory.bytes(l.sqes + (i & l.sq_mask) * l.sqe_bytes, l.sqe_bytes).slice());
    }
    return out;
  }

  /** Submits what getSqe gave out (io_uring_submit). Returns the number that the kernel took, or -errno. */
  submit(): Steps<number> {
    return this.submitFlushed(0, false);
  }
  /** Submits, and waits until there are so many completions (io_uring_submit_and_wait). Returns as submit does. */
  submitAndWait(wait_nr: number): Steps<number> {
    return this.submitFlushed(wait_nr, false);
  }
  /** Submits, and runs task work that has piled up (io_uring_submit_and_get_events). Returns as submit does. */
  submitAndGetEvents(): Steps<number> {
    return this.submitFlushed(0, true);
  }
  /** Runs task work and takes in what has overflowed, without waiting (io_uring_get_events). 0, or -errno. */
  *getEvents(): Steps<number> {
    return yield this.enter(0, 0, IORING_ENTER_GETEVENTS, 0, 0);
  }

  /** __io_uring_submit */
  private *submitFlushed(wait: number, get_events: boolean): Steps<number> {
    const { count, from } = this.flushSq();
    const flags = this.sqNeedsEnter(count);
    const complete = get_events || wait > 0 || this.cqNeedsEnter();
    if (flags === undefined && !complete) return count;
    return yield this.enter(count, wait, (flags ?? 0) | (complete ? IORING_ENTER_GETEVENTS : 0), 0, 0, from);
  }

  /** Publishes what getSqe gave out (__io_uring_flush_sq): how many entries wait for the kernel, and where the new ones begin. */
  flushSq(): { readonly count: number; readonly from: number } {
    const l = this.layout;
    const from = this.published;
    if (l.setup & IORING_SETUP_SQ_REWIND) {
      // The kernel takes entries from the first place on, and looks at neither head nor tail.
      const count = this.local_tail;
      this.local_tail = 0;
      return { count, from };
    }
    this.memory.view().setUint32(l.sq_tail, this.local_tail, true);
    this.published = this.local_tail;
    return { count: (this.local_tail - this.word(l.sq_head)) >>> 0, from };
  }

  /** Waits until the thread of an IORING_SETUP_SQPOLL ring has taken entries (io_uring_sqring_wait). 0, or -errno. */
  *sqringWait(): Steps<number> {
    if (!(this.layout.setup & IORING_SETUP_SQPOLL) || this.sqSpaceLeft() > 0) return 0;
    return yield this.enter(0, 0, IORING_ENTER_SQ_WAIT, 0, 0);
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
    const own = (this.registered ? IORING_ENTER_REGISTERED_RING : 0) | (this.no_iowait ? IORING_ENTER_NO_IOWAIT : 0);
    return {
      call: 'enter', fd: this.enter_fd, submit, wait, flags: flags | own, arg, arg_bytes,
      sqes: () => this.sqeBytes(from, to), rqes: () => this.refills.flatMap((r) => r.given()),
    };
  }

  /** Waits do not count as I/O wait in the host's statistics (io_uring_set_iowait). 0, or -EOPNOTSUPP. */
  setIowait(enable: boolean): number {
    if (!(this.features & IORING_FEAT_NO_IOWAIT)) return -EOPNOTSUPP;
    this.no_iowait = !enable;
    return 0;
  }

  // ---- Waiting

  /** The completion at the head of the CQ, or undefined. Fillers before it are given back, as liburing's peek does. */
  get cqe(): Cqe | undefined {
    // Who has written a head beyond the tail sees each place once: four thousand million fillers take minutes.
    for (let n = 0; n < this.layout.cq_entries && this.cqReady() > 0; n++) {
      const cqe = this.cqeAt(this.word(this.layout.cq_head));
      if (!(cqe.flags & IORING_CQE_F_SKIP)) return cqe;
      this.cqAdvance(cqe.slots);
    }
    return undefined;
  }

  /** Is there a completion? Enters the kernel only when the ring asks for it (io_uring_peek_cqe). 0, -EAGAIN, or another -errno. */
  *peekCqe(): Steps<number> {
    if (this.cqe) return 0;
    if (!this.cqNeedsEnter()) return -EAGAIN;
    return yield* this.waitCqeNr(0);
  }
  /** Waits for a completion (io_uring_wait_cqe). 0, or -errno. */
  *waitCqe(): Steps<number> {
    return this.cqe ? 0 : yield* this.waitCqeNr(1);
  }
  /** Waits for so many (io_uring_wait_cqe_nr). 0, or -errno. */
  waitCqeNr(wait_nr: number): Steps<number> {
    return this.getCqe({ submit: 0, wait: wait_nr, flags: 0, arg: 0, arg_bytes: SIGMASK_BYTES, timed: false });
  }
  /**
   * Waits for so many, or until the time is over (io_uring_wait_cqes).
   * @param sigmask address of a signal mask, or 0   @returns 0, -ETIME, or another -errno
   */
  waitCqes(wait_nr: number, time: Span, sigmask = 0): Steps<number> {
    return this.waitSpan(0, wait_nr, time, 0, sigmask);
  }
  /** waitCqes for one (io_uring_wait_cqe_timeout). */
  waitCqeTimeout(time: Span): Steps<number> {
    return this.waitCqes(1, time);
  }
  /** As waitCqes, and after `min_wait_usec` one completion is enough (io_uring_wait_cqes_min_timeout). -EINVAL on old kernels. */
  *waitCqesMinTimeout(wait_nr: number, time: Span, min_wait_usec: number, sigmask = 0): Steps<number> {
    if (!(this.features & IORING_FEAT_MIN_TIMEOUT)) return -EINVAL;
    const arg = this.waitArgument(time, min_wait_usec, sigmask);
    return yield* this.waitArg(wait_nr, arg, time !== undefined);
  }
  /** Submits, then waits as waitCqes does (io_uring_submit_and_wait_timeout). The number submitted, or -errno. */
  *submitAndWaitTimeout(wait_nr: number, time: Span, sigmask = 0): Steps<number> {
    return yield* this.waitSpan(this.flushSq().count, wait_nr, time, 0, sigmask);
  }
  /** Submits, then waits as waitCqesMinTimeout does (io_uring_submit_and_wait_min_timeout); without a time, as submitAndWait. */
  *submitAndWaitMinTimeout(wait_nr: number, time: Span, min_wait_usec: number, sigmask = 0): Steps<number> {
    if (!(this.features & IORING_FEAT_MIN_TIMEOUT)) return -EINVAL;
    return yield* this.waitSpan(this.flushSq().count, wait_nr, time, min_wait_usec, sigmask);
  }
  /** Submits, then waits with the argument of that number in the registered region (io_uring_submit_and_wait_reg). */
  *submitAndWaitReg(wait_nr: number, reg_index: number): Steps<number> {
    if (!(this.features & IORING_FEAT_EXT_ARG)) return -EINVAL;
    const arg = reg_index * IO_URING_REG_WAIT_BYTES;
    const flags = IORING_ENTER_EXT_ARG | IORING_ENTER_EXT_ARG_REG;
    const { count } = this.flushSq();
    return yield* this.getCqe({ submit: count, wait: wait_nr, flags, arg, arg_bytes: IO_URING_REG_WAIT_BYTES, timed: true });
  }

  /** Waits with the user's own struct io_uring_getevents_arg at `arg`; `timed`: it has a time. 0, or -errno. */
  waitArg(wait: number, arg: number, timed: boolean): Steps<number> {
    return this.getCqe({ submit: 0, wait, flags: IORING_ENTER_EXT_ARG, arg, arg_bytes: IO_URING_GETEVENTS_ARG_BYTES, timed });
  }
  /** Submits, then waits as waitArg does. The number submitted, or -errno. */
  *submitAndWaitArg(wait: number, arg: number, timed: boolean): Steps<number> {
    const { count } = this.flushSq();
    const want = { submit: count, wait, flags: IORING_ENTER_EXT_ARG, arg, arg_bytes: IO_URING_GETEVENTS_ARG_BYTES, timed };
    return yield* this.getCqe(want);
  }

  private waitSpan(submit: number, wait: number, time: Span, min_wait_usec: number, sigmask: number): Steps<number> {
    // Without a time liburing gives the mask alone, and forgets the least wait.
    if (time === undefined) return this.getCqe({ submit, wait, flags: 0, arg: sigmask, arg_bytes: SIGMASK_BYTES, timed: false });
    const arg = this.waitArgument(time, min_wait_usec, sigmask);
    return this.getCqe({ submit, wait, flags: IORING_ENTER_EXT_ARG, arg, arg_bytes: IO_URING_GETEVENTS_ARG_BYTES, timed: true });
  }

  /** struct io_uring_getevents_arg and the time behind it. */
  private waitArgument(time: Span, min_wait_usec: number, sigmask: number): number {
    this.wait_area ||= this.memory.alloc(WAIT_BYTES);
    const view = this.memory.view();
    const arg = new io_uring_getevents_arg(view, this.wait_area);
    arg.sigmask = BigInt(sigmask);
    arg.sigmask_sz = SIGMASK_BYTES;
    arg.min_wait_usec = min_wait_usec;
    arg.ts = 0n;
    if (time !== undefined) {
      arg.ts = BigInt(this.wait_area + TIMESPEC_AT);
      writeTimespec(view, this.wait_area + TIMESPEC_AT, time);
    }
    return this.wait_area;
  }

  /** _io_uring_get_cqe */
  private *getCqe(w: Wanted): Steps<number> {
    let looped = false;
    let result = 0;
    for (;;) {
      const cqe = this.cqe;
      let flags = 0;
      let enter = false;
      if (!cqe && w.wait === 0 && w.submit === 0) {
        if (looped || !this.cqNeedsEnter()) return result === 0 ? -EAGAIN : result;
        enter = true;
      }
      if (w.wait > this.cqReady() || enter) {
        flags |= IORING_ENTER_GETEVENTS | w.flags;
        enter = true;
      }
      const submit_flags = this.sqNeedsEnter(w.submit);
      if (submit_flags !== undefined) {
        flags |= submit_flags;
        enter = true;
      }
      if (!enter) return result;
      if (looped && w.timed) return !cqe && result === 0 ? -ETIME : result;
      const done = yield this.enter(w.submit, w.wait, flags, w.arg, w.arg_bytes);
      if (done < 0) return result === 0 ? done : result;
      w.submit -= done;
      if (cqe) return result;
      if (!looped) {
        looped = true;
        result = done;
      }
    }
  }

  // ---- Completion

  private cqeAt(index: number): Cqe {
    const l = this.layout;
    const address = l.cqes + (index & l.cq_mask) * l.cqe_bytes;
    const view = this.memory.view();
    const flags = view.getUint32(address + 12, true);
    const slots = l.cqe_bytes === IO_URING_CQE_BYTES && flags & IORING_CQE_F_32 ? 2 : 1;
    return { user_data: view.getBigUint64(address, true), res: view.getInt32(address + 8, true), flags, address, slots };
  }

  /** Completions that are there now, oldest first, fillers (IORING_CQE_F_SKIP) among them. They stay until cqAdvance. */
  completions(): Cqe[] {
    const head = this.word(this.layout.cq_head);
    // Who has written a head beyond the tail sees each place once.
    const ready = Math.min(this.cqReady(), this.layout.cq_entries);
    const out: Cqe[] = [];
    for (let i = 0; i < ready; ) {
      const cqe = this.cqeAt((head + i) >>> 0);
      out.push(cqe);
      i += cqe.slots;
    }
    return out;
  }

  /** Calls `visit` for each of completions() (io_uring_for_each_cqe). Returns the places that they take: what cqAdvance wants. */
  forEachCqe(visit: (cqe: Cqe) => void): number {
    let slots = 0;
    for (const cqe of this.completions()) {
      visit(cqe);
      slots += cqe.slots;
    }
    return slots;
  }

  /**
   * At most `count` completions (io_uring_peek_batch_cqe); enters the kernel when there are none and it has some for us. On a ring
   * with IORING_SETUP_CQE_MIXED a filler ends a batch, and is given back when it stands at the head.
   */
  *peekBatchCqe(count: number): Steps<Cqe[]> {
    const found = this.batch(count);
    if (found.length > 0 || !this.cqNeedsFlush()) return found;
    yield* this.getEvents();
    return this.batch(count);
  }
  private batch(count: number): Cqe[] {
    const mixed = (this.layout.setup & IORING_SETUP_CQE_MIXED) !== 0;
    const out: Cqe[] = [];
    for (const cqe of this.completions()) {
      if (out.length === count) break;
      if (!mixed || !(cqe.flags & IORING_CQE_F_SKIP)) {
        out.push(cqe);
        continue;
      }
      if (out.length > 0) break;
      this.cqAdvance(cqe.slots);
    }
    return out;
  }

  /** The second half of a 32-byte completion: two words, for RECV_ZC the offset and padding. */
  bigCqe(cqe: Cqe): readonly [bigint, bigint] {
    const view = this.memory.view();
    return [view.getBigUint64(cqe.address + 16, true), view.getBigUint64(cqe.address + 24, true)];
  }

  /** Places of the CQ that are filled (io_uring_cq_ready). */
  cqReady(): number {
    return (this.word(this.layout.cq_tail) - this.word(this.layout.cq_head)) >>> 0;
  }
  /** Gives places back to the kernel (io_uring_cq_advance). */
  cqAdvance(nr: number): void {
    if (nr === 0) return;
    const head = (this.word(this.layout.cq_head) + nr) >>> 0;
    this.memory.view().setUint32(this.layout.cq_head, head, true);
  }
  /** Gives one completion back, which must be the one at the head (io_uring_cqe_seen). */
  cqeSeen(cqe: Cqe | undefined): void {
    if (cqe) this.cqAdvance(cqe.slots);
  }
  /** Completions wait outside of the CQ (io_uring_cq_has_overflow). */
  cqHasOverflow(): boolean {
    return (this.word(this.layout.sq_flags) & IORING_SQ_CQ_OVERFLOW) !== 0;
  }
  /** Is the registered eventfd told of completions? (io_uring_cq_eventfd_enabled) */
  cqEventfdEnabled(): boolean {
    return (this.word(this.layout.cq_flags) & IORING_CQ_EVENTFD_DISABLED) === 0;
  }
  /** io_uring_cq_eventfd_toggle: 0. */
  cqEventfdToggle(enabled: boolean): number {
    const flags = this.word(this.layout.cq_flags);
    const wanted = enabled ? flags & ~IORING_CQ_EVENTFD_DISABLED : flags | IORING_CQ_EVENTFD_DISABLED;
    this.memory.view().setUint32(this.layout.cq_flags, wanted >>> 0, true);
    return 0;
  }

  private word(address: number): number {
    return this.memory.view().getUint32(address, true);
  }
}

/** Writes a struct __kernel_timespec. */
export function writeTimespec(view: DataView, at: number, ns: number | bigint): void {
  const ts = new __kernel_timespec(view, at);
  const total = BigInt(ns);
  ts.tv_sec = total / 1_000_000_000n;
  ts.tv_nsec = total % 1_000_000_000n;
}

/** A new struct __kernel_timespec: its address, for prepTimeout and the like. */
export function timespec(memory: UserMemory, ns: number | bigint): number {
  const at = memory.alloc(16);
  writeTimespec(memory.view(), at, ns);
  return at;
}
