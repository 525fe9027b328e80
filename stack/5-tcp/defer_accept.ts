/**
 * TCP_DEFER_ACCEPT (net/ipv4/inet_connection_sock.c: syn_ack_recalc; net/ipv4/tcp_minisocks.c: tcp_check_req): a listener
 * that wakes for data only. The last ACK of a handshake is ignored until data comes, or for so many timeouts.
 */
import { hostConfig, TCP_TCPDEFERACCEPTDROP } from '../../sim/core';
import { Skb } from '../3-pool';
import { mibInc, Mini, Sock } from '../6-socket';
import { TCP_TIMEOUT_INIT } from './rto';

const RETRANS_MAX: u32 = 255;

function rtoMaxSeconds(sk: Sock): u32 {
  return hostConfig(sk.host).tcp_rto_max_ms / 1000;
}

/** How many timeouts of a SYN-ACK pass in so many seconds (secs_to_retrans). */
export function secondsToRetrans(sk: Sock, seconds: i32): u32 {
  if (seconds <= 0) return 0;
  const most = rtoMaxSeconds(sk);
  let timeout = TCP_TIMEOUT_INIT / 1000;
  let period = timeout;
  let count: u32 = 1;
  while (<u32>seconds > period && count < RETRANS_MAX) {
    count++;
    timeout = timeout << 1 < most ? timeout << 1 : most;
    period += timeout;
  }
  return count;
}
/** The other way round (retrans_to_secs). */
export function retransToSeconds(sk: Sock, count: u32): u32 {
  if (count == 0) return 0;
  const most = rtoMaxSeconds(sk);
  let timeout = TCP_TIMEOUT_INIT / 1000;
  let period = timeout;
  for (let i: u32 = 1; i < count; i++) {
    timeout = timeout << 1 < most ? timeout << 1 : most;
    period += timeout;
  }
  return period;
}

/** Is the last ACK of a handshake to be ignored? */
export function deferAccept(m: Mini, listener: Sock, b: Skb): bool {
  if (<u32>m.num_timeout >= listener.defer_accept || b.end_seq != m.rcv_seq + 1) return false;
  m.acked = 1;
  mibInc(m.host, TCP_TCPDEFERACCEPTDROP);
  return true;
}

/** Is a half-open connection given up at this timeout? */
export function requestExpired(m: Mini, listener: Sock, retries: u32): bool {
  if (<u32>m.num_timeout < retries) return false;
  return m.acked == 0 || listener.defer_accept == 0 || <u32>m.num_timeout >= listener.defer_accept;
}
/** Is its SYN-ACK sent again? Not while data is waited for, but once more before the end. */
export function requestResends(m: Mini, listener: Sock): bool {
  return listener.defer_accept == 0 || m.acked == 0 || <u32>m.num_timeout + 1 >= listener.defer_accept;
}
