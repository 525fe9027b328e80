/**
 * The refill ring: user space pushes (offset) entries, the kernel reads them when the page pool wants buffers.
 *
 *     header:  0 head (kernel)   64 tail (user)   128 entries: { off u64, len u32, pad u32 }      a cache line each
 *              0 head (kernel)    4 tail (user)    64 entries                                     as older kernels have it
 *
 * Nothing is ever reported back: an entry with padding, an unknown area or an index past the area's end is skipped, and an
 * entry for a buffer that is not on loan so often does nothing. More entries than the ring holds overwrite older ones, and
 * what is then read a second time does nothing either, so that the overwritten buffers stay on loan for ever.
 */
import {
  behaves, BEHAVES_ZCRX_RQ_CACHE_LINES, bug, chargeTimes, COST_REMOTE_BUF, loadIndex, NONE, RUN_BUG_REFILL_RUN_ONCE,
  RUN_BUG_RING_INDEX_UNTRIMMED, traceRqeTake, ZCRX_RQE_MALFORMED, ZCRX_RQE_NOT_LENT, ZCRX_RQE_RECYCLED, ZCRX_RQE_SHARED, ZCRX_RQE_TAKEN,
} from '../../sim/core';
import { netmem, netmemUnref, pagePool, poolCachePush, runningCore } from '../../stack/3-pool';
import {
  io_uring_zcrx_offsets, io_uring_zcrx_rqe, IO_URING_ZCRX_RQE_BYTES, IORING_ZCRX_AREA_MASK, IORING_ZCRX_AREA_SHIFT,
} from '../uapi.gen';
import { niovReturn } from './area';
import { zcrxCount } from './counters';
import { Ifq, ifqArea, ifqAt } from './state';
import { userRefPut } from './user_refs';

/** Where entries begin, at most (struct zcrx_rq_hdr). */
export const RQ_RQES_MAX: u32 = 128;
/** Most entries read at once (ZCRX_REFILL_CAP: 64 buffers of four fragments each). */
export const ZCRX_REFILL_CAP: u32 = 256;

/** sizeof(struct zcrx_rq_hdr) */
export function rqHdrBytes(host: u32): u32 {
  return behaves(host, BEHAVES_ZCRX_RQ_CACHE_LINES) ? RQ_RQES_MAX : 8;
}

/** io_fill_zcrx_offsets */
export function rqOffsets(host: u32, offsets: io_uring_zcrx_offsets): void {
  const lines = behaves(host, BEHAVES_ZCRX_RQ_CACHE_LINES);
  offsets.head = 0;
  offsets.tail = lines ? 64 : 4;
  offsets.rqes = lines ? RQ_RQES_MAX : 64;
}

/** rqe_take results. */
export const TAKE_RECYCLED: u32 = 0;
export const TAKE_SHARED: u32 = 1;
export const TAKE_MALFORMED: u32 = 2;
export const TAKE_NOT_LENT: u32 = 3;

/** Entries by the tail read last; never more than the ring has (__zcrx_rq_entries). */
function cachedEntries(q: Ifq): u32 {
  const entries = q.cached_tail - q.cached_head;
  return entries < q.rq_entries ? entries : q.rq_entries;
}
export function rqEntries(q: Ifq): u32 {
  q.cached_tail = loadIndex(<usize>q.rq_tail);
  return cachedEntries(q);
}
/** Address of the next entry, which counts as read from now on. */
export function rqNext(q: Ifq): io_uring_zcrx_rqe {
  const mask = bug(RUN_BUG_RING_INDEX_UNTRIMMED) ? u32.MAX_VALUE : q.rq_entries - 1;
  const at = <usize>q.rqes + <usize>(q.cached_head & mask) * IO_URING_ZCRX_RQE_BYTES;
  q.cached_head++;
  return changetype<io_uring_zcrx_rqe>(at);
}
/** Publishes how far the ring was read. */
export function rqCommit(q: Ifq): void {
  store<u32>(<usize>q.rq_head, q.cached_head);
}

/** The buffer that an entry names, or NONE: then it is skipped (io_parse_rqe). */
export function rqeParse(ifq_idx: u32, q: Ifq, rqe: io_uring_zcrx_rqe): u32 {
  const off = rqe.off;
  const area_idx = <u32>(off >> IORING_ZCRX_AREA_SHIFT);
  // The index is an `unsigned`: it wraps for offsets of 2^32 buffers and more.
  const niov_idx = <u32>((off & ~IORING_ZCRX_AREA_MASK) >> q.niov_shift);
  zcrxCount(ifq_idx, ZCRX_RQE_TAKEN, 1);
  if (rqe.__pad == 0 && area_idx < q.nr_areas) {
    const area = ifqArea(q, area_idx);
    if (niov_idx < area.num_niovs) return area.first + niov_idx;
  }
  zcrxCount(ifq_idx, ZCRX_RQE_MALFORMED, 1);
  traceRqeTake(0, NONE, <u32>off, TAKE_MALFORMED, 1);
  return NONE;
}

