/** What a poll would say (net/ipv4/tcp.c: tcp_poll). */
import { NONE } from '../../sim/core';
import {
  POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRNORM, RCV_SHUTDOWN, SEND_SHUTDOWN, SHUTDOWN_MASK, Sock, sock,
  SOCK_NOSPACE, sockWake, streamIsWriteable, TCP_CLOSE, TCP_LISTEN, TCP_SYN_RECV, TCP_SYN_SENT,
} from '../6-socket';

function pollMask(sk: Sock): u32 {
  const state = <u32>sk.state;
  const shutdown = <u32>sk.shutdown;
  if (state == TCP_LISTEN) return sk.accept_head != NONE ? POLLIN | POLLRDNORM : 0;
  let mask: u32 = 0;
  if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE) mask |= POLLHUP;
  if ((shutdown & RCV_SHUTDOWN) != 0) mask |= POLLIN | POLLRDNORM | POLLRDHUP;
  if (state != TCP_SYN_SENT && state != TCP_SYN_RECV) {
    if (<i32>(sk.rcv_nxt - sk.copied_seq) > 0) mask |= POLLIN | POLLRDNORM;
    if ((shutdown & SEND_SHUTDOWN) != 0 || streamIsWriteable(sk)) mask |= POLLOUT | POLLWRNORM;
  }
  if (sk.err != 0) mask |= POLLERR;
  return mask;
}

/** The poll bits that are true. A writer that finds none for writing is remembered and told (SOCK_NOSPACE). */
export function tcpPoll(sock_idx: u32): u32 {
  const sk = sock(sock_idx);
  const mask = pollMask(sk);
  if ((mask & POLLOUT) == 0 && sk.state != <u8>TCP_LISTEN) sk.flags |= SOCK_NOSPACE;
  return mask;
}

/** Tells waiters that the state changed (sk_state_change, sk_error_report). */
export function stateChanged(sk: Sock): void {
  if (sk.waiters != 0) sockWake(sk, 0, pollMask(sk));
}
