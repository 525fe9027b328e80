/**
 * The end of an instance: its queue goes back to ordinary pages, buffers that user space never returned are taken back
 * (io_zcrx_scrub), and what packets still hold comes home one by one. The instance is freed with the last of them.
 */
import { bug, hasMuseum, NONE, RUN_BUG_POOL_FREED_INFLIGHT, RUN_BUG_ZCRX_SCRUB_RACE, traceZcScrub, ZCRX_LINKS_MAX } from '../../sim/core';
import { netmem, netmemUnref, queueClose } from '../../stack/3-pool';
import { areasFree, areasHome, niovReturn } from './area';
import { ringRegionFree } from './port';
import { Ifq, ifqArea, ifqAt, ifqClear, linkAt } from './state';
import { userRefPut } from './user_refs';

/** Takes all loans back (io_zcrx_scrub). */
function scrub(ifq_idx: u32, q: Ifq): void {
  for (let i: u32 = 0; i < q.nr_areas; i++) {
    const area = ifqArea(q, i);
    for (let k: u32 = 0; k < area.num_niovs; k++) {
      const idx = area.first + k;
      const refs = netmem(idx).user_ref;
      if (refs == 0) continue;
      if (!bug(RUN_BUG_ZCRX_SCRUB_RACE)) userRefPut(ifq_idx, idx, refs);
      const last = netmemUnref(idx, refs);
      if (hasMuseum()) traceZcScrub(0, idx, refs, netmem(idx).pp_ref);
      if (last) niovReturn(idx);
    }
  }
}

/** The queue takes its buffers from ordinary pages again (io_close_queue). */
function closeQueue(q: Ifq): void {
  const rxq = q.if_rxq;
  q.netdev = 0;
  if (rxq != NONE) queueClose(q.host, rxq);
  q.if_rxq = NONE;
}

/** A ring, or a descriptor (`ring` NONE), does not use an instance any more (zcrx_unregister_user). */
export function unregisterUser(ifq_idx: u32, q: Ifq, ring: u32): void {
  if (ring != NONE && q.master_ring == ring) q.master_ring = NONE;
  assert(q.user_refs > 0, 'Z5 a user lets go of an instance once');
  if (--q.user_refs == 0) {
    closeQueue(q);
    scrub(ifq_idx, q);
  }
}

/** Drops a reference (io_put_zcrx_ifq). */
export function ifqPut(ifq_idx: u32, q: Ifq): void {
  assert(q.refs > 0, 'Z5 a user lets go of an instance once');
  q.refs--;
  ifqMaybeFree(ifq_idx);
}

/** Both at once (zcrx_unregister). */
export function zcrxPut(ifq_idx: u32, ring: u32): void {
  const q = ifqAt(ifq_idx);
  unregisterUser(ifq_idx, q, ring);
  ifqPut(ifq_idx, q);
}

/** Frees an instance that nobody uses and whose buffers are all home: each page pool of it held it (io_zcrx_ifq_free). */
export function ifqMaybeFree(ifq_idx: u32): void {
  const q = ifqAt(ifq_idx);
  if (q.refs != 0 || q.if_rxq != NONE || (!bug(RUN_BUG_POOL_FREED_INFLIGHT) && !areasHome(q))) return;
  areasFree(q);
  if (q.region_addr != 0) ringRegionFree(q.host, q.region_addr, q.region_bytes, q.region_user);
  ifqClear(q);
}

/** A ring is going away: it uses its instances no more (io_terminate_zcrx). */
export function zcrxTerminate(ring: u32): void {
  for (let i: u32 = 0; i < ZCRX_LINKS_MAX; i++) {
    const k = linkAt(i);
    if (k.ring != ring + 1 || k.terminated != 0) continue;
    k.terminated = 1;
    unregisterUser(k.ifq, ifqAt(k.ifq), ring);
  }
}

/** The ring has gone (io_unregister_zcrx): requests may have lent buffers since, so they are taken back once more. */
export function zcrxUnregister(ring: u32): void {
  for (let i: u32 = 0; i < ZCRX_LINKS_MAX; i++) {
    const k = linkAt(i);
    if (k.ring != ring + 1) continue;
    assert(k.terminated != 0, 'Z5 a ring lets go of an instance in two steps');
    k.ring = 0;
    const q = ifqAt(k.ifq);
    if (q.user_refs == 0) scrub(k.ifq, q);
    ifqPut(k.ifq, q);
  }
}
