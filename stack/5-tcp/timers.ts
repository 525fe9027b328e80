/** Timers of a connection (net/ipv4/tcp_timer.c). They run in softirq context; the world enters it. */
import {
  hostConfig, NONE, seqAfter, TCP_DELAYEDACKS, TCP_TCPABORTONTIMEOUT, TCP_TCPTIMEOUTS, timerArm, TIMER_TCP_DELACK, TIMER_TCP_KEEPALIVE,
  TIMER_TCP_REQUEST, TIMER_TCP_RETRANSMIT, traceTcpTimer,
} from '../../sim/core';
import { skb } from '../3-pool';
import {
  delackTimer, mibInc, mini, retransmitTimer, Sock, sock, SOCK_DEAD, TCP_CLOSE, TCP_LISTEN, TCP_NEW_SYN_RECV, TCP_SYN_RECV, TCP_SYN_SENT,
} from '../6-socket';
import { ICSK_ACK_TIMER, ICSK_TIME_LOSS_PROBE, ICSK_TIME_PROBE0, ICSK_TIME_REO_TIMEOUT, ICSK_TIME_RETRANS } from './ack_flags';
import { ackScheduled, inPingpongMode, sendAck, TCP_DELACK_MAX } from './ack_out';
import { clockRefresh, jiffies, jiffyToNs, mstampRefresh } from './clock';
import { tcpDoneWithError } from './done';
import { ETIMEDOUT } from './errno';
import { keepaliveTimeout } from './keepalive';
import { requestTimeout } from './listen';
import { sendProbe0 } from './probe';
import { rackReoTimeout } from './rack';
import { enterLoss } from './recovery';
import { retransmitSkb } from './retransmit';
import { modelTimeout, resetXmitTimer, TCP_RESOURCE_PROBE_INTERVAL, TCP_RTO_MAX, TCP_RTO_MIN, TCP_TIMEOUT_INIT } from './rto';
import { stateIn } from './state';
import { timewaitTimeout } from './timewait';
import { sendLossProbe } from './tlp';
import { TCP_ATO_MIN } from './transmit';

/** net.ipv4.tcp_syn_linear_timeouts. */
const SYN_LINEAR_TIMEOUTS: u32 = 4;
/** An orphan that sends is given this many timeouts (tcp_orphan_retries). */
const ORPHAN_RETRIES: u32 = 8;

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
  tcpDoneWithError(sk, ETIMEDOUT);
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
  if (stateIn(sk, (1 << TCP_CLOSE) | (1 << TCP_LISTEN)) || (sk.ack_pending & ICSK_ACK_TIMER) == 0) return;
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

/** tcp_probe_timer. */
function probeTimeout(sk: Sock): void {
  if (sk.packets_out != 0 || sk.write_head == NONE) {
    sk.probes_out = 0;
    return;
  }
  let max_probes = hostConfig(sk.host).tcp_retries2;
  if (sk.hasFlag(SOCK_DEAD)) {
    const alive = <u64>sk.rto << sk.backoff < <u64>TCP_RTO_MAX;
    max_probes = alive ? ORPHAN_RETRIES : 0;
    if (!alive && <u32>sk.backoff >= max_probes) return writeErr(sk);
  }
  if (sk.probes_out >= max_probes) writeErr(sk);
  else sendProbe0(sk);
}

/** Has retransmitting gone on for as long as `boundary` doublings would take (retransmits_timed_out)? */
function timedOut(sk: Sock, boundary: u32): bool {
  if (sk.retransmits == 0) return false;
  const syn = stateIn(sk, (1 << TCP_SYN_SENT) | (1 << TCP_SYN_RECV));
  const timeout = modelTimeout(boundary, syn ? TCP_TIMEOUT_INIT : TCP_RTO_MIN);
  return <i32>(jiffies() - sk.retrans_stamp - timeout) >= 0;
}

/** Is it time to give up (tcp_write_timeout)? */
function gaveUp(sk: Sock): bool {
  const c = hostConfig(sk.host);
  let expired = false;
  let retry_until = c.tcp_retries2;
  if (stateIn(sk, (1 << TCP_SYN_SENT) | (1 << TCP_SYN_RECV))) {
    retry_until = c.tcp_syn_retries;
    expired = <u32>sk.retransmits >= retry_until + (sk.state == <u8>TCP_SYN_SENT ? SYN_LINEAR_TIMEOUTS : 0);
  } else if (sk.hasFlag(SOCK_DEAD)) retry_until = sk.rto < TCP_RTO_MAX ? ORPHAN_RETRIES : 0;
  if (!expired) expired = timedOut(sk, retry_until);
  if (expired) writeErr(sk);
  return expired;
}

/** The retransmission timer fired (tcp_retransmit_timer). */
function retransmitTimeout(sk: Sock): void {
  if (sk.packets_out == 0) return;
  const head = sk.rtx_head;
  assert(head != NONE, 'T5 packets_out without a retransmit queue');
  if (sk.snd_wnd == 0 && !sk.hasFlag(SOCK_DEAD) && !stateIn(sk, (1 << TCP_SYN_SENT) | (1 << TCP_SYN_RECV))) {
    // The receiver shrank its window to nothing: retransmissions are probes, and the connection lives while it answers.
    const since = jiffies() - (sk.retrans_stamp != 0 ? sk.retrans_stamp : skb(head).tsval);
    if (<i32>(jiffies() - sk.rcv_tstamp) > <i32>(TCP_RTO_MAX * 2) && since > TCP_RTO_MAX * 2) return writeErr(sk);
    enterLoss(sk);
    retransmitSkb(sk, head);
    backOff(sk);
    return;
  }
  mibInc(sk.host, TCP_TCPTIMEOUTS);
  if (gaveUp(sk)) return;
  enterLoss(sk);
  sk.retransmits++;
  sk.total_rto++;
  if (retransmitSkb(sk, sk.rtx_head) > 0) {
    resetXmitTimer(sk, ICSK_TIME_RETRANS, TCP_RESOURCE_PROBE_INTERVAL, TCP_RTO_MAX);
    return;
  }
  backOff(sk);
}

/** Doubles the timeout (RFC 6298 section 5.5); the first SYNs go out at an even pace. */
function backOff(sk: Sock): void {
  if (sk.state != <u8>TCP_SYN_SENT || sk.total_rto > SYN_LINEAR_TIMEOUTS) {
    sk.backoff++;
    sk.rto = sk.rto << 1 < TCP_RTO_MAX ? sk.rto << 1 : TCP_RTO_MAX;
  }
  resetXmitTimer(sk, ICSK_TIME_RETRANS, sk.rto, TCP_RTO_MAX);
}
