/**
 * Loss detection (net/ipv4/tcp_recovery.c). With SACK: RACK (RFC 8985), which calls a packet lost when one that was sent
 * later has been delivered and a reordering window has passed. Without: NewReno's duplicate ACKs (RFC 6582).
 */
import { NONE, seqAfter, seqBefore, TCP_TCPLOSTRETRANSMIT } from '../../sim/core';
import { Skb, skb } from '../3-pool';
import { mibInc, rtxQueue, sentUnlink, Sock } from '../6-socket';
import {
  ICSK_TIME_REO_TIMEOUT, ICSK_TIME_RETRANS, TCP_CA_RECOVERY, TCPCB_LOST, TCPCB_RETRANS, TCPCB_SACKED_ACKED, TCPCB_SACKED_RETRANS,
} from './ack_flags';
import { usDelta, usecsToJiffies } from './clock';
import { splitSkb } from './fragment';
import { cwndReduction } from './prr';
import { enterRecovery } from './recovery';
import { xmitRetransmitQueue } from './retransmit';
import { minRtt, rearmRto, resetXmitTimer, TCP_TIMEOUT_MIN_US } from './rto';
import { packetsInFlight, skbStampUs } from './transmit';

/** Marks an skb lost, or its retransmission lost again (tcp_mark_skb_lost). */
export function markSkbLost(sk: Sock, b: Skb, skb_idx: u32): void {
  const sacked = b.sacked;
  if ((sacked & TCPCB_SACKED_ACKED) != 0) return;
  const hint = sk.retransmit_hint;
  if ((hint == NONE && sk.retrans_out >= sk.lost_out) || (hint != NONE && seqBefore(b.seq, skb(hint).seq))) sk.retransmit_hint = skb_idx;
  if ((sacked & TCPCB_LOST) != 0) {
    if ((sacked & TCPCB_SACKED_RETRANS) == 0) return;
    b.sacked &= ~TCPCB_SACKED_RETRANS;
    sk.retrans_out -= b.gso_segs;
    mibInc(sk.host, TCP_TCPLOSTRETRANSMIT);
  } else {
    sk.lost_out += b.gso_segs;
    b.sacked |= TCPCB_LOST;
  }
  sk.lost += b.gso_segs;
}

/** Was the first sent after the second (tcp_skb_sent_after)? */
export function sentLater(t1: u64, t2: u64, seq1: u32, seq2: u32): bool {
  return t1 > t2 || (t1 == t2 && seqAfter(seq1, seq2));
}

/** A packet was delivered: RACK's newest (net/ipv4/tcp_input.c: tcp_rack_advance). */
export function rackAdvance(sk: Sock, sacked: u8, end_seq: u32, xmit_us: u64): void {
  const rtt_us = usDelta(sk.tcp_mstamp, xmit_us);
  // Too soon for the retransmission: the original was delivered.
  if (rtt_us < minRtt(sk) && (sacked & TCPCB_RETRANS) != 0) return;
  sk.rack_advanced = 1;
  sk.rack_rtt_us = rtt_us;
  if (sentLater(xmit_us, sk.rack_mstamp, end_seq, sk.rack_end_seq)) {
    sk.rack_mstamp = xmit_us;
    sk.rack_end_seq = end_seq;
  }
}

function rackReoWnd(sk: Sock): u32 {
  if (sk.reord_seen == 0) {
    if (sk.ca_state >= TCP_CA_RECOVERY || sk.sacked_out >= sk.reordering) return 0;
  }
  const wnd = <u64>(minRtt(sk) >> 2) * <u64>sk.rack_reo_wnd_steps;
  const srtt = <u64>(sk.srtt_us >> 3);
  return <u32>(wnd < srtt ? wnd : srtt);
}

/** Microseconds until RACK would call an skb lost (tcp_rack_skb_timeout). */
export function rackSkbTimeout(sk: Sock, b: Skb, reo_wnd: u32): i32 {
  return <i32>(sk.rack_rtt_us + reo_wnd - usDelta(sk.tcp_mstamp, skbStampUs(b)));
}

/** Walks the skbs in the order in which they were sent. Returns the longest time to wait for one of them, or 0. */
function rackDetectLoss(sk: Sock): u32 {
  let wait: u32 = 0;
  const reo_wnd = rackReoWnd(sk);
  let idx = sk.sent_head;
  while (idx != NONE) {
    const b = skb(idx);
    const next = b.link_next;
    if ((b.sacked & TCPCB_LOST) != 0 && (b.sacked & TCPCB_SACKED_RETRANS) == 0) {
      idx = next;
      continue;
    }
    if (!sentLater(sk.rack_mstamp, skbStampUs(b), sk.rack_end_seq, b.end_seq)) break;
    const remaining = rackSkbTimeout(sk, b, reo_wnd);
    if (remaining <= 0) {
      markSkbLost(sk, b, idx);
      sentUnlink(sk, idx);
    } else if (<u32>remaining > wait) wait = <u32>remaining;
    idx = next;
  }
  return wait;
}

/** After an ACK; true when the reordering timer was set (tcp_rack_mark_lost). */
export function rackMarkLost(sk: Sock): bool {
  if (sk.rack_advanced == 0) return false;
  sk.rack_advanced = 0;
  const wait = rackDetectLoss(sk);
  if (wait == 0) return false;
  resetXmitTimer(sk, ICSK_TIME_REO_TIMEOUT, min(usecsToJiffies(wait + TCP_TIMEOUT_MIN_US), sk.rto));
  return true;
}

/** The reordering timer fired (tcp_rack_reo_timeout). */
export function rackReoTimeout(sk: Sock): void {
  const lost = sk.lost;
  const prior = packetsInFlight(sk);
  rackDetectLoss(sk);
  if (prior != packetsInFlight(sk)) {
    if (sk.ca_state != TCP_CA_RECOVERY) {
      enterRecovery(sk, false);
      cwndReduction(sk, 1, sk.lost - lost, false);
    }
    xmitRetransmitQueue(sk);
  }
  if (sk.pending != ICSK_TIME_RETRANS) rearmRto(sk);
}

/** DSACKs widen the reordering window (net/ipv4/tcp_input.c: tcp_rack_update_reo_wnd). */
export function rackUpdateReoWnd(sk: Sock, has_prior: bool, prior_delivered: u32): void {
  if (!has_prior || prior_delivered == 0) return;
  if (seqBefore(prior_delivered, sk.rack_last_delivered)) sk.rack_dsack_seen = 0;
  if (sk.rack_dsack_seen != 0) {
    if (sk.rack_reo_wnd_steps < 255) sk.rack_reo_wnd_steps++;
    sk.rack_dsack_seen = 0;
    sk.rack_last_delivered = sk.delivered;
    sk.rack_reo_wnd_persist = 16;
  } else if (sk.rack_reo_wnd_persist == 0) sk.rack_reo_wnd_steps = 1;
}

/** Without SACK: enough duplicate ACKs, or a partial ACK in recovery, and the head is lost (tcp_newreno_mark_lost). */
export function newrenoMarkLost(sk: Sock, una_advanced: bool): void {
  const state = sk.ca_state;
  if ((state < TCP_CA_RECOVERY && sk.sacked_out >= sk.reordering) || (state == TCP_CA_RECOVERY && una_advanced)) {
    const idx = sk.rtx_head;
    const b = skb(idx);
    if ((b.sacked & TCPCB_LOST) != 0) return;
    if (b.gso_segs > 1 && b.len > <u32>b.gso_size) splitSkb(sk, idx, b.gso_size, b.gso_size, rtxQueue(sk));
    markSkbLost(sk, b, idx);
  }
}
