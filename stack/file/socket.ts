/**
 * Sockets of every kind by their file (net/socket.c): one switch by kind for each call. None of them blocks: who would have to
 * wait gets -EAGAIN, or -EINPROGRESS from a connect that is under way. Names lie in the kernel.
 */
import {
  charge, COST_RECV, COST_RECV_FIRST_KIB, COST_RECV_START_KIB, COST_SEND_FIRST_KIB, COST_SEND_START_KIB, NONE,
} from '../../sim/core';
import {
  NOT_MODELLED, sockError, tcpAccept, tcpBind, tcpClose, tcpConnect, tcpDisconnect, tcpGetsockopt, tcpInq, tcpListen, tcpPoll,
  tcpSendMsg, tcpSetsockopt, tcpShutdown, tcpSocket,
} from '../5-tcp';
import { cmsgMalformed, Msg, sock, sockNapiId } from '../6-socket';
import {
  AF_INET, AF_INET6, AF_UNIX, EAFNOSUPPORT, EFAULT, EINVAL, ENFILE, ENOPROTOOPT, ENOTCONN, ENOTSOCK, EOPNOTSUPP, EPROTONOSUPPORT,
    ESOCKTNOSUPPORT,
  IPPROTO_TCP, O_NONBLOCK, SO_ACCEPTCONN, SO_DOMAIN, SO_ERROR, SO_PROTOCOL, SO_TYPE, POLLIN, SOCK_DGRAM, SOCK_STREAM,
  SOL_SOCKET,
} from '../../uring-model/uapi.gen';
import {
  unixAccept, unixBind, unixConnect, unixGetname, unixGetsockopt, unixListen, unixPair, unixRecv, unixRelease, unixSend, unixSetsockopt,
  unixShutdown, unixSocket, unixType,
} from '../unix';
import {
  udpBind, udpConnect, udpGetname, udpGetsockopt, udpInq, udpRecv, udpRelease, udpSend, udpSetsockopt, udpShutdown, udpSocket,
} from '../udp';
import { filePut } from './kinds';
import { userOk } from '../3-pool';
import { chargeMessage } from './message_cost';
import { receiveTcp } from './recv_control';
import { NAME, sockaddrCheck, sockaddrHost, sockaddrPort, writeName } from './sockaddr';
import { fileAt, fileNew, FILE_SOCKET, FILE_UDP, FILE_UNIX } from './table';

const SOCK_TYPE_MASK: u32 = 0xf;
const SO_INCOMING_NAPI_ID: u32 = 56;
const AF_UNSPEC: u32 = 0;
const TCP_LISTEN: u32 = 10;
const TCP_ESTABLISHED: u32 = 1;
const TCP_CLOSE_WAIT: u32 = 8;

export function isSocket(file_idx: u32): bool {
  const kind = fileAt(file_idx).kind;
  return kind == FILE_SOCKET || kind == FILE_UNIX || kind == FILE_UDP;
}

/** Is it a byte stream or a sequence of packets, in order and without loss? (io_net_retry) */
export function isConnected(file_idx: u32): bool {
  const f = fileAt(file_idx);
  return f.kind == FILE_SOCKET || (f.kind == FILE_UNIX && unixType(f.obj) != SOCK_DGRAM);
}
/** Can it lend memory to packets (SOCK_SUPPORT_ZC)? */
export function supportsZerocopy(file_idx: u32): bool {
  return fileAt(file_idx).kind != FILE_UNIX;
}

function tcpNew(host: u32, family: u32, type: u32, protocol: u32): i32 {
  if (type != SOCK_STREAM) return -ESOCKTNOSUPPORT;
  if (protocol != 0 && protocol != IPPROTO_TCP) return -EPROTONOSUPPORT;
  return tcpSocket(host, family == AF_INET6 ? 6 : 4);
}

