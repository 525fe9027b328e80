/**
 * When and what we acknowledge (net/ipv4/tcp_input.c: __tcp_ack_snd_check, tcp_event_data_recv; net/ipv4/tcp_output.c:
 * tcp_send_delayed_ack, __tcp_send_ack).
 */
import { hostConfig, seqAfter, seqBefore, TCP_DELAYEDACKLOST, TCP_TCPCHALLENGEACK } from '../../sim/core';
import { Skb } from '../3-pool';
import { mibInc, Sock, TCP_CLOSE } from '../6-socket';
import { ICSK_ACK_NOW, ICSK_ACK_PUSHED, ICSK_ACK_SCHED, ICSK_ACK_TIMER } from './ack_flags';
import { jiffies, usecsToJiffies } from './clock';
import { holdBack } from './compressed_ack';
import { accecnReflectorFlags, ecnModeAccecn, TCP_ACCECN_OPT_FAIL_SEND } from './ecn';
import { dataEcnCheck } from './ecn_in';
import { FLAG_ACK, FLAG_SYN } from './header';
import { growWindow, measureRcvMss, rcvRttMeasure } from './rcvbuf';
import { resetDelackTimer } from './rto';
import { dsackSet } from './sack_out';
import { TCP_ATO_MIN, transmit, wndEnd } from './transmit';
import { selectWindow } from './window';

export const TCP_DELACK_MAX: u32 = 200;
export const TCP_DELACK_MIN: u32 = 40;
export const TCP_MAX_QUICKACKS: u32 = 16;
const PINGPONG_THRESH: u8 = 1;

export function inPingpongMode(sk: Sock): bool {
  return sk.pingpong >= PINGPONG_THRESH;
}
export function enterPingpongMode(sk: Sock): void {
  sk.pingpong = PINGPONG_THRESH;
}
export function scheduleAck(sk: Sock): void {
  sk.ack_pending |= ICSK_ACK_SCHED;
}
export function ackScheduled(sk: Sock): bool {
  return (sk.ack_pending & ICSK_ACK_SCHED) != 0;
}

/** tcp_incr_quickack. */
export function incrQuickack(sk: Sock, most: u32): void {
  let quick = sk.rcv_wnd / (2 * sk.rcv_mss);
  if (quick == 0) quick = 2;
  if (quick > most) quick = most;
  if (quick > <u32>sk.ack_quick) sk.ack_quick = <u8>quick;
}
/** The next ACKs are not delayed (tcp_enter_quickack_mode). */
export function enterQuickackMode(sk: Sock, most: u32): void {
  incrQuickack(sk, most);
  sk.pingpong = 0;
  sk.ato = TCP_ATO_MIN;
}

/** SND.NXT, or the peer's right edge if that shrank (tcp_acceptable_seq). */
export function acceptableSeq(sk: Sock): u32 {
  const end = wndEnd(sk);
  if (!seqBefore(end, sk.snd_nxt)) return sk.snd_nxt;
  if (sk.wscale_ok != 0 && sk.snd_nxt - end < (<u32>1) << sk.rcv_wscale) return sk.snd_nxt;
  return end;
}

/** An ACK without data, now. */
export function sendAck(sk: Sock): void {
  sendAckWith(sk, 0);
}
/** … with some of the flags of ECN (__tcp_send_ack). */
function sendAckWith(sk: Sock, flags: u32): void {
  if (sk.state == <u8>TCP_CLOSE) return;
  transmit(sk, acceptableSeq(sk), FLAG_ACK | flags, 0xffffffff, 0);
}
/** An ACK that may tell how the peer's SYN arrived (tcp_send_ack_reflect_ect). */
export function sendAckReflectEct(sk: Sock, accecn_reflector: bool): void {
  sendAckWith(sk, accecn_reflector ? accecnReflectorFlags(sk.syn_ect_rcv) : 0);
}

/** tcp_send_delayed_ack. */
export function sendDelayedAck(sk: Sock): void {
  let ato = sk.ato;
  if (ato > TCP_DELACK_MIN) {
    let max_ato: u32 = 500;
    if (inPingpongMode(sk) || (sk.ack_pending & ICSK_ACK_PUSHED) != 0) max_ato = TCP_DELACK_MAX;
    if (sk.srtt_us != 0) {
      const jiffies_rtt = usecsToJiffies(sk.srtt_us >> 3);
      const rtt = jiffies_rtt > TCP_DELACK_MIN ? jiffies_rtt : TCP_DELACK_MIN;
      if (rtt < max_ato) max_ato = rtt;
    }
    if (ato > max_ato) ato = max_ato;
  }
  const most = delackMax(sk);
  if (ato > most) ato = most;
  const now = jiffies();
  let timeout = now + ato;
  if ((sk.ack_pending & ICSK_ACK_TIMER) != 0) {
    if (!seqAfter(sk.delack_timeout, now + (ato >> 2))) {
      sendAck(sk);
      return;
    }
    if (!seqBefore(timeout, sk.delack_timeout)) timeout = sk.delack_timeout;
  }
  sk.ack_pending |= ICSK_ACK_SCHED | ICSK_ACK_TIMER;
  resetDelackTimer(sk, timeout);
}

