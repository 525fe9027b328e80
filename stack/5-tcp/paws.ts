/** Timestamps against wrapped sequence numbers (include/net/tcp.h: tcp_paws_check, tcp_paws_reject; RFC 7323 section 5). */
import { Sock } from '../6-socket';
import { HZ, jiffies } from './clock';

/** Seconds after which an old timestamp says nothing any more (TCP_PAWS_WRAP, with microsecond clocks). */
const PAWS_WRAP: u32 = 2147;
const PAWS_MSL: u32 = 60;

export function seconds(): u32 {
  return jiffies() / HZ;
}

export function storeTsRecent(sk: Sock): void {
  sk.ts_recent = sk.rcv_tsval;
  sk.ts_recent_stamp = seconds();
}

/** Is a timestamp not older than ts_recent by more than `window`? */
export function pawsOk(ts_recent: u32, ts_recent_stamp: u32, tsval: u32, window: i32): bool {
  if (<i32>(ts_recent - tsval) <= window) return true;
  if (<i32>(seconds() - (ts_recent_stamp + PAWS_WRAP)) >= 0) return true;
  // Some send 0 in the handshake and true values later.
  return ts_recent == 0;
}
export function pawsCheck(sk: Sock, window: i32): bool {
  return pawsOk(sk.ts_recent, sk.ts_recent_stamp, sk.rcv_tsval, window);
}
export function pawsReject(ts_recent: u32, ts_recent_stamp: u32, tsval: u32, rst: bool): bool {
  if (pawsOk(ts_recent, ts_recent_stamp, tsval, 0)) return false;
  return !(rst && <i32>(seconds() - (ts_recent_stamp + PAWS_MSL)) >= 0);
}
