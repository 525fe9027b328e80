/**
 * How large the packets are that TCP gives to the device (net/ipv4/tcp_output.c: tcp_tso_autosize, tcp_tso_should_defer,
 * tcp_mss_split_point): about a millisecond's worth of the pacing rate, and whole where the windows allow it soon.
 */
import { hostConfig, NONE } from '../../sim/core';
import { Skb, skb } from '../3-pool';
import { Sock } from '../6-socket';
import { TCP_CA_RECOVERY } from './ack_flags';
import { pacingRate } from './cong';
import { FLAG_FIN } from './header';
import { GSO_MAX_SIZE } from './mss';
import { minRtt } from './rto';
import { stage } from './stage';
import { packetsInFlight, skbStampUs, wndEnd } from './transmit';

/** Milliseconds' worth of the pacing rate: sk_pacing_shift. */
export const PACING_SHIFT: u64 = 10;
/** tcp_max_tso_deferred_mss. */
const MAX_TSO_DEFERRED_MSS: u32 = 3;
const USEC_PER_MSEC: u64 = 1000;
const NSEC_PER_MSEC: u64 = 1000000;

/** Segments of one packet, at most (tcp_tso_segs). Small round trips allow large packets. */
export function tsoSegsMax(sk: Sock, mss: u32): u32 {
  const c = hostConfig(sk.host);
  let bytes = pacingRate(sk) >> PACING_SHIFT;
  const halvings = minRtt(sk) >> c.tcp_tso_rtt_log;
  if (halvings < 32) bytes += <u64>(GSO_MAX_SIZE >> halvings);
  if (bytes > <u64>GSO_MAX_SIZE) bytes = GSO_MAX_SIZE;
  return max(<u32>bytes / mss, c.tcp_min_tso_segs);
}

/** Whether a packet of several segments had better wait for the next ACK. */
export const DEFER_NO: u32 = 0;
export const DEFER_YES: u32 = 1;
/** … because the congestion window does not let all of it go. */
export const DEFER_CWND_LIMITED: u32 = 2;

/** One of DEFER_*. The congestion window has room. */
export function tsoShouldDefer(sk: Sock, b: Skb, is_tail: bool, max_segs: u32): u32 {
  if (sk.ca_state >= TCP_CA_RECOVERY) return DEFER_NO;
  const now_us = stage().us;
  // The last write may lie ahead, when packets wait in a qdisc for their time.
  if (<i64>(stage().ns - sk.wstamp_ns - NSEC_PER_MSEC) > 0) return DEFER_NO;
  const send_win = wndEnd(sk) - b.seq;
  const cong_win = (sk.snd_cwnd - packetsInFlight(sk)) * sk.mss_cache;
  const limit = min(send_win, cong_win);
  if (limit >= max_segs * sk.mss_cache) return DEFER_NO;
  if (!is_tail && limit >= b.len) return DEFER_NO;
  const divisor = hostConfig(sk.host).tcp_tso_win_divisor;
  if (divisor != 0) {
    if (limit >= min(sk.snd_wnd, sk.snd_cwnd * sk.mss_cache) / divisor) return DEFER_NO;
  } else if (limit > MAX_TSO_DEFERRED_MSS * sk.mss_cache) return DEFER_NO;
  const head = sk.rtx_head;
  if (head == NONE) return DEFER_NO;
  // The next ACK is too far away: more than half a round trip, or a millisecond.
  const srtt_us = <u64>(sk.srtt_us >> 3);
  const ack_in_us = skbStampUs(skb(head)) + srtt_us - now_us;
  if (<i64>(ack_in_us - min(srtt_us >> 1, USEC_PER_MSEC)) > 0) return DEFER_NO;
  if (cong_win < send_win) {
    if (cong_win <= b.len) return DEFER_CWND_LIMITED;
  } else if (send_win <= b.len) return DEFER_YES;
  return (b.tcp_flags & <u8>FLAG_FIN) != 0 || b.eor != 0 ? DEFER_NO : DEFER_YES;
}

/** Where a packet is cut: as much as windows and max_segs allow, without a short last segment if Nagle would hold it. */
export function mssSplitPoint(sk: Sock, b: Skb, is_tail: bool, mss: u32, max_segs: u32, nagle_holds_partial: bool): u32 {
  const window = wndEnd(sk) - b.seq;
  const most = mss * max_segs;
  if (most <= window && !is_tail) return most;
  const needed = min(b.len, window);
  if (most <= needed) return most;
  const partial = needed % mss;
  return partial != 0 && nagle_holds_partial ? needed - partial : needed;
}
