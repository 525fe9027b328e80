/**
 * Socket calls (net/ipv4/af_inet.c, net/ipv4/inet_connection_sock.c). None of them blocks: who must wait gets -EAGAIN or
 * -EINPROGRESS. Addresses are sixteen bytes in network order, an IPv4 address in the first four.
 *
 * Differs from Linux: bind sees bound sockets only, neither connections nor TIME-WAIT, as if SO_REUSEADDR were set.
 */
import { hostConfig, NONE } from '../../sim/core';
import {
  bindConflict, bindInsert, RCV_SHUTDOWN, SEND_SHUTDOWN, Sock, sock, sockAlloc, SOCK_ANY_ADDRESS, SOCK_CONNECTED, SOCK_CONNECTING,
  SOCK_DISCONNECTING, SOCK_OWNED, stateChange,
  TCP_CLOSE, TCP_LISTEN, TCP_SYN_RECV, TCP_SYN_SENT,
} from '../6-socket';
import { isLocal, loopbackAddress0, loopbackAddress1, sourceAddress0, sourceAddress1 } from './address';
import { mstampRefresh } from './clock';
import { listenStop } from './close';
import { connectStart, ephemeralPort } from './connect';
import { disconnect } from './disconnect';
import {
  EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN, EALREADY, ECONNABORTED, ECONNREFUSED, EINPROGRESS, EINVAL, EISCONN, ENFILE, ENOTCONN,
} from './errno';
import { takeSockError } from './error';
import { fastopenAccepted, fastopenListen } from './fastopen_server';
import { initSock } from './init_sock';
import { lockSock, releaseSock } from './lock';
import { shutdownSend } from './shutdown';
import { stateIn, transition } from './state';

/** net.core.somaxconn. */
const SOMAXCONN: u32 = 4096;

function address0(addr: usize, family: u32): u64 {
  return family == 4 ? <u64>load<u32>(addr) : load<u64>(addr);
}
function address1(addr: usize, family: u32): u64 {
  return family == 4 ? 0 : load<u64>(addr, 8);
}

/** Where the address proper lies. A socket for IPv6 speaks IPv4 once it is given a mapped address (ipv6_mapped in net/ipv6). */
function addressOf(sk: Sock, addr: usize): usize {
  if (sk.ipv6_api == 0) return addr;
  const mapped = load<u64>(addr) == 0 && load<u32>(addr, 8) == 0xffff0000;
  sk.family = mapped ? 4 : 6;
  return mapped ? addr + 12 : addr;
}

/** A new socket: its index, or -errno. */
export function tcpSocket(host: u32, family: u32): i32 {
  if (family != 4 && family != 6) return -<i32>EAFNOSUPPORT;
  const idx = sockAlloc(host);
  if (idx == NONE) return -<i32>ENFILE;
  const sk = sock(idx);
  mstampRefresh(sk);
  initSock(sk, family);
  sk.ipv6_api = family == 6 ? 1 : 0;
  sk.flags |= SOCK_OWNED;
  return <i32>idx;
}

export function tcpBind(sock_idx: u32, address: usize, port: u32): i32 {
  const sk = sock(sock_idx);
  if (sk.state != <u8>TCP_CLOSE || sk.lport != 0) return -<i32>EINVAL;
  const addr = addressOf(sk, address);
  const family = <u32>sk.family;
  const a0 = address0(addr, family);
  const a1 = address1(addr, family);
  const any = a0 == 0 && a1 == 0;
  if (!any && !isLocal(sk.host, family, a0, a1) && !hostConfig(sk.host).tcp_anyip) return -<i32>EADDRNOTAVAIL;
  if (port != 0 && bindConflict(sk.host, port, a0, a1, any)) return -<i32>EADDRINUSE;
  sk.laddr0 = a0;
  sk.laddr1 = a1;
  if (any) sk.flags |= SOCK_ANY_ADDRESS;
  const chosen = port != 0 ? port : ephemeralPort(sk);
  if (chosen == 0) return -<i32>EADDRINUSE;
  sk.lport = <u16>chosen;
  bindInsert(sk);
  return 0;
}

/** Anything but SS_UNCONNECTED. */
const UNUSABLE: u32 = SOCK_CONNECTING | SOCK_CONNECTED | SOCK_DISCONNECTING;

export function tcpListen(sock_idx: u32, backlog: u32): i32 {
  const sk = sock(sock_idx);
  if (!stateIn(sk, (1 << TCP_CLOSE) | (1 << TCP_LISTEN)) || sk.hasFlag(UNUSABLE)) return -<i32>EINVAL;
  sk.max_ack_backlog = backlog < SOMAXCONN ? backlog : SOMAXCONN;
  if (sk.state == <u8>TCP_LISTEN) return 0;
  fastopenListen(sk, sk.max_ack_backlog);
  if (sk.lport == 0) {
    sk.flags |= SOCK_ANY_ADDRESS;
    const port = ephemeralPort(sk);
    if (port == 0) return -<i32>EADDRINUSE;
    sk.lport = <u16>port;
    bindInsert(sk);
  }
  transition(sk, TCP_LISTEN);
  return 0;
}

