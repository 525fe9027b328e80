/** Timers of a connection (net/ipv4/tcp_timer.c). They run in softirq context; the world enters it. */
import {
  bug, hostConfig, NONE, RUN_BUG_TCP_BACKOFF_LOST, RUN_BUG_TCP_SACK_RENEG, seqAfter, TCP_DELAYEDACKS, TCP_TCPABORTONTIMEOUT,
  TCP_TCPTIMEOUTS, timerArm, TIMER_TCP_DELACK, TIMER_TCP_KEEPALIVE, TIMER_TCP_REQUEST, TIMER_TCP_RETRANSMIT, traceTcpTimer,
} from '../../sim/core';
import { skb } from '../3-pool';
import {
  delackTimer, mibInc, mini, retransmitTimer, Sock, sock, SOCK_DEAD, TCP_CLOSE, TCP_LISTEN, TCP_NEW_SYN_RECV, TCP_SYN_RECV, TCP_SYN_SENT,
} from '../6-socket';
import {
  ICSK_ACK_TIMER, ICSK_TIME_LOSS_PROBE, ICSK_TIME_PROBE0, ICSK_TIME_REO_TIMEOUT, ICSK_TIME_RETRANS, TCPCB_SACKED_ACKED,
} from './ack_flags';
import { ackScheduled, inPingpongMode, sendAck, TCP_DELACK_MAX } from './ack_out';
import { clockRefresh, jiffies, jiffyToNs, mstampRefresh } from './clock';
import { sendCompressedAck } from './compressed_ack';
import { tcpDoneWithError } from './done';
import { ETIMEDOUT } from './errno';
import { fastopenTimeoutCheck } from './fastopen_blackhole';
import { fastopenSynackTimer } from './fastopen_server';
import { keepaliveTimeout } from './keepalive';
import { requestTimeout } from './listen';
import { mtuBlackHole } from './mtu_probe';
import { sendProbe0 } from './probe';
import { rackReoTimeout } from './rack';
import { enterLoss } from './recovery';
import { retransmitSkb } from './retransmit';
import { modelTimeout, resetXmitTimer, rtoMax, TCP_RESOURCE_PROBE_INTERVAL, TCP_RTO_MIN, TCP_TIMEOUT_INIT } from './rto';
import { stateIn } from './state';
import { timewaitTimeout } from './timewait';
import { sendLossProbe } from './tlp';
import { TCP_ATO_MIN } from './transmit';

/** net.ipv4.tcp_syn_linear_timeouts. */
const SYN_LINEAR_TIMEOUTS: u32 = 4;

/** A wheel timer of TCP fired: kind and arg are the timer's. */
export function tcpTimer(kind: u32, arg: u32): void {
  switch (kind) {
    case TIMER_TCP_RETRANSMIT: return writeTimeout(sock(arg));
    case TIMER_TCP_DELACK: return delackTimeout(sock(arg));
    case TIMER_TCP_KEEPALIVE: return keepaliveTimeout(sock(arg));
    case TIMER_TCP_REQUEST: {
      clockRefresh();
      const m = mini(arg);
      if (m.state == <u8>TCP_NEW_SYN_RECV) requestTimeout(m);
      else timewaitTimeout(m);
      return;
    }
    default: assert(false, 'a timer of no kind');
  }
}

/** Gives the connection up (tcp_write_err). */
export function writeErr(sk: Sock): void {
  mibInc(sk.host, TCP_TCPABORTONTIMEOUT);
  tcpDoneWithError(sk, sk.err_soft != 0 ? sk.err_soft : ETIMEDOUT);
}

