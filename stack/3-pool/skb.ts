/**
 * The packet as the stack sees it (include/linux/skbuff.h): a linear part of SKB_HEAD_SIZE bytes and up to MAX_SKB_FRAGS
 * fragments of netmem. Received headers are always linear; payload is linear only if the NIC did not split.
 *
 *      head                data_off            data_off + head_len
 *      |                   |                   |
 *      v                   v                   v
 *     +-------------------+-------------------+----------+      frag 0       frag 1
 *     | Ethernet, IP, TCP | linear payload    | room     |     [ bytes ]     [ bytes ]   …
 *     +-------------------+-------------------+----------+
 *      len = head_len + data_len; data_len = bytes in fragments
 */
import {
  arenaAlloc, bug, charge, coreState, COST_SKB_ALLOC, MAX_SKB_FRAGS, NONE, RUN_BUG_SKB_REUSED_STALE, SKB_HEAD_SIZE,
} from '../../sim/core';
import { KIND_TX_PAGE, KIND_USER_PAGE, netmem, pageFree } from './netmem';
import { netmemUnref, poolRecycle } from './page_pool';
import { poolState } from './state';
import { zcopyComplete } from './ubuf';

@unmanaged
export class Skb {
  next: u32;
  prev: u32;
  /** The packet this began as; a merged skb keeps its first packet's. */
  pkt_id: u32;
  /** Address of the linear buffer; fixed for each skb_idx. */
  head: u32;
  host: u8;
  /** RX queue (global NIC queue index) it came from. */
  napi: u8;
  /** CHECKSUM_NONE 0, CHECKSUM_UNNECESSARY 1. */
  ip_summed: u8;
  tcp_flags: u8;
  data_off: u16;
  head_len: u16;
  network_off: u16;
  transport_off: u16;
  len: u32;
  data_len: u32;
  truesize: u32;
  // TCP_SKB_CB
  seq: u32;
  end_seq: u32;
  ack_seq: u32;
  tsval: u32;
  /** The ninth flag of a segment, AE; the others are tcp_flags. */
  tcp_ae: u8;
  /** Bits SKB_GSO_TCP_*: how the device cuts it. */
  gso_type: u8;
  sacked: u8;
  ip_dsfield: u8;
  window: u16;
  gso_segs: u16;
  gso_size: u16;
  /** The end of a record: nothing is put behind it (MSG_EOR). */
  eor: u8;
  /** Bits SKBTX_*: timestamps that the application wants of it (skb_shared_info.tx_flags). */
  tx_flags: u8;
  /** Socket that owns it. */
  sock: u32;
  /** RSS hash of the flow (sk_buff.hash). */
  hash: u32;
  nr_frags: u32;
  /** When it was sent or received. */
  tstamp_ns: u64;
  /** Free for the owner: RACK order, delivered counts and the like (tcp_skb_cb.tx). */
  cb0: u64;
  cb1: u64;
  /** Neighbours in a second list (time-sorted rtx list). */
  link_next: u32;
  link_prev: u32;
  /** The Ubuf of whom the payload belongs to; 0: to the kernel. */
  uarg: u32;
  /** Sequence number of the byte that timestamps are of (skb_shared_info.tskey). */
  tskey: u32;
  /** A timestamp is wanted when that byte is acknowledged (tcp_skb_cb.txstamp_ack). */
  txstamp_ack: u8;
  /** All payload is lent (SKBFL_PURE_ZEROCOPY). */
  zcopy_pure: u8;
  /** 1 + the core that made it, and 1 + the one that has its cache lines (lines.ts); 0: no core. */
  home: u8;
  owner: u8;
  /** 1 + the skb whose fragments are the same ones as these (skb_cloned); 0: none. */
  clone: u32;
  // Frag frags[MAX_SKB_FRAGS] follow
}
/** What the head of a received skb weighs: SKB_TRUESIZE of 640 bytes (net/core/skbuff.c: SKB_SMALL_HEAD_SIZE). */
export const SKB_HEAD_TRUESIZE: u32 = 896;

/** Skb.napi of a packet that came over the loopback device. */
export const NAPI_LO: u8 = 0xff;

/** Skb.gso_type: every segment has CWR as it is, because it is part of a number (include/linux/skbuff.h). */
export const SKB_GSO_TCP_ACCECN: u8 = 1;

const SKB_FRAGS: usize = 128;
const SKB_BYTES: usize = 336;

/** A piece of a buffer. */
@unmanaged
export class Frag {
  netmem: u32;
  off: u32;
  len: u32;
}

export function skb(skb_idx: u32): Skb {
  return changetype<Skb>(<usize>poolState().skb_base + <usize>skb_idx * SKB_BYTES);
}
export function skbFrag(skb_idx: u32, i: u32): Frag {
  return changetype<Frag>(<usize>poolState().skb_base + <usize>skb_idx * SKB_BYTES + SKB_FRAGS + <usize>i * 12);
}

