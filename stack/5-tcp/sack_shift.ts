/**
 * Linux moves what a SACK block covers into the sacked skb before it (net/ipv4/tcp_input.c: tcp_shift_skb_data), and then
 * reads the length of what it has moved off the skb that it took it from: only what is left there counts as delivered bytes.
 * They help accurate ECN to guess, so they are counted here in the same way.
 */
import { NONE, seqAfter, seqBefore } from '../../sim/core';
import { Skb, skb } from '../3-pool';
import { Sock } from '../6-socket';
import { TCPCB_LOST, TCPCB_SACKED_ACKED, TCPCB_SACKED_RETRANS } from './ack_flags';

export const NOT_SHIFTED: u32 = 0xffffffff;
const TAGBITS: u8 = TCPCB_SACKED_ACKED | TCPCB_SACKED_RETRANS | TCPCB_LOST;

/** tcp_skb_seglen. */
function seglen(b: Skb): u32 {
  return b.gso_segs <= 1 ? b.len : <u32>b.gso_size;
}

/** Bytes that would stay in an skb after its part in the block has moved to the one before; NOT_SHIFTED: nothing moves. */
export function shiftLeaves(sk: Sock, b: Skb, start: u32, end: u32, dup_sack: bool): u32 {
  if (!dup_sack && (b.sacked & (TCPCB_LOST | TCPCB_SACKED_RETRANS)) == TCPCB_SACKED_RETRANS) return NOT_SHIFTED;
  if (b.prev == NONE || !seqAfter(b.end_seq, sk.snd_una)) return NOT_SHIFTED;
  const prev = skb(b.prev);
  if ((prev.sacked & TAGBITS) != TCPCB_SACKED_ACKED || prev.eor != 0 || seqAfter(start, b.seq)) return NOT_SHIFTED;
  if (!seqBefore(end, b.end_seq)) return seglen(b) == seglen(prev) ? 0 : NOT_SHIFTED;
  const mss = <u32>b.gso_size;
  if (b.gso_segs <= 1 || mss != seglen(prev) || end - b.seq < mss) return NOT_SHIFTED;
  return b.len - (end - b.seq) / mss * mss;
}
