/** Description: pages and skbs come from tables that come to an end, and are used again as if they were new. */
import { NONE, PAGE_SIZE, TX_PAGE_SIZE } from '../../../sim/core';
import {
  KIND_PAGE, KIND_TX_PAGE, ledgerMove, netmem, NO_AREA, NO_POOL, pageAlloc, pageFree, PLACE_CACHE, PLACE_FREE, PLACE_LIVE, PLACE_NIC,
  poolState, skb, skbAddFrag, skbAlloc, skbFrag, skbFree, skbFreeHead, skbPair, skbsBytes, skbUnclone, SKB_HEAD_TRUESIZE, txPageAlloc,
  areaPlaceCounts, netmemReserve, pagePool,
} from '../../../stack/3-pool';
import { build, HOST } from '../config_ring.as';

const PAGES: u32 = 256;
const TX_PAGES: u32 = 16;
const SKBS: u32 = 1024;

export function pages_are_apart_and_aligned(): void {
  build();
  const a = netmem(pageAlloc(HOST));
  const b = netmem(pageAlloc(HOST));
  assert(a.size == PAGE_SIZE && a.kind == KIND_PAGE && (a.addr & (PAGE_SIZE - 1)) == 0, 'a page');
  assert(b.addr == a.addr + PAGE_SIZE && b.niov_idx == a.niov_idx + 1, 'the next one');
  const t = netmem(txPageAlloc(0));
  const u = netmem(txPageAlloc(0));
  assert(t.size == TX_PAGE_SIZE && t.kind == KIND_TX_PAGE && (t.addr & (PAGE_SIZE - 1)) == 0, 'one to send from');
  assert(u.addr == t.addr + TX_PAGE_SIZE && t.pp_ref == 1 && t.place == PLACE_LIVE && t.host == 0, 'live at once, with a reference');
  assert(t.addr >= a.addr + PAGES * PAGE_SIZE || t.addr + TX_PAGES * TX_PAGE_SIZE <= a.addr, 'in memory of its own');
}

export function pages_come_to_an_end(): void {
  build();
  const s = poolState();
  for (let i: u32 = 0; i < PAGES; i++) assert(pageAlloc(HOST) != NONE && s.pages_used == i + 1, 'counted');
  assert(pageAlloc(HOST) == NONE && s.pages_used == PAGES, 'no more');
  for (let i: u32 = 0; i < TX_PAGES; i++) assert(txPageAlloc(HOST) != NONE && s.tx_pages_used == i + 1, 'counted');
  assert(txPageAlloc(HOST) == NONE && s.tx_pages_used == TX_PAGES && s.pages_used == PAGES, 'no more');
}

export function a_freed_page_is_the_next_one(): void {
  build();
  const s = poolState();
  const first = pageAlloc(HOST);
  const second = pageAlloc(HOST);
  const n = netmem(first);
  n.pp_ref = 3;
  n.pool = 1;
  n.place = PLACE_LIVE;
  pageFree(first);
  assert(n.pp_ref == 0 && n.pool == NO_POOL && n.area == NO_AREA && n.place == PLACE_FREE && s.pages_used == 1, 'as if it were new');
  pageFree(second);
  assert(pageAlloc(0) == second && pageAlloc(0) == first && netmem(first).host == 0 && s.pages_used == 2, 'the last first');
  const t = txPageAlloc(HOST);
  pageFree(t);
  assert(s.tx_pages_used == 0 && s.pages_used == 2 && txPageAlloc(HOST) == t, 'each kind has its list');
}

export function a_page_goes_the_legal_way(): void {
  build();
  const idx = pageAlloc(HOST);
  ledgerMove(idx, PLACE_CACHE);
  ledgerMove(idx, PLACE_CACHE);
  ledgerMove(idx, PLACE_NIC);
  ledgerMove(idx, PLACE_LIVE);
  ledgerMove(idx, PLACE_CACHE);
  ledgerMove(idx, PLACE_LIVE);
  ledgerMove(idx, PLACE_FREE);
  ledgerMove(idx, PLACE_LIVE);
  ledgerMove(idx, PLACE_CACHE);
  ledgerMove(idx, PLACE_NIC);
  ledgerMove(idx, PLACE_CACHE);
  ledgerMove(idx, PLACE_FREE);
  assert(netmem(idx).place == PLACE_FREE, 'home');
}
export function a_free_page_does_not_come_to_the_nic_is_a_trap(): void {
  build();
  ledgerMove(pageAlloc(HOST), PLACE_NIC);
}
export function a_live_page_does_not_go_back_to_the_nic_is_a_trap(): void {
  build();
  const idx = pageAlloc(HOST);
  ledgerMove(idx, PLACE_LIVE);
  ledgerMove(idx, PLACE_NIC);
}

