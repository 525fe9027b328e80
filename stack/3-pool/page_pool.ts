/**
 * Page pools (net/core/page_pool.c): a cache that only its NAPI touches, a ring that anybody may return to, and a slow
 * path to the page allocator or to a memory provider. One pool per RX queue.
 *
 *      alloc:  cache --> ptr_ring (refills the cache) --> provider or page allocator (up to 64 at once)
 *      put:    cache (own NAPI, room) --> ptr_ring (room) --> provider or page allocator
 */
import {
  arenaAlloc, bug, charge, COST_PAGE_POOL_FAST, COST_PAGE_POOL_RING, COST_PAGE_POOL_SLOW, iommuMap, iommuUnmap, NONE, POOLS_MAX,
  PP_ALLOC_CACHE_REFILL, PP_ALLOC_CACHE_SIZE, RUN_BUG_RECYCLED_AFTER_DESTROY, tracePoolEmpty, tracePoolHold, tracePoolRelease,
} from '../../sim/core';
import { KIND_NIOV, ledgerMove, netmem, NO_POOL, pageAlloc, pageFree, PLACE_CACHE } from './netmem';
import { mpAlloc, mpRelease } from './port';
import { poolState } from './state';

@unmanaged
export class PagePool {
  host: u32;
  queue: u32;
  /** 1 + zcrx instance when a memory provider is installed, else 0. */
  provider: u32;
  cache_base: u32;
  cache_count: u32;
  ring_base: u32;
  ring_size: u32;
  ring_head: u32;
  ring_tail: u32;
  /** Buffers handed out and not yet back (page_pool: inflight). */
  inflight: u32;
  /** Counts changes of provider. Each stands for a pool of its own in Linux: buffers of an earlier one do not stay. */
  generation: u32;
  // ethtool/netlink page-pool statistics
  alloc_fast: u64;
  alloc_slow: u64;
  alloc_refill: u64;
  alloc_empty: u64;
  recycle_cached: u64;
  recycle_ring: u64;
  recycle_ring_full: u64;
  released: u64;
}
const POOL_BYTES: usize = 112;

export function poolsInit(): void {
  const s = poolState();
  s.pools_base = <u32>arenaAlloc(<u64>POOLS_MAX * POOL_BYTES);
}

export function pagePool(pool_idx: u32): PagePool {
  return changetype<PagePool>(<usize>poolState().pools_base + <usize>pool_idx * POOL_BYTES);
}

/** Makes a pool at build time. `ring_size` is a power of two, at most 16384 (page_pool_init). */
export function poolCreate(host: u32, queue: u32, ring_size: u32): u32 {
  const s = poolState();
  assert(s.pool_count < POOLS_MAX, 'too many page pools');
  const idx = s.pool_count++;
  const p = pagePool(idx);
  p.host = host;
  p.queue = queue;
  p.cache_base = <u32>arenaAlloc(<u64>PP_ALLOC_CACHE_SIZE * 4);
  p.ring_base = <u32>arenaAlloc(<u64>ring_size * 4);
  p.ring_size = ring_size;
  return idx;
}

/** Installs or removes a memory provider. The pool must hold nothing: a queue restart empties it first. */
export function poolSetProvider(pool_idx: u32, provider: u32): void {
  const p = pagePool(pool_idx);
  assert(p.cache_count == 0 && p.ring_head == p.ring_tail, 'P1 a provider is changed on an empty pool only');
  p.provider = provider;
  p.generation++;
}

/** For the slow path: puts one more buffer into the cache. */
export function poolCachePush(pool_idx: u32, netmem_idx: u32): void {
  const p = pagePool(pool_idx);
  assert(p.cache_count < PP_ALLOC_CACHE_SIZE, 'P2 the cache of a pool overflowed');
  netmem(netmem_idx).pool = <u16>pool_idx;
  ledgerMove(netmem_idx, PLACE_CACHE);
  store<u32>(<usize>p.cache_base + (<usize>p.cache_count << 2), netmem_idx);
  p.cache_count++;
}

/** A buffer with one reference, for the driver's RX ring; NONE when the pool is dry (page_pool_alloc_netmems). */
export function poolAlloc(pool_idx: u32): u32 {
  const p = pagePool(pool_idx);
  let from: u32 = 0;
  let idx: u32;
  if (p.cache_count > 0) {
    p.alloc_fast++;
    charge(COST_PAGE_POOL_FAST);
    idx = popCache(p);
  } else if (p.ring_head != p.ring_tail) {
    from = 1;
    p.alloc_refill++;
    charge(COST_PAGE_POOL_RING);
    refillFromRing(p);
    idx = popCache(p);
  } else {
    from = 2;
    charge(COST_PAGE_POOL_SLOW);
    idx = p.provider != 0 ? mpAlloc(pool_idx) : allocPages(pool_idx);
    if (idx == NONE) {
      p.alloc_empty++;
      tracePoolEmpty(0, NONE, pool_idx);
      return NONE;
    }
    p.alloc_slow++;
  }
  // It knows its pool since it came into the cache (poolCachePush).
  const n = netmem(idx);
  n.generation = <u8>p.generation;
  n.pp_ref = 1;
  p.inflight++;
  tracePoolHold(0, idx, pool_idx, from);
  return idx;
}

