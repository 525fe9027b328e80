/** Where the fields of a ring lie in the memory that the kernel shares, and how it is mapped (liburing: src/setup.c). */
import { must, type Steps } from './app.ts';
import type { UserMemory } from './kernel.ts';
import {
  IO_URING_CQE_BYTES, IO_URING_SQE_BYTES, IORING_FEAT_SINGLE_MMAP, IORING_OFF_CQ_RING, IORING_OFF_SQ_RING, IORING_OFF_SQES,
  IORING_SETUP_CQE32, IORING_SETUP_NO_SQARRAY, IORING_SETUP_SQE128, io_uring_params,
} from './uapi.gen.ts';

/** Addresses, but for counts and sizes. */
export interface Layout {
  readonly sq_head: number;
  readonly sq_tail: number;
  readonly sq_flags: number;
  readonly sq_dropped: number;
  readonly sq_mask: number;
  readonly sq_entries: number;
  readonly sqes: number;
  /** Bytes from one entry to the next: 64, or 128 with IORING_SETUP_SQE128. */
  readonly sqe_bytes: number;
  readonly cq_head: number;
  readonly cq_tail: number;
  readonly cq_flags: number;
  readonly cq_overflow: number;
  readonly cq_mask: number;
  readonly cq_entries: number;
  readonly cqes: number;
  /** Bytes from one entry to the next: 16, or 32 with IORING_SETUP_CQE32. */
  readonly cqe_bytes: number;
  /** What the ring was set up with (IORING_SETUP_), and what the kernel can do (IORING_FEAT_). */
  readonly setup: number;
  readonly features: number;
}

/** Maps the parts of a ring that was set up; `params` is the address of the struct that the kernel filled in. */
export function* mapRings(memory: UserMemory, fd: number, params: number): Steps<Layout> {
  const q = new io_uring_params(memory.view(), params);
  const cqe_bytes = q.flags & IORING_SETUP_CQE32 ? 2 * IO_URING_CQE_BYTES : IO_URING_CQE_BYTES;
  const sqe_bytes = q.flags & IORING_SETUP_SQE128 ? 2 * IO_URING_SQE_BYTES : IO_URING_SQE_BYTES;
  const { sq_entries, cq_entries, features, flags } = q;
  const sq_bytes = q.sq_off.array + (flags & IORING_SETUP_NO_SQARRAY ? 0 : sq_entries * 4);
  const cq_bytes = q.cq_off.cqes + cq_entries * cqe_bytes;
  const single = (features & IORING_FEAT_SINGLE_MMAP) !== 0;
  const sq_map = single ? Math.max(sq_bytes, cq_bytes) : sq_bytes;
  const sq = yield* must({ call: 'mmap', fd, offset: IORING_OFF_SQ_RING, bytes: sq_map });
  const cq = single ? sq : yield* must({ call: 'mmap', fd, offset: IORING_OFF_CQ_RING, bytes: cq_bytes });
  const sqes = yield* must({ call: 'mmap', fd, offset: IORING_OFF_SQES, bytes: sq_entries * sqe_bytes });
  const view = memory.view();
  const { sq_off, cq_off } = new io_uring_params(view, params);
  // Where there is an index array, entry i stands at place i, as liburing writes it once.
  if (!(flags & IORING_SETUP_NO_SQARRAY)) for (let i = 0; i < sq_entries; i++) view.setUint32(sq + sq_off.array + i * 4, i, true);
  return {
    sq_head: sq + sq_off.head, sq_tail: sq + sq_off.tail, sq_flags: sq + sq_off.flags, sq_dropped: sq + sq_off.dropped, sq_entries,
    sq_mask: view.getUint32(sq + sq_off.ring_mask, true), sqes, sqe_bytes,
    cq_head: cq + cq_off.head, cq_tail: cq + cq_off.tail, cq_flags: cq + cq_off.flags, cq_overflow: cq + cq_off.overflow, cq_entries,
    cq_mask: view.getUint32(cq + cq_off.ring_mask, true), cqes: cq + cq_off.cqes, cqe_bytes,
    setup: flags, features,
  };
}
