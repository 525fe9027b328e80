/**
 * The completion queue (io_uring/io_uring.c). The kernel fills entries at its own tail and publishes the tail at the end of
 * a batch:
 *
 *        head (user)        tail (published)     cached_cq_tail
 *     -----|--------------------|---------------------|---------------- free: [cqe_cached, cqe_sentinel) is known to be
 *            seen by the user     filled, unpublished
 *
 * A completion of a request that finds no room goes to the overflow list, in order; while the list is not empty nothing
 * overtakes it. Multishot requests that find no room end instead, and zero-copy receive consumes nothing (-ENOSPC).
 */
import {
  bug, charge, COST_CQE, CQ_OVERFLOW_MAX, loadIndex, NONE, RUN_BUG_CQE32_OVERFLOW_HALF, RUN_BUG_CQE_REORDER, slabAt, slabNew, slabPut,
  slabTake, traceCqe, traceCqOverflow,
} from '../../sim/core';
import {
  IORING_CQE_F_32, IORING_CQE_F_MORE, IORING_CQE_F_SKIP, IORING_SETUP_CQE32, IORING_SETUP_CQE_MIXED, IORING_SQ_CQ_OVERFLOW, io_uring_cqe,
} from '../uapi.gen';
import { tellEventfd, tellPollers } from './eventfd';
import { Req, reqIdx } from './request';
import {
  CHECK_CQ_DROPPED, CHECK_CQ_OVERFLOW, Ring, ringAt, RINGS_CQ_HEAD, RINGS_CQ_OVERFLOW, RINGS_CQ_TAIL, RINGS_CQES, RINGS_SQ_FLAGS,
  RING_F_OFF_TIMEOUT_USED, RING_F_SYSCALL_IOPOLL, RING_F_TASK_COMPLETE, ringState,
} from './state';
import { TASK_IN_ENTER, taskAt, TASKS_MAX, taskWake } from './task';
import { timeoutsFlush } from './timeout';
import { OF_OVERFLOW, OF_USER_DATA, witnessCqe, witnessOverflow } from './witness';

/** A completion that waits (struct io_overflow_cqe). */
@unmanaged
class OverflowCqe {
  user_data: u64;
  big0: u64;
  big1: u64;
  res: i32;
  flags: u32;
  next: u32;
  unused: u32;
}

export function overflowInit(): void {
  ringState().overflow = slabNew(CQ_OVERFLOW_MAX, offsetof<OverflowCqe>());
}
function overflowAt(i: u32): OverflowCqe {
  return changetype<OverflowCqe>(slabAt(ringState().overflow, i));
}

/** Entries between the user's head and the kernel's own tail, at most all (io_cqring_queued). */
function cqQueued(r: Ring): u32 {
  const diff = <i32>(r.cached_cq_tail - loadIndex(<usize>r.rings + RINGS_CQ_HEAD));
  if (diff < 0) return 0;
  return <u32>diff < r.cq_entries ? <u32>diff : r.cq_entries;
}

/** Published entries that the user has not seen (__io_cqring_events_user). */
export function cqEventsUser(r: Ring): u32 {
  return load<u32>(<usize>r.rings, RINGS_CQ_TAIL) - load<u32>(<usize>r.rings, RINGS_CQ_HEAD);
}

/** Looks how many entries in a row are free (io_cqe_cache_refill). */
function cacheRefill(r: Ring, overflow: bool, cqe32: bool): bool {
  const entries = r.cq_entries;
  if (!overflow && (r.check_cq & CHECK_CQ_OVERFLOW) != 0 && !bug(RUN_BUG_CQE_REORDER)) return false;
  r.cqe_cached = 0;
  r.cqe_sentinel = 0;
  let off = r.cached_cq_tail & (entries - 1);
  if (cqe32 && (r.flags & IORING_SETUP_CQE_MIXED) != 0 && off + 1 == entries) {
    // One entry is left before the end and two are wanted: a filler takes it.
    if (cqQueued(r) >= entries) return false;
    const filler = changetype<io_uring_cqe>(<usize>(r.rings + RINGS_CQES + (off << 4)));
    filler.user_data = 0;
    filler.res = 0;
    filler.flags = IORING_CQE_F_SKIP;
    r.cached_cq_tail++;
    off = 0;
  }
  const taken = cqQueued(r) + r.cq_withheld;
  const free = taken < entries ? entries - taken : 0;
  const len = free < entries - off ? free : entries - off;
  const shift: u32 = (r.flags & IORING_SETUP_CQE32) != 0 ? 5 : 4;
  const want: u32 = shift == 4 && cqe32 ? 2 : 1;
  if (len < want) return false;
  r.cqe_cached = r.rings + RINGS_CQES + (off << shift);
  r.cqe_sentinel = r.cqe_cached + (len << shift);
  return true;
}

