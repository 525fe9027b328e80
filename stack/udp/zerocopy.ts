/**
 * MSG_ZEROCOPY of datagrams (net/core/skbuff.c: msg_zerocopy_alloc, __msg_zerocopy_callback; net/ipv4/ip_output.c: __ip_append_data):
 * the n-th such send of a socket has number n-1, and when nothing holds its pages any more the error queue says so, numbers side by
 * side in one message. A record is a send's Ubuf first, and then the message:
 *
 *     Zc { Ubuf, lo, hi, copied } ──► error queue of the socket: [0..6 copied] ──► [7..9]
 */
import { charge, COST_ZC_MSG, hostConfig, NONE, Slab, slabAt, slabPut, slabTake, UDP_ADDR, wakeUp } from '../../sim/core';
import { Ubuf, UBUF_BYTES, userOk, zcopyComplete } from '../3-pool';
import {
  clearMsgOut, EXTENDED_ERR_BYTES, Msg, msgOut, POLLERR, putCmsg, SO_EE_CODE_ZEROCOPY_COPIED, SO_EE_ORIGIN_ZEROCOPY,
} from '../6-socket';
import { EAGAIN, EFAULT, MSG_ERRQUEUE, SOCKADDR_IN6_BYTES, SOCKADDR_IN_BYTES } from '../../uring-model/uapi.gen';
import { UdpSock, udpSock, udpWaiters, zcTable } from './sock';

/** What a record counts against net.core.optmem_max. */
const TRUESIZE: u32 = 896;
/** Room in which a control message is made: struct cmsghdr, struct sock_extended_err, an address. */
const OUT: usize = UDP_ADDR + 0x340;
const OUT_HEAD: u32 = 16;
const OUT_ROOM: u32 = 64;
const SOL_IP: u32 = 0;
const SOL_IPV6: u32 = 41;
const IP_RECVERR: u32 = 11;
const IPV6_RECVERR: u32 = 25;

@unmanaged
export class Zc extends Ubuf {
  sock: u32;
  lo: u32;
  hi: u32;
  copied: u32;
  next: u32;
  idx: u32;
}

function zc(idx: u32): Zc {
  const table: Slab = zcTable();
  return changetype<Zc>(slabAt(table, idx));
}

/** The Ubuf of a send, with one reference, the sender's; 0: there is no memory for another (sock_omalloc). */
export function zerocopyAlloc(u: UdpSock): u32 {
  assert(UBUF_BYTES <= offsetof<Zc>('sock'), 'a record begins with a Ubuf');
  if (u.omem_alloc + TRUESIZE > hostConfig(u.host).socket_optmem_max) return 0;
  const idx = slabTake(zcTable());
  if (idx == NONE) return 0;
  charge(COST_ZC_MSG);
  u.omem_alloc += TRUESIZE;
  const z = zc(idx);
  z.complete = complete.index;
  z.link_skb = 0;
  z.refs = 1;
  z.sock = u.idx;
  z.lo = u.zckey++;
  z.hi = z.lo;
  z.copied = 0;
  z.next = NONE;
  z.idx = idx;
  return <u32>changetype<usize>(z);
}
/** The send came to nothing: its number is free again (msg_zerocopy_put_abort). */
export function zerocopyAbort(u: UdpSock, uarg: u32): void {
  u.zckey--;
  release(u, changetype<Zc>(<usize>uarg));
}
/** It was copied; the sender's reference is dropped with this. */
export function zerocopyCopied(uarg: u32): void {
  zcopyComplete(NONE, uarg, false);
}

function release(u: UdpSock, z: Zc): void {
  u.omem_alloc -= TRUESIZE;
  slabPut(zcTable(), z.idx);
}

/** ubuf_info_ops.complete: the last reference makes the message, or lengthens the last one of the queue. */
function complete(_skb_idx: u32, uarg: u32, success: u32): void {
  const z = changetype<Zc>(<usize>uarg);
  const u = udpSock(z.sock);
  if (success == 0) z.copied = 1;
  assert(z.refs != 0, 'U2 a Ubuf loses the references that were taken');
  if (--z.refs != 0) return;
  if (u.dead != 0) return release(u, z);
  const tail = u.zc_tail;
  if (u.zc_head != NONE && zc(tail).hi + 1 == z.lo && zc(tail).copied == z.copied) {
    zc(tail).hi = z.hi;
    release(u, z);
  } else {
    if (u.zc_head == NONE) u.zc_head = z.idx;
    else zc(tail).next = z.idx;
    u.zc_tail = z.idx;
  }
  wakeUp(udpWaiters(u), POLLERR);
}

/** recvmsg with MSG_ERRQUEUE: the oldest message goes to the control messages, of `room` bytes. 0, or -EAGAIN (ip_recv_error). */
export function receiveError(u: UdpSock, m: Msg, room: u32): i32 {
  const idx = u.zc_head;
  if (idx == NONE) return -EAGAIN;
  const z = zc(idx);
  clearMsgOut(OUT, min(room, OUT_ROOM));
  const v6 = u.family == 6;
  const bytes = <u32>EXTENDED_ERR_BYTES + (v6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES);
  const at = putCmsg(OUT, v6 ? SOL_IPV6 : SOL_IP, v6 ? IPV6_RECVERR : IP_RECVERR, bytes);
  if (at != 0) {
    memory.fill(at, 0, bytes);
    store<u8>(at, SO_EE_ORIGIN_ZEROCOPY, 4);
    store<u8>(at, z.copied != 0 ? SO_EE_CODE_ZEROCOPY_COPIED : 0, 6);
    store<u32>(at, z.lo, 8);
    store<u32>(at, z.hi, 12);
  }
  const len = msgOut(OUT).msg_controllen;
  if (len != 0 && !userOk(m.control, len)) return -EFAULT;
  memory.copy(m.control, OUT + OUT_HEAD, len);
  m.control_len = len;
  m.out_flags |= MSG_ERRQUEUE | msgOut(OUT).msg_flags;
  u.zc_head = z.next;
  release(u, z);
  return 0;
}

/** Nobody will read what waits. */
export function zerocopyFlush(u: UdpSock): void {
  while (u.zc_head != NONE) {
    const z = zc(u.zc_head);
    u.zc_head = z.next;
    release(u, z);
  }
}