/** tcp_write_timer_handler. */
function writeTimeout(sk: Sock): void {
  if (stateIn(sk, (1 << TCP_CLOSE) | (1 << TCP_LISTEN)) || sk.pending == 0) return;
  mstampRefresh(sk);
  if (seqAfter(sk.timeout, jiffies())) {
    timerArm(retransmitTimer(sk), jiffyToNs(sk.timeout));
    return;
  }
  const what = sk.pending;
  traceTcpTimer(0, NONE, sk.handle, what, sk.backoff);
  switch (what) {
    case ICSK_TIME_REO_TIMEOUT: return rackReoTimeout(sk);
    case ICSK_TIME_LOSS_PROBE: return sendLossProbe(sk);
    case ICSK_TIME_RETRANS: {
      sk.pending = 0;
      return retransmitTimeout(sk);
    }
    case ICSK_TIME_PROBE0: {
      sk.pending = 0;
      return probeTimeout(sk);
    }
    default: assert(false, 'a write timer of no kind');
  }
}

/** tcp_delack_timer_handler. */
function delackTimeout(sk: Sock): void {
  if (stateIn(sk, (1 << TCP_CLOSE) | (1 << TCP_LISTEN))) return;
  if (sk.compressed_ack != 0) {
    mstampRefresh(sk);
    return sendCompressedAck(sk);
  }
  if ((sk.ack_pending & ICSK_ACK_TIMER) == 0) return;
  mstampRefresh(sk);
  if (seqAfter(sk.delack_timeout, jiffies())) {
    timerArm(delackTimer(sk), jiffyToNs(sk.delack_timeout));
    return;
  }
  sk.ack_pending &= ~ICSK_ACK_TIMER;
  if (!ackScheduled(sk)) return;
  traceTcpTimer(0, NONE, sk.handle, 2, 0);
  if (!inPingpongMode(sk)) {
    let ato = sk.ato << 1;
    if (ato > sk.rto) ato = sk.rto;
    sk.ato = ato < TCP_DELACK_MAX ? ato : TCP_DELACK_MAX;
  } else {
    sk.pingpong = 0;
    sk.ato = TCP_ATO_MIN;
  }
  sendAck(sk);
  mibInc(sk.host, TCP_DELAYEDACKS);
}

/** How often an orphan tries: one that was sending not long ago is given at least some timeouts (tcp_orphan_retries). */
function orphanRetries(sk: Sock, alive: bool): u32 {
  const retries = sk.err_soft != 0 && !alive ? 0 : hostConfig(sk.host).tcp_orphan_retries;
  return retries == 0 && alive ? 8 : retries;
}

/** tcp_probe_timer. */
function probeTimeout(sk: Sock): void {
  if (sk.packets_out != 0 || sk.write_head == NONE) {
    sk.probes_out = 0;
    sk.probes_tstamp = 0;
    return;
  }
  if (sk.probes_tstamp == 0) sk.probes_tstamp = jiffies();
  else if (sk.user_timeout != 0 && <i32>(jiffies() - sk.probes_tstamp) >= <i32>sk.user_timeout) return writeErr(sk);
  let max_probes = hostConfig(sk.host).tcp_retries2;
  if (sk.hasFlag(SOCK_DEAD)) {
    const alive = <u64>sk.rto << sk.backoff < <u64>rtoMax(sk);
    max_probes = orphanRetries(sk, alive);
    if (!alive && <u32>sk.backoff >= max_probes) return writeErr(sk);
  }
  if (sk.probes_out >= max_probes) writeErr(sk);
  else sendProbe0(sk);
}

/** Has retransmitting gone on for `limit` ms; 0: for as long as `boundary` doublings would take (retransmits_timed_out)? */
function timedOut(sk: Sock, boundary: u32, limit: u32): bool {
  if (sk.retransmits == 0) return false;
  const syn = stateIn(sk, (1 << TCP_SYN_SENT) | (1 << TCP_SYN_RECV));
  const timeout = limit != 0 ? limit : modelTimeout(boundary, syn ? TCP_TIMEOUT_INIT : TCP_RTO_MIN, rtoMax(sk));
  return <i32>(jiffies() - sk.retrans_stamp - timeout) >= 0;
}

