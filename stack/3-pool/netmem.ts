/**
 * Buffers. One table for everything that payload can lie in (include/net/netmem.h: netmem_ref): ordinary pages, transmit
 * page fragments, and the net_iovs of zcrx areas. `netmem_idx` is the handle that stages pass and that the trace shows.
 *
 *      0      4      8       12        16     18      19     20     22     23      24        28     32
 *     +------+------+-------+---------+------+-------+------+------+------+-------+---------+------+
 *     | addr | size | pp_ref| user_ref| pool | place | kind | area | host | gen   | niov_idx| next |
 *     +------+------+-------+---------+------+-------+------+------+------+-------+---------+------+
 */
import { arenaAlloc, NONE, PAGE_SIZE, POOL_ADDR, traceLedger, TX_PAGE_SIZE } from '../../sim/core';
import { poolState } from './state';

export const KIND_PAGE: u8 = 0;
export const KIND_TX_PAGE: u8 = 1;
export const KIND_NIOV: u8 = 2;
/** A page of user memory that packets hold: user_page.ts. */
export const KIND_USER_PAGE: u8 = 3;

/** Places of a buffer: the ledger's states. */
export const PLACE_FREE: u8 = 0;
export const PLACE_CACHE: u8 = 1;
export const PLACE_NIC: u8 = 2;
export const PLACE_LIVE: u8 = 3;

export const NO_POOL: u16 = 0xffff;
export const NO_AREA: u16 = 0xffff;

@unmanaged
export class Netmem {
  /** Address of the first byte. */
  addr: u32;
  size: u32;
  /** Linux's pp_ref_count: references of skb fragments plus those that user references brought. */
  pp_ref: u32;
  /** References that user space holds (io_uring/zcrx.c: user_refs), each with a pp_ref; of a page: how often it is mapped, without one. */
  user_ref: u32;
  /** The page pool it belongs to while it is out of its free list; NO_POOL for none (copy fallback). */
  pool: u16;
  place: u8;
  kind: u8;
  area: u16;
  host: u8;
  /** Generation of its pool when it left it: page_pool.ts. */
  generation: u8;
  /** Index in its area, or page number. */
  niov_idx: u32;
  /** Free list of ordinary pages. */
  next: u32;
}
const NETMEM_BYTES: usize = 32;

export function netmem(netmem_idx: u32): Netmem {
  return changetype<Netmem>(<usize>poolState().netmem_base + <usize>netmem_idx * NETMEM_BYTES);
}

/** Makes the table. `niovs_max` entries are left for areas that are registered later, then `user_pages` for user memory. */
export function netmemInit(rx_pages: u32, tx_pages: u32, niovs_max: u32, user_pages: u32 = 0): void {
  const s = poolState();
  const total = rx_pages + tx_pages + niovs_max;
  s.netmem_base = <u32>arenaAlloc((<u64>total + user_pages) * NETMEM_BYTES);
  s.netmem_capacity = total;
  s.user_pages = user_pages;
  s.page_free = NONE;
  s.tx_page_free = NONE;
  const rx_base = aligned(<u64>rx_pages * PAGE_SIZE);
  const tx_base = aligned(<u64>tx_pages * TX_PAGE_SIZE);
  for (let i: u32 = tx_pages; i > 0; i--) addPage(rx_pages + i - 1, tx_base + (i - 1) * TX_PAGE_SIZE, TX_PAGE_SIZE, KIND_TX_PAGE);
  for (let i: u32 = rx_pages; i > 0; i--) addPage(i - 1, rx_base + (i - 1) * PAGE_SIZE, PAGE_SIZE, KIND_PAGE);
  s.netmem_count = rx_pages + tx_pages;
  s.pages_used = 0;
  s.tx_pages_used = 0;
}

