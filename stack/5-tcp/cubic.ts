/**
 * CUBIC with HyStart in integers (net/ipv4/tcp_cubic.c; RFC 9438). The window is a cubic function of the time since the last
 * loss; its inflection lies where that loss happened. Time is in 2^-10 seconds, as in Linux.
 */
import { seqAfter, TCP_TCPHYSTARTDELAYDETECT, TCP_TCPHYSTARTTRAINDETECT } from '../../sim/core';
import { mibInc, Sock } from '../6-socket';
import { HZ, jiffies, usecsToJiffies } from './clock';
import { congAvoidAi, inSlowStart, isCwndLimited, pacingRate, slowStart } from './cong';
import { cubicRoot } from './cubic_root';

const BETA: u32 = 717;
const BETA_SCALE_ONE: u32 = 1024;
const BICTCP_HZ: u64 = 10;
const BIC_SCALE: u32 = 41;
/** 8 × (1 + beta) / 3 / (1 - beta). */
const BETA_SCALE: u32 = 15;
const CUBE_RTT_SCALE: u64 = 410;
/** 2^40 / (BIC_SCALE × 10). */
const CUBE_FACTOR: u64 = 2681735677;

const HYSTART_LOW_WINDOW: u32 = 16;
const HYSTART_ACK_DELTA_US: i32 = 2000;
const HYSTART_MIN_SAMPLES: u8 = 8;
const HYSTART_DELAY_MIN: u32 = 4000;
const HYSTART_DELAY_MAX: u32 = 16000;
const GSO_MAX_SIZE: u64 = 65536;

/** bictcp_reset: everything but HyStart's own. */
function reset(sk: Sock): void {
  const from = offsetof<Sock>('ca_cnt');
  memory.fill(changetype<usize>(sk) + from, 0, offsetof<Sock>('ca_round_start') - from);
  sk.ca_found = 0;
}

function hystartReset(sk: Sock): void {
  sk.ca_round_start = <u32>sk.tcp_mstamp;
  sk.ca_last_ack = <u32>sk.tcp_mstamp;
  sk.ca_end_seq = sk.snd_nxt;
  sk.ca_curr_rtt = 0xffffffff;
  sk.ca_sample_cnt = 0;
}

export function cubicInit(sk: Sock): void {
  assert(CUBE_FACTOR == ((<u64>1) << 40) / (BIC_SCALE * 10), 'CUBE_FACTOR disagrees with BIC_SCALE');
  reset(sk);
  hystartReset(sk);
}

/** The Loss state begins (cubictcp_state). */
export function cubicLoss(sk: Sock): void {
  reset(sk);
  hystartReset(sk);
}

/** Idle time does not count (cubictcp_cwnd_event_tx_start). */
export function cubicTxStart(sk: Sock): void {
  const now = jiffies();
  const delta = <i32>(now - sk.lsndtime);
  if (sk.ca_epoch_start == 0 || delta <= 0) return;
  sk.ca_epoch_start += <u32>delta;
  if (seqAfter(sk.ca_epoch_start, now)) sk.ca_epoch_start = now;
}

/** How many delivered packets grow the window by one: ca_cnt (bictcp_update). */
function update(sk: Sock, acked: u32): void {
  const cwnd = sk.snd_cwnd;
  const now = jiffies();
  sk.ca_ack_cnt += acked;
  if (sk.ca_last_cwnd == cwnd && <i32>(now - sk.ca_last_time) <= <i32>(HZ / 32)) return;
  if (sk.ca_epoch_start == 0 || now != sk.ca_last_time) {
    sk.ca_last_cwnd = cwnd;
    sk.ca_last_time = now;
    if (sk.ca_epoch_start == 0) beginEpoch(sk, acked);
    cubicTarget(sk, cwnd, now);
  }
  // As fast as Reno would be (RFC 9438 section 4.3).
  const delta = (cwnd * BETA_SCALE) >> 3;
  if (delta != 0 && sk.ca_ack_cnt > delta) {
    const steps = (sk.ca_ack_cnt - 1) / delta;
    sk.ca_ack_cnt -= steps * delta;
    sk.ca_tcp_cwnd += steps;
  }
  if (sk.ca_tcp_cwnd > cwnd) {
    const max_cnt = cwnd / (sk.ca_tcp_cwnd - cwnd);
    if (sk.ca_cnt > max_cnt) sk.ca_cnt = max_cnt;
  }
  if (sk.ca_cnt < 2) sk.ca_cnt = 2;
}

