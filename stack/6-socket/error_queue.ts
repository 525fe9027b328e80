/**
 * What a process hears of its sends beside the stream (net/core/skbuff.c: sock_queue_err_skb, sock_dequeue_err_skb): a queue of
 * skbs, each with a sock_extended_err in its control block and perhaps the packet it is about.
 *
 *      0          4        5      6      7     8          12         16          20
 *     +----------+--------+------+------+-----+----------+----------+-----------+
 *     | ee_errno | origin | type | code | pad | ee_info  | ee_data  | opt_stats |      over Skb.seq and what follows it
 *     +----------+--------+------+------+-----+----------+----------+-----------+
 */
import { NONE } from '../../sim/core';
import { Skb, skb, skbFree } from '../3-pool';
import { errorQueue, queueTail, queueUnlink } from './queue';
import { Sock } from './sock';
import { SOCK_DEAD } from './sock_flags';
import { errorReport } from './wake';

export const SO_EE_ORIGIN_ICMP: u8 = 2;
export const SO_EE_ORIGIN_ICMP6: u8 = 3;
export const SO_EE_ORIGIN_TIMESTAMPING: u8 = 4;
export const SO_EE_ORIGIN_ZEROCOPY: u8 = 5;

/** struct sock_extended_err, and what else the queue keeps (sock_exterr_skb). */
@unmanaged
export class ExtendedErr {
  ee_errno: u32;
  ee_origin: u8;
  ee_type: u8;
  ee_code: u8;
  ee_pad: u8;
  ee_info: u32;
  ee_data: u32;
  /** The bytes of the skb are statistics of the connection. */
  opt_stats: u32;
}
/** What user space sees of it. */
export const EXTENDED_ERR_BYTES: usize = 16;

export function extendedErr(skb_idx: u32): ExtendedErr {
  return changetype<ExtendedErr>(changetype<usize>(skb(skb_idx)) + offsetof<Skb>('seq'));
}

/** An empty one in an skb. */
export function clearExtendedErr(skb_idx: u32): ExtendedErr {
  const ee = extendedErr(skb_idx);
  memory.fill(changetype<usize>(ee), 0, offsetof<ExtendedErr>());
  return ee;
}

/** Queues an skb against the receive buffer. False: there is no room, and the skb is still the caller's. */
export function queueErrSkb(sk: Sock, skb_idx: u32): bool {
  const truesize = skb(skb_idx).truesize;
  if (sk.rmem_alloc + truesize >= sk.rcvbuf) return false;
  sk.rmem_alloc += truesize;
  queueTail(errorQueue(sk), skb_idx);
  if (!sk.hasFlag(SOCK_DEAD)) errorReport(sk);
  return true;
}

function isIcmp(skb_idx: u32): bool {
  const origin = extendedErr(skb_idx).ee_origin;
  return origin == SO_EE_ORIGIN_ICMP || origin == SO_EE_ORIGIN_ICMP6;
}

/** The oldest skb, or NONE. The socket's error follows the ICMP errors that are left; who polls hears of what is left. */
export function dequeueErrSkb(sk: Sock): u32 {
  const idx = sk.error_head;
  if (idx == NONE) return NONE;
  queueUnlink(errorQueue(sk), idx);
  const next = sk.error_head;
  const icmp_next = next != NONE && isIcmp(next);
  if (icmp_next) sk.err = extendedErr(next).ee_errno;
  else if (isIcmp(idx)) sk.err = 0;
  if (next != NONE) errorReport(sk);
  return idx;
}

/** Gives an skb that was dequeued back, with the memory it was charged for (sock_rmem_free, sock_ofree). */
export function freeErrSkb(sk: Sock, skb_idx: u32): void {
  const truesize = skb(skb_idx).truesize;
  if (extendedErr(skb_idx).ee_origin == SO_EE_ORIGIN_ZEROCOPY) sk.omem_alloc -= truesize;
  else sk.rmem_alloc -= truesize;
  skbFree(skb_idx, false);
}

export function purgeErrorQueue(sk: Sock): void {
  while (sk.error_head != NONE) {
    const idx = sk.error_head;
    queueUnlink(errorQueue(sk), idx);
    freeErrSkb(sk, idx);
  }
}