/** A file for a socket; -ENFILE closes it. */
function install(host: u32, kind: u8, obj: u32, type: u32): i32 {
  const file_idx = fileNew(kind, host, obj, type & O_NONBLOCK);
  if (file_idx != NONE) return <i32>file_idx;
  if (kind == FILE_SOCKET) tcpClose(obj);
  else if (kind == FILE_UNIX) unixRelease(obj);
  else udpRelease(obj);
  return -ENFILE;
}

/** socket(): a file with one reference, or -errno. `type` may have SOCK_NONBLOCK. */
export function socketNew(host: u32, family: u32, type: u32, protocol: u32): i32 {
  const datagram = (type & SOCK_TYPE_MASK) == SOCK_DGRAM;
  const kind = family == AF_UNIX ? FILE_UNIX : datagram ? FILE_UDP : FILE_SOCKET;
  let ret = -EAFNOSUPPORT;
  if (family == AF_UNIX) ret = unixSocket(host, type & SOCK_TYPE_MASK, protocol);
  else if (family == AF_INET || family == AF_INET6) {
    ret = datagram ? udpSocket(host, family == AF_INET6 ? 6 : 4, protocol) : tcpNew(host, family, type & SOCK_TYPE_MASK, protocol);
  }
  return ret < 0 ? ret : install(host, kind, <u32>ret, type);
}

/** socketpair(): 0 and two files at `out`, or -errno. */
export function socketPairNew(host: u32, family: u32, type: u32, protocol: u32, out: usize): i32 {
  const a = socketNew(host, family, type, protocol);
  if (a < 0) return a;
  const b = socketNew(host, family, type, protocol);
  if (b < 0 || family != AF_UNIX) {
    filePut(<u32>a);
    if (b < 0) return b;
    filePut(<u32>b);
    return -EOPNOTSUPP;
  }
  unixPair(fileAt(<u32>a).obj, fileAt(<u32>b).obj);
  store<u32>(out, <u32>a);
  store<u32>(out, <u32>b, 4);
  return 0;
}

export function socketBind(file_idx: u32, name: usize, len: u32): i32 {
  const f = fileAt(file_idx);
  if (f.kind == FILE_UNIX) return unixBind(f.obj, name, len);
  if (f.kind == FILE_UDP) return udpBind(f.obj, name, len);
  if (f.kind != FILE_SOCKET) return -ENOTSOCK;
  const sk = sock(f.obj);
  const ret = sockaddrCheck(sk, name, len);
  return ret != 0 ? ret : tcpBind(f.obj, sockaddrHost(sk, name), sockaddrPort(name));
}

export function socketListen(file_idx: u32, backlog: u32): i32 {
  const f = fileAt(file_idx);
  if (f.kind == FILE_UNIX) return unixListen(f.obj, backlog);
  if (f.kind == FILE_UDP) return -EOPNOTSUPP;
  return f.kind == FILE_SOCKET ? tcpListen(f.obj, backlog) : -ENOTSOCK;
}

/** accept(): a file of the connection with one reference, or -errno. `type` may have SOCK_NONBLOCK. */
export function socketAccept(file_idx: u32, type: u32): i32 {
  const f = fileAt(file_idx);
  if (f.kind != FILE_UNIX && f.kind != FILE_SOCKET) return f.kind == FILE_UDP ? -EOPNOTSUPP : -ENOTSOCK;
  const ret = f.kind == FILE_UNIX ? unixAccept(f.obj) : tcpAccept(f.obj);
  return ret < 0 ? ret : install(f.host, f.kind, <u32>ret, type);
}

/** Is another connection there to be accepted: 1 or 0; -1: the kind does not say (proto_accept_arg.is_empty). */
export function socketAcceptMore(file_idx: u32): i32 {
  const f = fileAt(file_idx);
  if (f.kind != FILE_SOCKET) return -1;
  return (tcpPoll(f.obj) & POLLIN) != 0 ? 1 : 0;
}

