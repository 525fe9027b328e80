/**
 * Congestion control: the interface (include/net/tcp.h: tcp_congestion_ops) and what all algorithms share
 * (net/ipv4/tcp_cong.c). The algorithm of a socket is Sock.ca_kind.
 */
import { hostConfig, NONE, traceTcpCwnd } from '../../sim/core';
import { sndbufExpand, Sock, SOCK_NOSPACE, SOCK_SNDBUF_LOCK, wakeWritable } from '../6-socket';
import { TCP_CA_CWR, TCP_CA_RECOVERY } from './ack_flags';
import { chronoStop, CHRONO_SNDBUF_LIMITED } from './chrono';
import { jiffies } from './clock';
import { cubicAcked, cubicCongAvoid, cubicInit, cubicLoss, cubicSsthresh, cubicTxStart } from './cubic';
import { initCwndReduction } from './prr';
import { renoCongAvoid, renoSsthresh } from './reno';
import { packetsInFlight } from './transmit';

export const CA_CUBIC: u8 = 1;
export const TCP_INFINITE_SSTHRESH: u32 = 0x7fffffff;

export function caInit(sk: Sock): void {
  if (sk.ca_kind == CA_CUBIC) cubicInit(sk);
}
/** The slow start threshold after a loss. */
export function caSsthresh(sk: Sock): u32 {
  return sk.ca_kind == CA_CUBIC ? cubicSsthresh(sk) : renoSsthresh(sk);
}
/** Grows the window: `acked` packets were delivered (tcp_cong_avoid). */
export function caCongAvoid(sk: Sock, acked: u32): void {
  if (sk.ca_kind == CA_CUBIC) cubicCongAvoid(sk, acked);
  else renoCongAvoid(sk, acked);
  sk.snd_cwnd_stamp = jiffies();
}
/** A round trip was measured; -1 for none (pkts_acked). */
export function caPktsAcked(sk: Sock, rtt_us: i32): void {
  if (sk.ca_kind == CA_CUBIC) cubicAcked(sk, rtt_us);
}
/** The first packet after nothing was in flight (CA_EVENT_TX_START). */
export function caTxStart(sk: Sock): void {
  if (sk.ca_kind == CA_CUBIC) cubicTxStart(sk);
}
/** The window after a reduction that was a mistake (tcp_reno_undo_cwnd). */
export function caUndoCwnd(sk: Sock): u32 {
  return sk.snd_cwnd > sk.prior_cwnd ? sk.snd_cwnd : sk.prior_cwnd;
}

/** Changes the state of recovery, and says so (tcp_set_ca_state). */
export function setCaState(sk: Sock, state: u8): void {
  if (sk.ca_state == state) return;
  if (state == 4 && sk.ca_kind == CA_CUBIC) cubicLoss(sk);
  sk.ca_state = state;
  traceCwnd(sk);
}
export function traceCwnd(sk: Sock): void {
  traceTcpCwnd(0, NONE, sk.handle, sk.snd_cwnd, sk.snd_ssthresh);
}

export function setCwnd(sk: Sock, cwnd: u32): void {
  assert(<i32>cwnd > 0, 'T6 the congestion window is at least one packet');
  sk.snd_cwnd = cwnd;
}
export function inSlowStart(sk: Sock): bool {
  return sk.snd_cwnd < sk.snd_ssthresh;
}
export function inCwndReduction(sk: Sock): bool {
  return sk.ca_state == TCP_CA_CWR || sk.ca_state == TCP_CA_RECOVERY;
}

/** The threshold as it stands outside a reduction: at least three quarters of the window (tcp_current_ssthresh). */
export function currentSsthresh(sk: Sock): u32 {
  if (inCwndReduction(sk)) return sk.snd_ssthresh;
  const cwnd = (sk.snd_cwnd >> 1) + (sk.snd_cwnd >> 2);
  return sk.snd_ssthresh > cwnd ? sk.snd_ssthresh : cwnd;
}

/** Was the window what limited us (tcp_is_cwnd_limited)? */
export function isCwndLimited(sk: Sock): bool {
  if (sk.is_cwnd_limited != 0) return true;
  return inSlowStart(sk) && sk.snd_cwnd < 2 * sk.max_packets_out;
}

/** tcp_slow_start: one packet for each delivered one, up to the threshold. Returns what is left of `acked`. */
export function slowStart(sk: Sock, acked: u32): u32 {
  let cwnd = sk.snd_cwnd + acked;
  if (cwnd > sk.snd_ssthresh) cwnd = sk.snd_ssthresh;
  const left = acked - (cwnd - sk.snd_cwnd);
  setCwnd(sk, cwnd);
  return left;
}

/** tcp_cong_avoid_ai: one packet for each `w` delivered ones. */
export function congAvoidAi(sk: Sock, w: u32, acked: u32): void {
  if (sk.snd_cwnd_cnt >= w) {
    sk.snd_cwnd_cnt = 0;
    setCwnd(sk, sk.snd_cwnd + 1);
  }
  sk.snd_cwnd_cnt += acked;
  if (sk.snd_cwnd_cnt >= w) {
    const delta = sk.snd_cwnd_cnt / w;
    sk.snd_cwnd_cnt -= delta * w;
    setCwnd(sk, sk.snd_cwnd + delta);
  }
}

/** The device refused a packet: local congestion (tcp_enter_cwr). */
export function enterCwr(sk: Sock): void {
  sk.prior_ssthresh = 0;
  if (sk.ca_state >= TCP_CA_CWR) return;
  sk.undo_marker = 0;
  initCwndReduction(sk);
  setCaState(sk, TCP_CA_CWR);
}

/**
 * Bytes a second that pacing, the small queue and HyStart reckon with (tcp_update_pacing_rate). Computed when asked for: the ACK
 * path only forgets the old value.
 */
export function pacingRate(sk: Sock): u64 {
  if (sk.pacing_rate != 0) return sk.pacing_rate;
  let rate = <u64>sk.mss_cache * 80000;
  const c = hostConfig(sk.host);
  rate *= sk.snd_cwnd < sk.snd_ssthresh >> 1 ? <u64>c.tcp_pacing_ss_ratio : <u64>c.tcp_pacing_ca_ratio;
  rate *= <u64>(sk.snd_cwnd > sk.packets_out ? sk.snd_cwnd : sk.packets_out);
  if (sk.srtt_us != 0) rate /= <u64>sk.srtt_us;
  rate = min(rate, sk.max_pacing_rate);
  sk.pacing_rate = rate == 0 ? 1 : rate;
  return sk.pacing_rate;
}

/** A writer waits and there may be room now (__tcp_check_space, tcp_new_space). */
export function checkSpace(sk: Sock): void {
  if (!sk.hasFlag(SOCK_NOSPACE)) return;
  if ((sk.userlocks & SOCK_SNDBUF_LOCK) == 0 && packetsInFlight(sk) < sk.snd_cwnd) {
    sndbufExpand(sk);
    sk.snd_cwnd_stamp = jiffies();
  }
  wakeWritable(sk);
  if (!sk.hasFlag(SOCK_NOSPACE)) chronoStop(sk, CHRONO_SNDBUF_LIMITED);
}
