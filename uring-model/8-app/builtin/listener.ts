/** What a sink and an echo server share: listening, accepting, learning who the peer is, and closing. */
import {
  APP_RECEIVE_MMAP, behaves, BEHAVES_CMD_GETSOCKNAME, hostConfig, loadBe16, NONE, now, portOf, traceAppDone, traceAppStream,
  TCP_FAMILY_IPV6,
} from '../../../sim/core';
import { fdSock, sockDuplicates, sockOutOfOrder, sockSegsIn, sqpollSpin, sysGetpeername } from '../../7-ring';
import { zcSock } from '../../9-refill';
import {
  __NR_bind, __NR_listen, __NR_socket, AF_INET, AF_INET6, IORING_CQE_F_MORE, SOCK_STREAM, SOCKADDR_IN6_BYTES, SOCKADDR_IN_BYTES,
} from '../../uapi.gen';
import { checkEnd, checkFlow, checkStart, opensFlows } from './check';
import { SOURCE_PORT } from './opener';
import { opAccept, opBind, opClose, opListen, opPeerName, opSocket, writeSockaddr } from './ops';
import { systemCall } from './port';
import { App, listenerFd, NO_FLOW, setListenerFd, stream, Stream, streamNew } from './state';
import { ARG_JUNK, cqAdvance, cqPeek, cqReady, submit } from './user_ring';

export const LSN_SETUP: u32 = 15;
export const LSN_ACCEPT: u32 = 16;
export const LSN_NAME: u32 = 17;
export const LSN_CLOSE: u32 = 18;

/** Stream.state */
export const CONN_OPEN: u32 = 1;
/** The application has shut it down and waits for its receive to end. */
export const CONN_STOPPING: u32 = 2;
export const CONN_CLOSING: u32 = 3;

/** Submits an operation that completes at once, and takes its result. */
export function setupResult(a: App): i32 {
  submit(a);
  if (a.sq_flags_at != 0) sqpollSpin(a.host);
  assert(cqReady(a) == 1, 'what an application sets up is there at once');
  const res = cqPeek(a).res;
  cqAdvance(a, 1);
  return res;
}

/** The family of who will connect. */
export function listensV6(a: App): bool {
  const peer = hostConfig(1 - a.host);
  const c = opensFlows(1 - a.host) ? peer : hostConfig(a.host);
  return c.tcp_family == TCP_FAMILY_IPV6;
}

export function listenerPort(a: App, listener: u32): u32 {
  const c = hostConfig(a.host);
  return c.port_count != 0 ? portOf(a.host, listener) : c.app_port;
}

/** Listens by plain calls; `name`: room for an address. 0 or -errno. */
export function listenOn(a: App, listener: u32, v6: bool, flags: u32, name: u32): i64 {
  const fd = systemCall(a.host, __NR_socket, v6 ? AF_INET6 : AF_INET, SOCK_STREAM | flags);
  if (fd < 0) return fd;
  writeSockaddr(name, v6, 0, listenerPort(a, listener));
  let ret = systemCall(a.host, __NR_bind, fd, name, v6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES);
  if (ret >= 0) ret = systemCall(a.host, __NR_listen, fd, hostConfig(a.host).socket_backlog);
  setListenerFd(a, listener, <i32>fd);
  return ret;
}

/** Listens on every port of the host's. 0 or -errno. */
export function listenAll(a: App): i32 {
  const c = hostConfig(a.host);
  const ports: u32 = c.port_count != 0 ? c.port_count : 1;
  const v6 = listensV6(a);
  for (let i: u32 = 0; i < ports; i++) {
    if (a.sq_flags_at != 0) {
      // A thread would take its time, and there is nothing else to do.
      const made = listenOn(a, i, v6, 0, a.scratch + ARG_JUNK);
      if (made < 0) return <i32>made;
      continue;
    }
    opSocket(a, v6, false, LSN_SETUP, 0);
    const fd = setupResult(a);
    if (fd < 0) return fd;
    opBind(a, fd, v6, listenerPort(a, i), LSN_SETUP, 0);
    let ret = setupResult(a);
    if (ret < 0) return ret;
    opListen(a, fd, c.socket_backlog, LSN_SETUP, 0);
    ret = setupResult(a);
    if (ret < 0) return ret;
    setListenerFd(a, i, fd);
  }
  for (let i: u32 = 0; i < ports; i++) opAccept(a, listenerFd(a, i), LSN_ACCEPT, i);
  return 0;
}