/** connect(): 0, -EINPROGRESS, -EALREADY while it is under way, or -errno. */
export function socketConnect(file_idx: u32, name: usize, len: u32): i32 {
  const f = fileAt(file_idx);
  if (f.kind == FILE_UNIX) return unixConnect(f.obj, name, len);
  if (f.kind == FILE_UDP) return udpConnect(f.obj, name, len);
  if (f.kind != FILE_SOCKET) return -ENOTSOCK;
  if (len < 2) return -EINVAL;
  if (<u32>load<u16>(name) == AF_UNSPEC) return tcpDisconnect(f.obj);
  const sk = sock(f.obj);
  const ret = sockaddrCheck(sk, name, len);
  return ret != 0 ? ret : tcpConnect(f.obj, sockaddrHost(sk, name), sockaddrPort(name));
}

export function socketShutdown(file_idx: u32, how: u32): i32 {
  const f = fileAt(file_idx);
  if (f.kind == FILE_UNIX) return unixShutdown(f.obj, how);
  if (f.kind == FILE_UDP) return udpShutdown(f.obj, how);
  return f.kind == FILE_SOCKET ? tcpShutdown(f.obj, how) : -ENOTSOCK;
}

/** getsockname, or getpeername: the length of the name that it writes to `to`, 128 bytes; or -errno. */
export function socketGetname(file_idx: u32, peer: bool, to: usize): i32 {
  const f = fileAt(file_idx);
  if (f.kind == FILE_UNIX) {
    const len = unixGetname(f.obj, peer, to);
    return len < 0 ? -ENOTCONN : len;
  }
  if (f.kind == FILE_UDP) return udpGetname(f.obj, peer, to);
  if (f.kind != FILE_SOCKET) return -ENOTSOCK;
  const sk = sock(f.obj);
  return peer && sk.rport == 0 ? -ENOTCONN : <i32>writeName(sk, peer, to);
}

/** Unread bytes; of datagrams those of the first (SIOCINQ). An AF_UNIX socket has no ioctl of its protocol. */
export function socketInq(file_idx: u32): i32 {
  const f = fileAt(file_idx);
  return f.kind == FILE_SOCKET ? tcpInq(f.obj) : f.kind == FILE_UDP ? udpInq(f.obj) : -EOPNOTSUPP;
}

/** ESTABLISHED or CLOSE_WAIT. */
function tcpMaySend(sock_idx: u32): bool {
  const state = <u32>sock(sock_idx).state;
  return state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT;
}

/** Sends what is behind the first `skip` bytes of the message: bytes, or -errno. */
export function socketSendmsg(file_idx: u32, m: Msg, skip: u32 = 0): i32 {
  const ret = sendmsg(file_idx, m, skip);
  chargeMessage(COST_SEND_FIRST_KIB, COST_SEND_START_KIB, m.done + skip, ret);
  return ret;
}
function sendmsg(file_idx: u32, m: Msg, skip: u32): i32 {
  const f = fileAt(file_idx);
  // What the messages ask for is not modelled. That there is no connection is said before (tcp_sendmsg_locked), or behind it (scm_send).
  if (m.control != 0 && !userOk(m.control, m.control_len)) return -EFAULT;
  const malformed = m.control != 0 && cmsgMalformed(m.control, m.control_len);
  if (malformed && (f.kind == FILE_UNIX || (f.kind == FILE_SOCKET && tcpMaySend(f.obj)))) return -EINVAL;
  if (f.kind == FILE_SOCKET) return tcpSendMsg(f.obj, m, skip);
  if (f.kind == FILE_UDP) return udpSend(f.obj, m);
  return f.kind == FILE_UNIX ? unixSend(f.obj, m, skip) : -ENOTSOCK;
}
/** Receives into what is behind the first `skip` bytes of the message: bytes, or -errno. Messages beside it go to `m.control`. */
export function socketRecvmsg(file_idx: u32, m: Msg, skip: u32 = 0): i32 {
  const ret = recvmsg(file_idx, m, skip);
  if (ret > 0) charge(COST_RECV);
  chargeMessage(COST_RECV_FIRST_KIB, COST_RECV_START_KIB, m.done + skip, ret);
  return ret;
}
function recvmsg(file_idx: u32, m: Msg, skip: u32): i32 {
  const f = fileAt(file_idx);
  const room = m.control != 0 ? m.control_len : 0;
  m.name_len = 0;
  m.control_len = 0;
  if (f.kind == FILE_SOCKET) return receiveTcp(f.obj, m, skip, room);
  if (f.kind == FILE_UDP) return udpRecv(f.obj, m, room);
  return f.kind == FILE_UNIX ? unixRecv(f.obj, m, skip) : -ENOTSOCK;
}

