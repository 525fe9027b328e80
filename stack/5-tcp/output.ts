/**
 * Sending new data (net/ipv4/tcp_output.c: tcp_write_xmit): what congestion window, receive window, Nagle and the small
 * queue allow, in packets as large as is good (tso.ts).
 */
import { hostConfig, NONE, seqAfter, TCP_TCPORIGDATASENT } from '../../sim/core';
import { Skb, skb } from '../3-pool';
import { mibAdd, queueTail, queueUnlink, rtxQueue, Sock, TCP_CLOSE, TSQ_THROTTLED, writeQueue } from '../6-socket';
import { ICSK_TIME_LOSS_PROBE } from './ack_flags';
import { mstampRefresh } from './clock';
import { chronoStart, chronoStop, CHRONO_RWND_LIMITED } from './chrono';
import { checkSpace, inCwndReduction, pacingRate } from './cong';
import { cwndValidate } from './cwnd';
import { ecnModeAccecn } from './ecn';
import { accecnBeaconCheck } from './ecn_out';
import { growSkb, setTsoSegs, splitSkb } from './fragment';
import { FLAG_FIN } from './header';
import { currentMss } from './mss';
import { mtuProbe, PROBE_SENT, PROBE_WAITS } from './mtu_probe';
import { pacingCheck } from './pacing';
import { checkProbeTimer, rearmRto } from './rto';
import { scheduleLossProbe } from './tlp';
import { packetsInFlight, transmitSkb, wndEnd } from './transmit';
import { urgMode } from './urgent';
import { DEFER_CWND_LIMITED, DEFER_NO, mssSplitPoint, PACING_SHIFT, tsoSegsMax, tsoShouldDefer } from './tso';

export const TCP_NAGLE_OFF: u32 = 1;
export const TCP_NAGLE_CORK: u32 = 2;
export const TCP_NAGLE_PUSH: u32 = 4;

/** Does Nagle's rule, with Minshall's change, hold back a segment that is not full (tcp_nagle_check)? */
function nagleHoldsPartial(sk: Sock, nonagle: u32): bool {
  if ((nonagle & TCP_NAGLE_CORK) != 0) return true;
  if (nonagle != 0 || sk.packets_out == 0) return false;
  return seqAfter(sk.snd_sml, sk.snd_una) && !seqAfter(sk.snd_sml, sk.snd_nxt);
}

/** May an skb of one segment go (tcp_nagle_test)? */
function nagleTest(sk: Sock, b: Skb, mss: u32, nonagle: u32): bool {
  if ((nonagle & TCP_NAGLE_PUSH) != 0 || (b.tcp_flags & <u8>FLAG_FIN) != 0 || urgMode(sk)) return true;
  return b.len >= mss || !nagleHoldsPartial(sk, nonagle);
}

/** May not send more before the device has sent something (tcp_small_queue_check). `factor`: limit << factor. */
export function smallQueueCheck(sk: Sock, b: Skb, factor: u32): bool {
  const two = <u64>b.truesize * 2;
  const most = <u64>hostConfig(sk.host).tcp_limit_output_bytes;
  // The pacing rate only raises the limit: mostly there is no need to ask for it.
  if (<u64>sk.wmem_alloc <= min(two, most) << factor) return false;
  const limit = min(max(two, pacingRate(sk) >> PACING_SHIFT), most) << factor;
  if (<u64>sk.wmem_alloc <= limit || sk.rtx_len <= 1) return false;
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
  sk.packets_out += b.gso_segs;
  if (prior_packets == 0 || sk.pending == ICSK_TIME_LOSS_PROBE) rearmRto(sk);
  mibAdd(sk.host, TCP_TCPORIGDATASENT, b.gso_segs);
  checkSpace(sk);
}

/** What prepareHead() says: send it, or wait for an ACK, or wait because a window is too small: congestion's, or the receiver's. */
const HEAD_GOES: u32 = 0;
const HEAD_WAITS: u32 = 1;
const HEAD_WAITS_FOR_CWND: u32 = 2;
const HEAD_WAITS_FOR_RWND: u32 = 3;