/** So many entries fewer are free from now on, as if the CQ were smaller. At least one stays. */
export function cqWithhold(r: Ring, entries: u32): void {
  r.cq_withheld = min(r.cq_withheld + entries, r.cq_entries - 1);
  // What was known to be free may not be.
  r.cqe_cached = 0;
  r.cqe_sentinel = 0;
}

/** Address of the next free entry, taken; 0 when there is none (io_get_cqe_overflow). */
function getCqe(r: Ring, overflow: bool, cqe32: bool): usize {
  const want: u32 = cqe32 ? 32 : 16;
  if (r.cqe_sentinel - r.cqe_cached < want && !cacheRefill(r, overflow, cqe32)) return 0;
  const at = r.cqe_cached;
  r.cached_cq_tail++;
  r.cqe_cached = at + 16;
  if ((r.flags & IORING_SETUP_CQE32) != 0) {
    r.cqe_cached = at + 32;
  } else if (cqe32 && (r.flags & IORING_SETUP_CQE_MIXED) != 0) {
    r.cqe_cached = at + 32;
    r.cached_cq_tail++;
  }
  return at;
}

function fill(r: Ring, at: usize, user_data: u64, res: i32, cflags: u32): void {
  const cqe = changetype<io_uring_cqe>(at);
  cqe.user_data = user_data;
  cqe.res = res;
  cqe.flags = cflags;
  r.completed++;
  r.run_cqes++;
  charge(COST_CQE);
}

/** A completion besides the request's own, of request `whose` or of none (io_fill_cqe_aux). */
export function fillCqeAux(r: Ring, user_data: u64, res: i32, cflags: u32, whose: u32): bool {
  const cqe32 = (cflags & IORING_CQE_F_32) != 0;
  const at = getCqe(r, false, cqe32);
  if (at == 0) return false;
  fill(r, at, user_data, res, cflags);
  if (cqe32 || (r.flags & IORING_SETUP_CQE32) != 0) {
    store<u64>(at, 0, 16);
    store<u64>(at, 0, 24);
  }
  witnessCqe(r, whose, cqe32);
  traceCqe(0, NONE, <u32>user_data, res, cflags);
  return true;
}

/** One of 32 bytes, besides the request's own (io_fill_cqe_aux32). */
export function fillCqeAux32(r: Ring, req: Req, res: i32, cflags: u32, big0: u64, big1: u64): bool {
  const at = getCqe(r, false, true);
  if (at == 0) return false;
  fill(r, at, req.user_data, res, cflags);
  store<u64>(at, big0, 16);
  store<u64>(at, big1, 24);
  witnessCqe(r, reqIdx(req), true);
  traceCqe(0, NONE, <u32>req.user_data, res, cflags);
  return true;
}

/** The request's own completion (io_fill_cqe_req). */
export function fillCqeReq(r: Ring, req: Req): bool {
  const cqe32 = (req.cflags & IORING_CQE_F_32) != 0;
  const at = getCqe(r, false, cqe32);
  if (at == 0) return false;
  fill(r, at, req.user_data, req.res, req.cflags);
  if (cqe32 || (r.flags & IORING_SETUP_CQE32) != 0) {
    store<u64>(at, req.big0, 16);
    store<u64>(at, req.big1, 24);
  }
  witnessCqe(r, reqIdx(req), cqe32);
  traceCqe(0, NONE, <u32>req.user_data, req.res, req.cflags);
  return true;
}

/**
 * A buffer lent by zero-copy receive (io_zcrx_queue_cqe, io_defer_get_uncommited_cqe). Fills the ZcrxRing port, whose user
 * traces it: the loan comes first there, and user space sees the completion only when the tail moves (commitCqring).
 */
export function postZcCqe(ring: u32, user_data: u64, len: u32, off: u64): u32 {
  const r = ringAt(ring);
  r.cq_flush = 1;
  const mixed = (r.flags & IORING_SETUP_CQE_MIXED) != 0;
  const at = getCqe(r, false, mixed);
  if (at == 0) return 0;
  const cflags = mixed ? IORING_CQE_F_MORE | IORING_CQE_F_32 : IORING_CQE_F_MORE;
  fill(r, at, user_data, <i32>len, cflags);
  store<u64>(at, off, 16);
  store<u64>(at, 0, 24);
  witnessCqe(r, OF_USER_DATA, mixed);
  return cflags;
}

