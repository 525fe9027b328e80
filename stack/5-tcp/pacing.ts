/**
 * Pacing (net/ipv4/tcp_output.c: tcp_update_skb_after_send, tcp_pacing_check): a packet takes as long as its bytes do at the
 * pacing rate, and the next one leaves no earlier. A qdisc that paces holds it until then (2-nic/fq.ts); without one the socket
 * waits for a timer.
 */
import { hostConfig, hrtimerArm, hrtimerPending, NS_PER_JIFFY } from '../../sim/core';
import { pacingTimer, Sock, sock, sockHold, sockPut } from '../6-socket';
import { isLocal } from './address';
import { pacingRate } from './cong';
import { stage } from './stage';
import { tsqWrite } from './tsq';

/** Sock.pacing_status (sk_pacing). */
const PACING_NONE: u8 = 0;
const PACING_NEEDED: u8 = 1;
const PACING_FQ: u8 = 2;
/** nic.qdisc. */
export const QDISC_FQ: u32 = 1;

const NSEC_PER_SEC: u64 = 1000000000;
/** The first segments of a connection are not paced. */
const UNPACED_SEGS: u32 = 10;

/** SO_MAX_PACING_RATE. */
export function setMaxPacingRate(sk: Sock, rate: u64): void {
  if (rate != u64.MAX_VALUE && sk.pacing_status == PACING_NONE) sk.pacing_status = PACING_NEEDED;
  sk.max_pacing_rate = rate;
  if (rate < sk.pacing_rate) sk.pacing_rate = rate;
}

/** Its value, in four or eight bytes. */
export function getMaxPacingRate(sk: Sock, at: usize, len: u32): i32 {
  if (len >= 8) {
    store<u64>(at, sk.max_pacing_rate);
    return 8;
  }
  store<u32>(at, <u32>min(sk.max_pacing_rate, <u64>u32.MAX_VALUE));
  return <i32>min<u32>(len, 4);
}

/** The fair queue tells a socket that it paces (fq_classify). */
export function pacedByQdisc(sk: Sock): void {
  if (hostConfig(sk.host).nic_qdisc != QDISC_FQ || isLocal(sk.host, sk.family, sk.raddr0, sk.raddr1)) return;
  sk.pacing_status = PACING_FQ;
}

/** `len` bytes went out, the packet before at `prior`: when may the next ones go? */
export function updateAfterSend(sk: Sock, len: u32, prior: u64): void {
  if (sk.pacing_status == PACING_NONE || sk.data_segs_out < UNPACED_SEGS) return;
  const rate = pacingRate(sk);
  if (rate == u64.MAX_VALUE || rate == 0) return;
  const len_ns = <u64>len * NSEC_PER_SEC / rate;
  // Time that was lost is made up for, up to half of what the packet takes.
  sk.wstamp_ns += len_ns - min(len_ns / 2, sk.wstamp_ns - prior);
}

/** Must the socket wait? Then a timer sends on. */
export function pacingCheck(sk: Sock): bool {
  if (sk.pacing_status != PACING_NEEDED || sk.wstamp_ns <= stage().ns) return false;
  const timer = pacingTimer(sk);
  if (hrtimerPending(timer)) return true;
  hrtimerArm(timer, sk.wstamp_ns);
  sockHold(sk.handle);
  return true;
}

/** Jiffies until the next packet can be sent: no timer need come before (tcp_pacing_delay). */
export function pacingDelay(sk: Sock): u32 {
  return sk.wstamp_ns > stage().ns ? <u32>((sk.wstamp_ns - stage().ns) / NS_PER_JIFFY) : 0;
}

/** The timer of a socket that paces itself (tcp_pace_kick). */
export function tcpPacingTimer(sock_idx: u32): void {
  tsqWrite(sock(sock_idx));
  sockPut(sock_idx);
}
