/** The operations that the applications use, as liburing's io_uring_prep_* fill them in; user_data says kind and index. */
import { hostConfig, storeBe16, storeBe32, TCP_FAMILY_IPV6 } from '../../../sim/core';
import {
  AF_INET, AF_INET6, IORING_ACCEPT_MULTISHOT, IORING_OP_ACCEPT, IORING_OP_BIND, IORING_OP_CLOSE, IORING_OP_CONNECT, IORING_OP_LISTEN,
  IORING_OP_NOP, IORING_OP_PROVIDE_BUFFERS, IORING_OP_RECV, IORING_OP_RECV_ZC, IORING_OP_RECVMSG, IORING_OP_SEND, IORING_OP_SEND_ZC,
  IORING_OP_SHUTDOWN, IORING_OP_SOCKET, IORING_OP_URING_CMD, IORING_RECV_MULTISHOT, IORING_RECVSEND_BUNDLE, IORING_RECVSEND_FIXED_BUF,
  IORING_SEND_ZC_REPORT_USAGE, IOSQE_BUFFER_SELECT, IOSQE_CQE_SKIP_SUCCESS, io_uring_sqe, SOCK_DGRAM,
  SOCK_STREAM, SOCKADDR_IN6_BYTES, SOCKADDR_IN_BYTES, SOCKET_URING_OP_GETSOCKNAME,
} from '../../uapi.gen';
import { dropFixed, isFixed, useFixed } from './ring_modes';
import { App, USER_DATA_KIND_SHIFT } from './state';
import { getSqe, submit } from './user_ring';

function op(a: App, opcode: u32, fd: i32, kind: u32, idx: u32): io_uring_sqe {
  const sqe = getSqe(a);
  sqe.opcode = <u8>opcode;
  sqe.fd = fd;
  sqe.user_data = <u64>(kind << USER_DATA_KIND_SHIFT | idx);
  return sqe;
}

export function opSocket(a: App, v6: bool, datagrams: bool, kind: u32, idx: u32): void {
  const sqe = op(a, IORING_OP_SOCKET, v6 ? AF_INET6 : AF_INET, kind, idx);
  sqe.off = datagrams ? SOCK_DGRAM : SOCK_STREAM;
}

/** Address of a host (0: none) and a port, in a place of the last SQE's own: the kernel copies it while it reads the SQE. */
function sockaddr(a: App, v6: bool, host_plus_1: u32, port: u32): u32 {
  const at = a.sockaddrs + (((a.sq_tail - 1) & a.sq_mask) << 5);
  writeSockaddr(at, v6, host_plus_1, port);
  return at;
}
export function writeSockaddr(at: usize, v6: bool, host_plus_1: u32, port: u32): void {
  memory.fill(at, 0, 32);
  store<u16>(at, <u16>(v6 ? AF_INET6 : AF_INET));
  storeBe16(at + 2, port);
  if (host_plus_1 != 0 && v6) {
    store<u8>(at, 0xfd, 8);
    store<u8>(at, <u8>host_plus_1, 23);
  } else if (host_plus_1 != 0) storeBe32(at + 4, 0x0a000000 + host_plus_1);
}
/** Does a host use IPv6? */
export function usesV6(host: u32): bool {
  return hostConfig(host).tcp_family == TCP_FAMILY_IPV6;
}