/** The next established connection: its index, -EAGAIN, or -EINVAL on what is no listener. */
export function tcpAccept(sock_idx: u32): i32 {
  const sk = sock(sock_idx);
  if (sk.state != <u8>TCP_LISTEN) return -<i32>EINVAL;
  const idx = sk.accept_head;
  if (idx == NONE) return -<i32>EAGAIN;
  const child = sock(idx);
  sk.accept_head = child.accept_next;
  if (sk.accept_head == NONE) sk.accept_tail = NONE;
  child.accept_next = NONE;
  child.listener = NONE;
  fastopenAccepted(child);
  sk.ack_backlog--;
  child.flags |= SOCK_OWNED | SOCK_CONNECTED;
  return <i32>idx;
}

/**
 * Begins to connect: -EINPROGRESS; then POLLOUT and, called again, 0 or what went wrong, once (inet_stream_connect).
 */
export function tcpConnect(sock_idx: u32, address: usize, port: u32): i32 {
  const sk = sock(sock_idx);
  lockSock(sk);
  const ret = streamConnect(sk, address, port, false);
  releaseSock(sk);
  return ret;
}

/** The connection is there: SS_CONNECTING becomes SS_CONNECTED. */
export function connectDone(sk: Sock): void {
  sk.flags = (sk.flags & ~SOCK_CONNECTING) | SOCK_CONNECTED;
}

/** A connection did not come about: why. The socket is as if nothing had been. */
export function connectFailed(sk: Sock): i32 {
  sk.flags &= ~SOCK_CONNECTING;
  const err = takeSockError(sk);
  disconnect(sk);
  return err != 0 ? err : -<i32>ECONNABORTED;
}

/** The same, also for a send that opens the connection (__inet_stream_connect). 0 too when the SYN waits for the first write. */
export function streamConnect(sk: Sock, address: usize, port: u32, is_sendmsg: bool): i32 {
  if (sk.hasFlag(SOCK_CONNECTING)) {
    if (stateIn(sk, (1 << TCP_SYN_SENT) | (1 << TCP_SYN_RECV))) {
      if (sk.defer_connect != 0) return is_sendmsg ? -<i32>EINPROGRESS : -<i32>EISCONN;
      return -<i32>EALREADY;
    }
    if (sk.state == <u8>TCP_CLOSE) return connectFailed(sk);
    connectDone(sk);
    return 0;
  }
  if (sk.hasFlag(SOCK_DISCONNECTING)) return -<i32>EINVAL;
  if (sk.hasFlag(SOCK_CONNECTED) || sk.state != <u8>TCP_CLOSE) return -<i32>EISCONN;
  const addr = addressOf(sk, address);
  const family = <u32>sk.family;
  let a0 = address0(addr, family);
  let a1 = address1(addr, family);
  // Nobody listens there: a reset is all that can come back.
  if (port == 0) return -<i32>ECONNREFUSED;
  if (a0 == 0 && a1 == 0) {
    // To nowhere is to oneself: the address that one is bound to, or the loopback one (ip_route_output_key_hash_rcu).
    a0 = sk.laddr0;
    a1 = sk.laddr1;
    if (a0 == 0 && a1 == 0) {
      a0 = loopbackAddress0(family);
      a1 = loopbackAddress1(family);
    }
  }
  sk.raddr0 = a0;
  sk.raddr1 = a1;
  sk.rport = <u16>port;
  if (sk.laddr0 == 0 && sk.laddr1 == 0) {
    sk.laddr0 = sourceAddress0(sk.host, family, a0, a1);
    sk.laddr1 = sourceAddress1(sk.host, family, a0, a1);
  }
  const err = connectStart(sk);
  return err != 0 || sk.defer_connect != 0 ? err : -<i32>EINPROGRESS;
}

/** `how`: 0 no more reading, 1 no more writing, 2 both (inet_shutdown). */
export function tcpShutdown(sock_idx: u32, how: u32): i32 {
  const sk = sock(sock_idx);
  if (how > 2) return -<i32>EINVAL;
  lockSock(sk);
  const ret = shutdown(sk, how + 1);
  releaseSock(sk);
  return ret;
}

function shutdown(sk: Sock, mask: u32): i32 {
  const state = <u32>sk.state;
  if (sk.hasFlag(SOCK_CONNECTING)) {
    connectDone(sk);
    const failed = stateIn(sk, (1 << TCP_SYN_SENT) | (1 << TCP_SYN_RECV) | (1 << TCP_CLOSE));
    if (failed) sk.flags = (sk.flags & ~SOCK_CONNECTED) | SOCK_DISCONNECTING;
  }
  if (state == TCP_SYN_SENT || state == TCP_LISTEN) {
    // A listener that is shut for reading stops to listen.
    if (state == TCP_SYN_SENT || (mask & RCV_SHUTDOWN) != 0) disconnect(sk);
  } else {
    sk.shutdown |= <u8>mask;
    mstampRefresh(sk);
    if ((mask & SEND_SHUTDOWN) != 0) shutdownSend(sk);
  }
  stateChange(sk);
  return state == TCP_CLOSE ? -<i32>ENOTCONN : 0;
}
