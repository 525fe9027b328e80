/**
 * Options that bound timers and windows (net/ipv4/tcp.c: do_tcp_setsockopt, do_tcp_getsockopt, tcp_set_window_clamp,
 * tcp_set_rcvlowat).
 */
import { hostConfig, NONE } from '../../sim/core';
import { Sock, SOCK_MIN_RCVBUF, SOCK_RCVBUF_LOCK, TCP_CLOSE } from '../6-socket';
import { usecsToJiffies } from './clock';
import { tcpDataReady } from './data_queue';
import { EINVAL } from './errno';
import { keepaliveIntvlWhen, keepaliveProbes } from './keepalive';
import { TCP_RTO_MIN, TCP_TIMEOUT_MIN } from './rto';
import { spaceFromWin } from './window';

/** Some other option. */
export const NO_BOUND: i32 = -1001;

const TCP_KEEPINTVL: u32 = 5;
const TCP_KEEPCNT: u32 = 6;
const TCP_LINGER2: u32 = 8;
const TCP_WINDOW_CLAMP: u32 = 10;
const TCP_RTO_MAX_MS: u32 = 44;
const TCP_RTO_MIN_US: u32 = 45;

const RTO_MAX_SEC: i32 = 120;

/** The least upper bound of the window. A narrower one holds at once, as far as nothing was promised. */
export function setWindowClamp(sk: Sock, val: i32): i32 {
  if (val == 0) {
    if (sk.state != <u8>TCP_CLOSE) return -<i32>EINVAL;
    sk.window_clamp = 0;
    return 0;
  }
  const before = sk.window_clamp;
  const clamp: u32 = val < <i32>(SOCK_MIN_RCVBUF / 2) ? SOCK_MIN_RCVBUF / 2 : <u32>val;
  if (clamp == before) return 0;
  sk.window_clamp = clamp;
  sk.rcv_ssthresh = clamp < before ? min(sk.rcv_ssthresh, clamp) : max(sk.rcv_ssthresh, min(sk.rcv_wnd, clamp));
  return 0;
}

/** SO_RCVLOWAT: never more than half of the buffer that there may be, which is made large enough. */
export function setRcvlowat(sk: Sock, val: u32): void {
  const locked = (sk.userlocks & SOCK_RCVBUF_LOCK) != 0;
  const cap = (locked ? sk.rcvbuf : hostConfig(sk.host).socket_rmem_max) >> 1;
  const lowat = min(val, cap);
  sk.rcvlowat = lowat != 0 ? lowat : 1;
  tcpDataReady(sk, NONE);
  if (locked) return;
  const space = spaceFromWin(sk, lowat);
  if (space <= sk.rcvbuf) return;
  sk.rcvbuf = space;
  if (sk.window_clamp != 0 && sk.window_clamp < lowat) sk.window_clamp = lowat;
}

export function setBoundOption(sk: Sock, name: u32, val: i32): i32 {
  switch (name) {
    case TCP_LINGER2: {
      sk.linger2 = val < 0 ? -1 : min(val, RTO_MAX_SEC) * 1000;
      return 0;
    }
    case TCP_WINDOW_CLAMP: return setWindowClamp(sk, val);
    case TCP_RTO_MAX_MS: {
      if (val < 1000 || val > RTO_MAX_SEC * 1000) return -<i32>EINVAL;
      sk.rto_max = <u32>val;
      return 0;
    }
    case TCP_RTO_MIN_US: {
      const least = usecsToJiffies(<u32>val);
      if (least > TCP_RTO_MIN || least < TCP_TIMEOUT_MIN) return -<i32>EINVAL;
      sk.rto_min = least;
      return 0;
    }
    default: return NO_BOUND;
  }
}

export function getBoundOption(sk: Sock, name: u32): i32 {
  switch (name) {
    case TCP_KEEPINTVL: return <i32>(keepaliveIntvlWhen(sk) / 1000);
    case TCP_KEEPCNT: return <i32>keepaliveProbes(sk);
    case TCP_LINGER2: {
      if (sk.linger2 < 0) return -1;
      return sk.linger2 != 0 ? sk.linger2 / 1000 : <i32>(hostConfig(sk.host).tcp_fin_timeout_ns / 1000000000);
    }
    case TCP_WINDOW_CLAMP: return <i32>sk.window_clamp;
    case TCP_RTO_MAX_MS: return <i32>sk.rto_max;
    case TCP_RTO_MIN_US: return <i32>(sk.rto_min * 1000);
    default: return NO_BOUND;
  }
}
