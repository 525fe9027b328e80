/** Packets whose payload is somebody's memory (include/linux/skbuff.h: skb_zcopy_*; net/core/skbuff.c: skb_copy_ubufs). */
import { MAX_SKB_FRAGS, NONE, PAGE_SIZE, runConfig, TX_PAGE_SIZE } from '../../sim/core';
import { netmem, txPageAlloc } from './netmem';
import { netmemRef } from './page_pool';
import { fragUnref, Skb, skb, skbAlloc, skbFrag, skbFree, skbUnclone } from './skb';
import { zcopyComplete, zcopyGet } from './ubuf';

/** The skb holds a reference on the lender from now on, unless it has one (skb_zcopy_set). */
export function skbZcopySet(b: Skb, uarg: u32): void {
  if (uarg == 0 || b.uarg != 0) return;
  zcopyGet(uarg);
  b.uarg = uarg;
}

/** skb_zcopy_clear. */
export function skbZcopyClear(b: Skb, skb_idx: u32, success: bool): void {
  const uarg = b.uarg;
  if (uarg == 0) return;
  b.uarg = 0;
  b.zcopy_pure = 0;
  zcopyComplete(skb_idx, uarg, success);
}

/** A second skb with the same fragments and lender; no linear part. NONE: there is none (skb_clone). */
export function skbClone(skb_idx: u32): u32 {
  const from = skb(skb_idx);
  const idx = skbAlloc(from.host);
  if (idx == NONE) return NONE;
  const b = skb(idx);
  const n = from.nr_frags;
  memory.copy(changetype<usize>(skbFrag(idx, 0)), changetype<usize>(skbFrag(skb_idx, 0)), <usize>n * 12);
  for (let i: u32 = 0; i < n; i++) netmemRef(skbFrag(idx, i).netmem);
  b.nr_frags = n;
  b.data_len = from.data_len;
  b.len = from.data_len;
  b.truesize = from.truesize;
  skbZcopySet(b, from.uarg);
  return idx;
}

/** Pieces of a page that payload is copied into. */
const PIECES: u32 = TX_PAGE_SIZE / PAGE_SIZE;

/**
 * Copies what was lent into pages of the kernel and lets the lender go. False, with nothing changed: no page is left.
 *
 * Differs from Linux: eight pages that follow each other lie side by side in one block.
 */
export function skbCopyUbufs(skb_idx: u32): bool {
  const b = skb(skb_idx);
  if (b.uarg == 0) return true;
  const pages = (b.data_len + PAGE_SIZE - 1) / PAGE_SIZE;
  assert(pages <= MAX_SKB_FRAGS, 'S2 an skb has too many fragments');
  const bounce = skbAlloc(b.host);
  if (bounce == NONE) return false;
  const to = skb(bounce);
  let block = NONE;
  for (let i: u32 = 0; i < pages; i++) {
    if (i % PIECES != 0) netmemRef(block);
    else {
      block = txPageAlloc(b.host);
      if (block == NONE) {
        skbFree(bounce, false);
        return false;
      }
    }
    const f = skbFrag(bounce, i);
    f.netmem = block;
    f.off = (i % PIECES) * PAGE_SIZE;
    f.len = min(b.data_len - i * PAGE_SIZE, PAGE_SIZE);
    to.nr_frags = i + 1;
  }
  skbUnclone(b);
  if (runConfig().run_payload) copyFrags(skb_idx, bounce);
  for (let i: u32 = 0; i < b.nr_frags; i++) fragUnref(skbFrag(skb_idx, i).netmem, false);
  memory.copy(changetype<usize>(skbFrag(skb_idx, 0)), changetype<usize>(skbFrag(bounce, 0)), <usize>pages * 12);
  b.nr_frags = pages;
  to.nr_frags = 0;
  skbFree(bounce, false);
  skbZcopyClear(b, skb_idx, false);
  return true;
}

/** The bytes of one skb's fragments into those of another, which are whole pages. */
function copyFrags(from_idx: u32, to_idx: u32): void {
  let at: u32 = 0;
  for (let i: u32 = 0; i < skb(from_idx).nr_frags; i++) {
    const f = skbFrag(from_idx, i);
    let done: u32 = 0;
    while (done < f.len) {
      const off = at % PAGE_SIZE;
      const part = min(f.len - done, PAGE_SIZE - off);
      const page = skbFrag(to_idx, at / PAGE_SIZE);
      memory.copy(<usize>netmem(page.netmem).addr + page.off + off, <usize>netmem(f.netmem).addr + f.off + done, part);
      done += part;
      at += part;
    }
  }
}