export function opBind(a: App, fd: i32, v6: bool, port: u32, kind: u32, idx: u32): void {
  const sqe = op(a, IORING_OP_BIND, fd, kind, idx);
  sqe.addr = sockaddr(a, v6, 0, port);
  sqe.off = v6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES;
}
export function opConnect(a: App, fd: i32, v6: bool, host: u32, port: u32, kind: u32, idx: u32): void {
  const sqe = op(a, IORING_OP_CONNECT, fd, kind, idx);
  sqe.addr = sockaddr(a, v6, host + 1, port);
  sqe.off = v6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES;
}
export function opListen(a: App, fd: i32, backlog: u32, kind: u32, idx: u32): void {
  op(a, IORING_OP_LISTEN, fd, kind, idx).len = backlog;
}
export function opAccept(a: App, fd: i32, kind: u32, idx: u32): void {
  op(a, IORING_OP_ACCEPT, fd, kind, idx).ioprio = <u16>IORING_ACCEPT_MULTISHOT;
}
/** The peer's name: a sockaddr at `name`, whose length is at `name + 28` (getpeername). */
export function opPeerName(a: App, fd: i32, name: u32, kind: u32, idx: u32): void {
  const sqe = op(a, IORING_OP_URING_CMD, fd, kind, idx);
  store<u32>(name, 28, 28);
  sqe.cmd_op = SOCKET_URING_OP_GETSOCKNAME;
  sqe.addr = name;
  sqe.addr3 = name + 28;
  sqe.optlen = 1;
}
export function opSend(a: App, fd: i32, at: u32, len: u32, msg_flags: u32, sqe_flags: u32, kind: u32, idx: u32): void {
  const sqe = op(a, IORING_OP_SEND, fd, kind, idx);
  sqe.flags = <u8>sqe_flags;
  sqe.addr = at;
  sqe.len = len;
  sqe.msg_flags = msg_flags;
  useFixed(a, sqe);
}
/** SEND_ZC of the first registered buffer, or of memory that is not registered; its notification says whether bytes were copied. */
export function opSendZc(
  a: App, fd: i32, at: u32, len: u32, fixed: bool, msg_flags: u32, sqe_flags: u32, kind: u32, idx: u32,
): void {
  const sqe = op(a, IORING_OP_SEND_ZC, fd, kind, idx);
  sqe.flags = <u8>sqe_flags;
  sqe.ioprio = <u16>(IORING_SEND_ZC_REPORT_USAGE | (fixed ? IORING_RECVSEND_FIXED_BUF : 0));
  sqe.addr = at;
  sqe.len = len;
  sqe.msg_flags = msg_flags;
  useFixed(a, sqe);
}
export function opNop(a: App, kind: u32): void {
  op(a, IORING_OP_NOP, -1, kind, 0);
}
export function opRecv(a: App, fd: i32, at: u32, len: u32, kind: u32, idx: u32, msg_flags: u32 = 0): void {
  const sqe = op(a, IORING_OP_RECV, fd, kind, idx);
  sqe.addr = at;
  sqe.len = len;
  sqe.msg_flags = msg_flags;
  useFixed(a, sqe);
}
/** Into a buffer of group 0, of which `len` bytes are wanted. */
export function opRecvSelect(a: App, fd: i32, len: u32, msg_flags: u32, kind: u32, idx: u32): void {
  const sqe = op(a, IORING_OP_RECV, fd, kind, idx);
  sqe.flags = <u8>IOSQE_BUFFER_SELECT;
  sqe.len = len;
  sqe.msg_flags = msg_flags;
}
/** Multishot, with buffers of group 0, one or as many as are needed for a completion. */
export function opRecvMultishot(a: App, fd: i32, bundle: bool, kind: u32, idx: u32): void {
  const sqe = op(a, IORING_OP_RECV, fd, kind, idx);
  sqe.ioprio = <u16>(IORING_RECV_MULTISHOT | (bundle ? IORING_RECVSEND_BUNDLE : 0));
  sqe.flags = <u8>IOSQE_BUFFER_SELECT;
  useFixed(a, sqe);
}
/** Adds `count` buffers of `len` bytes to group 0, from `bid` on; `silent`: without a completion unless it fails. */
export function opProvide(a: App, at: u32, len: u32, count: u32, bid: u32, silent: bool, kind: u32): void {
  const sqe = op(a, IORING_OP_PROVIDE_BUFFERS, <i32>count, kind, 0);
  sqe.flags = <u8>(silent ? IOSQE_CQE_SKIP_SUCCESS : 0);
  sqe.addr = at;
  sqe.len = len;
  sqe.off = bid;
}
/** The message that a struct msghdr at `msg` describes; multishot: into buffers of group 0, until something goes wrong. */
export function opRecvmsg(a: App, fd: i32, msg: u32, multishot: bool, kind: u32, idx: u32): void {
  const sqe = op(a, IORING_OP_RECVMSG, fd, kind, idx);
  sqe.addr = msg;
  sqe.len = multishot ? 0 : 1;
  if (multishot) {
    sqe.ioprio = <u16>IORING_RECV_MULTISHOT;
    sqe.flags = <u8>IOSQE_BUFFER_SELECT;
  }
  useFixed(a, sqe);
}
/** At most `len` bytes; 0: as many as come. */
export function opRecvZc(a: App, fd: i32, len: u32, kind: u32, idx: u32): void {
  const sqe = op(a, IORING_OP_RECV_ZC, fd, kind, idx);
  sqe.ioprio = <u16>IORING_RECV_MULTISHOT;
  sqe.len = len;
  sqe.zcrx_ifq_idx = a.zcrx_id;
  useFixed(a, sqe);
}
export function opShutdown(a: App, fd: i32, how: u32, kind: u32, idx: u32): void {
  op(a, IORING_OP_SHUTDOWN, fd, kind, idx).len = how;
}
export function opClose(a: App, fd: i32, kind: u32, idx: u32): void {
  if (isFixed(a, fd)) {
    // Requests that still name its slot go first.
    submit(a);
    dropFixed(a, fd);
  }
  op(a, IORING_OP_CLOSE, fd, kind, idx);
}