/** Memory that begins with a page, so that caches see pages where the stack does (sim/core/host_memory.ts). */
function aligned(bytes: u64): u32 {
  return (<u32>arenaAlloc(bytes + PAGE_SIZE) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

function addPage(netmem_idx: u32, addr: u32, size: u32, kind: u8): void {
  const n = netmem(netmem_idx);
  n.addr = addr;
  n.size = size;
  n.kind = kind;
  n.niov_idx = netmem_idx;
  pageFree(netmem_idx);
}

/** Sets entries aside for the buffers of an area, which fills them in. The first index, or NONE at the limit. */
export function netmemReserve(count: u32): u32 {
  const s = poolState();
  if (s.netmem_capacity - s.netmem_count < count) return NONE;
  const first = s.netmem_count;
  s.netmem_count = first + count;
  return first;
}

/** An ordinary 4 KiB page, or NONE. */
export function pageAlloc(host: u32): u32 {
  const s = poolState();
  const idx = s.page_free;
  if (idx == NONE) return NONE;
  const n = netmem(idx);
  s.page_free = n.next;
  n.host = <u8>host;
  n.next = NONE;
  s.pages_used++;
  return idx;
}

/** A 32 KiB transmit page with one reference, or NONE. Its references are counted in pp_ref. */
export function txPageAlloc(host: u32): u32 {
  const s = poolState();
  const idx = s.tx_page_free;
  if (idx == NONE) return NONE;
  const n = netmem(idx);
  s.tx_page_free = n.next;
  n.host = <u8>host;
  n.next = NONE;
  n.pp_ref = 1;
  n.place = PLACE_LIVE;
  s.tx_pages_used++;
  return idx;
}

/** Gives a page back to its allocator. */
export function pageFree(netmem_idx: u32): void {
  const s = poolState();
  const n = netmem(netmem_idx);
  assert(n.kind != KIND_NIOV, 'L1 a net_iov is never freed as a page');
  n.pp_ref = 0;
  n.pool = NO_POOL;
  n.area = NO_AREA;
  n.place = PLACE_FREE;
  if (n.kind == KIND_PAGE) {
    n.next = s.page_free;
    s.page_free = netmem_idx;
    s.pages_used--;
  } else {
    n.next = s.tx_page_free;
    s.tx_page_free = netmem_idx;
    s.tx_pages_used--;
  }
}

/** Legal moves of a buffer: bit `to` of entry `from`. */
const LEGAL_FREE: u32 = (1 << <u32>PLACE_CACHE) | (1 << <u32>PLACE_LIVE);
const LEGAL_CACHE: u32 = (1 << <u32>PLACE_NIC) | (1 << <u32>PLACE_FREE) | (1 << <u32>PLACE_LIVE);
const LEGAL_NIC: u32 = (1 << <u32>PLACE_LIVE) | (1 << <u32>PLACE_CACHE) | (1 << <u32>PLACE_FREE);
const LEGAL_LIVE: u32 = (1 << <u32>PLACE_CACHE) | (1 << <u32>PLACE_FREE);

/** The one way in which a net_iov changes its place. Counts per area follow; pages are moved without a record. */
export function ledgerMove(netmem_idx: u32, to: u8): void {
  const n = netmem(netmem_idx);
  const from = n.place;
  if (from == to) return;
  const legal = from == PLACE_FREE ? LEGAL_FREE : from == PLACE_CACHE ? LEGAL_CACHE : from == PLACE_NIC ? LEGAL_NIC : LEGAL_LIVE;
  assert((legal & (1 << <u32>to)) != 0, 'L2 an illegal move of a buffer');
  n.place = to;
  if (n.kind != KIND_NIOV) return;
  const counts = areaPlaceCounts(n.area);
  const f = counts + (<usize>from << 2);
  const t = counts + (<usize>to << 2);
  store<u32>(f, load<u32>(f) - 1);
  store<u32>(t, load<u32>(t) + 1);
  traceLedger(0, netmem_idx, from, to, n.pp_ref | (n.user_ref << 16));
}

/** Four u32: buffers of an area that are free, in a cache, at the NIC, live. */
export function areaPlaceCounts(area: u32): usize {
  return POOL_ADDR + 0x800 + (<usize>area << 4);
}
