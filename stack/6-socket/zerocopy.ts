/**
 * Notifications of MSG_ZEROCOPY (net/core/skbuff.c: msg_zerocopy_*): the n-th such send of a socket has number n-1. When nothing
 * holds its pages any more the process is told, numbers side by side in one message. The Ubuf lies in the control block of the
 * skb that will carry the message, over Skb.seq to Skb.gso_segs.
 */
import { charge, COST_ZC_MSG, hostConfig, NONE } from '../../sim/core';
import { Skb, skb, skbAlloc, skbFree, SKB_HEAD_TRUESIZE, Ubuf, ubuf, zcopyGet } from '../3-pool';
import { clearExtendedErr, extendedErr, SO_EE_ORIGIN_ZEROCOPY } from './error_queue';
import { errorQueue, queueTail } from './queue';
import { Sock } from './sock';
import { SOCK_DEAD } from './sock_flags';
import { sock, sockHold, sockPut } from './table';
import { errorReport } from './wake';

export const SO_EE_CODE_ZEROCOPY_COPIED: u8 = 1;

/** SKB_TRUESIZE(0) on x86-64. */
const LEAST_TRUESIZE: u32 = 576;
/** Sends of one Ubuf carry no more together: a few of the largest packets. */
const BYTE_LIMIT: u32 = 1 << 19;
const USHRT_MAX: u32 = 0xffff;

/** struct ubuf_info_msgzc. */
@unmanaged
class MsgZc extends Ubuf {
  /** First of the `len` numbers that it stands for. */
  id: u32;
  bytelen: u32;
  len: u16;
  /** No byte of it was copied. */
  zerocopy: u8;
  pad: u8;
  skb_idx: u32;
}

function msgZc(uarg: u32): MsgZc {
  return changetype<MsgZc>(<usize>uarg);
}

/** A new Ubuf with one reference, the sender's; 0: the socket has no memory left for notifications (sock_omalloc). */
function msgZerocopyAlloc(sk: Sock, size: u32): u32 {
  if (sk.omem_alloc + LEAST_TRUESIZE > hostConfig(sk.host).socket_optmem_max) return 0;
  const idx = skbAlloc(sk.host);
  if (idx == NONE) return 0;
  charge(COST_ZC_MSG);
  const b = skb(idx);
  b.truesize = SKB_HEAD_TRUESIZE;
  b.sock = sk.handle;
  sk.omem_alloc += SKB_HEAD_TRUESIZE;
  const uarg = <u32>(changetype<usize>(b) + offsetof<Skb>('seq'));
  assert(offsetof<MsgZc>() <= offsetof<Skb>('sock') - offsetof<Skb>('seq'), 'the control block of an skb is too small');
  const z = msgZc(uarg);
  z.complete = msgZerocopyComplete.index;
  z.link_skb = 0;
  z.refs = 1;
  z.id = sk.zckey++;
  z.bytelen = size;
  z.len = 1;
  z.zerocopy = 1;
  z.skb_idx = idx;
  sockHold(sk.handle);
  return uarg;
}

/**
 * The Ubuf for a send of `size` bytes: that of the last skb, `last`, if this send continues its numbers, else a new one. Counts
 * the send and gives the caller a reference. 0: no memory, or the last skb's lender is no process (msg_zerocopy_realloc).
 */
export function msgZerocopyRealloc(sk: Sock, size: u32, last: u32): u32 {
  if (last == 0) return msgZerocopyAlloc(sk, size);
  if (ubuf(last).complete != msgZerocopyComplete.index) return 0;
  const z = msgZc(last);
  const bytelen = z.bytelen + size;
  if (<u32>z.len == USHRT_MAX - 1 || bytelen > BYTE_LIMIT || z.id + z.len != sk.zckey) return msgZerocopyAlloc(sk, size);
  z.len++;
  z.bytelen = bytelen;
  sk.zckey++;
  zcopyGet(last);
  return last;
}

/**
 * The Ubuf of a call that waited and goes on, whose number the last skb's lender has; a reference for the caller. 0: it is gone.
 *
 * Differs from Linux: then the rest of the call has a number of its own, where Linux would hold on to the first one.
 */
export function msgZerocopyResume(sk: Sock, last: u32): u32 {
  if (last == 0 || ubuf(last).complete != msgZerocopyComplete.index) return 0;
  if (msgZc(last).id + msgZc(last).len != sk.zckey) return 0;
  zcopyGet(last);
  return last;
}

/** The send came to nothing: its number is free again. Drops the sender's reference (msg_zerocopy_put_abort). */
export function msgZerocopyAbort(uarg: u32): void {
  const z = msgZc(uarg);
  sock(skb(z.skb_idx).sock).zckey--;
  z.len--;
  msgZerocopyComplete(NONE, uarg, 1);
}

/** Bytes were copied although they need not have been. */
export function msgZerocopyCopied(uarg: u32): void {
  msgZc(uarg).zerocopy = 0;
}

/** ubuf_info_ops.complete (msg_zerocopy_complete). */
export function msgZerocopyComplete(_skb_idx: u32, uarg: u32, success: u32): void {
  const z = msgZc(uarg);
  z.zerocopy &= <u8>success;
  assert(z.refs != 0, 'K5 a Ubuf loses the references that were taken');
  z.refs--;
  if (z.refs == 0) notify(z);
}

/** Appends to the last message of the queue if its numbers end where ours begin (skb_zerocopy_notify_extend). */
function extend(sk: Sock, lo: u32, len: u32): bool {
  const tail = sk.error_tail;
  if (tail == NONE) return false;
  const ee = extendedErr(tail);
  if (ee.ee_origin != SO_EE_ORIGIN_ZEROCOPY) return false;
  if (<u64>(ee.ee_data - ee.ee_info) + 1 + len >= <u64>1 << 32 || lo != ee.ee_data + 1) return false;
  ee.ee_data += len;
  return true;
}

/** __msg_zerocopy_callback. */
function notify(z: MsgZc): void {
  const idx = z.skb_idx;
  const b = skb(idx);
  const sk = sock(b.sock);
  const len = <u32>z.len;
  const lo = z.id;
  const copied = z.zerocopy == 0;
  let queued = false;
  if (len != 0 && !sk.hasFlag(SOCK_DEAD)) {
    const ee = clearExtendedErr(idx);
    ee.ee_origin = SO_EE_ORIGIN_ZEROCOPY;
    ee.ee_info = lo;
    ee.ee_data = lo + len - 1;
    if (copied) ee.ee_code = SO_EE_CODE_ZEROCOPY_COPIED;
    queued = !extend(sk, lo, len);
    if (queued) queueTail(errorQueue(sk), idx);
    errorReport(sk);
  }
  if (!queued) {
    sk.omem_alloc -= b.truesize;
    skbFree(idx, false);
  }
  sockPut(sk.handle);
}
