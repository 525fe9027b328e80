/**
 * Description: pages of the kernel in an application's address space (mm/memory.c: vm_insert_pages, zap_vma_range). A page that is mapped
 * is nobody else's until it is unmapped, however soon its pool wants it back.
 */
import {
  contextCharges, CONTEXT_SYSCALL, coreIndex, coreState, COST_MAP_PAGE, COST_TLB_FLUSH, COST_UNMAP_PAGE, enterContext, leaveContext, NONE,
  PAGE_SIZE, VMAS_MAX,
} from '../../../sim/core';
import {
  netmem, netmemUnref, NO_POOL, pageAlloc, pageMap, pagePool, pagesUnmap, physical, poolAlloc, poolRecycle, poolState, userOk, userPagePin,
  vmaAdd, vmaEnd, vmaRemove, KIND_USER_PAGE, NO_AREA, PLACE_LIVE,
} from '../../../stack/3-pool';
import { build, HOST, user } from '../config_ring.as';

const FILE: u32 = 17;
const OTHER: u32 = 0;

export function an_address_lies_in_the_area_that_begins_before_it_and_ends_behind_it(): void {
  build();
  const at = user(8 * PAGE_SIZE);
  assert(vmaEnd(HOST, at) == 0, 'no area');
  assert(vmaAdd(HOST, at, 2 * PAGE_SIZE, FILE) && vmaAdd(HOST, at + 4 * PAGE_SIZE, PAGE_SIZE, FILE + 1), 'two');
  assert(vmaEnd(HOST, at) == at + 2 * PAGE_SIZE && vmaEnd(HOST, at + 2 * PAGE_SIZE - 1) == at + 2 * PAGE_SIZE, 'the first');
  assert(vmaEnd(HOST, at - 1) == 0 && vmaEnd(HOST, at + 2 * PAGE_SIZE) == 0, 'before and behind it there is none');
  assert(vmaEnd(HOST, at + 4 * PAGE_SIZE) == at + 5 * PAGE_SIZE, 'the second');
  assert(vmaEnd(OTHER, at) == 0, 'the process of another host has its own');
  assert(vmaEnd(HOST, (<u64>1 << 32) + at) == 0, 'an address has 64 bits');
}

export function an_area_ends_as_it_was_made_or_not_at_all(): void {
  build();
  const at = user(8 * PAGE_SIZE);
  assert(vmaAdd(HOST, at, 2 * PAGE_SIZE, FILE), 'made');
  assert(vmaRemove(HOST, at + PAGE_SIZE, PAGE_SIZE) == NONE && vmaRemove(HOST, at, PAGE_SIZE) == NONE, 'a part of it');
  assert(vmaRemove(HOST, at - PAGE_SIZE, PAGE_SIZE) == NONE && vmaRemove(OTHER, at, 2 * PAGE_SIZE) == NONE, 'none');
  assert(vmaEnd(HOST, at) != 0 && vmaRemove(HOST, at, 2 * PAGE_SIZE) == FILE, 'the file that it kept open');
  assert(vmaEnd(HOST, at) == 0 && vmaRemove(HOST, at, 2 * PAGE_SIZE) == NONE, 'once');
}

export function areas_come_to_an_end_and_touch_nothing_beside_their_table(): void {
  build();
  const at = user((VMAS_MAX + 1) * PAGE_SIZE);
  const table = poolState().vmas_base;
  const before = load<u64>(table - 8);
  for (let i: u32 = 0; i < VMAS_MAX; i++) assert(vmaAdd(HOST, at + i * PAGE_SIZE, PAGE_SIZE, i), 'one more');
  assert(!vmaAdd(HOST, at + VMAS_MAX * PAGE_SIZE, PAGE_SIZE, 99), 'no more');
  for (let i: u32 = 0; i < VMAS_MAX; i++) assert(load<u32>(table + i * 16) == at + i * PAGE_SIZE, 'a row of the table each');
  assert(load<u64>(table - 8) == before && poolState().mapped_base >= table + VMAS_MAX * 16, 'what lies beside it is not its own');
  for (let i: u32 = 0; i < VMAS_MAX; i++) assert(vmaEnd(HOST, at + i * PAGE_SIZE) == at + (i + 1) * PAGE_SIZE, 'each is found');
  assert(vmaRemove(HOST, at + PAGE_SIZE, PAGE_SIZE) == 1 && vmaAdd(HOST, at, PAGE_SIZE, 5), 'a row is used again');
}

export function a_mapped_page_shows_its_bytes_and_is_the_only_one_there(): void {
  build();
  const at = user(3 * PAGE_SIZE);
  const a = pageAlloc(HOST);
  const b = pageAlloc(HOST);
  store<u32>(netmem(a).addr + 100, 0x1234);
  assert(physical(at + 100) == at + 100, 'what is the user\'s own');
  assert(pageMap(at, a) && load<u32>(at + 100) == 0x1234 && netmem(a).user_ref == 1, 'mapped');
  assert(!pageMap(at, b) && netmem(b).user_ref == 0 && netmem(a).user_ref == 1, 'EBUSY');
  assert(pageMap(at + PAGE_SIZE, b) && pageMap(at + 2 * PAGE_SIZE, a) && netmem(a).user_ref == 2, 'a page may be at two places');
  assert(physical(at + 100) == netmem(a).addr + 100 && physical(at + PAGE_SIZE + 7) == netmem(b).addr + 7, 'where the bytes lie');
  pagesUnmap(at, 2 * PAGE_SIZE);
  assert(netmem(a).user_ref == 1 && netmem(b).user_ref == 0 && physical(at + 100) == at + 100, 'two of three are gone');
  assert(physical(at + 2 * PAGE_SIZE + 5) == netmem(a).addr + 5 && pageMap(at, b), 'the third is not');
}

