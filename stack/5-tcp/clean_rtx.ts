/** What an ACK takes off the rtx queue, and what that says about the round trip (net/ipv4/tcp_input.c: tcp_clean_rtx_queue). */
import { NONE, seqAfter, seqBefore, seqBetween } from '../../sim/core';
import { Skb, skb, skbFree } from '../3-pool';
import { queueUnlink, rtxQueue, sentUnlink, Sock, wmemSub } from '../6-socket';
import { TCPCB_LOST, TCPCB_RETRANS, TCPCB_SACKED_ACKED, TCPCB_SACKED_RETRANS } from './ack_flags';
import { chronoStop, CHRONO_BUSY } from './chrono';
import { usDelta } from './clock';
import { caPktsAcked } from './cong';
import { countDelivered } from './ecn';
import {
  FLAG_ACKED, FLAG_ACK_MAYBE_DELAYED, FLAG_DATA_ACKED, FLAG_ECE, FLAG_ORIG_SACK_ACKED, FLAG_RETRANS_DATA_ACKED, FLAG_SACK_RENEGING,
  FLAG_SET_XMIT_TIMER, FLAG_SYN_ACKED,
} from './event_flags';
import { trimHead } from './fragment';
import { FLAG_SYN } from './header';
import { mtupProbeAcked } from './mtu_probe';
import { wakePageWaiters } from './page_frag';
import { rackAdvance } from './rack';
import { rttTsoptUs } from './rcvbuf';
import { removeRenoSacks } from './recovery';
import { rttSample } from './rto';
import { checkSackReordering, rateSkbDelivered } from './sack_in';
import { AckState } from './stage';
import { skbStampUs } from './transmit';
import { ackTstamp } from './tx_timestamp';

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

/** Accounts for `pcount` acknowledged segments of an skb; returns its send time when it was sent once and never SACKed, else 0. */
function ackOne(sk: Sock, st: AckState, b: Skb, pcount: u32): u64 {
  const sacked = b.sacked;
  let ackt: u64 = 0;
  if ((sacked & TCPCB_RETRANS) != 0) {
    if ((sacked & TCPCB_SACKED_RETRANS) != 0) sk.retrans_out -= pcount;
    st.flag |= FLAG_RETRANS_DATA_ACKED;
  } else if ((sacked & TCPCB_SACKED_ACKED) == 0) {
    ackt = skbStampUs(b);
    if (!seqAfter(b.end_seq, sk.high_seq)) st.flag |= FLAG_ORIG_SACK_ACKED;
  }
  if ((sacked & TCPCB_SACKED_ACKED) != 0) sk.sacked_out -= pcount;
  else if (sk.sack_ok != 0) {
    countDelivered(sk, pcount, (st.flag & FLAG_ECE) != 0);
    const spurious = (sacked & TCPCB_RETRANS) != 0 && sk.saw_tstamp != 0 && sk.rcv_tsecr != 0 && seqBefore(sk.rcv_tsecr, b.tsval);
    if (!spurious) rackAdvance(sk, sacked, b.end_seq, skbStampUs(b));
  }
  if ((sacked & TCPCB_LOST) != 0) sk.lost_out -= pcount;
  sk.packets_out -= pcount;
  rateSkbDelivered(st, b);
  if ((b.tcp_flags & <u8>FLAG_SYN) == 0) st.flag |= FLAG_DATA_ACKED;
  else {
    st.flag |= FLAG_SYN_ACKED;
    sk.retrans_stamp = 0;
  }
  return ackt;
}

/** An ACK covers the head of an skb: cuts that off. Returns the segments that are gone (tcp_tso_acked). */
function tsoAcked(sk: Sock, b: Skb, skb_idx: u32): u32 {
  const before = <u32>b.gso_segs;
  trimHead(sk, skb_idx, sk.snd_una - b.seq);
  return before - <u32>b.gso_segs;
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
  let fully_acked = true;
  let idx = sk.rtx_head;
  while (idx != NONE) {
    const b = skb(idx);
    const start_seq = b.seq;
    let pcount = <u32>b.gso_segs;
    if (seqAfter(b.end_seq, snd_una)) {
      if (pcount == 1 || !seqAfter(snd_una, b.seq)) break;
      pcount = tsoAcked(sk, b, idx);
      if (pcount == 0) break;
      fully_acked = false;
    }
    const ackt = ackOne(sk, st, b, pcount);
    if (ackt != 0) {
      last_ackt = ackt;
      if (first_ackt == 0) first_ackt = ackt;
      if (seqBefore(start_seq, reord)) reord = start_seq;
    }
    pkts_acked += pcount;
    if (!fully_acked) break;
    ackTstamp(sk, b, idx, prior_snd_una);
    const next = b.next;
    rtxUnlinkAndFree(sk, idx);
    idx = next;
  }
  if (seqBetween(sk.snd_up, prior_snd_una, snd_una)) sk.snd_up = snd_una;
  if (pkts_acked != 0) wakePageWaiters(sk.host);
  if (idx == NONE) chronoStop(sk, CHRONO_BUSY);
  if (idx != NONE) {
    ackTstamp(sk, skb(idx), idx, prior_snd_una);
    if ((skb(idx).sacked & TCPCB_SACKED_ACKED) != 0) st.flag |= FLAG_SACK_RENEGING;
  }
  let seq_rtt: i32 = -1;
  let ca_rtt: i32 = -1;
  let sack_rtt: i32 = -1;
  if (first_ackt != 0 && (st.flag & FLAG_RETRANS_DATA_ACKED) == 0) {
    seq_rtt = <i32>usDelta(sk.tcp_mstamp, first_ackt);
    ca_rtt = <i32>usDelta(sk.tcp_mstamp, last_ackt);
    if (pkts_acked == 1 && fully_acked && prior_sacked == 0 && snd_una - prior_snd_una < sk.mss_cache
      && st.prior_delivered + 1 == sk.delivered && (st.flag & FLAG_SYN_ACKED) == 0) st.flag |= FLAG_ACK_MAYBE_DELAYED;
  }
  if (st.first_sackt != 0) {
    sack_rtt = <i32>usDelta(sk.tcp_mstamp, st.first_sackt);
    ca_rtt = <i32>usDelta(sk.tcp_mstamp, st.last_sackt);
  }
  const rtt_update = ackUpdateRtt(sk, st, seq_rtt, sack_rtt, ca_rtt);
  if ((st.flag & FLAG_ACKED) != 0) {
    st.flag |= FLAG_SET_XMIT_TIMER;
    if (sk.mtup_probe_size != 0) mtupProbeAcked(sk);
    if (sk.sack_ok == 0) {
      removeRenoSacks(sk, pkts_acked, (st.flag & FLAG_ECE) != 0);
      if ((st.flag & FLAG_RETRANS_DATA_ACKED) != 0) st.flag &= ~FLAG_ORIG_SACK_ACKED;
    } else if (seqBefore(reord, prior_fack)) checkSackReordering(sk, reord, false);
    st.delivered_bytes = (idx != NONE ? skb(idx).seq : snd_una) - prior_snd_una;
  } else if (idx != NONE && rtt_update && sack_rtt >= 0 && sack_rtt > <i32>usDelta(sk.tcp_mstamp, skbStampUs(skb(idx)))) {
    // Measured from data sent after the head: restarting the timer now does not put the timeout off for ever.
    st.flag |= FLAG_SET_XMIT_TIMER;
  }
  caPktsAcked(sk, st.rtt_us);
}
