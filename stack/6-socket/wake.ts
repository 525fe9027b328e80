/** Telling who waits (sk_data_ready, sk_write_space, sk_state_change). */
import { NONE, traceSockWake, wakeUp } from '../../sim/core';
import { streamIsWriteable } from './mem';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from './poll_bits';
import { Sock } from './sock';
import { SOCK_NOSPACE } from './sock_flags';

/** The head of the socket's wait queue (sk_sleep). */
export function sockWaiters(sk: Sock): usize {
  return changetype<usize>(sk) + offsetof<Sock>('waiters');
}

/** `mask`: the poll bits that became true. Nobody waiting: it is noted and nothing happens. */
export function sockWake(sk: Sock, pkt_id: u32, mask: u32): void {
  sk.woken |= mask;
  if (sk.waiters == 0) return;
  traceSockWake(pkt_id, NONE, sk.handle, mask);
  wakeUp(sockWaiters(sk), mask);
}

/** sock_def_readable. */
export function wakeReadable(sk: Sock, pkt_id: u32): void {
  sockWake(sk, pkt_id, POLLIN | POLLRDNORM);
}

/** sk_stream_write_space: there is room again for a writer that found none. */
export function wakeWritable(sk: Sock): void {
  if (!sk.hasFlag(SOCK_NOSPACE) || !streamIsWriteable(sk)) return;
  sk.flags &= ~SOCK_NOSPACE;
  sockWake(sk, 0, POLLOUT | POLLWRNORM);
}