/** A completion of ACCEPT. The new stream, or NONE. */
export function onAccept(a: App, listener: u32, res: i32, flags: u32): u32 {
  if ((flags & IORING_CQE_F_MORE) == 0) {
    // Out of descriptors: again when one comes back. Out of completions: again at once.
    if (res < 0) a.listeners_idle |= (<u64>1) << listener;
    else opAccept(a, listenerFd(a, listener), LSN_ACCEPT, listener);
  }
  if (res < 0) return NONE;
  const i = connNew(a, listener, res);
  if (i == NONE) {
    opClose(a, res, LSN_CLOSE, NONE);
    return NONE;
  }
  const s = stream(a, i);
  if (behaves(a.host, BEHAVES_CMD_GETSOCKNAME)) opPeerName(a, res, s.name_slot, LSN_NAME, i);
  else sysGetpeername(a.host, res, s.name_slot);
  return i;
}

/** Where the next peer's name will be: a sockaddr, and its length 28 bytes further. */
export function nameSlot(a: App): u32 {
  return a.names_base + ((a.names_next++ & a.names_mask) << 5);
}

/** A listener accepted a connection: its stream, or NONE when there is no room for another. */
export function connNew(a: App, listener: u32, fd: i32): u32 {
  const i = streamNew(a);
  if (i == NONE) return NONE;
  const s = stream(a, i);
  s.fd = fd;
  s.state = CONN_OPEN;
  s.start_ns = now();
  s.own_port = listenerPort(a, listener);
  s.sock = fdSock(a.host, fd);
  checkStart(a, s, i);
  s.name_slot = nameSlot(a);
  return i;
}

/** Who the peer is. The name is there as soon as the operation was submitted, whatever completion comes first. */
export function learnPeer(s: Stream): void {
  const at = <usize>s.name_slot;
  if (at == 0) return;
  s.name_slot = 0;
  const v6 = <u32>load<u16>(at) == AF_INET6;
  s.family = v6 ? 6 : 4;
  s.peer_port = loadBe16(at + 2);
  s.peer_addr0 = v6 ? load<u64>(at, 8) : <u64>load<u32>(at, 4);
  s.peer_addr1 = v6 ? load<u64>(at, 16) : 0;
  if (s.peer_port >= SOURCE_PORT) checkFlow(s, s.peer_port - SOURCE_PORT);
  traceAppStream(0, NONE, <u32>s.flow, <u32>s.sock);
}

/** Copies what the kernel knows about the stream's socket; for reports only. */
export function streamRefresh(a: App, s: Stream): void {
  if (s.fd < 0) return;
  const sock_idx = fdSock(a.host, s.fd);
  if (sock_idx == NONE) return;
  const z = zcSock(sock_idx);
  // Who maps counts for himself.
  if (a.receive != APP_RECEIVE_MMAP) s.zc_bytes = z.zc_bytes;
  s.copy_linear_bytes = z.copy_linear_bytes;
  s.copy_page_bytes = z.copy_page_bytes;
  s.segs_in = sockSegsIn(sock_idx);
  s.out_of_order = sockOutOfOrder(sock_idx);
  s.duplicates = sockDuplicates(sock_idx);
}

/** The stream is over: closes the socket. */
export function connClose(a: App, i: u32, s: Stream): void {
  if (s.state == CONN_CLOSING) return;
  connOver(a, s);
  opClose(a, s.fd, LSN_CLOSE, i);
}
/** Nothing more is expected of it, and its socket is about to be closed. */
export function connOver(a: App, s: Stream): void {
  s.state = CONN_CLOSING;
  s.end_ns = now();
  streamRefresh(a, s);
}
/** Its socket is closed. */
export function connEnded(a: App, i: u32): void {
  const s = stream(a, i);
  checkEnd(s);
  s.fd = -1;
  s.done = 1;
  a.streams_open--;
  traceAppDone(0, NONE, a.host, s.flow == NO_FLOW ? NONE : <u32>s.flow, <u32>s.res);
}

/** It is closed; a listener that ran out of descriptors tries again. */
export function onClosed(a: App, i: u32): void {
  if (i != NONE) connEnded(a, i);
  while (a.listeners_idle != 0) {
    const k = <u32>ctz<u64>(a.listeners_idle);
    a.listeners_idle &= a.listeners_idle - 1;
    opAccept(a, listenerFd(a, k), LSN_ACCEPT, k);
  }
}
