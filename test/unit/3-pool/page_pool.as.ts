/**
 * Description: a page pool tells where buffers came from and where they went, as ethtool and netlink show it. Whoever reads those numbers
 * looks for a pool that is too small or a consumer on another core; a count that is one off sends them the wrong way.
 */
import { NONE, PP_ALLOC_CACHE_SIZE } from '../../../sim/core';
import {
  netmem, netmemRef, netmemUnref, NO_POOL, pageAlloc, PagePool, pagePool, PLACE_CACHE, PLACE_FREE, poolAlloc, poolEmpty, poolRecycle,
  poolState,
} from '../../../stack/3-pool';
import { build, HOST } from '../config_ring.as';

/** A corner of memory for the buffers that are out. */
const OUT: usize = 0x6000;
const POOL: u32 = 0;
const BATCH: u32 = 64;
const PAGES: u32 = 256;

function out(i: u32): u32 {
  return load<u32>(OUT + (<usize>i << 2));
}
function take(n: u32): PagePool {
  build();
  for (let i: u32 = 0; i < n; i++) store<u32>(OUT + (<usize>i << 2), poolAlloc(POOL));
  return pagePool(POOL);
}
function back(idx: u32, direct: bool): void {
  assert(netmemUnref(idx, 1), 'nobody else holds it');
  poolRecycle(idx, direct);
}
function inRing(p: PagePool): u32 {
  return p.ring_tail - p.ring_head;
}

export function the_first_buffer_comes_by_the_slow_path_with_a_batch(): void {
  const p = take(1);
  assert(p.alloc_slow == 1 && p.alloc_fast == 0 && p.alloc_refill == 0 && p.alloc_empty == 0, 'one slow allocation');
  assert(p.cache_count == BATCH - 1 && p.inflight == 1 && poolState().pages_used == BATCH, 'a batch, and one of it is out');
  const n = netmem(out(0));
  assert(n.pool == <u16>POOL && n.pp_ref == 1 && n.host == <u8>HOST && n.generation == <u8>p.generation, 'it knows whose it is');
  assert(n.place == PLACE_CACHE, 'the driver moves it on');
}

export function the_others_come_from_the_cache_and_the_last_in_is_the_first_out(): void {
  const p = take(2);
  assert(p.alloc_slow == 1 && p.alloc_fast == 1 && p.cache_count == BATCH - 2 && p.inflight == 2, 'fast');
  const idx = out(1);
  netmemRef(idx);
  assert(!netmemUnref(idx, 1) && netmem(idx).pp_ref == 1, 'two held it, and one does');
  back(idx, true);
  assert(p.recycle_cached == 1 && p.recycle_ring == 0 && p.cache_count == BATCH - 1 && p.inflight == 1, 'by its own poll');
  assert(poolAlloc(POOL) == idx && p.alloc_fast == 2, 'warm still');
}

export function what_others_give_back_waits_in_the_ring_until_the_cache_is_empty(): void {
  const p = take(BATCH);
  assert(p.cache_count == 0 && p.alloc_fast == BATCH - 1, 'all are out');
  for (let i: u32 = 0; i < 10; i++) back(out(i), false);
  assert(p.recycle_ring == 10 && p.recycle_cached == 0 && inRing(p) == 10 && p.cache_count == 0 && p.inflight == BATCH - 10, 'ten');
  assert(netmem(out(0)).place == PLACE_CACHE, 'the ring is the pool too');
  assert(poolAlloc(POOL) == out(9), 'all ten go over, and the last is used first');
  assert(p.alloc_refill == 1 && p.alloc_slow == 1 && inRing(p) == 0 && p.cache_count == 9, 'one look at the ring');
  assert(poolAlloc(POOL) == out(8) && p.alloc_fast == BATCH, 'then fast');
}

export function the_ring_goes_round(): void {
  const p = take(BATCH);
  for (let round: u32 = 0; round < 5; round++) {
    for (let i: u32 = 0; i < 50; i++) back(out(i), false);
    for (let i: u32 = 0; i < 50; i++) {
      const idx = poolAlloc(POOL);
      assert(idx != NONE && netmem(idx).pp_ref == 1, 'each comes once');
      store<u32>(OUT + (<usize>i << 2), idx);
    }
  }
  assert(p.alloc_slow == 1 && p.alloc_refill == 5 && p.recycle_ring == 250 && p.inflight == BATCH, 'no page was asked for');
  assert(p.ring_head == 250 && inRing(p) == 0, 'the ring has 64 places');
}