/** Publishes what was filled (io_commit_cqring). */
export function commitCqring(r: Ring): void {
  r.cq_published = r.cached_cq_tail;
  store<u32>(<usize>r.rings, r.cached_cq_tail, RINGS_CQ_TAIL);
}
/** Publishes what was filled, and tells those who wait for it (io_cq_unlock_post). */
export function cqUnlockPost(r: Ring): void {
  commitCqring(r);
  cqringWake(r);
  commitCqringFlush(r);
}
/** The same at the end of a batch: the submitter of a DEFER_TASKRUN ring is the one that runs (__io_cq_unlock_post). */
export function cqUnlockPostBatch(r: Ring): void {
  commitCqring(r);
  if ((r.int_flags & (RING_F_TASK_COMPLETE | RING_F_SYSCALL_IOPOLL)) == 0) cqringWake(r);
  commitCqringFlush(r);
}
/** Tells tasks that wait for completions and have enough now (io_cqring_wake, io_wake_function). */
function cqringWake(r: Ring): void {
  for (let i: u32 = 0; i < TASKS_MAX; i++) {
    const t = taskAt(i);
    if (t.waiting != TASK_IN_ENTER || t.wait_ring != r.idx) continue;
    const enough = <i32>(load<u32>(<usize>r.rings, RINGS_CQ_TAIL) - t.cq_tail) >= 0 || r.cq_timeouts != t.nr_timeouts;
    if (enough || (r.check_cq & CHECK_CQ_OVERFLOW) != 0 || r.work_head != NONE) taskWake(t);
  }
}
/** What else hangs on completions (__io_commit_cqring_flush). */
function commitCqringFlush(r: Ring): void {
  tellPollers(r);
  if ((r.int_flags & RING_F_OFF_TIMEOUT_USED) != 0) timeoutsFlush(r);
  tellEventfd(r);
}

export function sqFlagsOr(r: Ring, bits: u32): void {
  const at = <usize>r.rings;
  store<u32>(at, load<u32>(at, RINGS_SQ_FLAGS) | bits, RINGS_SQ_FLAGS);
}
export function sqFlagsClear(r: Ring, bits: u32): void {
  const at = <usize>r.rings;
  store<u32>(at, load<u32>(at, RINGS_SQ_FLAGS) & ~bits, RINGS_SQ_FLAGS);
}

/** No room: the completion goes to the list, or is lost and counted (io_cqring_add_overflow). False: lost. */
export function cqeOverflow(r: Ring, user_data: u64, res: i32, cflags: u32, big0: u64, big1: u64, whose: u32): bool {
  const idx = slabTake(ringState().overflow);
  traceCqOverflow(0, NONE, r.idx, <u32>user_data);
  witnessOverflow(r, whose, idx != NONE);
  r.overflows++;
  if (idx == NONE) {
    const at = <usize>r.rings;
    store<u32>(at, load<u32>(at, RINGS_CQ_OVERFLOW) + 1, RINGS_CQ_OVERFLOW);
    r.check_cq |= CHECK_CQ_DROPPED;
    return false;
  }
  const o = overflowAt(idx);
  o.user_data = user_data;
  o.res = res;
  o.flags = cflags;
  o.big0 = big0;
  o.big1 = big1;
  o.next = NONE;
  if (r.overflow_head == NONE) {
    r.check_cq |= CHECK_CQ_OVERFLOW;
    sqFlagsOr(r, IORING_SQ_CQ_OVERFLOW);
    r.overflow_head = idx;
  } else overflowAt(r.overflow_tail).next = idx;
  r.overflow_tail = idx;
  return true;
}

/** Moves what waits into the queue while there is room (__io_cqring_overflow_flush). `dying`: throws it away. */
export function overflowFlush(r: Ring, dying: bool): void {
  if (!dying && r.cached_cq_tail - loadIndex(<usize>r.rings + RINGS_CQ_HEAD) + r.cq_withheld >= r.cq_entries) return;
  while (r.overflow_head != NONE) {
    const idx = r.overflow_head;
    const o = overflowAt(idx);
    const big = (r.flags & IORING_SETUP_CQE32) != 0;
    const cqe32 = !big && (o.flags & IORING_CQE_F_32) != 0;
    if (!dying) {
      const at = getCqe(r, true, cqe32);
      if (at == 0) break;
      fill(r, at, o.user_data, o.res, o.flags);
      if (big || cqe32) {
        store<u64>(at, o.big0, 16);
        if (!bug(RUN_BUG_CQE32_OVERFLOW_HALF)) store<u64>(at, o.big1, 24);
      }
      witnessCqe(r, OF_OVERFLOW, cqe32);
      traceCqe(0, NONE, <u32>o.user_data, o.res, o.flags);
    }
    r.overflow_head = o.next;
    slabPut(ringState().overflow, idx);
  }
  if (r.overflow_head == NONE) {
    r.check_cq &= ~CHECK_CQ_OVERFLOW;
    sqFlagsClear(r, IORING_SQ_CQ_OVERFLOW);
  }
  cqUnlockPost(r);
}

/** A completion outside of any request's own, in any context (io_post_aux_cqe). */
export function postAuxCqe(r: Ring, user_data: u64, res: i32, cflags: u32): bool {
  let filled = fillCqeAux(r, user_data, res, cflags, NONE);
  if (!filled) filled = cqeOverflow(r, user_data, res, cflags, 0, 0, NONE);
  cqUnlockPost(r);
  return filled;
}
