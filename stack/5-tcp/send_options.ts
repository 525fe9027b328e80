/** Options of what a process hears of its sends (net/core/sock.c: sk_setsockopt, sk_getsockopt). */
import { setTimestamping, Sock, SOCK_TSTAMP_NEW, SOCK_ZEROCOPY } from '../6-socket';
import { EINVAL } from './errno';

export const SO_TIMESTAMPING_OLD: u32 = 37;
export const SO_ZEROCOPY: u32 = 60;
export const SO_TIMESTAMPING_NEW: u32 = 65;
/** struct so_timestamping: flags and bind_phc. */
const SO_TIMESTAMPING_BYTES: u32 = 8;

export function setZerocopy(sk: Sock, val: i32): i32 {
  if (val < 0 || val > 1) return -<i32>EINVAL;
  if (val != 0) sk.flags |= SOCK_ZEROCOPY;
  else sk.flags &= ~SOCK_ZEROCOPY;
  return 0;
}

export function setSoTimestamping(sk: Sock, name: u32, val: i32): i32 {
  return setTimestamping(sk, <u32>val, name == SO_TIMESTAMPING_NEW);
}

/** Writes at most `len` bytes at `at`; how many. The new option tells only what was set through it. */
export function getSoTimestamping(sk: Sock, name: u32, at: usize, len: u32): i32 {
  const known = name == SO_TIMESTAMPING_OLD || sk.hasFlag(SOCK_TSTAMP_NEW);
  const bytes = min(len, SO_TIMESTAMPING_BYTES);
  memory.fill(at, 0, bytes);
  if (known && bytes >= 4) store<u32>(at, sk.tsflags);
  return <i32>bytes;
}
