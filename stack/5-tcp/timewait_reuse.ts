/**
 * A new connection in the place of one in TIME-WAIT with the same four-tuple (net/ipv4/tcp_ipv4.c: tcp_twsk_unique;
 * net/ipv4/inet_hashtables.c: __inet_check_established). Timestamps tell old segments from new ones.
 */
import { TCP_TWRECYCLED } from '../../sim/core';
import { isMini, mibInc, Mini, mini, Sock, TCP_FIN_WAIT2, TCP_TIME_WAIT } from '../6-socket';
import { isLoopback } from './address';
import { jiffies } from './clock';
import { timewaitKill } from './timewait';

/** net.ipv4.tcp_tw_reuse_delay, in milliseconds. */
const REUSE_DELAY: u32 = 1000;

/**
 * May the connection with this handle give way? `bound`: the application chose the port. A port that is looked for is taken from
 * connections to loopback addresses only (net.ipv4.tcp_tw_reuse is 2), and not at once.
 */
export function mayReplace(sk: Sock, handle: u32, bound: bool): bool {
  if (!isMini(handle)) return false;
  const m = mini(handle);
  if (m.state != <u8>TCP_TIME_WAIT || m.ts_recent_stamp == 0) return false;
  if (bound) return true;
  const local = isLoopback(sk.family, sk.raddr0, sk.raddr1) || isLoopback(sk.family, sk.laddr0, sk.laddr1);
  return local && m.substate != <u8>TCP_FIN_WAIT2 && <i32>(jiffies() - (m.entry_stamp + REUSE_DELAY)) > 0;
}

/** It gives way. Returns a sequence number beyond all of its own. */
export function replaceTimewait(sk: Sock, m: Mini): u32 {
  const seq = m.snd_seq + 65535 + 2;
  sk.ts_recent = m.ts_recent;
  sk.ts_recent_stamp = m.ts_recent_stamp;
  mibInc(m.host, TCP_TWRECYCLED);
  timewaitKill(m);
  return seq == 0 ? 1 : seq;
}
