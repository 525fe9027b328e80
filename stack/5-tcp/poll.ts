/** What a poll would say (net/ipv4/tcp.c: tcp_poll). */
import { NONE } from '../../sim/core';
import {
  POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDHUP, POLLRDNORM, POLLWRNORM, RCV_SHUTDOWN, SEND_SHUTDOWN, SHUTDOWN_MASK, Sock, sock,
  SOCK_NOSPACE, SOCK_URGINLINE, SOCK_WAITS_PAGE, streamIsWriteable, TCP_CLOSE, TCP_LISTEN, TCP_SYN_RECV, TCP_SYN_SENT,
} from '../6-socket';
import { TCP_URG_VALID } from './urgent';
import { receiveWindow } from './window';

/** Is there as much to read as `target`, or no hope of more (tcp_epollin_ready)? */
export function readableAt(sk: Sock, target: u32): bool {
  const avail = <i32>(sk.rcv_nxt - sk.copied_seq);
  if (avail <= 0) return false;
  return avail >= <i32>target || sk.rmem_alloc > sk.rcvbuf || receiveWindow(sk) <= sk.rcv_mss;
}

function pollMask(sk: Sock): u32 {
  const state = <u32>sk.state;
  const shutdown = <u32>sk.shutdown;
  if (state == TCP_LISTEN) return sk.accept_head != NONE ? POLLIN | POLLRDNORM : 0;
  let mask: u32 = 0;
  if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE) mask |= POLLHUP;
  if ((shutdown & RCV_SHUTDOWN) != 0) mask |= POLLIN | POLLRDNORM | POLLRDHUP;
  if (state != TCP_SYN_SENT && (state != TCP_SYN_RECV || sk.fastopen_rsk != NONE)) {
    // An urgent byte that is next is not there to be read.
    const urgent: u32 = sk.urg_data != 0 && sk.urg_seq == sk.copied_seq && !sk.hasFlag(SOCK_URGINLINE) ? 1 : 0;
    if (readableAt(sk, max(sk.rcvlowat, 1) + urgent)) mask |= POLLIN | POLLRDNORM;
    // Differs from Linux: who found no memory is told when there is some. There poll says at once that one may write, and a
    // writer that sleeps looks again after a random time of up to 200 ms (sk_stream_wait_memory).
    const writeable = streamIsWriteable(sk) && !sk.hasFlag(SOCK_WAITS_PAGE);
    if ((shutdown & SEND_SHUTDOWN) != 0 || writeable) mask |= POLLOUT | POLLWRNORM;
    if ((sk.urg_data & TCP_URG_VALID) != 0) mask |= POLLPRI;
  } else if (state == TCP_SYN_SENT && sk.defer_connect != 0) mask |= POLLOUT | POLLWRNORM;
  if (sk.err != 0 || sk.error_head != NONE) mask |= POLLERR;
  return mask;
}

/** The poll bits that are true. A writer that finds none for writing is remembered and told (SOCK_NOSPACE). */
export function tcpPoll(sock_idx: u32): u32 {
  const sk = sock(sock_idx);
  const mask = pollMask(sk);
  if ((mask & POLLOUT) == 0 && sk.state != <u8>TCP_LISTEN) sk.flags |= SOCK_NOSPACE;
  return mask;
}
