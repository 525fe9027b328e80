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
import { must, type Steps } from './app.ts';
import type { UserMemory } from './kernel.ts';
import {
  IO_URING_CQE_BYTES, IO_URING_PARAMS_BYTES, IO_URING_SQE_BYTES, IORING_ENTER_GETEVENTS, IORING_FEAT_SINGLE_MMAP, IORING_OFF_CQ_RING,
  IORING_OFF_SQ_RING, IORING_OFF_SQES, IORING_SETUP_CQE32, IORING_SETUP_CQSIZE, IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_NO_SQARRAY,
  IORING_SETUP_SINGLE_ISSUER, IORING_SETUP_SUBMIT_ALL, IORING_SQ_CQ_OVERFLOW, IORING_SQ_TASKRUN, io_uring_params, io_uring_sqe,
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
}

/** Where a ring's fields lie, as addresses. */
interface Layout {
  readonly sq_head: number;
  readonly sq_tail: number;
  readonly sq_flags: number;
  readonly sq_mask: number;
  readonly sq_entries: number;
  readonly cq_head: number;
  readonly cq_tail: number;
  readonly cq_mask: number;
  readonly cqes: number;
  readonly cqe_bytes: number;
  readonly sqes: number;
}

export class Ring {
  readonly fd: number;
  readonly memory: UserMemory;
  readonly layout: Layout;
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

  /** io_uring_queue_init_params */
  static *create(memory: UserMemory, options: RingOptions): Steps<Ring> {
    const params = memory.alloc(IO_URING_PARAMS_BYTES);
    const p = new io_uring_params(memory.view(), params);
    p.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQE32
      | IORING_SETUP_NO_SQARRAY | (options.flags ?? 0) | (options.cq_entries ? IORING_SETUP_CQSIZE : 0);
    if (options.cq_entries) p.cq_entries = options.cq_entries;
    const fd = yield* must({ call: 'setup', entries: options.entries, params });
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
    return new Ring(memory, fd, {
      sq_head: sq + sq_off.head, sq_tail: sq + sq_off.tail, sq_flags: sq + sq_off.flags, sq_entries,
      sq_mask: view.getUint32(sq + sq_off.ring_mask, true),
      cq_head: cq + cq_off.head, cq_tail: cq + cq_off.tail, cq_mask: view.getUint32(cq + cq_off.ring_mask, true),
      cqes: cq + cq_off.cqes, cqe_bytes, sqes,
    });
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
    return this.enter(0, 0);
  }

  /** Submits and waits for completions (io_uring_submit_and_wait). Returns as submit does. */
  submitAndWait(wait: number): Steps<number> {
    return this.enter(wait, IORING_ENTER_GETEVENTS);
  }

  /** Runs task work and takes in what has overflowed, without waiting (io_uring_get_events). */
  getEvents(): Steps<number> {
    return this.enter(0, IORING_ENTER_GETEVENTS);
  }

  private *enter(wait: number, flags: number): Steps<number> {
    const l = this.layout;
    const from = this.published;
    const to = this.local_tail;
    const submit = (to - from) >>> 0;
    this.memory.view().setUint32(l.sq_tail, to, true);
    this.published = to;
    // With DEFER_TASKRUN nothing completes unless the task asks for it.
    const ask = this.word(l.sq_flags) & (IORING_SQ_CQ_OVERFLOW | IORING_SQ_TASKRUN) ? IORING_ENTER_GETEVENTS : 0;
    return yield {
      call: 'enter', fd: this.fd, submit, wait, flags: flags | ask, arg: 0, arg_bytes: 0,
      sqes: () => this.sqeBytes(from, to), rqes: () => this.refills.flatMap((r) => r.given()),
    };
  }

  /** Completions that are there now, oldest first. They stay until cqAdvance. */
  *completions(): Generator<Cqe, void, void> {
    const l = this.layout;
    const head = this.word(l.cq_head);
    const ready = this.cqReady();
    for (let i = 0; i < ready; i++) {
      const address = l.cqes + (((head + i) >>> 0) & l.cq_mask) * l.cqe_bytes;
      const view = this.memory.view();
      yield {
        user_data: view.getBigUint64(address, true),
        res: view.getInt32(address + 8, true),
        flags: view.getUint32(address + 12, true),
        address,
      };
    }
  }

  /** io_uring_for_each_cqe and io_uring_cq_advance in one: the callback sees each once. Returns how many there were. */
  forEachCqe(visit: (cqe: Cqe) => void): number {
    let count = 0;
    for (const cqe of this.completions()) {
      visit(cqe);
      count++;
    }
    this.cqAdvance(count);
    return count;
  }

  /** The oldest completion, or undefined (io_uring_peek_cqe). */
  peekCqe(): Cqe | undefined {
    for (const cqe of this.completions()) return cqe;
    return undefined;
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
