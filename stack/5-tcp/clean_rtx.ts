/** What an ACK takes off the rtx queue, and what that says about the round trip (net/ipv4/tcp_input.c: tcp_clean_rtx_queue). */
import { NONE, seqAfter, seqBefore } from '../../sim/core';
import { Skb, skb, skbFree } from '../3-pool';
import { queueUnlink, rtxQueue, sentUnlink, Sock, wmemSub } from '../6-socket';
import { TCPCB_LOST, TCPCB_RETRANS, TCPCB_SACKED_ACKED, TCPCB_SACKED_RETRANS } from './ack_flags';
import { usDelta } from './clock';
import { caPktsAcked } from './cong';
import {
  FLAG_ACKED, FLAG_ACK_MAYBE_DELAYED, FLAG_CA_ALERT, FLAG_DATA_ACKED, FLAG_ORIG_SACK_ACKED, FLAG_RETRANS_DATA_ACKED, FLAG_SACK_RENEGING,
  FLAG_SET_XMIT_TIMER, FLAG_SYN_ACKED,
} from './event_flags';
import { FLAG_SYN } from './header';
import { wakePageWaiters } from './page_frag';
import { rackAdvance } from './rack';
import { rttTsoptUs } from './rcvbuf';
import { removeRenoSacks } from './recovery';
import { rttSample } from './rto';
import { checkSackReordering, rateSkbDelivered } from './sack_in';
import { AckState } from './stage';
import { skbStampUs } from './transmit';

/** Takes an skb out of the rtx queue and all that points at it, and frees it. */
export function rtxUnlinkAndFree(sk: Sock, skb_idx: u32): void {
  const b = skb(skb_idx);
  if (sk.retransmit_hint == skb_idx) sk.retransmit_hint = NONE;
  if (sk.highest_sack == skb_idx) sk.highest_sack = b.next;
  if (sk.sack_hint == skb_idx) sk.sack_hint = b.next;
  sentUnlink(sk, skb_idx);
  queueUnlink(rtxQueue(sk), skb_idx);
  wmemSub(sk, b.truesize);
  skbFree(skb_idx, false);
}

/** Accounts for one acknowledged skb; returns its send time when it was sent once and never SACKed, else 0. */
function ackOne(sk: Sock, st: AckState, b: Skb): u64 {
  const sacked = b.sacked;
  let ackt: u64 = 0;
  if ((sacked & TCPCB_RETRANS) != 0) {
    if ((sacked & TCPCB_SACKED_RETRANS) != 0) sk.retrans_out--;
    st.flag |= FLAG_RETRANS_DATA_ACKED;
  } else if ((sacked & TCPCB_SACKED_ACKED) == 0) {
    ackt = skbStampUs(b);
    if (!seqAfter(b.end_seq, sk.high_seq)) st.flag |= FLAG_ORIG_SACK_ACKED;
  }
  if ((sacked & TCPCB_SACKED_ACKED) != 0) sk.sacked_out--;
  else if (sk.sack_ok != 0) {
    sk.delivered++;
    const spurious = (sacked & TCPCB_RETRANS) != 0 && sk.saw_tstamp != 0 && sk.rcv_tsecr != 0 && seqBefore(sk.rcv_tsecr, b.tsval);
    if (!spurious) rackAdvance(sk, sacked, b.end_seq, skbStampUs(b));
  }
  if ((sacked & TCPCB_LOST) != 0) sk.lost_out--;
  sk.packets_out--;
  rateSkbDelivered(st, b);
  if ((b.tcp_flags & <u8>FLAG_SYN) == 0) st.flag |= FLAG_DATA_ACKED;
  else {
    st.flag |= FLAG_SYN_ACKED;
    sk.retrans_stamp = 0;
  }
  return ackt;
}

/** tcp_ack_update_rtt: ACK timing first, timestamps where Karn's rule forbids it. */
function ackUpdateRtt(sk: Sock, st: AckState, seq_rtt: i32, sack_rtt: i32, ca_rtt: i32): bool {
  let rtt = seq_rtt < 0 ? sack_rtt : seq_rtt;
  let ca = ca_rtt;
  if (rtt < 0 && sk.saw_tstamp != 0 && sk.rcv_tsecr != 0 && (st.flag & FLAG_ACKED) != 0) {
    rtt = rttTsoptUs(sk, 1);
    ca = rtt;
  }
  st.rtt_us = ca;
  if (rtt < 0) return false;
  rttSample(sk, <u32>rtt, ca, (st.flag & FLAG_ACK_MAYBE_DELAYED) != 0);
  return true;
}

export function cleanRtxQueue(sk: Sock, st: AckState, prior_fack: u32, prior_snd_una: u32): void {
  const snd_una = sk.snd_una;
  const prior_sacked = sk.sacked_out;
  let reord = sk.snd_nxt;
  let first_ackt: u64 = 0;
  let last_ackt: u64 = 0;
  let pkts_acked: u32 = 0;
  let idx = sk.rtx_head;
  while (idx != NONE) {
    const b = skb(idx);
    if (seqAfter(b.end_seq, snd_una)) break;
    const ackt = ackOne(sk, st, b);
    if (ackt != 0) {
      last_ackt = ackt;
      if (first_ackt == 0) first_ackt = ackt;
      if (seqBefore(b.seq, reord)) reord = b.seq;
    }
    pkts_acked++;
    const next = b.next;
    rtxUnlinkAndFree(sk, idx);
    idx = next;
  }
  if (pkts_acked != 0) wakePageWaiters(sk.host);
  if (idx != NONE && (skb(idx).sacked & TCPCB_SACKED_ACKED) != 0) st.flag |= FLAG_SACK_RENEGING;
  let seq_rtt: i32 = -1;
  let ca_rtt: i32 = -1;
  let sack_rtt: i32 = -1;
  if (first_ackt != 0 && (st.flag & FLAG_RETRANS_DATA_ACKED) == 0) {
    seq_rtt = <i32>usDelta(sk.tcp_mstamp, first_ackt);
    ca_rtt = <i32>usDelta(sk.tcp_mstamp, last_ackt);
    if (pkts_acked == 1 && prior_sacked == 0 && snd_una - prior_snd_una < sk.mss_cache && st.prior_delivered + 1 == sk.delivered
      && (st.flag & (FLAG_CA_ALERT | FLAG_SYN_ACKED)) == 0) st.flag |= FLAG_ACK_MAYBE_DELAYED;
  }
  if (st.first_sackt != 0) {
    sack_rtt = <i32>usDelta(sk.tcp_mstamp, st.first_sackt);
    ca_rtt = <i32>usDelta(sk.tcp_mstamp, st.last_sackt);
  }
  const rtt_update = ackUpdateRtt(sk, st, seq_rtt, sack_rtt, ca_rtt);
  if ((st.flag & FLAG_ACKED) != 0) {
    st.flag |= FLAG_SET_XMIT_TIMER;
    if (sk.sack_ok == 0) {
      removeRenoSacks(sk, pkts_acked);
      if ((st.flag & FLAG_RETRANS_DATA_ACKED) != 0) st.flag &= ~FLAG_ORIG_SACK_ACKED;
    } else if (seqBefore(reord, prior_fack)) checkSackReordering(sk, reord, false);
  } else if (idx != NONE && rtt_update && sack_rtt >= 0 && sack_rtt > <i32>usDelta(sk.tcp_mstamp, skbStampUs(skb(idx)))) {
    // Measured from data sent after the head: restarting the timer now does not put the timeout off for ever.
    st.flag |= FLAG_SET_XMIT_TIMER;
  }
  caPktsAcked(sk, st.rtt_us);
}