export function skbs_come_to_an_end_and_the_most_are_remembered(): void {
  build();
  const s = poolState();
  const before = s.skb_used;
  let last: u32 = 0;
  for (let i = before; i < SKBS; i++) last = skbAlloc(HOST);
  assert(last != NONE && s.skb_used == SKBS && s.skb_used_max == SKBS, 'all of them');
  assert(skbAlloc(HOST) == NONE && s.skb_used == SKBS, 'no more');
  skbFree(last, false);
  assert(s.skb_used == SKBS - 1 && s.skb_used_max == SKBS, 'the most there were');
  assert(skbAlloc(HOST) == last && s.skb_used_max == SKBS, 'the one that was freed');
}

export function an_skb_is_used_again_as_if_it_were_new(): void {
  build();
  const idx = skbAlloc(HOST);
  const b = skb(idx);
  const head = b.head;
  b.len = 5;
  b.cb0 = 6;
  b.sock = 7;
  b.hash = 8;
  b.next = 9;
  b.txstamp_ack = 1;
  skbFreeHead(idx);
  const other = skbAlloc(0);
  assert(other == idx && b.head == head && head != 0, 'its head stays');
  assert(b.len == 0 && b.cb0 == 0 && b.sock == NONE && b.hash == 0 && b.txstamp_ack == 0 && b.host == 0, 'cleared');
  assert(b.next == NONE && b.prev == NONE && b.nr_frags == 0 && b.clone == 0 && b.data_off != 0xffff, 'alone');
  assert(skb(skbAlloc(0)).head > head, 'another one has another head');
}

export function an_skb_drops_what_its_fragments_hold(): void {
  build();
  const idx = skbAlloc(HOST);
  const page = txPageAlloc(HOST);
  netmem(page).pp_ref = 3;
  skbAddFrag(idx, page, 0, 100, 1000);
  skbAddFrag(idx, page, 500, 50, 200);
  assert(skb(idx).nr_frags == 2 && skbFrag(idx, 1).off == 500 && skbFrag(idx, 1).len == 50 && skbFrag(idx, 1).netmem == page, 'two');
  assert(skb(idx).len == 150 && skb(idx).data_len == 150 && skb(idx).truesize == 1200, 'their sum');
  skbFree(idx, false);
  assert(netmem(page).pp_ref == 1 && poolState().tx_pages_used == 1 && skb(idx).nr_frags == 0, 'two references less');
  const again = skbAlloc(HOST);
  skbAddFrag(again, page, 0, 1, 1);
  skbFree(again, false);
  assert(poolState().tx_pages_used == 0, 'the last one frees the page');
}

export function two_skbs_of_one_payload_know_of_each_other(): void {
  build();
  const a = skbAlloc(HOST);
  const b = skbAlloc(HOST);
  skbPair(a, b);
  assert(skb(a).clone == b + 1 && skb(b).clone == a + 1, 'each the other');
  skbFree(b, false);
  assert(skb(a).clone == 0, 'until one is freed');
  const c = skbAlloc(HOST);
  skbPair(a, c);
  skbUnclone(skb(c));
  skbUnclone(skb(c));
  assert(skb(a).clone == 0 && skb(c).clone == 0, 'or has a payload of its own');
  assert(skbsBytes(2) == 2 * skbsBytes(1) && skbsBytes(1) > 336, 'what they take');
  assert(SKB_HEAD_TRUESIZE == 896, 'SKB_TRUESIZE(640)');
}

export function an_skb_is_freed_once_is_a_trap(): void {
  build();
  const idx = skbAlloc(HOST);
  skbFreeHead(idx);
  skbFreeHead(idx);
}

export function rows_of_tables_do_not_overlap(): void {
  build();
  const s = poolState();
  assert(netmem(0).addr >= s.netmem_base + (PAGES + TX_PAGES) * 32 && s.skb_base > s.netmem_base, 'pages lie behind their table');
  assert(netmem(PAGES).addr >= netmem(PAGES - 1).addr + PAGE_SIZE, 'and pages to send from behind those');
  assert(changetype<usize>(pagePool(1)) > changetype<usize>(pagePool(0)) && areaPlaceCounts(1) == areaPlaceCounts(0) + 16, 'pools, areas');
  assert(pagePool(0).cache_base >= s.pools_base && pagePool(0).ring_base >= pagePool(0).cache_base + 128 * 4, 'a cache and a ring each');
  assert(pagePool(1).cache_base >= pagePool(0).ring_base + 64 * 4, 'of their own');
  const first = netmemReserve(3);
  assert(first == s.netmem_count - 3 && netmemReserve(s.netmem_capacity - s.netmem_count + 1) == NONE, 'no more rows than there are');
  assert(netmemReserve(s.netmem_capacity - s.netmem_count) == first + 3 && s.netmem_count == s.netmem_capacity, 'to the last one');
}
