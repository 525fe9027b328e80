/**
 * TCP's clocks: microseconds for round trips (tcp_mstamp), jiffies of a millisecond for timers and timestamps. Read once
 * at each way into TCP. The machine has been up for a while when a run begins, because 0 means "never" to many fields.
 */
import { now, NS_PER_JIFFY } from '../../sim/core';
import { Sock } from '../6-socket';
import { stage } from './stage';

const UPTIME_MS: u64 = 1000000;
export const USEC_PER_SEC: u64 = 1000000;
export const USEC_PER_JIFFY: u32 = 1000;
/** Jiffies of a second. */
export const HZ: u32 = 1000;
// n / 1000 for n < 2^32 is n * THOUSANDTH >> 38.
const THOUSANDTH: u64 = 274877907;

/** Reads the clock. Divides only once in four seconds of virtual time. */
export function clockRefresh(): void {
  const s = stage();
  const ns = now();
  s.ns = ns;
  let delta = ns - s.base_ns;
  if (delta >= 0xffffffff || s.base_us == 0) {
    const ms = ns / NS_PER_JIFFY;
    s.base_ns = ms * NS_PER_JIFFY;
    s.base_us = (ms + UPTIME_MS) * 1000;
    s.base_ms = <u32>(ms + UPTIME_MS);
    delta = ns - s.base_ns;
  }
  const us = (delta * THOUSANDTH) >> 38;
  s.us = s.base_us + us;
  s.jiffies = <u32>((us * THOUSANDTH) >> 38) + s.base_ms;
}

/**
 * The clock of a socket (net/ipv4/tcp_output.c: tcp_mstamp_refresh). It never goes back, although the machine's may by part of
 * a poll when work moves from one core to another (sim/core/cpu.ts).
 */
export function mstampRefresh(sk: Sock): void {
  clockRefresh();
  const s = stage();
  if (s.us < sk.tcp_mstamp) {
    s.us = sk.tcp_mstamp;
    s.jiffies = <u32>(s.us / 1000);
  }
  sk.tcp_mstamp = s.us;
}

/** Microseconds of a moment of the machine that is now or to come. */
export function usOf(ns: u64): u64 {
  const s = stage();
  return ns <= s.ns ? s.us : s.base_us + (ns - s.base_ns) / 1000;
}
/** Its jiffy. */
export function jiffiesOf(ns: u64): u32 {
  const s = stage();
  return ns <= s.ns ? s.jiffies : s.base_ms + <u32>((ns - s.base_ns) / NS_PER_JIFFY);
}

/** Jiffies at the last refresh (tcp_jiffies32). */
export function jiffies(): u32 {
  return stage().jiffies;
}

/** When a jiffy begins, in the machine's time. */
export function jiffyToNs(jiffy: u32): u64 {
  return (<u64>jiffy - UPTIME_MS) * NS_PER_JIFFY;
}

export function usecsToJiffies(us: u32): u32 {
  return <u32>((<u64>us + 999) / 1000);
}

/** tcp_stamp_us_delta: never negative. */
export function usDelta(later: u64, earlier: u64): u32 {
  return later > earlier ? <u32>(later - earlier) : 0;
}
