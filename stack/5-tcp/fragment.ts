/** Cutting skbs of the sender, and joining them (net/ipv4/tcp_output.c: tcp_fragment, tso_fragment, tcp_trim_head, tcp_grow_skb). */
import {
  bug, MAX_SKB_FRAGS, NONE, RUN_BUG_TCP_FRAGMENT_TRUESIZE, RUN_BUG_TCP_INCONSISTENT_RETRANSMIT, RUN_BUG_TCP_SACK_FIN, seqBefore,
} from '../../sim/core';
import { fragUnref, netmemRef, Skb, skb, skbAddFrag, skbAlloc, skbFrag, skbFree, skbZcopySet } from '../3-pool';
import { queueAfter, queueUnlink, rtxQueue, sentAfter, sentLinked, Sock, TX_SKB_TRUESIZE, wmemAdd, wmemSub, writeQueue } from '../6-socket';
import { TCPCB_LOST, TCPCB_SACKED_ACKED, TCPCB_SACKED_RETRANS } from './ack_flags';
import { FLAG_FIN, FLAG_PSH } from './header';
import { skbsForCutting } from './page_frag';
import { collapseTstamp, fragmentTstamp } from './tx_timestamp';

/** Notes how many segments an skb is; returns that (tcp_set_skb_tso_segs). An skb without payload is one. */
export function setTsoSegs(b: Skb, mss: u32): u32 {
  if (b.len <= mss) {
    b.gso_size = 0;
    b.gso_segs = 1;
    return 1;
  }
  const segs = (b.len + mss - 1) / mss;
  b.gso_size = <u16>mss;
  b.gso_segs = <u16>segs;
  return segs;
}

/** A sent skb has become `less` segments fewer (tcp_adjust_pcount). */
export function adjustPcount(sk: Sock, b: Skb, less: i32): void {
  if (less == 0) return;
  sk.packets_out -= less;
  if ((b.sacked & TCPCB_SACKED_ACKED) != 0) sk.sacked_out -= less;
  if ((b.sacked & TCPCB_SACKED_RETRANS) != 0) sk.retrans_out -= less;
  if ((b.sacked & TCPCB_LOST) != 0) sk.lost_out -= less;
  if (sk.sack_ok == 0 && less > 0) sk.sacked_out -= min<u32>(sk.sacked_out, less);
}

/** Splits an skb of a queue behind its first `len` bytes; both have segments of `mss`. False when no skb is left. */
export function splitSkb(sk: Sock, skb_idx: u32, len: u32, mss: u32, queue: usize): bool {
  const tail_idx = skbsForCutting(queue == rtxQueue(sk)) ? skbAlloc(sk.host) : NONE;
  if (tail_idx == NONE) return false;
  const b = skb(skb_idx);
  const tail = skb(tail_idx);
  assert(len > 0 && len < b.len, 'T9 an skb is split inside');
  const segs_before = <i32>b.gso_segs;
  tail.truesize = TX_SKB_TRUESIZE;
  tail.sock = b.sock;
  moveFrags(b, skb_idx, tail_idx, len);
  tail.seq = b.seq + len;
  tail.end_seq = b.end_seq;
  tail.tcp_flags = b.tcp_flags;
  if (bug(RUN_BUG_TCP_SACK_FIN) && queue == rtxQueue(sk)) tail.tcp_flags &= ~<u8>FLAG_FIN;
  b.end_seq = tail.seq;
  b.tcp_flags &= ~<u8>(FLAG_FIN | FLAG_PSH);
  tail.eor = b.eor;
  b.eor = 0;
  skbZcopySet(tail, b.uarg);
  tail.zcopy_pure = b.zcopy_pure;
  fragmentTstamp(b, tail);
  tail.sacked = b.sacked;
  tail.cb0 = b.cb0;
  tail.cb1 = b.cb1;
  tail.tsval = b.tsval;
  tail.link_next = NONE;
  tail.link_prev = NONE;
  wmemAdd(sk, TX_SKB_TRUESIZE);
  queueAfter(queue, skb_idx, tail_idx);
  const segs = setTsoSegs(b, mss) + setTsoSegs(tail, mss);
  if (queue != rtxQueue(sk)) return true;
  if (sentLinked(sk, skb_idx)) sentAfter(sk, skb_idx, tail_idx);
  if (!seqBefore(sk.snd_nxt, tail.end_seq)) adjustPcount(sk, b, segs_before - <i32>segs);
  return true;
}