function popCache(p: PagePool): u32 {
  p.cache_count--;
  return load<u32>(<usize>p.cache_base + (<usize>p.cache_count << 2));
}

function refillFromRing(p: PagePool): void {
  const mask = p.ring_size - 1;
  while (p.ring_head != p.ring_tail && p.cache_count < PP_ALLOC_CACHE_REFILL) {
    const idx = load<u32>(<usize>p.ring_base + (<usize>(p.ring_head & mask) << 2));
    p.ring_head++;
    store<u32>(<usize>p.cache_base + (<usize>p.cache_count << 2), idx);
    p.cache_count++;
  }
}

function allocPages(pool_idx: u32): u32 {
  const p = pagePool(pool_idx);
  for (let i: u32 = 0; i < PP_ALLOC_CACHE_REFILL; i++) {
    const idx = pageAlloc(p.host);
    if (idx == NONE) break;
    poolCachePush(pool_idx, idx);
  }
  iommuMap(p.host, p.cache_count);
  return p.cache_count == 0 ? NONE : popCache(p);
}

/** One more reference (page_pool_ref_netmem). */
export function netmemRef(netmem_idx: u32): void {
  netmem(netmem_idx).pp_ref++;
}

/** Drops `refs` references and says whether none is left (page_pool_unref_netmem). The caller then recycles. */
export function netmemUnref(netmem_idx: u32, refs: u32): bool {
  const n = netmem(netmem_idx);
  assert(n.pp_ref >= refs, 'L3 a buffer lost a reference that nobody held');
  n.pp_ref -= refs;
  return n.pp_ref == 0;
}

/**
 * Takes back a buffer without references (page_pool_put_unrefed_netmem). `direct`: the caller runs in the pool's own
 * NAPI, so that the cache may be used.
 */
export function poolRecycle(netmem_idx: u32, direct: bool): void {
  const n = netmem(netmem_idx);
  const pool_idx = <u32>n.pool;
  const p = pagePool(pool_idx);
  assert(n.pp_ref == 0, 'L4 a recycled buffer has no references');
  p.inflight--;
  // A buffer from before the last change of provider does not stay: its own pool is being destroyed (page_pool_release). Nor does a page
  // that user space has mapped (mapping.ts).
  const own = bug(RUN_BUG_RECYCLED_AFTER_DESTROY) || (n.generation == <u8>p.generation && (n.kind == KIND_NIOV) == (p.provider != 0));
  const keep = own && n.user_ref == 0;
  if (keep && direct && p.cache_count < PP_ALLOC_CACHE_SIZE) {
    ledgerMove(netmem_idx, PLACE_CACHE);
    store<u32>(<usize>p.cache_base + (<usize>p.cache_count << 2), netmem_idx);
    p.cache_count++;
    p.recycle_cached++;
    tracePoolRelease(0, netmem_idx, pool_idx, 0);
  } else if (keep && p.ring_tail - p.ring_head < p.ring_size) {
    ledgerMove(netmem_idx, PLACE_CACHE);
    store<u32>(<usize>p.ring_base + (<usize>(p.ring_tail & (p.ring_size - 1)) << 2), netmem_idx);
    p.ring_tail++;
    p.recycle_ring++;
    tracePoolRelease(0, netmem_idx, pool_idx, 1);
  } else {
    if (keep) p.recycle_ring_full++;
    poolGiveUp(pool_idx, netmem_idx);
  }
}

/** The buffer leaves the pool for good (page_pool_return_netmem). */
function poolGiveUp(pool_idx: u32, netmem_idx: u32): void {
  pagePool(pool_idx).released++;
  tracePoolRelease(0, netmem_idx, pool_idx, 2);
  if (netmem(netmem_idx).kind == KIND_NIOV) mpRelease(pool_idx, netmem_idx);
  else {
    iommuUnmap(pagePool(pool_idx).host, 1);
    if (netmem(netmem_idx).user_ref == 0) pageFree(netmem_idx);
    else netmem(netmem_idx).pool = NO_POOL;
  }
}

/** Empties cache and ring (page_pool_destroy, queue restart). Buffers in flight come home one by one later. */
export function poolEmpty(pool_idx: u32): void {
  const p = pagePool(pool_idx);
  while (p.cache_count > 0) poolGiveUp(pool_idx, popCache(p));
  const mask = p.ring_size - 1;
  while (p.ring_head != p.ring_tail) {
    const idx = load<u32>(<usize>p.ring_base + (<usize>(p.ring_head & mask) << 2));
    p.ring_head++;
    poolGiveUp(pool_idx, idx);
  }
}