export function a_full_ring_gives_pages_up(): void {
  const p = take(70);
  assert(poolState().pages_used == 2 * BATCH, 'two batches');
  for (let i: u32 = 0; i < 65; i++) back(out(i), false);
  assert(p.recycle_ring == 64 && inRing(p) == 64, 'the ring holds 64');
  assert(p.recycle_ring_full == 1 && p.released == 1 && poolState().pages_used == 2 * BATCH - 1, 'one went to the page allocator');
  const n = netmem(out(64));
  assert(n.place == PLACE_FREE && n.pool == NO_POOL && n.pp_ref == 0, 'and is nobody\'s');
  assert(pageAlloc(HOST) == out(64), 'who asks next gets it');
}

export function a_full_cache_leaves_the_rest_to_the_ring(): void {
  const p = take(130);
  const room = PP_ALLOC_CACHE_SIZE - p.cache_count;
  for (let i: u32 = 0; i < room; i++) back(out(i), true);
  assert(p.cache_count == PP_ALLOC_CACHE_SIZE && p.recycle_cached == room && p.recycle_ring == 0, 'full to the last place');
  back(out(room), true);
  assert(p.cache_count == PP_ALLOC_CACHE_SIZE && p.recycle_ring == 1 && inRing(p) == 1, 'the next goes to the ring');
  assert(p.recycle_ring_full == 0 && p.released == 0, 'and none is given up');
}

export function an_emptied_pool_keeps_what_is_out(): void {
  const p = take(70);
  for (let i: u32 = 0; i < 20; i++) back(out(i), i < 7);
  const kept = p.cache_count + inRing(p);
  assert(kept == 2 * BATCH - 50, 'fifty are out');
  poolEmpty(POOL);
  assert(p.cache_count == 0 && inRing(p) == 0 && p.released == kept, 'all that was there has gone');
  assert(p.inflight == 50 && poolState().pages_used == 50, 'the others come home one by one');
  back(out(30), false);
  assert(inRing(p) == 1 && p.inflight == 49, 'here');
}

export function an_emptied_ring_may_have_gone_round(): void {
  const p = take(BATCH);
  for (let i: u32 = 0; i < 60; i++) back(out(i), false);
  for (let i: u32 = 0; i < 60; i++) store<u32>(OUT + (<usize>i << 2), poolAlloc(POOL));
  for (let i: u32 = 0; i < 20; i++) back(out(i), false);
  assert(p.ring_head == 60 && p.ring_tail == 80 && poolState().pages_used == BATCH, 'twenty lie at both ends of the ring');
  poolEmpty(POOL);
  for (let i: u32 = 0; i < 20; i++) assert(netmem(out(i)).place == PLACE_FREE && netmem(out(i)).pool == NO_POOL, 'given up');
  assert(p.released == 20 && poolState().pages_used == BATCH - 20 && inRing(p) == 0, 'each of them once');
}

export function a_dry_pool_says_so(): void {
  const p = take(PAGES);
  assert(p.alloc_slow == PAGES / BATCH && p.alloc_empty == 0 && out(PAGES - 1) != NONE, 'the last page of the host');
  assert(poolAlloc(POOL) == NONE && p.alloc_empty == 1 && p.inflight == PAGES, 'no page is left');
  assert(p.alloc_slow == PAGES / BATCH && poolState().pages_used == PAGES, 'and that is no allocation');
  back(out(3), true);
  assert(poolAlloc(POOL) == out(3) && p.alloc_empty == 1, 'one came back');
}

export function a_last_batch_may_be_small(): void {
  build();
  for (let i: u32 = 0; i < PAGES - 3; i++) pageAlloc(HOST);
  const p = pagePool(POOL);
  assert(poolAlloc(POOL) != NONE && p.cache_count == 2 && p.alloc_slow == 1, 'three were left');
  assert(poolAlloc(POOL) != NONE && poolAlloc(POOL) != NONE && poolAlloc(POOL) == NONE, 'and no more');
}

export function a_reference_that_nobody_held_is_a_trap(): void {
  take(1);
  netmemUnref(out(0), 2);
}

export function a_buffer_that_somebody_holds_is_not_recycled_is_a_trap(): void {
  take(1);
  poolRecycle(out(0), true);
}
