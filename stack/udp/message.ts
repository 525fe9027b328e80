/**
 * Datagrams are sent and received (net/ipv4/udp.c: udp_sendmsg, __udp_enqueue_schedule_skb, udp_recvmsg).
 *
 * Differs from Linux: MSG_MORE and UDP_CORK gather nothing, so each send is a datagram (udp_push_pending_frames).
 */
import { chainAlloc, chainFree, charge, COST_SEND, COST_UDP_RX, COST_UDP_TX, NONE, wakeUp } from '../../sim/core';
import { netmem, skb, skbFrag, zcopyComplete, zcopyGet } from '../3-pool';
import { isLocal } from '../5-tcp';
import { cmsgMalformed, iovTotal, Msg, msgCopyOut, msgFromChain, msgToChain, POLLERR, READ_BITS, SEND_SHUTDOWN,
  WRITE_BITS } from '../6-socket';
import {
  EAGAIN, ECONNREFUSED, EDESTADDRREQ, EFAULT, EINVAL, EMSGSIZE, ENETUNREACH, ENOBUFS, EOPNOTSUPP, EPIPE, MSG_OOB, MSG_PEEK, MSG_TRUNC,
  MSG_ZEROCOPY,
} from '../../uring-model/uapi.gen';
import { autobind, isPeer, lookup, readName, sourceOf, writeName } from './address';
import { datagramTruesize, sendAway } from './output';
import {
  copyName, fromName, ownName, remoteName, skbGone, skbNew, toName, UdpName, UdpSkb, udpSkb, UdpSock, udpSock, udpWaiters,
} from './sock';
import { zerocopyAbort, zerocopyAlloc, zerocopyCopied } from './zerocopy';

/** Longest payload over IPv4: 65535 less both headers; over IPv6 the header does not count. */
const MAX_LEN4: u32 = 65507;
const MAX_LEN6: u32 = 65527;

/** sock_error */
export function takeError(u: UdpSock): i32 {
  const err = u.err;
  u.err = 0;
  return -err;
}

/** To whom the message goes: 0 and toName(), or -errno. */
function destination(u: UdpSock, m: Msg): i32 {
  const to = toName();
  if (m.name_len == 0) {
    if (u.connected == 0) return -EDESTADDRREQ;
    copyName(to, remoteName(u));
    return 0;
  }
  const bad = readName(u, m.name, m.name_len, to);
  if (bad != 0) return bad;
  return to.port == 0 ? -EINVAL : 0;
}

/** The datagram reaches its socket, if there is one with room: then its chain is the socket's (udp_queue_rcv_skb). */
function deliver(u: UdpSock, from: UdpName, chain: u32, len: u32): bool {
  const truesize = datagramTruesize(len);
  if (u.rmem_alloc + truesize > u.rcvbuf && u.rmem_alloc != 0) return false;
  const idx = skbNew();
  if (idx == NONE) return false;
  const b = udpSkb(idx);
  b.chain = chain;
  b.skb = NONE;
  b.len = len;
  b.truesize = truesize;
  b.next = NONE;
  copyName(fromName(b), from);
  if (u.queue_head == NONE) u.queue_head = idx;
  else udpSkb(u.queue_tail).next = idx;
  u.queue_tail = idx;
  u.rmem_alloc += truesize;
  wakeUp(udpWaiters(u), READ_BITS);
  return true;
}

/**
 * Sends one datagram: its length, or -errno. To the same host it is received within the call, as the loopback device does it. Memory
 * that was lent is copied then (skb_orphan_frags_rx), so the lender hears at once that it was.
 */
