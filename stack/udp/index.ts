/**
 * UDP, between sockets of one host and between hosts
 * From 5-tcp: packets of IP.   To 5-tcp: packets for the device.
 *
 * Linux 7.3   net/ipv4/udp.c, net/ipv6/udp.c, net/ipv4/datagram.c, net/core/datagram.c, net/ipv4/ip_output.c, net/ipv4/ip_fragment.c
 * Owns        the sockets, their ports, the datagrams that wait; fragments, and what becomes of them; "port unreachable"
 * Does not    know files, which belong to stack/file; send what is for the same host over a device
 * Drops       NO_SOCKET, UDP_CSUM, SOCKET_RCVBUFF, PKT_TOO_SMALL, DUP_FRAG, FRAG_REASM_TIMEOUT, NOMEM
 * Invariants  U1 the device gives back what it was given.  U2 a Ubuf loses the references that were taken.
 */
import { NONE, waitForget, wakeUp } from '../../sim/core';
import { Msg, POLLERR, readPoll, sockBuf, SOCK_MIN_RCVBUF, SOCK_MIN_SNDBUF, WRITE_BITS } from '../6-socket';
import { setUdpWfree } from '../3-pool';
import { isLocal, setUdpInput } from '../5-tcp';
import {
  AF_INET, AF_INET6, EINVAL, ENETUNREACH, ENFILE, ENOPROTOOPT, ENOTCONN, EPROTONOSUPPORT, IPPROTO_UDP, MSG_ERRQUEUE, SO_ACCEPTCONN,
  SO_DOMAIN, SO_ERROR, SO_PROTOCOL, SO_RCVBUF, SO_REUSEADDR, SO_SNDBUF, SO_TYPE, SOCK_DGRAM, SOL_SOCKET,
} from '../../uring-model/uapi.gen';
import { autobind, bindTo, isPeer, readName, sourceOf, writeName } from './address';
import { defragInit } from './defrag';
import { udpError, udpReceive } from './input';
import { flush, receive, send, takeError } from './message';
import {
  copyName, localName, ownName, remoteName, sockFree, sockNew, socksInit, toName, udpSkb, udpSock, udpWaiters, udpWfree, writeable,
} from './sock';
import { receiveError, zerocopyFlush } from './zerocopy';

export { udpMib } from './sock';

/** Called once, after tcpInit. */
export function udpInit(): void {
  socksInit();
  defragInit();
  setUdpInput(udpReceive, udpError);
  setUdpWfree(udpWfree);
}

const AF_UNSPEC: u32 = 0;
const SO_ZEROCOPY: u32 = 60;

/** socket(): its index, or -errno. */
export function udpSocket(host: u32, family: u32, protocol: u32): i32 {
  if (protocol != 0 && protocol != IPPROTO_UDP) return -EPROTONOSUPPORT;
  const idx = sockNew(host, family);
  return idx == NONE ? -ENFILE : <i32>idx;
}

export function udpBind(idx: u32, name: usize, len: u32): i32 {
  const u = udpSock(idx);
  const bad = readName(u, name, len, ownName());
  return bad != 0 ? bad : bindTo(u, ownName());
}

/** connect(): from now on there is one peer; AF_UNSPEC: none. 0 or -errno (__ip4_datagram_connect). */
export function udpConnect(idx: u32, name: usize, len: u32): i32 {
  const u = udpSock(idx);
  if (len < 2) return -EINVAL;
  if (<u32>load<u16>(name) == AF_UNSPEC) {
    u.connected = 0;
    if (u.bound_addr == 0) localName(u).addr0 = localName(u).addr1 = 0;
    return 0;
  }
  const to = toName();
  const bad = readName(u, name, len, to);
  if (bad != 0) return bad;
  if (!isLocal(u.host, to.family, to.addr0, to.addr1) && !isPeer(u.host, to)) return -ENETUNREACH;
  const unbound = autobind(u, ownName());
  if (unbound != 0) return unbound;
  sourceOf(u, to, ownName());
  copyName(localName(u), ownName());
  copyName(remoteName(u), to);
  u.connected = 1;
  return 0;
}

