/**
 * Description: packets whose payload is lent. The lender is told once for each packet that held it, and when a packet has to outlive the
 * loan its bytes are copied first (net/core/skbuff.c: skb_copy_ubufs): a lender that is told too early writes over bytes on their way.
 */
import { NONE, PAGE_SIZE, TX_PAGE_SIZE } from '../../../sim/core';
import {
  netmem, pageAlloc, poolState, Skb, skb, skbAddFrag, skbAlloc, skbClone, skbCopyUbufs, skbFrag, skbFree, skbPair, skbZcopyClear,
  skbZcopySet, txPageAlloc, Ubuf, userPagePin, zcopyGet,
} from '../../../stack/3-pool';
import { AT_RUN_PAYLOAD, setRun } from '../config.gen.as';
import { build, HOST, user } from '../config_ring.as';

/** A lender in a corner of memory; and what it was told last: of which skb, whether its bytes were sent from where they lie. */
const LENDER: u32 = 0x7800;
const TOLD_SKB: usize = 0x7820;
const TOLD_SUCCESS: usize = 0x7824;
const TX_PAGES: u32 = 16;

function told(skb_idx: u32, uarg: u32, success: u32): void {
  assert(uarg == LENDER, 'whom it belongs to');
  changetype<Ubuf>(<usize>uarg).refs--;
  store<u32>(TOLD_SKB, skb_idx);
  store<u32>(TOLD_SUCCESS, success);
}
function lender(): Ubuf {
  return changetype<Ubuf>(<usize>LENDER);
}
function lent(skb_idx: u32): Skb {
  lender().complete = told.index;
  lender().refs = 1;
  const b = skb(skb_idx);
  skbZcopySet(b, LENDER);
  return b;
}
/** A packet with pieces of user memory, that counts its bytes up from zero. */
function packet(pieces: u32, len: u32): u32 {
  const at = user(pieces * PAGE_SIZE);
  const idx = skbAlloc(HOST);
  let byte: u32 = 0;
  for (let i: u32 = 0; i < pieces; i++) {
    const page = at + i * PAGE_SIZE;
    const off = (i * 300) & (PAGE_SIZE - 1);
    for (let j: u32 = 0; j < len; j++) store<u8>(page + off + j, <u8>(byte++ % 251));
    skbAddFrag(idx, userPagePin(page), off, len, len);
  }
  return idx;
}
/** Are these the bytes of packet(), in pages of the kernel? */
function isCopy(skb_idx: u32, bytes: u32): bool {
  let byte: u32 = 0;
  for (let i: u32 = 0; i < skb(skb_idx).nr_frags; i++) {
    const f = skbFrag(skb_idx, i);
    if (f.off + f.len > TX_PAGE_SIZE) return false;
    for (let j: u32 = 0; j < f.len; j++) if (load<u8>(netmem(f.netmem).addr + f.off + j) != <u8>(byte++ % 251)) return false;
  }
  return byte == bytes;
}

export function a_packet_holds_its_lender_once(): void {
  build();
  const idx = skbAlloc(HOST);
  const b = lent(idx);
  assert(lender().refs == 2 && b.uarg == LENDER, 'a reference');
  skbZcopySet(b, LENDER);
  assert(lender().refs == 2, 'it has one');
  skbZcopySet(skb(skbAlloc(HOST)), 0);
  zcopyGet(LENDER);
  assert(lender().refs == 3, 'somebody else\'s');
  b.zcopy_pure = 1;
  skbZcopyClear(b, idx, true);
  assert(lender().refs == 2 && b.uarg == 0 && b.zcopy_pure == 0, 'let go');
  assert(load<u32>(TOLD_SKB) == idx && load<u32>(TOLD_SUCCESS) == 1, 'sent from where it lies');
  skbZcopyClear(b, idx, true);
  assert(lender().refs == 2, 'once');
}

export function a_packet_that_borrowed_nothing_tells_nobody(): void {
  build();
  store<u32>(TOLD_SKB, 77);
  const idx = skbAlloc(HOST);
  const b = skb(idx);
  b.zcopy_pure = 1;
  skbZcopyClear(b, idx, true);
  assert(load<u32>(TOLD_SKB) == 77 && b.zcopy_pure == 1, 'there is nobody');
  assert(skbCopyUbufs(idx) && poolState().tx_pages_used == 0, 'and nothing to copy');
}

export function freeing_the_packet_tells_its_lender(): void {
  build();
  const idx = packet(1, 10);
  lent(idx);
  skbFree(idx, false);
  assert(lender().refs == 1 && load<u32>(TOLD_SKB) == idx && load<u32>(TOLD_SUCCESS) == 1, 'told');
}

export function a_clone_has_the_same_bytes_and_another_reference_on_all_of_them(): void {
  build();
  const idx = packet(3, 100);
  lent(idx);
  const from = skb(idx);
  from.truesize = 5000;
  // Headers are not part of it.
  from.len += 54;
  const other = skbClone(idx);
  const b = skb(other);
  assert(other != idx && b.nr_frags == 3 && b.data_len == 300 && b.len == 300 && b.truesize == 5000 && b.host == <u8>HOST, 'a clone');
  for (let i: u32 = 0; i < 3; i++) {
    const f = skbFrag(other, i);
    const g = skbFrag(idx, i);
    assert(f.netmem == g.netmem && f.off == g.off && f.len == g.len && netmem(f.netmem).pp_ref == 2, 'the same piece, held twice');
  }
  assert(lender().refs == 3 && b.uarg == LENDER, 'the lender waits for both');
  skbFree(idx, false);
  assert(lender().refs == 2 && netmem(skbFrag(other, 0).netmem).pp_ref == 1, 'one is gone');
  skbFree(other, false);
  assert(lender().refs == 1, 'and the other');
}

