/**
 * Sending new data (net/ipv4/tcp_output.c: tcp_write_xmit): what congestion window, receive window, Nagle and the small
 * queue allow, one segment for each skb.
 *
 * Differs from Linux: no GSO and no TSO: an skb of the sender holds at most one segment.
 * Differs from Linux: no path MTU probing and no pacing timer.
 */
import { NONE, seqAfter, TCP_TCPORIGDATASENT } from '../../sim/core';
import { skb } from '../3-pool';
import { mibInc, queueTail, queueUnlink, rtxQueue, Sock, TCP_CLOSE, TSQ_THROTTLED, writeQueue } from '../6-socket';
import { ICSK_TIME_LOSS_PROBE } from './ack_flags';
import { mstampRefresh } from './clock';
import { checkSpace, inCwndReduction, pacingRate } from './cong';
import { cwndValidate } from './cwnd';
import { splitSkb } from './fragment';
import { FLAG_FIN } from './header';
import { currentMss } from './mss';
import { checkProbeTimer, rearmRto } from './rto';
import { scheduleLossProbe } from './tlp';
import { packetsInFlight, transmitSkb, wndEnd } from './transmit';

export const TCP_NAGLE_OFF: u32 = 1;
export const TCP_NAGLE_CORK: u32 = 2;
export const TCP_NAGLE_PUSH: u32 = 4;
/** Milliseconds' worth of the pacing rate: sk_pacing_shift. */
const PACING_SHIFT: u64 = 10;
/** net.ipv4.tcp_limit_output_bytes. */
const LIMIT_OUTPUT_BYTES: u64 = 4194304;

/** Does Nagle's rule, with Minshall's change, let this skb go (tcp_nagle_test)? */
function nagleTest(sk: Sock, len: u32, flags: u32, mss: u32, nonagle: u32): bool {
  if ((nonagle & TCP_NAGLE_PUSH) != 0 || (flags & FLAG_FIN) != 0 || len >= mss) return true;
  if ((nonagle & TCP_NAGLE_CORK) != 0) return false;
  if (nonagle != 0 || sk.packets_out == 0) return true;
  return !(seqAfter(sk.snd_sml, sk.snd_una) && !seqAfter(sk.snd_sml, sk.snd_nxt));
}

/** May not send more before the device has sent something (tcp_small_queue_check). `factor`: limit << factor. */
export function smallQueueCheck(sk: Sock, frame_len: u32, factor: u32): bool {
  if (sk.wmem_alloc <= 2 * frame_len) return false;
  let limit = pacingRate(sk) >> PACING_SHIFT;
  if (limit < <u64>(2 * frame_len)) limit = 2 * frame_len;
  if (limit > LIMIT_OUTPUT_BYTES) limit = LIMIT_OUTPUT_BYTES;
  limit <<= factor;
  if (<u64>sk.wmem_alloc <= limit) return false;
  if (sk.rtx_len <= 1) return false;
  sk.flags |= TSQ_THROTTLED;
  return true;
}

/** An skb was sent for the first time (tcp_event_new_data_sent). */
export function eventNewDataSent(sk: Sock, skb_idx: u32): void {
  const b = skb(skb_idx);
  const prior_packets = sk.packets_out;
  sk.snd_nxt = b.end_seq;
  queueUnlink(writeQueue(sk), skb_idx);
  queueTail(rtxQueue(sk), skb_idx);
  if (sk.highest_sack == NONE) sk.highest_sack = skb_idx;
  sk.packets_out++;
  if (prior_packets == 0 || sk.pending == ICSK_TIME_LOSS_PROBE) rearmRto(sk);
  mibInc(sk.host, TCP_TCPORIGDATASENT);
  checkSpace(sk);
}

/**
 * Sends what may be sent. push_one: 1 one skb, 2 one skb whatever the congestion window says. True when nothing is in
 * flight and yet something waits: then a probe timer must watch.
 */
export function writeXmit(sk: Sock, mss: u32, nonagle: u32, push_one: u32): bool {
  let sent: u32 = 0;
  mstampRefresh(sk);
  for (;;) {
    const idx = sk.write_head;
    if (idx == NONE) break;
    if (packetsInFlight(sk) >= sk.snd_cwnd && push_one != 2) break;
    const b = skb(idx);
    const end_seq = b.len > mss ? b.seq + mss : b.end_seq;
    if (seqAfter(end_seq, wndEnd(sk))) break;
    if (b.len <= mss && !nagleTest(sk, b.len, b.tcp_flags, mss, idx == sk.write_tail ? nonagle : TCP_NAGLE_PUSH)) break;
    if (b.len > mss && !splitSkb(sk, idx, mss, writeQueue(sk))) break;
    if (smallQueueCheck(sk, b.len + 66, 0)) break;
    if (b.end_seq == b.seq) break;
    const short = b.len < mss;
    if (transmitSkb(sk, idx) != 0) break;
    eventNewDataSent(sk, idx);
    if (short) sk.snd_sml = b.end_seq;
    sent++;
    if (push_one != 0) break;
  }
  const is_cwnd_limited = packetsInFlight(sk) >= sk.snd_cwnd;
  if (sent != 0 || is_cwnd_limited) cwndValidate(sk, is_cwnd_limited);
  if (sent != 0) {
    if (inCwndReduction(sk)) sk.prr_out += sent;
    if (push_one != 2) scheduleLossProbe(sk, false);
    return false;
  }
  return sk.packets_out == 0 && sk.write_head != NONE;
}

/** __tcp_push_pending_frames. */
export function pushPendingFrames(sk: Sock, mss: u32, nonagle: u32): void {
  if (sk.state == <u8>TCP_CLOSE) return;
  if (writeXmit(sk, mss, nonagle, 0)) checkProbeTimer(sk);
}

/** After an ACK or a window update (tcp_data_snd_check). */
export function dataSndCheck(sk: Sock): void {
  if (sk.write_head != NONE) pushPendingFrames(sk, currentMss(sk), sk.nonagle);
  checkSpace(sk);
}