/** Never longer than the peer's least timeout, as ours stands for it (tcp_delack_max). */
export function delackMax(sk: Sock): u32 {
  const bound: u32 = (sk.rto_min < 2 ? 2 : sk.rto_min) - 1;
  return bound < TCP_DELACK_MAX ? bound : TCP_DELACK_MAX;
}

/** Data came: now, later or with the next (__tcp_ack_snd_check). */
export function ackSndCheck(sk: Sock, ofo_possible: bool): void {
  if ((sk.rcv_nxt - sk.rcv_wup > sk.rcv_mss && (sk.rcv_nxt - sk.copied_seq < max(sk.rcvlowat, 1) || selectWindow(sk) >= sk.rcv_wnd))
    || (sk.ack_quick != 0 && !inPingpongMode(sk)) || (sk.ack_pending & ICSK_ACK_NOW) != 0) {
    sendAck(sk);
    return;
  }
  if (!ofo_possible || sk.ooo_len == 0) sendDelayedAck(sk);
  else if (!holdBack(sk)) sendAck(sk);
}

/** The delayed-ACK engine learns from each segment in order (tcp_event_data_recv). */
export function eventDataRecv(sk: Sock, b: Skb): void {
  sk.ack_pending |= ICSK_ACK_SCHED;
  measureRcvMss(sk, b);
  rcvRttMeasure(sk);
  const now = jiffies();
  if (sk.ato == 0) {
    incrQuickack(sk, TCP_MAX_QUICKACKS);
    sk.ato = TCP_ATO_MIN;
  } else {
    const m = <i32>(now - sk.lrcvtime);
    if (m <= <i32>(TCP_ATO_MIN / 2)) sk.ato = (sk.ato >> 1) + TCP_ATO_MIN / 2;
    else if (m < <i32>sk.ato) {
      let ato = (sk.ato >> 1) + <u32>m;
      if (ato > sk.rto) ato = sk.rto;
      sk.ato = ato < TCP_DELACK_MAX ? ato : TCP_DELACK_MAX;
    } else if (m > <i32>sk.rto) incrQuickack(sk, TCP_MAX_QUICKACKS);
  }
  sk.lrcvtime = now;
  dataEcnCheck(sk, b);
  if (b.len >= 128) growWindow(sk, b, true);
}

/**
 * Data came again that our last ACK had reported as a duplicate, with an AccECN option: that ACK was lost, and the option may
 * be why (net/ipv4/tcp_input.c: tcp_rcv_spurious_retrans).
 */
export function spuriousRetrans(sk: Sock, b: Skb): void {
  if (sk.accecn_opt_sent_w_dsack != 0 && b.seq == sk.duplicate_start && ecnModeAccecn(sk)) sk.accecn_fail_mode |= TCP_ACCECN_OPT_FAIL_SEND;
}

/** A segment that is not acceptable is answered with an ACK, and a DSACK if it is old data (tcp_send_dupack). */
export function sendDupack(sk: Sock, b: Skb): void {
  if (b.end_seq != b.seq && seqBefore(b.seq, sk.rcv_nxt)) {
    mibInc(sk.host, TCP_DELAYEDACKLOST);
    enterQuickackMode(sk, TCP_MAX_QUICKACKS);
    if (sk.sack_ok != 0) {
      spuriousRetrans(sk, b);
      dsackSet(sk, b.seq, seqAfter(b.end_seq, sk.rcv_nxt) ? sk.rcv_nxt : b.end_seq);
    }
  }
  sendAck(sk);
}

/** Was an answer to nonsense sent so short ago? Else notes that one is sent now (__tcp_oow_rate_limited). */
export function oowLimited(host: u32, last: u32): bool {
  const limit = <i32>hostConfig(host).tcp_invalid_ratelimit_ms;
  return last != 0 && <i32>(jiffies() - last) >= 0 && <i32>(jiffies() - last) < limit;
}
/** tcp_oow_rate_limited. */
export function oowRateLimited(sk: Sock, b: Skb): bool {
  if (b.seq != b.end_seq && (b.tcp_flags & <u8>FLAG_SYN) == 0) return false;
  if (oowLimited(sk.host, sk.last_oow_ack_time)) return true;
  sk.last_oow_ack_time = jiffies();
  return false;
}

/** RFC 5961 (tcp_send_challenge_ack; the limit for the whole host is off by default). */
export function sendChallengeAck(sk: Sock, accecn_reflector: bool = false): void {
  if (oowLimited(sk.host, sk.last_oow_ack_time)) return;
  sk.last_oow_ack_time = jiffies();
  mibInc(sk.host, TCP_TCPCHALLENGEACK);
  sendAckReflectEct(sk, accecn_reflector);
}
