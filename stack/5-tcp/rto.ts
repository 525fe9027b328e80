/**
 * Round trips and the timers that follow from them (net/ipv4/tcp_input.c: tcp_rtt_estimator, tcp_set_rto, tcp_rearm_rto;
 * include/net/inet_connection_sock.h: inet_csk_reset_xmit_timer; RFC 6298).
 *
 * Timers are lazy: moving one later only writes the new time; the wheel finds out when the old time comes.
 */
import { bug, NONE, RUN_BUG_TCP_PROBE_DEADLOCK, seqAfter, timerArm, timerPending } from '../../sim/core';
import { skb } from '../3-pool';
import { delackTimer, keepaliveTimer, retransmitTimer, Sock } from '../6-socket';
import { ICSK_TIME_LOSS_PROBE, ICSK_TIME_PROBE0, ICSK_TIME_REO_TIMEOUT, ICSK_TIME_RETRANS } from './ack_flags';
import { HZ, jiffies, jiffyToNs, USEC_PER_JIFFY, usecsToJiffies } from './clock';
import { pacingDelay } from './pacing';
import { stage } from './stage';
import { skbStampUs } from './transmit';

export const TCP_TIMEOUT_INIT: u32 = 1000;
export const TCP_RTO_MIN: u32 = 200;
export const TCP_TIMEOUT_MIN: u32 = 2;
export const TCP_TIMEOUT_MIN_US: u32 = 2000;
export const TCP_RESOURCE_PROBE_INTERVAL: u32 = 500;
const MIN_RTT_WINDOW: u32 = 300 * HZ;

export function rtoMinUs(sk: Sock): u32 {
  return sk.rto_min * USEC_PER_JIFFY;
}

/** A new sample of the round trip (Jacobson 1988, with Linux's windowed deviation). */
function rttEstimator(sk: Sock, mrtt_us: u32): void {
  let m = <i32>mrtt_us;
  let srtt = sk.srtt_us;
  if (srtt != 0) {
    m -= <i32>(srtt >> 3);
    srtt = <u32>(<i32>srtt + m);
    if (m < 0) {
      m = -m;
      m -= <i32>(sk.mdev_us >> 2);
      // A falling round trip must not raise the timeout, and lowers it slowly.
      if (m > 0) m >>= 3;
    } else m -= <i32>(sk.mdev_us >> 2);
    sk.mdev_us = <u32>(<i32>sk.mdev_us + m);
    if (sk.mdev_us > sk.mdev_max_us) {
      sk.mdev_max_us = sk.mdev_us;
      if (sk.mdev_max_us > sk.rttvar_us) sk.rttvar_us = sk.mdev_max_us;
    }
    if (seqAfter(sk.snd_una, sk.rtt_seq)) {
      if (sk.mdev_max_us < sk.rttvar_us) sk.rttvar_us -= (sk.rttvar_us - sk.mdev_max_us) >> 2;
      sk.rtt_seq = sk.snd_nxt;
      sk.mdev_max_us = rtoMinUs(sk);
    }
  } else {
    srtt = <u32>m << 3;
    sk.mdev_us = <u32>m << 1;
    const least = rtoMinUs(sk);
    sk.rttvar_us = sk.mdev_us > least ? sk.mdev_us : least;
    sk.mdev_max_us = sk.rttvar_us;
    sk.rtt_seq = sk.snd_nxt;
  }
  sk.srtt_us = srtt == 0 ? 1 : srtt;
}

/** The greatest timeout, in jiffies (tcp_rto_max). */
export function rtoMax(sk: Sock): u32 {
  return sk.rto_max;
}

/** The timeout without backoff (tcp_set_rto). */
export function setRto(sk: Sock): void {
  const rto = usecsToJiffies((sk.srtt_us >> 3) + sk.rttvar_us);
  const most = rtoMax(sk);
  sk.rto = rto < most ? rto : most;
}

/** An RTT sample of an ACK: smoothed RTT, least RTT, timeout (the second half of tcp_ack_update_rtt). */
export function rttSample(sk: Sock, rtt_us: u32, ca_rtt_us: i32, maybe_delayed: bool): void {
  updateRttMin(sk, <u32>ca_rtt_us, maybe_delayed);
  rttEstimator(sk, rtt_us);
  setRto(sk);
  sk.backoff = 0;
}

/** Least round trip of the last five minutes; all ones: none yet (tcp_min_rtt). */
export function minRtt(sk: Sock): u32 {
  return <u32>sk.rtt_min0;
}
export function minRttReset(sk: Sock): void {
  const sample = (<u64>jiffies() << 32) | 0xffffffff;
  sk.rtt_min0 = sample;
  sk.rtt_min1 = sample;
  sk.rtt_min2 = sample;
}

/** lib/minmax.c: minmax_running_min. A sample is time << 32 | value. */
function updateRttMin(sk: Sock, rtt_us: u32, maybe_delayed: bool): void {
  if (maybe_delayed && rtt_us > minRtt(sk)) return;
  const now = jiffies();
  const value: u32 = rtt_us == 0 ? USEC_PER_JIFFY : rtt_us;
  const sample = (<u64>now << 32) | <u64>value;
  if (value <= <u32>sk.rtt_min0 || now - <u32>(sk.rtt_min2 >> 32) > MIN_RTT_WINDOW) {
    sk.rtt_min0 = sample;
    sk.rtt_min1 = sample;
    sk.rtt_min2 = sample;
    return;
  }
  if (value <= <u32>sk.rtt_min1) {
    sk.rtt_min1 = sample;
    sk.rtt_min2 = sample;
  } else if (value <= <u32>sk.rtt_min2) sk.rtt_min2 = sample;
  subwinUpdate(sk, sample, now);
}

