/**
 * What the NIC reads when it sends: payload that was lent to the packet goes from user memory straight to the link. The bytes
 * are taken when the frame leaves, as DMA does, because their owner may change them once the device is done; frames on the
 * link keep them in pages of the NIC's, filled one after the other. All other payload stays where the sender has it (1-wire).
 */
import { MAX_SKB_FRAGS, NONE, TX_PAGE_SIZE } from '../../sim/core';
import { fragUnref, netmem, netmemRef, skb, skbClone, skbCopyUbufs, skbFrag, skbFree, txPageAlloc } from '../../stack/3-pool';
import { Frame, frameAddFrag, frameFrag, FRAME_LENT } from '../1-wire';
import { Nic } from './state';

/** Room for `len` bytes in the NIC's page; false when there is no page. */
function pageFor(host: u32, nic: Nic, len: u32): bool {
  if (nic.fetch_page != NONE) {
    if (TX_PAGE_SIZE - nic.fetch_off >= len) return true;
    fragUnref(nic.fetch_page, false);
    nic.fetch_page = NONE;
  }
  const page = txPageAlloc(host);
  if (page == NONE) return false;
  nic.fetch_page = page;
  nic.fetch_off = 0;
  return true;
}

/** Takes the bytes of a frame that leaves. Without a page they stay where they are, and may change on the way. */
export function fetchLent(host: u32, nic: Nic, f: Frame): void {
  let len: u32 = 0;
  for (let i: u32 = 0; i < <u32>f.nr_frags; i++) len += frameFrag(f, i).len;
  if (len == 0 || len > TX_PAGE_SIZE || !pageFor(host, nic, len)) return;
  const page = nic.fetch_page;
  const off = nic.fetch_off;
  let at = <usize>netmem(page).addr + off;
  for (let i: u32 = 0; i < <u32>f.nr_frags; i++) {
    const frag = frameFrag(f, i);
    if (nic.payload != 0) memory.copy(at, <usize>netmem(frag.netmem).addr + frag.off, frag.len);
    at += frag.len;
    fragUnref(frag.netmem, false);
  }
  nic.fetch_off = off + len;
  f.nr_frags = 0;
  f.flags &= ~FRAME_LENT;
  netmemRef(page);
  frameAddFrag(f, page, off, len);
}

/** A tun device copies what was lent, because its reader may keep the packet for ever (drivers/net/tun.c: tun_net_xmit). */
export function addCopied(f: Frame, skb_idx: u32): bool {
  const copy = skbClone(skb_idx);
  if (copy == NONE) return false;
  const copied = skbCopyUbufs(copy);
  const n = copied ? skb(copy).nr_frags : 0;
  assert(n <= MAX_SKB_FRAGS, 'N7 a packet has at most MAX_SKB_FRAGS fragments');
  for (let i: u32 = 0; i < n; i++) {
    const frag = skbFrag(copy, i);
    netmemRef(frag.netmem);
    frameAddFrag(f, frag.netmem, frag.off, frag.len);
  }
  skbFree(copy, false);
  return copied;
}