function beginEpoch(sk: Sock, acked: u32): void {
  const cwnd = sk.snd_cwnd;
  sk.ca_epoch_start = jiffies();
  sk.ca_ack_cnt = acked;
  sk.ca_tcp_cwnd = cwnd;
  if (sk.ca_last_max_cwnd <= cwnd) {
    sk.ca_k = 0;
    sk.ca_origin_point = cwnd;
  } else {
    sk.ca_k = cubicRoot(CUBE_FACTOR * <u64>(sk.ca_last_max_cwnd - cwnd));
    sk.ca_origin_point = sk.ca_last_max_cwnd;
  }
}

function cubicTarget(sk: Sock, cwnd: u32, now: u32): void {
  let t = <u64>(now - sk.ca_epoch_start) + <u64>usecsToJiffies(sk.ca_delay_min);
  t = (t << BICTCP_HZ) / <u64>HZ;
  const k = <u64>sk.ca_k;
  const offs = t < k ? k - t : t - k;
  const delta = <u32>((CUBE_RTT_SCALE * offs * offs * offs) >> (10 + 3 * BICTCP_HZ));
  const target = t < k ? sk.ca_origin_point - delta : sk.ca_origin_point + delta;
  sk.ca_cnt = <i32>(target - cwnd) > 0 ? cwnd / (target - cwnd) : 100 * cwnd;
  // No loss yet: the bandwidth is unknown, so grow by at least 5 % a round trip.
  if (sk.ca_last_max_cwnd == 0 && sk.ca_cnt > 20) sk.ca_cnt = 20;
}

export function cubicCongAvoid(sk: Sock, acked: u32): void {
  if (!isCwndLimited(sk)) return;
  let left = acked;
  if (inSlowStart(sk)) {
    left = slowStart(sk, acked);
    if (left == 0) return;
  }
  update(sk, left);
  congAvoidAi(sk, sk.ca_cnt, left);
}

/** cubictcp_recalc_ssthresh. */
export function cubicSsthresh(sk: Sock): u32 {
  sk.ca_epoch_start = 0;
  const cwnd = sk.snd_cwnd;
  // Fast convergence: leave room when the window shrinks from loss to loss.
  sk.ca_last_max_cwnd = cwnd < sk.ca_last_max_cwnd ? (cwnd * (BETA_SCALE_ONE + BETA)) / (2 * BETA_SCALE_ONE) : cwnd;
  const ssthresh = (cwnd * BETA) / BETA_SCALE_ONE;
  return ssthresh < 2 ? 2 : ssthresh;
}

/** hystart_ack_delay: half of what GSO and GRO may add, at most 1 ms. */
function ackDelay(sk: Sock): u32 {
  const rate = pacingRate(sk);
  const delay = GSO_MAX_SIZE * 4 * 1000000 / rate;
  return delay > 1000 ? 1000 : <u32>delay;
}

/** Ends slow start before it overshoots (hystart_update). */
function hystartUpdate(sk: Sock, delay: u32): void {
  if (seqAfter(sk.snd_una, sk.ca_end_seq)) hystartReset(sk);
  if (sk.snd_cwnd < HYSTART_LOW_WINDOW) return;
  const now = <u32>sk.tcp_mstamp;
  if (<i32>(now - sk.ca_last_ack) <= HYSTART_ACK_DELTA_US) {
    sk.ca_last_ack = now;
    const threshold = (sk.ca_delay_min + ackDelay(sk)) >> 1;
    if (<i32>(now - sk.ca_round_start) > <i32>threshold) {
      sk.ca_found = 1;
      mibInc(sk.host, TCP_TCPHYSTARTTRAINDETECT);
      sk.snd_ssthresh = sk.snd_cwnd;
    }
  }
  if (sk.ca_curr_rtt > delay) sk.ca_curr_rtt = delay;
  if (sk.ca_sample_cnt < HYSTART_MIN_SAMPLES) {
    sk.ca_sample_cnt++;
    return;
  }
  let thresh = sk.ca_delay_min >> 3;
  if (thresh < HYSTART_DELAY_MIN) thresh = HYSTART_DELAY_MIN;
  if (thresh > HYSTART_DELAY_MAX) thresh = HYSTART_DELAY_MAX;
  if (sk.ca_curr_rtt > sk.ca_delay_min + thresh) {
    sk.ca_found = 1;
    mibInc(sk.host, TCP_TCPHYSTARTDELAYDETECT);
    sk.snd_ssthresh = sk.snd_cwnd;
  }
}

/** cubictcp_acked. */
export function cubicAcked(sk: Sock, rtt_us: i32): void {
  if (rtt_us < 0) return;
  if (sk.ca_epoch_start != 0 && <i32>(jiffies() - sk.ca_epoch_start) < <i32>HZ) return;
  const delay: u32 = rtt_us == 0 ? 1 : <u32>rtt_us;
  if (sk.ca_delay_min == 0 || sk.ca_delay_min > delay) sk.ca_delay_min = delay;
  if (sk.ca_found == 0 && inSlowStart(sk)) hystartUpdate(sk, delay);
}