/** Without a connection it fails, and the socket is shut all the same (inet_shutdown). */
export function udpShutdown(idx: u32, how: u32): i32 {
  const u = udpSock(idx);
  if (how > 2) return -EINVAL;
  u.shutdown |= <u8>(how + 1);
  wakeUp(udpWaiters(u), 0);
  return u.connected != 0 ? 0 : -ENOTCONN;
}

/** getsockname, or getpeername: how long the name at `to` is, or -errno. */
export function udpGetname(idx: u32, peer: bool, to: usize): i32 {
  const u = udpSock(idx);
  if (peer && u.connected == 0) return -ENOTCONN;
  return <i32>writeName(u, peer ? remoteName(u) : localName(u), to);
}

export function udpSend(idx: u32, m: Msg): i32 {
  return send(udpSock(idx), m);
}
/** `room`: bytes for control messages at m.control. */
export function udpRecv(idx: u32, m: Msg, room: u32): i32 {
  const u = udpSock(idx);
  return (m.flags & MSG_ERRQUEUE) != 0 ? receiveError(u, m, room) : receive(u, m);
}

/** datagram_poll */
/** Bytes of the first datagram (udp_ioctl: SIOCINQ). */
export function udpInq(idx: u32): i32 {
  const first = udpSock(idx).queue_head;
  return first == NONE ? 0 : <i32>udpSkb(first).len;
}
export function udpPoll(idx: u32): u32 {
  const u = udpSock(idx);
  const bits = readPoll(u.err, u.shutdown, u.queue_head != NONE) | (u.zc_head != NONE ? POLLERR : 0);
  if (writeable(u)) return bits | WRITE_BITS;
  u.no_space = 1;
  return bits;
}
export function udpWaitHead(idx: u32): usize {
  return udpWaiters(udpSock(idx));
}

export function udpRelease(idx: u32): void {
  const u = udpSock(idx);
  waitForget(udpWaiters(u));
  flush(u);
  zerocopyFlush(u);
  sockFree(u);
}

/**
 * setsockopt(): 0 or -errno.
 *
 * Differs from Linux: of the options there are SO_RCVBUF, SO_SNDBUF, SO_ZEROCOPY, and SO_REUSEADDR, which does nothing.
 */
export function udpSetsockopt(idx: u32, level: u32, name: u32, at: usize, len: u32): i32 {
  if (len < 4) return -EINVAL;
  if (level != SOL_SOCKET) return -ENOPROTOOPT;
  const u = udpSock(idx);
  if (name == SO_RCVBUF) u.rcvbuf = sockBuf(load<u32>(at), SOCK_MIN_RCVBUF);
  else if (name == SO_SNDBUF) u.sndbuf = sockBuf(load<u32>(at), SOCK_MIN_SNDBUF);
  else if (name == SO_ZEROCOPY) {
    if (load<u32>(at) > 1) return -EINVAL;
    u.zerocopy = <u8>load<u32>(at);
  } else if (name != SO_REUSEADDR) return -ENOPROTOOPT;
  return 0;
}
/** getsockopt() of a number: the number, or -errno. */
export function udpGetsockopt(idx: u32, level: u32, name: u32): i32 {
  if (level != SOL_SOCKET) return -ENOPROTOOPT;
  const u = udpSock(idx);
  switch (name) {
    case SO_RCVBUF: return <i32>u.rcvbuf;
    case SO_SNDBUF: return <i32>u.sndbuf;
    case SO_ERROR: return -takeError(u);
    case SO_TYPE: return <i32>SOCK_DGRAM;
    case SO_DOMAIN: return <i32>(u.family == 6 ? AF_INET6 : AF_INET);
    case SO_PROTOCOL: return <i32>IPPROTO_UDP;
    case SO_ZEROCOPY: return u.zerocopy;
    case SO_ACCEPTCONN: return 0;
    default: return -ENOPROTOOPT;
  }
}