/** setsockopt() with a value of `len` bytes at `at`: 0 or -errno. */
export function socketSetsockopt(file_idx: u32, level: u32, name: u32, at: usize, len: u32): i32 {
  const f = fileAt(file_idx);
  if (f.kind == FILE_UNIX) return unixSetsockopt(f.obj, level, name, at, len);
  if (f.kind == FILE_UDP) return udpSetsockopt(f.obj, level, name, at, len);
  if (f.kind != FILE_SOCKET) return -ENOTSOCK;
  const ret = tcpSetsockopt(f.obj, level, name, at, len);
  return ret == NOT_MODELLED ? -ENOPROTOOPT : ret;
}

/** The error that the socket has, and has no more: 0 or -errno (sock_error). */
export function socketError(file_idx: u32): i32 {
  const f = fileAt(file_idx);
  if (f.kind == FILE_SOCKET) return sockError(f.obj);
  store<u32>(NAME, 0);
  socketGetsockopt(file_idx, SOL_SOCKET, SO_ERROR, NAME, 4);
  return -load<i32>(NAME);
}

/** Options that every TCP socket answers alike: NOT_MODELLED if it is none of them. */
function commonOption(sock_idx: u32, name: u32): i32 {
  const sk = sock(sock_idx);
  switch (name) {
    case SO_ERROR: return -sockError(sock_idx);
    case SO_TYPE: return <i32>SOCK_STREAM;
    case SO_DOMAIN: return <i32>(sk.ipv6_api != 0 ? AF_INET6 : AF_INET);
    case SO_PROTOCOL: return <i32>IPPROTO_TCP;
    case SO_ACCEPTCONN: return <u32>sk.state == TCP_LISTEN ? 1 : 0;
    case SO_INCOMING_NAPI_ID: return <i32>sockNapiId(sk);
    default: return NOT_MODELLED;
  }
}

/** An option whose value is a number is written to `at`, as far as there is room: bytes, or what is wrong. */
function putNumber(value: i32, at: usize, len: u32): i32 {
  if (value < 0) return value;
  const n = min<u32>(len, 4);
  for (let i: u32 = 0; i < n; i++) store<u8>(at + i, <u8>(value >> (i << 3)));
  return <i32>n;
}

/** getsockopt(): bytes that it wrote to `at`, or -errno. */
export function socketGetsockopt(file_idx: u32, level: u32, name: u32, at: usize, len: u32): i32 {
  const f = fileAt(file_idx);
  if (f.kind == FILE_UNIX) return putNumber(unixGetsockopt(f.obj, level, name), at, len);
  if (f.kind == FILE_UDP) return putNumber(udpGetsockopt(f.obj, level, name), at, len);
  if (f.kind != FILE_SOCKET) return -ENOTSOCK;
  const common = level == SOL_SOCKET ? commonOption(f.obj, name) : NOT_MODELLED;
  if (common != NOT_MODELLED) return putNumber(common, at, len);
  const ret = tcpGetsockopt(f.obj, level, name, at, len);
  return ret == NOT_MODELLED ? -ENOPROTOOPT : ret;
}

/** Can the kind be a datagram socket, whose messages are received whole? */
export function isDatagram(file_idx: u32): bool {
  const f = fileAt(file_idx);
  if (f.kind != FILE_UNIX) return f.kind == FILE_UDP;
  return unixType(f.obj) != SOCK_STREAM;
}
