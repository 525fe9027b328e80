/** How AF_UNIX sockets come, find each other and go (net/unix/af_unix.c). */
import { NONE, waitForget, wakeUp } from '../../sim/core';
import { RCV_SHUTDOWN, SEND_SHUTDOWN, SHUTDOWN_MASK, TCP_CLOSE, TCP_ESTABLISHED, TCP_LISTEN } from '../6-socket';
import {
  AF_UNIX, EAGAIN, ECONNREFUSED, ECONNRESET, EINVAL, EISCONN, ENFILE, ENOBUFS, EOPNOTSUPP, EPROTONOSUPPORT, ESOCKTNOSUPPORT, SOCK_DGRAM,
  SOCK_SEQPACKET, SOCK_STREAM,
} from '../../uring-model/uapi.gen';
import { dgramConnect } from './dgram';
import { findName, nameCheck, shareName } from './name';
import {
  dataReady, peerWait, peerWakeDisconnect, peerWakeFree, queueFull, queueSkb, skbFree, skbNew, stateChange, unixHold, unixNew,
  unixPut, unixSkb, UnixSock, unixSock, unixWaiters, unqueueSkb,
} from './sock';

const SOCK_RAW: u32 = 3;
const AF_UNSPEC: u32 = 0;
/** truesize of the empty skb that stands for a connection in a listener's queue. */
const CONNECT_TRUESIZE: u32 = 960;

function isDgram(u: UnixSock): bool {
  return u.type == <u8>SOCK_DGRAM;
}

/** socket(): its index, or -errno (unix_create). */
export function unixSocket(host: u32, type: u32, protocol: u32): i32 {
  if (protocol != 0 && protocol != AF_UNIX) return -EPROTONOSUPPORT;
  if (type == SOCK_RAW) type = SOCK_DGRAM;
  if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET) return -ESOCKTNOSUPPORT;
  const idx = unixNew(host, type);
  return idx == NONE ? -ENFILE : <i32>idx;
}

/** Joins two new sockets (unix_socketpair). */
export function unixPair(a: u32, b: u32): void {
  const ua = unixSock(a);
  const ub = unixSock(b);
  ua.peer = b;
  ub.peer = a;
  unixHold(ua);
  unixHold(ub);
  ua.state = <u8>TCP_ESTABLISHED;
  ub.state = <u8>TCP_ESTABLISHED;
}

export function unixListen(idx: u32, backlog: u32): i32 {
  const u = unixSock(idx);
  if (isDgram(u)) return -EOPNOTSUPP;
  if (u.name_len == 0) return -EINVAL;
  if (u.state != <u8>TCP_CLOSE && u.state != <u8>TCP_LISTEN) return -EINVAL;
  if (backlog > u.max_ack_backlog) wakeUp(peerWait(u), 0);
  u.max_ack_backlog = backlog;
  u.state = <u8>TCP_LISTEN;
  return 0;
}

/** connect(): 0, -EAGAIN while the listener's queue is full, or -errno. */
export function unixConnect(idx: u32, name: usize, len: u32): i32 {
  const u = unixSock(idx);
  if (isDgram(u)) {
    if (len < 2) return -EINVAL;
    return dgramConnect(u, name, <u32>load<u16>(name) == AF_UNSPEC ? 0 : len);
  }
  const bad = nameCheck(name, len);
  if (bad != 0) return bad;
  const found = findName(u.host, name, len, u.type);
  if (found < 0) return found;
  const other = unixSock(<u32>found);
  if (other.state != <u8>TCP_LISTEN || (<u32>other.shutdown & RCV_SHUTDOWN) != 0) return -ECONNREFUSED;
  if (queueFull(other)) return -EAGAIN;
  if (u.state != <u8>TCP_CLOSE) return u.state == <u8>TCP_ESTABLISHED ? -EISCONN : -EINVAL;
  const child_idx = unixNew(u.host, u.type);
  if (child_idx == NONE) return -ENFILE;
  const child = unixSock(child_idx);
  const skb_idx = skbNew(child, NONE, 0, CONNECT_TRUESIZE);
  if (skb_idx == NONE) {
    child.dead = 1;
    unixPut(child);
    return -ENOBUFS;
  }
  unixPair(idx, child_idx);
  shareName(child, other);
  queueSkb(other, skb_idx);
  dataReady(other);
  return 0;
}

/** accept(): the index of the connected socket, or -errno. */
export function unixAccept(idx: u32): i32 {
  const u = unixSock(idx);
  if (isDgram(u)) return -EOPNOTSUPP;
  if (u.state != <u8>TCP_LISTEN) return -EINVAL;
  if (u.queue_head == NONE) return (<u32>u.shutdown & RCV_SHUTDOWN) != 0 ? -EINVAL : -EAGAIN;
  const skb_idx = unqueueSkb(u);
  const child = unixSkb(skb_idx).sock;
  skbFree(skb_idx);
  // One writer is told: it is no poll, so the mask says nothing.
  wakeUp(peerWait(u), u32.MAX_VALUE);
  return <i32>child;
}

/** shutdown(): 0 no more reading, 1 no more writing, 2 both. The peer of a stream is shut the other way round. */
export function unixShutdown(idx: u32, how: u32): i32 {
  if (how > 2) return -EINVAL;
  const u = unixSock(idx);
  const mode = how + 1;
  u.shutdown |= <u8>mode;
  stateChange(u);
  if (u.peer == NONE || isDgram(u)) return 0;
  const other = unixSock(u.peer);
  if ((mode & RCV_SHUTDOWN) != 0) other.shutdown |= <u8>SEND_SHUTDOWN;
  if ((mode & SEND_SHUTDOWN) != 0) other.shutdown |= <u8>RCV_SHUTDOWN;
  stateChange(other);
  return 0;
}

/** The peer of a stream that goes: no more writes, and an error if it left anything unread. */
function leavePeer(u: UnixSock, embryo: bool): void {
  const other = unixSock(u.peer);
  u.peer = NONE;
  if (!isDgram(u)) {
    other.shutdown = <u8>SHUTDOWN_MASK;
    if (u.queue_head != NONE || embryo) other.err = ECONNRESET;
    stateChange(other);
  }
  peerWakeDisconnect(u, other);
  unixPut(other);
}

/** Nobody has the socket any more; `embryo`: nobody ever accepted it (unix_release_sock). */
function release(idx: u32, embryo: bool): void {
  const u = unixSock(idx);
  const listened = u.state == <u8>TCP_LISTEN;
  assert(u.dead == 0, 'X2 a socket is released once');
  u.dead = 1;
  u.shutdown = <u8>SHUTDOWN_MASK;
  u.state = <u8>TCP_CLOSE;
  waitForget(unixWaiters(u));
  wakeUp(peerWait(u), 0);
  waitForget(peerWait(u));
  if (u.peer != NONE) leavePeer(u, embryo);
  peerWakeFree(u);
  while (u.queue_head != NONE) {
    const skb_idx = unqueueSkb(u);
    if (listened) release(unixSkb(skb_idx).sock, true);
    skbFree(skb_idx);
  }
  unixPut(u);
}
export function unixRelease(idx: u32): void {
  release(idx, false);
}