export function without_an_skb_there_is_no_clone(): void {
  build();
  const idx = packet(2, 100);
  lent(idx);
  while (skbAlloc(HOST) != NONE) {}
  assert(skbClone(idx) == NONE && lender().refs == 2 && netmem(skbFrag(idx, 0).netmem).pp_ref == 1, 'nothing has changed');
  assert(!skbCopyUbufs(idx) && lender().refs == 2 && poolState().tx_pages_used == 0, 'nor is there room to copy');
}

export function what_outlives_its_loan_is_copied_whole(): void {
  build();
  const idx = packet(5, 3000);
  const b = lent(idx);
  const first = skbFrag(idx, 0).netmem;
  b.zcopy_pure = 1;
  const pair = skbAlloc(HOST);
  skbPair(idx, pair);
  const skbs = poolState().skb_used;
  assert(skbCopyUbufs(idx), 'copied');
  assert(b.nr_frags == 4 && b.len == 15000 && b.data_len == 15000, 'as many pages as it takes');
  for (let i: u32 = 0; i < 4; i++) {
    const f = skbFrag(idx, i);
    assert(f.netmem == skbFrag(idx, 0).netmem && f.off == i * PAGE_SIZE && f.len == (i < 3 ? PAGE_SIZE : 15000 - 3 * PAGE_SIZE), 'a page');
  }
  assert(isCopy(idx, 15000), 'the same bytes');
  assert(netmem(first).pp_ref == 0 && netmem(skbFrag(idx, 0).netmem).pp_ref == 4 && poolState().tx_pages_used == 1, 'whose they are now');
  assert(lender().refs == 1 && load<u32>(TOLD_SUCCESS) == 0 && load<u32>(TOLD_SKB) == idx && b.uarg == 0 && b.zcopy_pure == 0, 'let go');
  assert(b.clone == 0 && skb(pair).clone == 0 && poolState().skb_used == skbs, 'its fragments are its own');
  skbFree(idx, false);
  assert(poolState().tx_pages_used == 0, 'and go with it');
}

export function more_than_eight_pages_lie_in_another_block(): void {
  build();
  const idx = packet(9, PAGE_SIZE - 8 * 300);
  lent(idx);
  for (let i: u32 = 0; i < 8; i++) skbAddFrag(idx, userPagePin(user(PAGE_SIZE)), 0, PAGE_SIZE, PAGE_SIZE);
  const b = skb(idx);
  const bytes = b.data_len;
  const pages = (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
  assert(pages == 12 && skbCopyUbufs(idx) && b.nr_frags == pages, 'twelve pages');
  assert(skbFrag(idx, 7).netmem == skbFrag(idx, 0).netmem && skbFrag(idx, 7).off == 7 * PAGE_SIZE, 'eight');
  assert(skbFrag(idx, 8).netmem != skbFrag(idx, 0).netmem && skbFrag(idx, 8).off == 0 && skbFrag(idx, 11).off == 3 * PAGE_SIZE, 'and four');
  assert(netmem(skbFrag(idx, 0).netmem).pp_ref == 8 && netmem(skbFrag(idx, 8).netmem).pp_ref == 4, 'a reference each');
  assert(skbFrag(idx, 11).len == bytes - 11 * PAGE_SIZE, 'the last is not full');
}

export function without_pages_the_loan_goes_on(): void {
  build();
  const idx = packet(9, PAGE_SIZE - 8 * 300);
  for (let i: u32 = 0; i < 8; i++) skbAddFrag(idx, userPagePin(user(PAGE_SIZE)), 0, PAGE_SIZE, PAGE_SIZE);
  const b = lent(idx);
  const first = skbFrag(idx, 0).netmem;
  for (let i: u32 = 0; i < TX_PAGES - 1; i++) txPageAlloc(HOST);
  const skbs = poolState().skb_used;
  assert(!skbCopyUbufs(idx), 'one block is left, and two are wanted');
  assert(poolState().tx_pages_used == TX_PAGES - 1 && poolState().skb_used == skbs, 'it was given back');
  assert(b.nr_frags == 17 && skbFrag(idx, 0).netmem == first && netmem(first).pp_ref == 1 && lender().refs == 2, 'nothing has changed');
}

export function without_payload_in_the_run_pages_change_and_bytes_do_not(): void {
  build();
  setRun(AT_RUN_PAYLOAD, 0);
  const idx = packet(2, 1000);
  lent(idx);
  assert(skbCopyUbufs(idx) && skb(idx).nr_frags == 1 && skbFrag(idx, 0).len == 2000 && lender().refs == 1, 'one page');
  assert(!isCopy(idx, 2000), 'of whatever lay there');
  assert(pageAlloc(HOST) != NONE, 'received pages are others');
}