/** lib/minmax.c: minmax_subwin_update. */
function subwinUpdate(sk: Sock, sample: u64, now: u32): void {
  const dt = now - <u32>(sk.rtt_min0 >> 32);
  if (dt > MIN_RTT_WINDOW) {
    sk.rtt_min0 = sk.rtt_min1;
    sk.rtt_min1 = sk.rtt_min2;
    sk.rtt_min2 = sample;
    if (now - <u32>(sk.rtt_min0 >> 32) > MIN_RTT_WINDOW) {
      sk.rtt_min0 = sk.rtt_min1;
      sk.rtt_min1 = sk.rtt_min2;
      sk.rtt_min2 = sample;
    }
  } else if (sk.rtt_min1 >> 32 == sk.rtt_min0 >> 32 && dt > MIN_RTT_WINDOW / 4) {
    sk.rtt_min1 = sample;
    sk.rtt_min2 = sample;
  } else if (sk.rtt_min2 >> 32 == sk.rtt_min1 >> 32 && dt > MIN_RTT_WINDOW / 2) sk.rtt_min2 = sample;
}

/** Arms or moves the write timer, `when` jiffies from now (tcp_reset_xmit_timer). */
export function resetXmitTimer(sk: Sock, what: u8, when: u32): void {
  const most = rtoMax(sk);
  sk.pending = what;
  sk.timeout = jiffies() + (when < most ? when : most);
  const t = retransmitTimer(sk);
  const at_ns = jiffyToNs(sk.timeout);
  if (timerPending(t) && t.expires * 1000000 <= at_ns) return;
  timerArm(t, at_ns);
}

/** The write timer is not wanted; the wheel is left alone. */
export function clearXmitTimer(sk: Sock): void {
  sk.pending = 0;
}

export function resetDelackTimer(sk: Sock, timeout: u32): void {
  sk.delack_timeout = timeout;
  const t = delackTimer(sk);
  const at_ns = jiffyToNs(timeout);
  if (timerPending(t) && t.expires * 1000000 <= at_ns) return;
  timerArm(t, at_ns);
}

export function resetKeepaliveTimer(sk: Sock, len: u32): void {
  timerArm(keepaliveTimer(sk), jiffyToNs(jiffies() + len));
}

/** Microseconds until the head of the rtx queue times out (tcp_rto_delta_us). */
export function rtoDeltaUs(sk: Sock): i64 {
  const rto_us = <u64>sk.rto * USEC_PER_JIFFY;
  return <i64>(skbStampUs(skb(sk.rtx_head)) + rto_us) - <i64>sk.tcp_mstamp;
}

/** After progress (tcp_rearm_rto). */
export function rearmRto(sk: Sock): void {
  // The timer is the SYN-ACK's.
  if (sk.fastopen_rsk != NONE) return;
  if (sk.packets_out == 0) {
    clearXmitTimer(sk);
    return;
  }
  let rto = sk.rto;
  if (sk.pending == ICSK_TIME_REO_TIMEOUT || sk.pending == ICSK_TIME_LOSS_PROBE) {
    const delta = rtoDeltaUs(sk);
    rto = usecsToJiffies(delta < 1 ? 1 : <u32>delta);
  }
  resetXmitTimer(sk, ICSK_TIME_RETRANS, rto + pacingDelay(sk));
}

export function probe0Base(sk: Sock): u32 {
  return sk.rto > TCP_RTO_MIN ? sk.rto : TCP_RTO_MIN;
}
/** Until the next probe of a closed window (tcp_probe0_when). */
export function probe0When(sk: Sock): u32 {
  const backoff = sk.backoff < 10 ? <u64>sk.backoff : 10;
  const when = <u64>probe0Base(sk) << backoff;
  const most = rtoMax(sk);
  return when < <u64>most ? <u32>when : most;
}
/** Probes end with the application's patience (tcp_clamp_probe0_to_user_timeout). */
export function clampProbe0(sk: Sock, when: u32): u32 {
  if (sk.user_timeout == 0 || sk.probes_tstamp == 0) return when;
  const elapsed = <i32>(jiffies() - sk.probes_tstamp);
  let left = <i32>sk.user_timeout - (elapsed < 0 ? 0 : elapsed);
  if (left < <i32>TCP_TIMEOUT_MIN) left = <i32>TCP_TIMEOUT_MIN;
  return <u32>left < when ? <u32>left : when;
}

/** Something waits and nothing is in flight: watch the window (tcp_check_probe_timer). */
export function checkProbeTimer(sk: Sock): void {
  if (bug(RUN_BUG_TCP_PROBE_DEADLOCK)) return;
  if (sk.packets_out == 0 && sk.pending == 0) resetXmitTimer(sk, ICSK_TIME_PROBE0, probe0Base(sk) + pacingDelay(sk));
}

/** Milliseconds that `boundary` doublings of a timeout take in all (net/ipv4/tcp_timer.c: tcp_model_timeout). */
export function modelTimeout(boundary: u32, rto_base: u32, most: u32): u32 {
  const thresh: u32 = 31 - clz<u32>(most / rto_base);
  if (boundary <= thresh) return (((<u32>2) << boundary) - 1) * rto_base;
  return (((<u32>2) << thresh) - 1) * rto_base + (boundary - thresh) * most;
}

/** The time, in jiffies without offset, for retrans_stamp. */
export function timestampNow(): u32 {
  return stage().jiffies;
}