/** Cuts the head of the write queue to what may go in one packet. `quota`: segments that the congestion window allows. */
function prepareHead(sk: Sock, idx: u32, mss: u32, nonagle: u32, push_one: u32, quota: u32, max_segs: u32): u32 {
  const b = skb(idx);
  const full = quota * mss;
  if (b.len < full) growSkb(sk, idx, full - b.len);
  const segs = setTsoSegs(b, mss);
  const is_tail = idx == sk.write_tail;
  const first_end = b.len > mss ? b.seq + mss : b.end_seq;
  if (seqAfter(first_end, wndEnd(sk))) return HEAD_WAITS_FOR_RWND;
  if (segs == 1) return nagleTest(sk, b, mss, is_tail ? nonagle : TCP_NAGLE_PUSH) ? HEAD_GOES : HEAD_WAITS;
  if (push_one == 0) {
    const defer = tsoShouldDefer(sk, b, is_tail, max_segs);
    if (defer != DEFER_NO) return defer == DEFER_CWND_LIMITED ? HEAD_WAITS_FOR_CWND : HEAD_WAITS;
  }
  const limit = urgMode(sk) ? mss : mssSplitPoint(sk, b, is_tail, mss, quota, nagleHoldsPartial(sk, nonagle));
  return b.len <= limit || splitSkb(sk, idx, limit, mss, writeQueue(sk)) ? HEAD_GOES : HEAD_WAITS;
}

/**
 * Sends what may be sent. push_one: 1 one skb, 2 one skb whatever the congestion window says. True when nothing is in
 * flight and yet something waits: then a probe timer must watch.
 */
export function writeXmit(sk: Sock, mss_now: u32, nonagle: u32, push_one: u32): bool {
  let sent: u32 = 0;
  mstampRefresh(sk);
  // Whether an AccECN option goes along depends on the time.
  const mss = ecnModeAccecn(sk) && accecnBeaconCheck(sk) ? currentMss(sk) : mss_now;
  if (push_one == 0) {
    const probed = mtuProbe(sk);
    if (probed == PROBE_WAITS) return false;
    if (probed == PROBE_SENT) sent = 1;
  }
  const max_segs = tsoSegsMax(sk, mss);
  let head = HEAD_GOES;
  for (;;) {
    const idx = sk.write_head;
    if (idx == NONE) break;
    if (pacingCheck(sk)) break;
    let quota = cwndTest(sk);
    if (quota == 0) {
      if (push_one != 2) break;
      quota = 1;
    }
    head = prepareHead(sk, idx, mss, nonagle, push_one, min(quota, max_segs), max_segs);
    if (head != HEAD_GOES) break;
    const b = skb(idx);
    if (smallQueueCheck(sk, b, 0)) break;
    if (b.end_seq == b.seq) break;
    if (transmitSkb(sk, idx) != 0) break;
    eventNewDataSent(sk, idx);
    const segs = <u32>b.gso_segs;
    if (b.len < segs * mss) sk.snd_sml = b.end_seq;
    sent += segs;
    if (push_one != 0) break;
  }
  if (head == HEAD_WAITS_FOR_RWND) chronoStart(sk, CHRONO_RWND_LIMITED);
  else chronoStop(sk, CHRONO_RWND_LIMITED);
  const is_cwnd_limited = head == HEAD_WAITS_FOR_CWND || packetsInFlight(sk) >= sk.snd_cwnd;
  if (sent != 0 || is_cwnd_limited) cwndValidate(sk, is_cwnd_limited);
  if (sent != 0) {
    if (inCwndReduction(sk)) sk.prr_out += sent;
    if (push_one != 2) scheduleLossProbe(sk, false);
    return false;
  }
  return sk.packets_out == 0 && sk.write_head != NONE;
}

/** Segments that the congestion window lets go now: half of it at most, so that packets stay small (tcp_cwnd_test). */
function cwndTest(sk: Sock): u32 {
  const in_flight = packetsInFlight(sk);
  const cwnd = sk.snd_cwnd;
  if (in_flight >= cwnd) return 0;
  return min(max(cwnd >> 1, 1), cwnd - in_flight);
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
