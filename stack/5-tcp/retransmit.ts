/** Sending again (net/ipv4/tcp_output.c: tcp_retransmit_skb, tcp_xmit_retransmit_queue). */
import {
  NONE, seqBefore, TCP_RETRANSSEGS, TCP_TCPFASTRETRANS, TCP_TCPRETRANSFAIL, TCP_TCPSLOWSTARTRETRANS, TCP_TCPSYNRETRANS, traceTcpRetransmit,
} from '../../sim/core';
import { skb } from '../3-pool';
import { mibAdd, mibInc, rtxQueue, Sock } from '../6-socket';
import {
  ICSK_TIME_REO_TIMEOUT, ICSK_TIME_RETRANS, TCP_CA_LOSS, TCPCB_EVER_RETRANS, TCPCB_LOST, TCPCB_RETRANS, TCPCB_SACKED_ACKED,
  TCPCB_SACKED_RETRANS,
} from './ack_flags';
import { inCwndReduction } from './cong';
import { ecnRetransmitSyn } from './ecn_handshake';
import { adjustPcount, setTsoSegs, splitSkb, trimHead } from './fragment';
import { FLAG_SYN } from './header';
import { currentMss } from './mss';
import { smallQueueCheck } from './output';
import { pacingCheck, pacingDelay } from './pacing';
import { resetXmitTimer } from './rto';
import { packetsInFlight, transmitSkb, wndEnd } from './transmit';
import { tsoSegsMax } from './tso';
import { urgMode } from './urgent';

/**
 * Sends up to `segs` segments of an skb again; what is behind them becomes another skb. 0, 1 when the device refused it, or
 * -errno (__tcp_retransmit_skb).
 *
 * Differs from Linux: sends again even if the first copy is still in the device's queue (skb_still_in_host_queue).
 * Differs from Linux: an skb that is sent again twice counts once in retrans_out (Linux calls it a leak and goes on).
 * Differs from Linux: small skbs are not joined when they are sent again (tcp_retrans_try_collapse).
 */
export function retransmitSkbOnce(sk: Sock, skb_idx: u32, segs: u32): i32 {
  const b = skb(skb_idx);
  // Now nothing can be told of a probe.
  sk.mtup_probe_size = 0;
  if (seqBefore(b.seq, sk.snd_una)) {
    if ((b.tcp_flags & <u8>FLAG_SYN) != 0) {
      b.tcp_flags &= ~<u8>FLAG_SYN;
      b.seq++;
    }
    if (seqBefore(b.seq, sk.snd_una)) trimHead(sk, skb_idx, sk.snd_una - b.seq);
  }
  const mss = currentMss(sk);
  let avail = <i32>(wndEnd(sk) - b.seq);
  if (avail <= 0) {
    // The receiver shrank its window: one segment serves as a probe.
    if (b.seq != sk.snd_una) return -11;
    avail = <i32>mss;
  }
  let len = mss * (urgMode(sk) ? 1 : segs);
  if (len > <u32>avail) {
    len = <u32>avail / mss * mss;
    if (len == 0) len = <u32>avail;
  }
  if (b.len > len) {
    if (!splitSkb(sk, skb_idx, len, mss, rtxQueue(sk))) return -12;
  } else {
    const before = <i32>b.gso_segs;
    adjustPcount(sk, b, before - <i32>setTsoSegs(b, mss));
  }
  if ((b.tcp_flags & <u8>FLAG_SYN) != 0) ecnRetransmitSyn(sk, b);
  const pcount = <u32>b.gso_segs;
  mibAdd(sk.host, TCP_RETRANSSEGS, pcount);
  if ((b.tcp_flags & <u8>FLAG_SYN) != 0) mibInc(sk.host, TCP_TCPSYNRETRANS);
  sk.total_retrans += pcount;
  sk.bytes_retrans += b.len;
  traceTcpRetransmit(0, NONE, sk.handle, b.seq, b.len);
  const refused = transmitSkb(sk, skb_idx);
  if (refused != 0) mibAdd(sk.host, TCP_TCPRETRANSFAIL, pcount);
  b.sacked |= TCPCB_EVER_RETRANS;
  return <i32>refused;
}

/** The same with the bookkeeping of recovery (tcp_retransmit_skb). */
export function retransmitSkb(sk: Sock, skb_idx: u32, segs: u32): i32 {
  const err = retransmitSkbOnce(sk, skb_idx, segs);
  const b = skb(skb_idx);
  if (err == 0) {
    // After an undo an skb may be retransmitted without being lost; a timeout then sends it once more.
    if ((b.sacked & TCPCB_SACKED_RETRANS) == 0) sk.retrans_out += b.gso_segs;
    b.sacked |= TCPCB_RETRANS;
  }
  if (sk.retrans_stamp == 0) sk.retrans_stamp = b.tsval;
  if (sk.undo_retrans < 0) sk.undo_retrans = 0;
  sk.undo_retrans += b.gso_segs;
  return err;
}

/** Sends lost packets again, as far as the congestion window goes. */
export function xmitRetransmitQueue(sk: Sock): void {
  if (sk.packets_out == 0) return;
  const head = sk.rtx_head;
  let idx = sk.retransmit_hint != NONE ? sk.retransmit_hint : head;
  let hole = NONE;
  let rearm = false;
  const max_segs = tsoSegsMax(sk, currentMss(sk));
  while (idx != NONE) {
    if (pacingCheck(sk)) break;
    if (hole == NONE) sk.retransmit_hint = idx;
    const room = <i32>(sk.snd_cwnd - packetsInFlight(sk));
    if (room <= 0) break;
    if (sk.retrans_out >= sk.lost_out) break;
    const b = skb(idx);
    const sacked = b.sacked;
    if ((sacked & TCPCB_LOST) == 0) {
      if (hole == NONE && (sacked & (TCPCB_SACKED_RETRANS | TCPCB_SACKED_ACKED)) == 0) hole = idx;
      idx = b.next;
      continue;
    }
    if ((sacked & (TCPCB_SACKED_ACKED | TCPCB_SACKED_RETRANS)) != 0) {
      idx = b.next;
      continue;
    }
    if (smallQueueCheck(sk, b, 1)) break;
    if (retransmitSkb(sk, idx, min<u32>(room, max_segs)) != 0) break;
    mibAdd(sk.host, sk.ca_state != TCP_CA_LOSS ? TCP_TCPFASTRETRANS : TCP_TCPSLOWSTARTRETRANS, b.gso_segs);
    if (inCwndReduction(sk)) sk.prr_out += b.gso_segs;
    if (idx == head && sk.pending != ICSK_TIME_REO_TIMEOUT) rearm = true;
    idx = b.next;
  }
  if (rearm) resetXmitTimer(sk, ICSK_TIME_RETRANS, sk.rto + pacingDelay(sk));
}
