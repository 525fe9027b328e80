/**
 * The end of an instance: its queue goes back to ordinary pages, buffers that user space never returned are taken back
 * (io_zcrx_scrub), and what packets still hold comes home one by one. The instance is freed with the last of them.
 */
import { IFQS_MAX, NONE } from '../../sim/core';
import { netmem, netmemUnref, queueClose } from '../../stack/3-pool';
import { areasFree, areasHome, niovReturn } from './area';
import { ringRegionFree } from './port';
import { Ifq, ifqArea, ifqAt, ifqClear } from './state';
import { userRefPut } from './user_refs';

/** Takes all loans back (io_zcrx_scrub). */
function scrub(ifq_idx: u32, q: Ifq): void {
  for (let i: u32 = 0; i < q.nr_areas; i++) {
    const area = ifqArea(q, i);
    for (let k: u32 = 0; k < area.num_niovs; k++) {
      const idx = area.first + k;
      const refs = netmem(idx).user_ref;
      if (refs == 0) continue;
      userRefPut(ifq_idx, idx, refs);
      if (netmemUnref(idx, refs)) niovReturn(idx);
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

/** A ring does not use an instance any more (zcrx_unregister_user). */
export function unregisterUser(ifq_idx: u32, q: Ifq): void {
  q.master_ring = NONE;
  assert(q.user_refs > 0, 'Z5 an instance is unregistered once');
  if (--q.user_refs == 0) {
    closeQueue(q);
    scrub(ifq_idx, q);
  }
}

/** Drops the ring's own reference (io_put_zcrx_ifq). */
export function ifqPut(ifq_idx: u32, q: Ifq): void {
  q.unregistered = 1;
  ifqMaybeFree(ifq_idx);
}

/** Frees an instance that nobody uses and whose buffers are all home (io_zcrx_ifq_free). */
export function ifqMaybeFree(ifq_idx: u32): void {
  const q = ifqAt(ifq_idx);
  if (q.unregistered == 0 || q.if_rxq != NONE || !areasHome(q)) return;
  areasFree(q);
  if (q.region_addr != 0) ringRegionFree(q.region_addr, q.region_bytes, q.region_user);
  ifqClear(q);
}

/** A ring is going away: its instances stop (io_terminate_zcrx). */
export function zcrxTerminate(ring: u32): void {
  for (let i: u32 = 0; i < IFQS_MAX; i++) {
    const q = ifqAt(i);
    if (q.used != 0 && q.ring == ring && q.published != 0 && q.user_refs != 0) unregisterUser(i, q);
  }
}

/** The ring has gone (io_unregister_zcrx): requests may have lent buffers since, so they are taken back once more. */
export function zcrxUnregister(ring: u32): void {
  for (let i: u32 = 0; i < IFQS_MAX; i++) {
    const q = ifqAt(i);
    if (q.used == 0 || q.ring != ring || q.published == 0) continue;
    q.published = 0;
    if (q.user_refs == 0) scrub(i, q);
    ifqPut(i, q);
  }
}