/** Gives `refs` loans of a buffer back. True when nobody holds it any more; counted and traced. */
export function loanReturn(ifq_idx: u32, q: Ifq, netmem_idx: u32, refs: u32): bool {
  let result = TAKE_RECYCLED;
  let counter = ZCRX_RQE_RECYCLED;
  if (!userRefPut(ifq_idx, netmem_idx, refs)) {
    result = TAKE_NOT_LENT;
    counter = ZCRX_RQE_NOT_LENT;
  } else if (!netmemUnref(netmem_idx, refs)) {
    result = TAKE_SHARED;
    counter = ZCRX_RQE_SHARED;
  }
  zcrxCount(ifq_idx, counter, refs);
  traceRqeTake(0, netmem_idx, netmem(netmem_idx).niov_idx << q.niov_shift, result, refs);
  return result == TAKE_RECYCLED;
}

/** The buffer of the n-th entry that was not read yet; NONE: it names none. */
function entryBuffer(q: Ifq, n: u32): u32 {
  const rqe = changetype<io_uring_zcrx_rqe>(entryAt(q, q.cached_head + n));
  const area_idx = <u32>(rqe.off >> IORING_ZCRX_AREA_SHIFT);
  const niov_idx = <u32>((rqe.off & ~IORING_ZCRX_AREA_MASK) >> q.niov_shift);
  if (rqe.__pad != 0 || area_idx >= q.nr_areas || niov_idx >= ifqArea(q, area_idx).num_niovs) return NONE;
  return ifqArea(q, area_idx).first + niov_idx;
}
function entryAt(q: Ifq, counter: u32): usize {
  return <usize>q.rqes + <usize>(counter & (q.rq_entries - 1)) * IO_URING_ZCRX_RQE_BYTES;
}

/**
 * An entry that the kernel never sees: it is taken out of the ring, those before it move up, and its buffer stays on loan. NONE for the
 * oldest one. The buffer, or NONE when no such entry waits.
 */
export function zcrxLoseEntry(ifq_idx: u32, netmem_idx: u32): u32 {
  const q = ifqAt(ifq_idx);
  const entries = rqEntries(q);
  let n: u32 = 0;
  while (n < entries && netmem_idx != NONE && entryBuffer(q, n) != netmem_idx) n++;
  if (n >= entries) return NONE;
  const lost = entryBuffer(q, n);
  for (; n > 0; n--) memory.copy(entryAt(q, q.cached_head + n), entryAt(q, q.cached_head + n - 1), IO_URING_ZCRX_RQE_BYTES);
  q.cached_head++;
  rqCommit(q);
  return lost;
}

/** Returns a buffer and, if it is the asking pool's own, puts it into that pool's cache (zcrx_put_refill_niov). */
function putRefillNiov(ifq_idx: u32, q: Ifq, netmem_idx: u32, pool_idx: u32, refs: u32): u32 {
  if (!loanReturn(ifq_idx, q, netmem_idx, refs)) return 0;
  if (<u32>netmem(netmem_idx).pool != pool_idx) {
    niovReturn(netmem_idx);
    return 0;
  }
  pagePool(pool_idx).inflight--;
  poolCachePush(pool_idx, netmem_idx);
  return 1;
}

/**
 * Fills a pool's cache with at most `to_alloc` buffers from the ring (io_zcrx_ring_refill): at most ZCRX_REFILL_CAP entries by
 * the tail known so far, and as many again by the tail read afresh. Entries in a row for the same buffer are one return of as
 * many references, which is refused as a whole if the buffer is not on loan that often.
 *
 * Older kernels read the tail once and `to_alloc` entries, and take each entry by itself: the two flags of the instance.
 */
export function ringRefill(pool_idx: u32, ifq_idx: u32, to_alloc: u32): u32 {
  const q = ifqAt(ifq_idx);
  const rereads = q.refill_rereads != 0;
  const folds = q.refill_folds != 0;
  const cap = rereads ? ZCRX_REFILL_CAP : to_alloc;
  const most = rereads ? to_alloc - 1 : to_alloc;
  let left = rereads ? min(cachedEntries(q), cap) : 0;
  let reread = false;
  let niov = NONE;
  let niov_refs: u32 = 0;
  let allocated: u32 = 0;
  const begun = q.cached_head;
  while (allocated < most) {
    if (left == 0) {
      if (reread) break;
      reread = true;
      left = min(rqEntries(q), cap);
      if (left == 0) break;
    }
    left--;
    const next = rqeParse(ifq_idx, q, rqNext(q));
    if (next == NONE) continue;
    if (next == niov && folds) {
      if (!bug(RUN_BUG_REFILL_RUN_ONCE)) niov_refs++;
      continue;
    }
    if (niov != NONE) allocated += putRefillNiov(ifq_idx, q, niov, pool_idx, niov_refs);
    niov = next;
    niov_refs = 1;
  }
  if (niov != NONE) allocated += putRefillNiov(ifq_idx, q, niov, pool_idx, niov_refs);
  if (q.reader != 0 && q.reader != runningCore()) chargeTimes(COST_REMOTE_BUF, q.cached_head - begun);
  rqCommit(q);
  return allocated;
}
