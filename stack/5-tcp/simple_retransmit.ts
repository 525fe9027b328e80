/** Sending again what was lost for another reason than congestion (net/ipv4/tcp_input.c: tcp_simple_retransmit). */
import { NONE } from '../../sim/core';
import { skb } from '../3-pool';
import { Sock, TCP_SYN_SENT } from '../6-socket';
import { TCP_CA_LOSS } from './ack_flags';
import { currentSsthresh, setCaState } from './cong';
import { currentMss } from './mss';
import { markSkbLost } from './rack';
import { xmitRetransmitQueue } from './retransmit';

/** What is marked lost is sent again, and the congestion window stays as it is (tcp_non_congestion_loss_retransmit). */
export function nonCongestionRetransmit(sk: Sock): void {
  if (sk.ca_state != TCP_CA_LOSS) {
    sk.high_seq = sk.snd_nxt;
    sk.snd_ssthresh = currentSsthresh(sk);
    sk.prior_ssthresh = 0;
    sk.undo_marker = 0;
    setCaState(sk, TCP_CA_LOSS);
  }
  xmitRetransmitQueue(sk);
}

/** The path has become narrower: packets that are too large for it are lost. */
export function simpleRetransmit(sk: Sock): void {
  // A SYN with data lies in the queue as two packets; together they were too large.
  const all = sk.syn_data != 0 && sk.state == <u8>TCP_SYN_SENT;
  const mss = currentMss(sk);
  for (let idx = sk.rtx_head; idx != NONE; idx = skb(idx).next) {
    const b = skb(idx);
    const seglen = b.gso_segs > 1 ? <u32>b.gso_size : b.len;
    if (all || seglen > mss) markSkbLost(sk, b, idx);
  }
  if (sk.lost_out == 0) return;
  if (sk.sack_ok == 0 && sk.sacked_out + sk.lost_out > sk.packets_out) sk.sacked_out = sk.packets_out - sk.lost_out;
  nonCongestionRetransmit(sk);
}