/** Is it time to give up (tcp_write_timeout)? */
function gaveUp(sk: Sock): bool {
  const c = hostConfig(sk.host);
  let expired = false;
  let retry_until = c.tcp_retries2;
  if (stateIn(sk, (1 << TCP_SYN_SENT) | (1 << TCP_SYN_RECV))) {
    retry_until = sk.syn_retries != 0 ? <u32>sk.syn_retries : c.tcp_syn_retries;
    expired = <u32>sk.retransmits >= retry_until + (sk.state == <u8>TCP_SYN_SENT ? SYN_LINEAR_TIMEOUTS : 0);
  } else {
    if (timedOut(sk, c.tcp_retries1, 0)) mtuBlackHole(sk);
    if (sk.hasFlag(SOCK_DEAD)) retry_until = orphanRetries(sk, sk.rto < rtoMax(sk));
  }
  if (!expired) expired = timedOut(sk, retry_until, sk.user_timeout);
  fastopenTimeoutCheck(sk, expired);
  if (expired) writeErr(sk);
  return expired;
}

/** tcp_update_rto_stats. */
export function countRto(sk: Sock): void {
  if (sk.retransmits == 0) {
    sk.total_rto_recoveries++;
    sk.rto_stamp = jiffies();
  }
  sk.retransmits++;
  sk.total_rto++;
}

/** The retransmission timer fired (tcp_retransmit_timer). */
export function retransmitTimeout(sk: Sock): void {
  if (sk.fastopen_rsk != NONE) return fastopenSynackTimer(sk);
  if (sk.packets_out == 0) return;
  const head = sk.rtx_head;
  assert(head != NONE, 'T5 packets_out without a retransmit queue');
  if (sk.snd_wnd == 0 && !sk.hasFlag(SOCK_DEAD) && !stateIn(sk, (1 << TCP_SYN_SENT) | (1 << TCP_SYN_RECV))) {
    // The receiver shrank its window to nothing: retransmissions are probes, and the connection lives while it answers.
    if (probingTimedOut(sk, jiffies() - (sk.retrans_stamp != 0 ? sk.retrans_stamp : skb(head).tsval))) return writeErr(sk);
    enterLoss(sk);
    retransmitSkb(sk, head, 1);
    backOff(sk);
    return;
  }
  mibInc(sk.host, TCP_TCPTIMEOUTS);
  if (gaveUp(sk)) return;
  if (bug(RUN_BUG_TCP_SACK_RENEG) && (skb(head).sacked & TCPCB_SACKED_ACKED) != 0) return backOff(sk);
  enterLoss(sk);
  countRto(sk);
  if (retransmitSkb(sk, sk.rtx_head, 1) > 0) {
    resetXmitTimer(sk, ICSK_TIME_RETRANS, TCP_RESOURCE_PROBE_INTERVAL);
    return;
  }
  backOff(sk);
}

/** Doubles the timeout (RFC 6298 section 5.5); the first SYNs go out at an even pace. */
function backOff(sk: Sock): void {
  if (sk.state != <u8>TCP_SYN_SENT || sk.total_rto > SYN_LINEAR_TIMEOUTS) {
    sk.backoff++;
    const most = rtoMax(sk);
    if (!bug(RUN_BUG_TCP_BACKOFF_LOST)) sk.rto = sk.rto << 1 < most ? sk.rto << 1 : most;
  }
  resetXmitTimer(sk, ICSK_TIME_RETRANS, clampRto(sk));
}

/** The application's patience ends before the timeout does (tcp_clamp_rto_to_user_timeout). */
function clampRto(sk: Sock): u32 {
  if (sk.user_timeout == 0) return sk.rto;
  const left = <i32>(sk.user_timeout - (jiffies() - sk.retrans_stamp));
  if (left <= 0) return 1;
  return <u32>left < sk.rto ? <u32>left : sk.rto;
}

/** Retransmissions into a window that shrank to nothing: does the peer still answer (tcp_rtx_probe0_timed_out)? */
function probingTimedOut(sk: Sock, since: u32): bool {
  let timeout = rtoMax(sk) * 2;
  if (sk.user_timeout != 0) {
    if (since > sk.user_timeout) return true;
    if (sk.user_timeout < timeout) timeout = sk.user_timeout;
  }
  return <i32>(sk.timeout - sk.rcv_tstamp) > <i32>timeout && since > timeout;
}
