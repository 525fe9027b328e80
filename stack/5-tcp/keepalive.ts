/**
 * The keepalive timer (net/ipv4/tcp_timer.c: tcp_keepalive_timer): probes on idle connections that asked for them, and the
 * end of an orphaned FIN-WAIT-2.
 */
import { NONE, TCP_TCPKEEPALIVE, timerCancel } from '../../sim/core';
import { keepaliveTimer, Sock, sock, SOCK_DEAD, SOCK_KEEPOPEN, TCP_CLOSE, TCP_FIN_WAIT2, TCP_LISTEN, TCP_SYN_SENT } from '../6-socket';
import { jiffies, mstampRefresh } from './clock';
import { tcpDone } from './done';
import { writeWakeup } from './probe';
import { sendActiveReset } from './reset';
import { resetKeepaliveTimer, TCP_RESOURCE_PROBE_INTERVAL } from './rto';
import { stateIn } from './state';
import { writeErr } from './timers';
import { finTime, timeWait, timewaitLen } from './timewait';

export const KEEPALIVE_TIME: u32 = 7200000;
const KEEPALIVE_PROBES: u32 = 9;
const KEEPALIVE_INTVL: u32 = 75000;

/** What the application chose, or the sysctls (keepalive_time_when, keepalive_intvl_when, keepalive_probes). */
export function keepaliveTimeWhen(sk: Sock): u32 {
  return sk.keepalive_time != 0 ? sk.keepalive_time : KEEPALIVE_TIME;
}
export function keepaliveIntvlWhen(sk: Sock): u32 {
  return sk.keepalive_intvl != 0 ? sk.keepalive_intvl : KEEPALIVE_INTVL;
}
export function keepaliveProbes(sk: Sock): u32 {
  return sk.keepalive_probes != 0 ? sk.keepalive_probes : KEEPALIVE_PROBES;
}

/** TCP_KEEPIDLE changed on a connection that is kept alive (tcp_sock_set_keepidle_locked). */
export function keepaliveChanged(sk: Sock): void {
  if (stateIn(sk, (1 << TCP_CLOSE) | (1 << TCP_LISTEN))) return;
  mstampRefresh(sk);
  const idle = elapsed(sk);
  resetKeepaliveTimer(sk, sk.keepalive_time > idle ? sk.keepalive_time - idle : 0);
}

/** SO_KEEPALIVE (tcp_set_keepalive). */
export function tcpSetKeepalive(sock_idx: u32, on: bool): void {
  const sk = sock(sock_idx);
  const was = sk.hasFlag(SOCK_KEEPOPEN);
  if (on) sk.flags |= SOCK_KEEPOPEN;
  else sk.flags &= ~SOCK_KEEPOPEN;
  if (stateIn(sk, (1 << TCP_CLOSE) | (1 << TCP_LISTEN))) return;
  if (on && !was) resetKeepaliveTimer(sk, keepaliveTimeWhen(sk));
  else if (!on) timerCancel(keepaliveTimer(sk));
}

/** Milliseconds since the peer was heard of (keepalive_time_elapsed). */
function elapsed(sk: Sock): u32 {
  const now = jiffies();
  const by_data = now - sk.lrcvtime;
  const by_ack = now - sk.rcv_tstamp;
  return by_data < by_ack ? by_data : by_ack;
}

export function keepaliveTimeout(sk: Sock): void {
  mstampRefresh(sk);
  if (sk.state == <u8>TCP_FIN_WAIT2 && sk.hasFlag(SOCK_DEAD)) {
    const timewait = timewaitLen(sk.host);
    const tmo = finTime(sk);
    if (sk.linger2 >= 0 && tmo > timewait) {
      timeWait(sk, TCP_FIN_WAIT2, tmo - timewait);
      return;
    }
    sendActiveReset(sk);
    tcpDone(sk);
    return;
  }
  if (!sk.hasFlag(SOCK_KEEPOPEN) || stateIn(sk, (1 << TCP_CLOSE) | (1 << TCP_SYN_SENT) | (1 << TCP_LISTEN))) return;
  const time = keepaliveTimeWhen(sk);
  let next = time;
  if (sk.packets_out == 0 && sk.write_head == NONE) {
    const idle = elapsed(sk);
    if (idle < time) next = time - idle;
    else {
      const user = sk.user_timeout;
      if (user != 0 ? idle >= user && sk.probes_out > 0 : sk.probes_out >= keepaliveProbes(sk)) {
        sendActiveReset(sk);
        writeErr(sk);
        return;
      }
      if (writeWakeup(sk, TCP_TCPKEEPALIVE) <= 0) {
        sk.probes_out++;
        next = keepaliveIntvlWhen(sk);
      } else next = TCP_RESOURCE_PROBE_INTERVAL;
    }
  }
  resetKeepaliveTimer(sk, next);
}
