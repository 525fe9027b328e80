/** The memory provider of a bound queue (io_uring/zcrx.c: io_uring_pp_zc_ops): where its page pool gets buffers from. */
import { NONE, PP_ALLOC_CACHE_REFILL, ZCRX_ALLOC_FAIL } from '../../sim/core';
import { netmem, pagePool, poolCachePush } from '../../stack/3-pool';
import { ZCRX_EVENT_ALLOC_FAIL } from '../uapi.gen';
import { niovFromFreelist, niovToFreelist } from './area';
import { zcrxCount } from './counters';
import { zcrxSendNotif } from './events';
import { ringRefill } from './refill_ring';
import { ifqMaybeFree } from './scrub';
import { areaAt, ifqArea, ifqAt } from './state';

/** Takes buffers from the free lists, area after area (io_zcrx_refill_slow). */
function refillSlow(pool_idx: u32, ifq_idx: u32, to_alloc: u32): u32 {
  const q = ifqAt(ifq_idx);
  let area_id: u32 = 0;
  let allocated: u32 = 0;
  while (allocated < to_alloc && area_id < q.nr_areas) {
    const idx = niovFromFreelist(ifqArea(q, area_id));
    if (idx == NONE) {
      area_id++;
      continue;
    }
    poolCachePush(pool_idx, idx);
    allocated++;
  }
  return allocated;
}

/** The pool's cache is empty: fills it and takes the last one (io_pp_zc_alloc_netmems). NONE when there is nothing. */
export function providerAlloc(pool_idx: u32): u32 {
  const p = pagePool(pool_idx);
  const ifq_idx = p.provider - 1;
  assert(p.cache_count == 0, 'Z3 a provider is asked when the cache is empty');
  if (ringRefill(pool_idx, ifq_idx, PP_ALLOC_CACHE_REFILL) == 0 && refillSlow(pool_idx, ifq_idx, PP_ALLOC_CACHE_REFILL) == 0) {
    zcrxCount(ifq_idx, ZCRX_ALLOC_FAIL, 1);
    zcrxSendNotif(ifq_idx, ZCRX_EVENT_ALLOC_FAIL);
    return NONE;
  }
  p.cache_count--;
  return load<u32>(<usize>p.cache_base + (<usize>p.cache_count << 2));
}

/** The pool gives a buffer up (io_pp_zc_release_netmem). */
export function providerRelease(pool_idx: u32, netmem_idx: u32): void {
  const ifq_idx = areaAt(netmem(netmem_idx).area).ifq;
  niovToFreelist(netmem_idx);
  ifqMaybeFree(ifq_idx);
}