/** What so many take. */
export function skbsBytes(count: u32): u64 {
  return <u64>count * (SKB_BYTES + SKB_HEAD_SIZE);
}

export function skbsInit(count: u32): void {
  const s = poolState();
  assert(offsetof<Skb>() <= SKB_FRAGS && SKB_FRAGS + <usize>MAX_SKB_FRAGS * 12 <= SKB_BYTES, 'SKB_BYTES is too small');
  s.skb_base = <u32>arenaAlloc(<u64>count * SKB_BYTES);
  s.skb_head_base = <u32>arenaAlloc(<u64>count * SKB_HEAD_SIZE);
  s.skb_capacity = count;
  s.skb_free = NONE;
  s.skb_fresh = 0;
}

/** What was freed last, or the next that was never used: memory is not touched before. */
function takeFree(): u32 {
  const s = poolState();
  const idx = s.skb_free;
  if (idx != NONE) {
    s.skb_free = skb(idx).next;
    return idx;
  }
  if (s.skb_fresh == s.skb_capacity) return NONE;
  const fresh = s.skb_fresh++;
  skb(fresh).head = s.skb_head_base + fresh * SKB_HEAD_SIZE;
  return fresh;
}

/** A cleared skb, or NONE when there is none. */
export function skbAlloc(host: u32): u32 {
  const s = poolState();
  const idx = takeFree();
  if (idx == NONE) return NONE;
  charge(COST_SKB_ALLOC);
  const b = skb(idx);
  const head = b.head;
  const kept = bug(RUN_BUG_SKB_REUSED_STALE) ? b.truesize : 0;
  memory.fill(changetype<usize>(b), 0, SKB_FRAGS);
  b.head = head;
  b.truesize = kept;
  b.next = NONE;
  b.prev = NONE;
  b.host = <u8>host;
  b.sock = NONE;
  const running = coreState();
  if (running.charges != 0) {
    b.home = <u8>(running.core + 1);
    b.owner = b.home;
  }
  s.skb_used++;
  if (s.skb_used > s.skb_used_max) s.skb_used_max = s.skb_used;
  return idx;
}

/** Drops one skb reference of a buffer (skb_frag_unref, napi_pp_put_page). */
export function fragUnref(netmem_idx: u32, direct: bool): void {
  if (!netmemUnref(netmem_idx, 1)) return;
  const kind = netmem(netmem_idx).kind;
  if (kind == KIND_TX_PAGE) pageFree(netmem_idx);
  else if (kind != KIND_USER_PAGE) poolRecycle(netmem_idx, direct);
}

/** Frees an skb and its fragments. `direct`: in the NAPI context of the pool that its buffers came from. */
export function skbFree(skb_idx: u32, direct: bool): void {
  const b = skb(skb_idx);
  const uarg = b.uarg;
  for (let i: u32 = 0; i < b.nr_frags; i++) fragUnref(skbFrag(skb_idx, i).netmem, direct);
  skbFreeHead(skb_idx);
  if (uarg != 0) zcopyComplete(skb_idx, uarg, true);
}

/** Frees an skb whose fragments were moved elsewhere (kfree_skb_partial with head stolen). */
export function skbFreeHead(skb_idx: u32): void {
  const s = poolState();
  const b = skb(skb_idx);
  assert(b.data_off != 0xffff, 'S1 an skb was freed twice');
  b.data_off = 0xffff;
  if (b.clone != 0) skbUnclone(b);
  b.nr_frags = 0;
  b.next = s.skb_free;
  s.skb_free = skb_idx;
  s.skb_used--;
}

/** Two skbs of one payload: while both are there, nothing is joined to either (skb_clone). */
export function skbPair(skb_idx: u32, other: u32): void {
  skb(skb_idx).clone = other + 1;
  skb(other).clone = skb_idx + 1;
}
/** Each has fragments of its own from now on (skb_unclone), or one of the two is freed. */
export function skbUnclone(b: Skb): void {
  if (b.clone == 0) return;
  skb(b.clone - 1).clone = 0;
  b.clone = 0;
}

/** Appends a fragment; the caller passes its reference on. The skb must have room. */
export function skbAddFrag(skb_idx: u32, netmem_idx: u32, off: u32, len: u32, truesize: u32): void {
  const b = skb(skb_idx);
  assert(b.nr_frags < MAX_SKB_FRAGS, 'S2 an skb has too many fragments');
  const f = skbFrag(skb_idx, b.nr_frags);
  f.netmem = netmem_idx;
  f.off = off;
  f.len = len;
  b.nr_frags++;
  b.len += len;
  b.data_len += len;
  b.truesize += truesize;
}
