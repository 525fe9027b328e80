/** Cutting skbs of the sender (net/ipv4/tcp_output.c: tcp_fragment, tcp_trim_head). */
import { NONE, seqBefore } from '../../sim/core';
import { fragUnref, netmemRef, Skb, skb, skbAddFrag, skbAlloc, skbFrag } from '../3-pool';
import { queueAfter, rtxQueue, sentAfter, sentLinked, Sock, TX_SKB_TRUESIZE, wmemAdd, wmemSub } from '../6-socket';
import { TCPCB_LOST, TCPCB_SACKED_ACKED, TCPCB_SACKED_RETRANS } from './ack_flags';
import { FLAG_FIN, FLAG_PSH } from './header';

/** Splits an skb of a queue behind its first `len` bytes. False when no skb is left. */
export function splitSkb(sk: Sock, skb_idx: u32, len: u32, queue: usize): bool {
  const tail_idx = skbAlloc(sk.host);
  if (tail_idx == NONE) return false;
  const b = skb(skb_idx);
  const tail = skb(tail_idx);
  assert(len > 0 && len < b.len, 'T9 an skb is split inside');
  tail.truesize = TX_SKB_TRUESIZE;
  tail.sock = b.sock;
  moveFrags(b, skb_idx, tail_idx, len);
  tail.seq = b.seq + len;
  tail.end_seq = b.end_seq;
  tail.tcp_flags = b.tcp_flags;
  b.end_seq = tail.seq;
  b.tcp_flags &= ~<u8>(FLAG_FIN | FLAG_PSH);
  tail.sacked = b.sacked;
  tail.cb0 = b.cb0;
  tail.cb1 = b.cb1;
  tail.tsval = b.tsval;
  tail.link_next = NONE;
  tail.link_prev = NONE;
  wmemAdd(sk, TX_SKB_TRUESIZE);
  queueAfter(queue, skb_idx, tail_idx);
  if (queue != rtxQueue(sk)) return true;
  if (sentLinked(sk, skb_idx)) sentAfter(sk, skb_idx, tail_idx);
  if (!seqBefore(sk.snd_nxt, tail.end_seq)) {
    // One packet became two (tcp_adjust_pcount).
    sk.packets_out++;
    if ((b.sacked & TCPCB_SACKED_ACKED) != 0) sk.sacked_out++;
    if ((b.sacked & TCPCB_SACKED_RETRANS) != 0) sk.retrans_out++;
    if ((b.sacked & TCPCB_LOST) != 0) sk.lost_out++;
  }
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
  b.truesize -= b.len - len;
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
    to.off = f.off + eat;
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
}
