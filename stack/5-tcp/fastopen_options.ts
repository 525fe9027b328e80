/** Socket options of Fast Open, and TCP_DEFER_ACCEPT (net/ipv4/tcp.c: do_tcp_setsockopt, do_tcp_getsockopt). */
import { hostConfig } from '../../sim/core';
import { Sock, TCP_CLOSE, TCP_LISTEN } from '../6-socket';
import { retransToSeconds, secondsToRetrans } from './defer_accept';
import { EINVAL, EOPNOTSUPP } from './errno';
import { fastopenKey, fastopenKeys, TFO_CLIENT_ENABLE } from './fastopen_cookie';
import { NOT_MODELLED } from './options';
import { stateIn } from './state';

const TCP_DEFER_ACCEPT: u32 = 9;
const TCP_FASTOPEN: u32 = 23;
const TCP_FASTOPEN_CONNECT: u32 = 30;
export const TCP_FASTOPEN_KEY: u32 = 33;
const TCP_FASTOPEN_NO_COOKIE: u32 = 34;

/** net.core.somaxconn. */
const SOMAXCONN: u32 = 4096;
const KEY_BYTES: u32 = 16;

export function setFastopenOption(sk: Sock, name: u32, val: i32): i32 {
  const passive = stateIn(sk, (1 << TCP_CLOSE) | (1 << TCP_LISTEN));
  switch (name) {
    case TCP_DEFER_ACCEPT: {
      sk.defer_accept = secondsToRetrans(sk, val);
      return 0;
    }
    case TCP_FASTOPEN: {
      if (val < 0 || !passive) return -<i32>EINVAL;
      sk.fastopen_max_qlen = <u32>val < SOMAXCONN ? <u32>val : SOMAXCONN;
      return 0;
    }
    case TCP_FASTOPEN_CONNECT: {
      if (val < 0 || val > 1) return -<i32>EINVAL;
      if ((hostConfig(sk.host).tcp_fastopen & TFO_CLIENT_ENABLE) == 0) return -<i32>EOPNOTSUPP;
      if (sk.state != <u8>TCP_CLOSE) return -<i32>EINVAL;
      sk.fastopen_connect = <u8>val;
      return 0;
    }
    case TCP_FASTOPEN_NO_COOKIE: {
      if (val < 0 || val > 1 || !passive) return -<i32>EINVAL;
      sk.fastopen_no_cookie = <u8>val;
      return 0;
    }
    default: return NOT_MODELLED;
  }
}

export function getFastopenOption(sk: Sock, name: u32): i32 {
  switch (name) {
    case TCP_DEFER_ACCEPT: return <i32>retransToSeconds(sk, sk.defer_accept);
    case TCP_FASTOPEN: return <i32>sk.fastopen_max_qlen;
    case TCP_FASTOPEN_CONNECT: return sk.fastopen_connect;
    case TCP_FASTOPEN_NO_COOKIE: return sk.fastopen_no_cookie;
    default: return NOT_MODELLED;
  }
}

/** One key, or two: the second is the backup. */
export function setFastopenKey(sk: Sock, at: usize, len: u32): i32 {
  if (len != KEY_BYTES && len != 2 * KEY_BYTES) return -<i32>EINVAL;
  sk.fastopen_keys = len / KEY_BYTES;
  memory.copy(changetype<usize>(sk) + offsetof<Sock>('fastopen_key0'), at, len);
  return 0;
}
/** The keys in use, as many bytes as fit. */
export function getFastopenKey(sk: Sock, at: usize, len: u32): i32 {
  const all = fastopenKeys(sk) * KEY_BYTES;
  const part = len < all ? len : all;
  for (let i: u32 = 0; i < part; i++) {
    const half = i >> 3;
    store<u8>(at + i, <u8>(fastopenKey(sk, half >> 1, half & 1) >> ((i & 7) << 3)));
  }
  return <i32>part;
}
