/** Congestion window validation (net/ipv4/tcp_output.c: tcp_cwnd_validate, tcp_cwnd_restart; RFC 2861). */
import { hostConfig, NONE, seqBefore } from '../../sim/core';
import { Sock, SOCK_NOSPACE, SOCK_OWNED, TCP_CLOSE_WAIT, TCP_ESTABLISHED } from '../6-socket';
import { TCP_CA_OPEN } from './ack_flags';
import { chronoStart, CHRONO_SNDBUF_LIMITED } from './chrono';
import { jiffies } from './clock';
import { currentSsthresh, isCwndLimited, setCwnd } from './cong';
import { stateIn } from './state';

/** The window with which a connection begins (tcp_init_cwnd). */
export function initCwnd(sk: Sock): u32 {
  return hostConfig(sk.host).tcp_init_cwnd;
}

/** After sending: was the window used? */
export function cwndValidate(sk: Sock, is_cwnd_limited: bool): void {
  if (!seqBefore(sk.snd_una, sk.cwnd_usage_seq) || is_cwnd_limited || (sk.is_cwnd_limited == 0 && sk.packets_out > sk.max_packets_out)) {
    sk.is_cwnd_limited = is_cwnd_limited ? 1 : 0;
    sk.max_packets_out = sk.packets_out;
    sk.cwnd_usage_seq = sk.snd_nxt;
  }
  if (isCwndLimited(sk)) {
    sk.snd_cwnd_used = 0;
    sk.snd_cwnd_stamp = jiffies();
    return;
  }
  if (sk.packets_out > sk.snd_cwnd_used) sk.snd_cwnd_used = sk.packets_out;
  if (hostConfig(sk.host).tcp_slow_start_after_idle && <i32>(jiffies() - sk.snd_cwnd_stamp) >= <i32>sk.rto) applicationLimited(sk);
  // Data was sent, the window is not the limit, nothing is left to send, and the application waits for room.
  const hungry = sk.write_head == NONE && sk.hasFlag(SOCK_NOSPACE) && sk.hasFlag(SOCK_OWNED);
  if (hungry && stateIn(sk, (1 << TCP_ESTABLISHED) | (1 << TCP_CLOSE_WAIT))) chronoStart(sk, CHRONO_SNDBUF_LIMITED);
}

/** The window was not full for a whole timeout: it shrinks towards what was used (tcp_cwnd_application_limited). */
function applicationLimited(sk: Sock): void {
  if (sk.ca_state == TCP_CA_OPEN && sk.hasFlag(SOCK_OWNED) && !sk.hasFlag(SOCK_NOSPACE)) {
    const init = initCwnd(sk);
    const used = sk.snd_cwnd_used > init ? sk.snd_cwnd_used : init;
    if (used < sk.snd_cwnd) {
      sk.snd_ssthresh = currentSsthresh(sk);
      setCwnd(sk, (sk.snd_cwnd + used) >> 1);
    }
    sk.snd_cwnd_used = 0;
  }
  sk.snd_cwnd_stamp = jiffies();
}

/** Sending begins again after idleness: halve the window for each timeout that passed (tcp_slow_start_after_idle_check). */
export function slowStartAfterIdleCheck(sk: Sock): void {
  if (sk.packets_out != 0 || !hostConfig(sk.host).tcp_slow_start_after_idle) return;
  let delta = <i32>(jiffies() - sk.lsndtime);
  const rto = <i32>sk.rto;
  if (delta <= rto) return;
  let cwnd = sk.snd_cwnd;
  const init = initCwnd(sk);
  const restart = init < cwnd ? init : cwnd;
  sk.snd_ssthresh = currentSsthresh(sk);
  for (delta -= rto; delta > 0 && cwnd > restart; delta -= rto) cwnd >>= 1;
  setCwnd(sk, cwnd > restart ? cwnd : restart);
  sk.snd_cwnd_stamp = jiffies();
  sk.snd_cwnd_used = 0;
}