/** Payload from `len` on goes to the second skb, with its references. */
function moveFrags(b: Skb, skb_idx: u32, tail_idx: u32, len: u32): void {
  let left = len;
  let kept: u32 = 0;
  for (let i: u32 = 0; i < b.nr_frags; i++) {
    const f = skbFrag(skb_idx, i);
    if (f.len <= left) {
      left -= f.len;
      kept++;
      continue;
    }
    const rest = f.len - left;
    skbAddFrag(tail_idx, f.netmem, f.off + left, rest, rest);
    if (left != 0) {
      netmemRef(f.netmem);
      f.len = left;
      left = 0;
      kept++;
    }
  }
  b.nr_frags = kept;
  if (bug(RUN_BUG_TCP_FRAGMENT_TRUESIZE)) skb(tail_idx).truesize -= b.len - len;
  else b.truesize -= b.len - len;
  b.data_len = len;
  b.len = len;
}

/** Cuts acknowledged bytes off the head. */
export function trimHead(sk: Sock, skb_idx: u32, len: u32): void {
  const b = skb(skb_idx);
  let eat = len;
  let kept: u32 = 0;
  for (let i: u32 = 0; i < b.nr_frags; i++) {
    const f = skbFrag(skb_idx, i);
    if (f.len <= eat) {
      eat -= f.len;
      fragUnref(f.netmem, false);
      continue;
    }
    const to = skbFrag(skb_idx, kept);
    to.netmem = f.netmem;
    to.off = bug(RUN_BUG_TCP_INCONSISTENT_RETRANSMIT) ? f.off : f.off + eat;
    to.len = f.len - eat;
    eat = 0;
    kept++;
  }
  b.nr_frags = kept;
  b.data_len -= len;
  b.len -= len;
  b.seq += len;
  b.truesize -= len;
  wmemSub(sk, len);
  if (b.gso_segs > 1) setTsoSegs(b, b.gso_size);
}

/** Takes up to `want` bytes from the next skb of the write queue, so that this one fills the window (tcp_grow_skb). */
export function growSkb(sk: Sock, skb_idx: u32, want: u32): void {
  const b = skb(skb_idx);
  const next_idx = b.next;
  if (next_idx == NONE || b.eor != 0) return;
  const next = skb(next_idx);
  // Lent payload stays with its lender's skb (net/core/skbuff.c: skb_shift).
  if ((b.uarg | next.uarg) != 0) return;
  const len = min(want, next.len);
  if (len == 0 || !shiftFrags(b, skb_idx, next_idx, len)) return;
  next.truesize -= len;
  b.end_seq += len;
  next.seq += len;
  if (next.len != 0) return;
  b.end_seq = next.end_seq; // a FIN
  b.tcp_flags |= next.tcp_flags;
  b.eor = next.eor;
  collapseTstamp(b, next);
  queueUnlink(writeQueue(sk), next_idx);
  wmemSub(sk, next.truesize);
  skbFree(next_idx, false);
}

/** Moves the first `len` bytes of one skb's fragments behind another's. False, with nothing moved, when they do not fit (skb_shift). */
function shiftFrags(b: Skb, skb_idx: u32, next_idx: u32, len: u32): bool {
  const next = skb(next_idx);
  let pieces: u32 = 0;
  for (let left = len; left > 0; pieces++) left -= min(left, skbFrag(next_idx, pieces).len);
  if (b.nr_frags + pieces > MAX_SKB_FRAGS) return false;
  let left = len;
  let gone: u32 = 0;
  for (let i: u32 = 0; left > 0; i++) {
    const f = skbFrag(next_idx, i);
    const part = min(left, f.len);
    left -= part;
    const last = skbFrag(skb_idx, max(b.nr_frags, 1) - 1);
    if (b.nr_frags != 0 && last.netmem == f.netmem && last.off + last.len == f.off) {
      last.len += part;
      b.len += part;
      b.data_len += part;
      b.truesize += part;
      if (part == f.len) fragUnref(f.netmem, false);
    } else {
      if (part != f.len) netmemRef(f.netmem);
      skbAddFrag(skb_idx, f.netmem, f.off, part, part);
    }
    if (part == f.len) gone++;
    else {
      f.off += part;
      f.len -= part;
    }
  }
  for (let i = gone; i < next.nr_frags; i++) {
    const to = skbFrag(next_idx, i - gone);
    const from = skbFrag(next_idx, i);
    to.netmem = from.netmem;
    to.off = from.off;
    to.len = from.len;
  }
  next.nr_frags -= gone;
  next.len -= len;
  next.data_len -= len;
  return true;
}
