/**
 * What a sender spends its time on (net/ipv4/tcp_output.c: tcp_chrono_start and neighbours; net/ipv4/tcp.c:
 * tcp_get_info_chrono_stats): a stop watch in jiffies for each of three reasons, of which the strongest runs.
 */
import { NONE } from '../../sim/core';
import { Sock } from '../6-socket';
import { jiffies } from './clock';

export const CHRONO_UNSPEC: u32 = 0;
export const CHRONO_BUSY: u32 = 1;
export const CHRONO_RWND_LIMITED: u32 = 2;
export const CHRONO_SNDBUF_LIMITED: u32 = 3;

function add(sk: Sock, kind: u32, ms: u32): void {
  if (kind == CHRONO_BUSY) sk.chrono_busy += ms;
  else if (kind == CHRONO_RWND_LIMITED) sk.chrono_rwnd += ms;
  else if (kind == CHRONO_SNDBUF_LIMITED) sk.chrono_sndbuf += ms;
}

function set(sk: Sock, kind: u32): void {
  const now = jiffies();
  add(sk, sk.chrono_type, now - sk.chrono_start);
  sk.chrono_start = now;
  sk.chrono_type = <u8>kind;
}

/** A stronger reason takes over from a weaker one. */
export function chronoStart(sk: Sock, kind: u32): void {
  if (kind > <u32>sk.chrono_type) set(sk, kind);
}

/** The reason has ended: the sender is busy still, or idle. */
export function chronoStop(sk: Sock, kind: u32): void {
  if (sk.rtx_head == NONE && sk.write_head == NONE) set(sk, CHRONO_UNSPEC);
  else if (kind == <u32>sk.chrono_type) set(sk, CHRONO_BUSY);
}

function total(sk: Sock, kind: u32, ms: u32): u64 {
  return <u64>(kind == <u32>sk.chrono_type ? ms + jiffies() - sk.chrono_start : ms) * 1000;
}

/** Microseconds limited by the receiver's window, and by the send buffer. */
export function rwndLimitedUs(sk: Sock): u64 {
  return total(sk, CHRONO_RWND_LIMITED, sk.chrono_rwnd);
}
export function sndbufLimitedUs(sk: Sock): u64 {
  return total(sk, CHRONO_SNDBUF_LIMITED, sk.chrono_sndbuf);
}
/** Microseconds with something to send or to be acknowledged, limited or not. */
export function busyUs(sk: Sock): u64 {
  return total(sk, CHRONO_BUSY, sk.chrono_busy) + rwndLimitedUs(sk) + sndbufLimitedUs(sk);
}
