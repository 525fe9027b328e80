/** SOCK_DGRAM and SOCK_SEQPACKET (net/unix/af_unix.c: unix_dgram_sendmsg, __unix_dgram_recvmsg, unix_dgram_connect). */
import { NONE, wakeUp } from '../../sim/core';
import { iovTotal, Msg, msgFromChain, pageAlign, RCV_SHUTDOWN, SKB_MAX_ALLOC, TCP_CLOSE, TCP_ESTABLISHED, WRITE_BITS } from '../6-socket';
import {
  EAGAIN, ECONNREFUSED, ECONNRESET, EFAULT, EMSGSIZE, ENOTCONN, EOPNOTSUPP, EPERM, EPIPE, MSG_OOB, MSG_PEEK, MSG_TRUNC, SOCK_SEQPACKET,
} from '../../uring-model/uapi.gen';
import { sendSkb } from './alloc';
import { copyName, findName, nameCheck } from './name';
import {
  dataReady, errorReport, peerWait, peerWakeDisconnect, peerWakeMe, queueFull, queueSkb, skbFree, takeError, unixHold, unixPut,
  unixSkb, UnixSock, unixSock, unixWaiters, unqueueSkb,
} from './sock';

const PAGE: u32 = 4096;
const MAX_FRAGS: u32 = 17;

/** The peer may write to a socket that is connected to nobody else (unix_may_send). */
export function maySendTo(u: UnixSock, other: UnixSock): bool {
  return other.peer == NONE || other.peer == u.idx;
}

/** What a socket has unread from a peer that it loses is lost; the peer learns of it (unix_dgram_disconnected). */
export function disconnected(u: UnixSock, other: UnixSock): void {
  if (u.queue_head == NONE) return;
  while (u.queue_head != NONE) skbFree(unqueueSkb(u));
  wakeUp(peerWait(u), 0);
  if (other.dead != 0 || other.peer != u.idx) return;
  other.err = ECONNRESET;
  errorReport(other);
}

/** The peer has gone: it is forgotten. -errno for the send. */
function peerIsDead(u: UnixSock, other: UnixSock, named: bool): i32 {
  if (u.type == <u8>SOCK_SEQPACKET) return -EPIPE;
  if (u.peer != other.idx) return named ? -ECONNREFUSED : -ECONNRESET;
  u.peer = NONE;
  peerWakeDisconnect(u, other);
  wakeUp(unixWaiters(u), WRITE_BITS);
  u.state = <u8>TCP_CLOSE;
  disconnected(u, other);
  unixPut(other);
  return -ECONNREFUSED;
}

/** Is the way to `other` open for a message that is made? 0 or -errno. */
function mayDeliver(u: UnixSock, other: UnixSock, named: bool): i32 {
  if (!maySendTo(u, other)) return -EPERM;
  if (other.dead != 0) return peerIsDead(u, other, named);
  if ((<u32>other.shutdown & RCV_SHUTDOWN) != 0) return -EPIPE;
  if (other.idx != u.idx && other.peer != u.idx && queueFull(other) && (u.peer != other.idx || peerWakeMe(u, other))) return -EAGAIN;
  return 0;
}

/** Sends one message. Its length, or -errno. */
export function dgramSend(u: UnixSock, m: Msg): i32 {
  const named = m.name_len != 0 && u.type != <u8>SOCK_SEQPACKET;
  if (u.type == <u8>SOCK_SEQPACKET) {
    const err = takeError(u);
    if (err != 0) return err;
    if (u.state != <u8>TCP_ESTABLISHED) return -ENOTCONN;
  }
  if ((m.flags & MSG_OOB) != 0) return -EOPNOTSUPP;
  if (named) {
    const bad = nameCheck(m.name, m.name_len);
    if (bad != 0) return bad;
  }
  const len = <u32>iovTotal(m.iov, m.iov_count);
  if (len > u.sndbuf - 32) return -EMSGSIZE;
  const data = len > SKB_MAX_ALLOC ? pageAlign(min(len - SKB_MAX_ALLOC, MAX_FRAGS * PAGE)) : 0;
  const made = sendSkb(u, m, 0, len, min(data, len));
  if (made < 0) return made;
  const skb_idx = <u32>made;
  const found = named ? findName(u.host, m.name, m.name_len, u.type) : u.peer == NONE ? -ENOTCONN : <i32>u.peer;
  const ret = found < 0 ? found : mayDeliver(u, unixSock(<u32>found), named);
  if (ret != 0) {
    skbFree(skb_idx);
    return ret < 0 ? ret : 0;
  }
  const other = unixSock(<u32>found);
  queueSkb(other, skb_idx);
  dataReady(other);
  return <i32>len;
}

/** Receives one message; what does not fit is lost. Bytes, or with MSG_TRUNC the length of the message, or -errno. */
export function dgramRecv(u: UnixSock, m: Msg): i32 {
  const seqpacket = u.type == <u8>SOCK_SEQPACKET;
  if (seqpacket && u.state != <u8>TCP_ESTABLISHED) return -ENOTCONN;
  if ((m.flags & MSG_OOB) != 0) return -EOPNOTSUPP;
  const err = takeError(u);
  if (err != 0) return err;
  const idx = u.queue_head;
  if (idx == NONE) return seqpacket && (<u32>u.shutdown & RCV_SHUTDOWN) != 0 ? 0 : -EAGAIN;
  const b = unixSkb(idx);
  const peek = (m.flags & MSG_PEEK) != 0;
  if (!peek) unqueueSkb(u);
  wakeUp(peerWait(u), WRITE_BITS);
  if (m.name != 0) copyName(m, unixSock(b.sock));
  const room = iovTotal(m.iov, m.iov_count);
  const size = <u32>min<u64>(room, b.len);
  if (room < <u64>b.len) m.out_flags |= MSG_TRUNC;
  const ok = msgFromChain(m, 0, size, b.chain, 0);
  const ret = !ok ? -EFAULT : (m.flags & MSG_TRUNC) != 0 ? <i32>b.len : <i32>size;
  if (!peek) skbFree(idx);
  return ret;
}

/** connect() of a SOCK_DGRAM; a name of length 0: it shall have no peer any more (AF_UNSPEC). 0 or -errno. */
export function dgramConnect(u: UnixSock, name: usize, len: u32): i32 {
  let peer = NONE;
  if (len != 0) {
    const bad = nameCheck(name, len);
    if (bad != 0) return bad;
    const found = findName(u.host, name, len, u.type);
    if (found < 0) return found;
    if (!maySendTo(u, unixSock(<u32>found))) return -EPERM;
    peer = <u32>found;
    u.state = <u8>TCP_ESTABLISHED;
    unixSock(peer).state = <u8>TCP_ESTABLISHED;
    unixHold(unixSock(peer));
  }
  const before = u.peer;
  u.peer = peer;
  if (before == NONE) return 0;
  const old = unixSock(before);
  if (peer == NONE) u.state = <u8>TCP_CLOSE;
  peerWakeDisconnect(u, old);
  wakeUp(unixWaiters(u), WRITE_BITS);
  if (peer != before) {
    disconnected(u, old);
    if (old.peer == NONE) old.state = <u8>TCP_CLOSE;
  }
  unixPut(old);
  return 0;
}
