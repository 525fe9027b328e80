/** Telling who waits (net/core/sock.c: sk_data_ready, sk_state_change, sk_error_report; net/core/stream.c: sk_write_space). */
import { NONE, traceSockWake, wakeUp } from '../../sim/core';
import { streamIsWriteable } from './mem';
import { POLLERR, READ_BITS, WRITE_BITS } from './poll_bits';
import { Sock } from './sock';
import { SOCK_NOSPACE } from './sock_flags';

/** The head of the socket's wait queue (sk_sleep). */
export function sockWaiters(sk: Sock): usize {
  return changetype<usize>(sk) + offsetof<Sock>('waiters');
}

/** `Sock.woken` of a wake-up that says nothing but to look. */
const ANY_BITS: u32 = 0x7fffffff;

/** `mask`: the poll bits that may have become true; 0: any may. Nobody waiting: it is noted and nothing happens. */
export function sockWake(sk: Sock, pkt_id: u32, mask: u32): void {
  sk.woken |= mask != 0 ? mask : ANY_BITS;
  if (sk.waiters == 0) return;
  traceSockWake(pkt_id, NONE, sk.handle, mask);
  wakeUp(sockWaiters(sk), mask);
}

/** sock_def_readable. */
export function wakeReadable(sk: Sock, pkt_id: u32): void {
  sockWake(sk, pkt_id, READ_BITS);
}

/** sk_stream_write_space: who waits is told when there is room, whether or not there was none before. */
export function wakeWritable(sk: Sock): void {
  if (!streamIsWriteable(sk)) return;
  sk.flags &= ~SOCK_NOSPACE;
  sockWake(sk, 0, WRITE_BITS);
}

/** sock_def_wakeup: the state changed, and everybody looks what that means. */
export function stateChange(sk: Sock): void {
  sockWake(sk, 0, 0);
}

/** sock_def_error_report */
export function errorReport(sk: Sock): void {
  sockWake(sk, 0, POLLERR);
}