export function send(u: UdpSock, m: Msg): i32 {
  const len = iovTotal(m.iov, m.iov_count);
  if (len > 0xffff) return -EMSGSIZE;
  if ((m.flags & MSG_OOB) != 0) return -EOPNOTSUPP;
  const bad = destination(u, m);
  if (bad != 0) return bad;
  if (m.control != 0 && cmsgMalformed(m.control, m.control_len)) return -EINVAL;
  const to = toName();
  const own = ownName();
  const unbound = autobind(u, own);
  if (unbound != 0) return -EAGAIN;
  const local = isLocal(u.host, to.family, to.addr0, to.addr1);
  if (!local && !isPeer(u.host, to)) return -ENETUNREACH;
  if (len > <u64>(to.family == 4 ? MAX_LEN4 : MAX_LEN6)) return -EMSGSIZE;
  const err = takeError(u);
  if (err != 0) return err;
  if ((<u32>u.shutdown & SEND_SHUTDOWN) != 0) return -EPIPE;
  const bytes = <u32>len;
  if (!local) {
    sourceOf(u, to, own);
    return sendAway(u, to, own, m, bytes);
  }
  charge(COST_SEND);
  charge(COST_UDP_TX);
  charge(COST_UDP_RX);
  const lends = bytes != 0 && m.ubuf == 0 && (m.flags & MSG_ZEROCOPY) != 0 && u.zerocopy != 0;
  const uarg = lends ? zerocopyAlloc(u) : 0;
  if (lends && uarg == 0) return -ENOBUFS;
  const chain = chainAlloc(bytes);
  if (chain == NONE && bytes != 0) {
    if (lends) zerocopyAbort(u, uarg);
    return -ENOBUFS;
  }
  const copied = msgToChain(m, 0, bytes, chain, 0);
  // The packet is the sender's no longer, neither on the device nor when it fails (sock_wfree, sock_def_write_space).
  wakeUp(udpWaiters(u), WRITE_BITS);
  if (!copied) {
    chainFree(chain);
    if (lends) zerocopyAbort(u, uarg);
    return -EFAULT;
  }
  if (lends) zerocopyCopied(uarg);
  if (m.ubuf != 0 && bytes != 0) {
    zcopyGet(m.ubuf);
    zcopyComplete(NONE, m.ubuf, false);
  }
  sourceOf(u, to, own);
  const idx = lookup(u.host, to, own);
  if (idx == NONE || !deliver(udpSock(idx), own, chain, bytes)) chainFree(chain);
  // The answer of the host to itself: port unreachable, which a connected socket hears of.
  if (idx == NONE && u.connected != 0) {
    u.err = ECONNREFUSED;
    wakeUp(udpWaiters(u), POLLERR);
  }
  return <i32>bytes;
}

function unqueue(u: UdpSock, idx: u32, b: UdpSkb): void {
  u.queue_head = b.next;
  if (b.next == NONE) u.queue_tail = NONE;
  u.rmem_alloc -= b.truesize;
  skbGone(idx);
}

/** Copies the first `size` bytes of skbs that follow each other to the message (skb_copy_datagram_iter). False: no user memory. */
function fromSkbs(m: Msg, size: u32, first: u32): bool {
  let done: u32 = 0;
  for (let idx = first; idx != NONE && done < size; idx = skb(idx).next) {
    const b = skb(idx);
    const linear = min(<u32>b.head_len, size - done);
    if (linear != 0 && !msgCopyOut(m, done, linear, <usize>b.head + b.data_off)) return false;
    done += linear;
    for (let i: u32 = 0; i < b.nr_frags && done < size; i++) {
      const f = skbFrag(idx, i);
      const part = min(f.len, size - done);
      if (!msgCopyOut(m, done, part, <usize>netmem(f.netmem).addr + f.off)) return false;
      done += part;
    }
  }
  return true;
}

/** Receives one datagram: bytes, or -errno. */
export function receive(u: UdpSock, m: Msg): i32 {
  const err = takeError(u);
  if (err != 0) return err;
  const idx = u.queue_head;
  if (idx == NONE) return -EAGAIN;
  const b = udpSkb(idx);
  const room = iovTotal(m.iov, m.iov_count);
  const size = <u32>min<u64>(room, b.len);
  if (room < <u64>b.len) m.out_flags |= MSG_TRUNC;
  const ok = b.skb == NONE ? msgFromChain(m, 0, size, b.chain, 0) : fromSkbs(m, size, b.skb);
  if (m.name != 0) m.name_len = writeName(u, fromName(b), m.name);
  const ret = !ok ? -EFAULT : (m.flags & MSG_TRUNC) != 0 ? <i32>b.len : <i32>size;
  if ((m.flags & MSG_PEEK) == 0) unqueue(u, idx, b);
  return ret;
}

/** Everything that waits is lost. */
export function flush(u: UdpSock): void {
  while (u.queue_head != NONE) unqueue(u, u.queue_head, udpSkb(u.queue_head));
}