/** What mapping pages costs who does it: pages mapped, unmapped, and flushes of the TLB. */
function charged(cost: u32): u32 {
  return <u32>load<u64>(contextCharges(coreIndex(HOST, 0), CONTEXT_SYSCALL) + (<usize>cost << 4), 8);
}
export function unmapping_flushes_once_and_only_for_what_was_there(): void {
  build();
  const at = user(4 * PAGE_SIZE);
  enterContext(HOST, 0, CONTEXT_SYSCALL);
  pagesUnmap(at, 4 * PAGE_SIZE);
  assert(charged(COST_UNMAP_PAGE) == 0 && charged(COST_TLB_FLUSH) == 0, 'nothing lies there');
  for (let i: u32 = 0; i < 3; i++) assert(pageMap(at + i * PAGE_SIZE, pageAlloc(HOST)), 'mapped');
  assert(charged(COST_MAP_PAGE) == 3 && !pageMap(at, pageAlloc(HOST)) && charged(COST_MAP_PAGE) == 3, 'three');
  pagesUnmap(at, 4 * PAGE_SIZE);
  assert(charged(COST_UNMAP_PAGE) == 3 && charged(COST_TLB_FLUSH) == 1, 'one flush for all');
  leaveContext();
}

export function every_page_of_user_memory_has_its_own_entry(): void {
  build();
  const s = poolState();
  const first = s.user_base;
  const last = s.user_end - PAGE_SIZE;
  const a = pageAlloc(HOST);
  const b = pageAlloc(HOST);
  const c = pageAlloc(HOST);
  assert(s.mapped_base != 0 && s.mapped_base > s.vmas_base, 'a table');
  assert(pageMap(first, a) && pageMap(first + PAGE_SIZE, b) && pageMap(last, c), 'the first, its neighbour, the last');
  assert(load<u32>(s.mapped_base) == a + 1 && load<u32>(s.mapped_base + 4) == b + 1, 'a word each, in order');
  assert(load<u32>(s.mapped_base + (((last - first) >> 12) << 2)) == c + 1, 'to the end');
  assert((<u64>s.mapped_base + (((last - first) >> 12) << 2)) < <u64>coreState().arena_next, 'of memory that was asked for');
  assert(physical(last + 4095) == netmem(c).addr + 4095, 'found');
}

export function a_page_that_its_pool_gave_up_is_freed_when_it_is_unmapped(): void {
  build();
  const s = poolState();
  const at = user(PAGE_SIZE);
  const idx = poolAlloc(0);
  const used = s.pages_used;
  assert(pageMap(at, idx), 'mapped');
  assert(netmemUnref(idx, 1), 'the socket is done with it');
  poolRecycle(idx, true);
  assert(pagePool(0).released == 1 && netmem(idx).pool == NO_POOL && s.pages_used == used, 'it left its pool, and nobody has it');
  pagesUnmap(at, PAGE_SIZE);
  assert(s.pages_used == used - 1 && pageAlloc(HOST) == idx, 'now it is free');
}

export function a_page_that_others_hold_survives_its_mapping(): void {
  build();
  const s = poolState();
  const at = user(PAGE_SIZE);
  const idx = poolAlloc(0);
  const used = s.pages_used;
  assert(pageMap(at, idx), 'mapped');
  pagesUnmap(at, PAGE_SIZE);
  assert(netmem(idx).pp_ref == 1 && netmem(idx).pool == 0 && s.pages_used == used, 'the socket still has it');
  assert(netmemUnref(idx, 1), 'until now');
  poolRecycle(idx, true);
  assert(pagePool(0).released == 0, 'and its pool takes it back');
}

export function user_memory_ends_where_it_ends(): void {
  build();
  const base = <u64>poolState().user_base;
  const end = <u64>poolState().user_end;
  assert(userOk(base, end - base) && !userOk(base, end - base + 1) && !userOk(base - 1, 1), 'all of it, and no byte more');
  assert(userOk(end - 1, 1) && userOk(end, 0) && !userOk(end + 1, 0) && !userOk(end, 1), 'nothing at its end is still in it');
  assert(!userOk(end - 1, 2) && !userOk(base, u64.MAX_VALUE) && !userOk(u64.MAX_VALUE, 1), 'lengths do not go round');
}

export function a_page_that_a_packet_pins_is_described_as_a_page_of_the_users(): void {
  build();
  const s = poolState();
  const at = user(2 * PAGE_SIZE);
  const idx = userPagePin(at + 5);
  const n = netmem(idx);
  assert(idx >= s.netmem_capacity && n.addr == at && n.size == PAGE_SIZE && n.pp_ref == 1, 'the page of the address');
  assert(n.kind == KIND_USER_PAGE && n.pool == NO_POOL && n.area == NO_AREA && n.place == PLACE_LIVE, 'no pool has it');
  assert(n.niov_idx == idx, 'its number');
  assert(userPagePin(at + PAGE_SIZE - 1) == idx && n.pp_ref == 2, 'once more');
  assert(userPagePin(at + PAGE_SIZE) == idx + 1 && netmem(idx + 1).addr == at + PAGE_SIZE, 'the next page is another');
  assert(userPagePin(<usize>s.user_base) == s.netmem_capacity, 'the first has the first entry');
  assert(userPagePin(<usize>s.user_base - 1) == NONE && userPagePin(4096) == NONE, 'before user memory there is none');
  assert(userPagePin(<usize>(s.user_base + (s.user_pages << 12))) == NONE, 'nor behind it');
  assert(userPagePin(<usize>(s.user_base + (s.user_pages << 12) - 1)) == s.netmem_capacity + s.user_pages - 1, 'the last');
}
