/** Sockets come and go: SOCKET, BIND, LISTEN, ACCEPT, CONNECT, SHUTDOWN, CLOSE, and the name of the peer (io_uring/net.c). */
import { HOSTS_MAX, NONE } from '../../sim/core';
import { sockError, tcpAccept, tcpBind, tcpClose, tcpConnect, tcpListen, tcpShutdown, tcpSocket } from '../../stack/5-tcp';
import { sock } from '../../stack/6-socket';
import {
  fdFile, fdFree, fdInstall, fdRemove, fileAt, fileNew, filePut, FILE_RING, FILE_SOCKET, sockaddrCheck, sockaddrHost, sockaddrIn,
  sockaddrOut, sockaddrPort,
} from '../../stack/file';
import { zcrxSockReset } from '../9-refill';
import {
  AF_INET, AF_INET6, EAFNOSUPPORT, EAGAIN, EBADF, EINPROGRESS, EINVAL, EMFILE, ENFILE, ENOTCONN, EOPNOTSUPP, EPROTONOSUPPORT,
  ESOCKTNOSUPPORT, io_uring_sqe, IORING_ACCEPT_DONTWAIT, IORING_ACCEPT_MULTISHOT, IORING_ACCEPT_POLL_FIRST, IORING_CQE_F_MORE,
  IORING_CQE_F_SOCK_NONEMPTY, IORING_URING_CMD_FIXED, IORING_URING_CMD_MULTISHOT, IPPROTO_TCP, POLLERR, POLLIN, POLLOUT, SOCK_CLOEXEC,
  SOCK_NONBLOCK, SOCK_STREAM, SOCKET_URING_OP_GETSOCKNAME,
} from '../uapi.gen';
import { postCqe } from './complete';
import { closeFixed } from './files_ops';
import { IOU_COMPLETE, IOU_RETRY } from './issue';
import { reqPoll } from './poll';
import {
  Req, reqSetFail, reqSetRes, reqSockaddr, REQ_F_APOLL_MULTISHOT, REQ_F_CONNECTING, REQ_F_FORCE_ASYNC, REQ_F_NOWAIT, REQ_F_POLLED,
} from './request';
import { ringAt } from './state';

const SOCK_TYPE_MASK: u32 = 0xf;
const ACCEPT_FLAGS: u32 = IORING_ACCEPT_MULTISHOT | IORING_ACCEPT_DONTWAIT | IORING_ACCEPT_POLL_FIRST;

/** Ends an operation with a result; a negative one fails the request. */
export function finish(req: Req, ret: i32, cflags: u32 = 0): i32 {
  if (ret < 0) reqSetFail(req);
  reqSetRes(req, ret, cflags);
  return IOU_COMPLETE;
}
/** The socket that the request is about. */
export function reqSock(req: Req): u32 {
  return fileAt(req.file).obj;
}

/** Gives a socket a file and a descriptor; -errno closes it. The caller has seen that a descriptor is free. */
function installSock(host: u32, task: u32, sock_idx: u32): i32 {
  const file_idx = fileNew(FILE_SOCKET, host, sock_idx);
  if (file_idx == NONE) {
    tcpClose(sock_idx);
    return -ENFILE;
  }
  zcrxSockReset(sock_idx);
  return <i32>fdInstall(task, file_idx);
}

export function socketPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.addr != 0 || sqe.rw_flags != 0 || sqe.buf_index != 0) return -EINVAL;
  req.fd = sqe.fd; // the domain
  req.op_flags = <u32>sqe.off; // the type
  req.len = sqe.len; // the protocol
  // Differs from Linux: there are no fixed files, so a slot for the new socket is refused.
  if (sqe.file_index != 0) return -EINVAL;
  return (req.op_flags & ~SOCK_TYPE_MASK & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) == 0 ? 0 : -EINVAL;
}

export function socketIssue(req: Req): i32 {
  const r = ringAt(req.ring);
  // As in other early failures, no result is set: the request fails with what issue returns.
  if (!fdFree(r.task)) return -EMFILE;
  const domain = <u32>req.fd;
  if (domain != AF_INET && domain != AF_INET6) return finish(req, -EAFNOSUPPORT);
  if ((req.op_flags & SOCK_TYPE_MASK) != SOCK_STREAM) return finish(req, -ESOCKTNOSUPPORT);
  if (req.len != 0 && req.len != IPPROTO_TCP) return finish(req, -EPROTONOSUPPORT);
  const ret = tcpSocket(r.host, domain == AF_INET6 ? 6 : 4);
  return finish(req, ret < 0 ? ret : installSock(r.host, r.task, <u32>ret));
}

/** BIND and CONNECT: the address is copied while the SQE is read. */
export function addressPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.len != 0 || sqe.buf_index != 0 || sqe.rw_flags != 0 || sqe.splice_fd_in != 0) return -EINVAL;
  req.len = <u32>sqe.addr2;
  return sockaddrIn(reqSockaddr(req), sqe.addr, sqe.addr2 & 0xffffffff);
}

export function bindIssue(req: Req): i32 {
  const sock_idx = reqSock(req);
  const sk = sock(sock_idx);
  const at = reqSockaddr(req);
  const ret = sockaddrCheck(sk, at, req.len);
  return finish(req, ret != 0 ? ret : tcpBind(sock_idx, sockaddrHost(sk, at), sockaddrPort(at)));
}

export function connectIssue(req: Req): i32 {
  const sock_idx = reqSock(req);
  if ((req.flags & REQ_F_CONNECTING) != 0) {
    const mask = reqPoll(req);
    if ((mask & POLLERR) != 0) return finish(req, sockError(sock_idx));
    return (mask & POLLOUT) != 0 ? finish(req, 0) : IOU_RETRY;
  }
  const sk = sock(sock_idx);
  const at = reqSockaddr(req);
  let ret = sockaddrCheck(sk, at, req.len);
  if (ret == 0) ret = tcpConnect(sock_idx, sockaddrHost(sk, at), sockaddrPort(at));
  if (ret != -EINPROGRESS) return finish(req, ret);
  req.flags |= REQ_F_CONNECTING;
  return -EAGAIN;
}

export function listenPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.addr != 0 || sqe.buf_index != 0 || sqe.rw_flags != 0 || sqe.splice_fd_in != 0 || sqe.addr2 != 0) return -EINVAL;
  req.len = sqe.len;
  return 0;
}
export function listenIssue(req: Req): i32 {
  return finish(req, tcpListen(reqSock(req), req.len));
}

export function acceptPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.len != 0 || sqe.buf_index != 0) return -EINVAL;
  req.buf = sqe.addr;
  req.buf2 = sqe.addr2;
  req.op_flags = sqe.accept_flags;
  req.ioprio = sqe.ioprio;
  if ((req.ioprio & ~ACCEPT_FLAGS) != 0 || sqe.file_index != 0) return -EINVAL;
  if ((req.op_flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0) return -EINVAL;
  if ((req.ioprio & IORING_ACCEPT_MULTISHOT) != 0) req.flags |= REQ_F_APOLL_MULTISHOT;
  if ((req.ioprio & IORING_ACCEPT_DONTWAIT) != 0) req.flags |= REQ_F_NOWAIT;
  return 0;
}

/** One connection: its descriptor, or -errno. */
function acceptOne(req: Req): i32 {
  const r = ringAt(req.ring);
  const child = tcpAccept(reqSock(req));
  if (child < 0) return child;
  if (req.buf != 0) {
    const ret = sockaddrOut(sock(<u32>child), true, req.buf, req.buf2);
    if (ret < 0) {
      tcpClose(<u32>child);
      return ret;
    }
  }
  return installSock(r.host, r.task, <u32>child);
}

export function acceptIssue(req: Req): i32 {
  const r = ringAt(req.ring);
  if ((req.flags & REQ_F_POLLED) == 0 && (req.ioprio & IORING_ACCEPT_POLL_FIRST) != 0) return -EAGAIN;
  while (true) {
    if (!fdFree(r.task)) return -EMFILE;
    const ret = acceptOne(req);
    if (ret == -EAGAIN && (req.ioprio & IORING_ACCEPT_DONTWAIT) == 0) return IOU_RETRY;
    let cflags: u32 = 0;
    if (ret >= 0 && (reqPoll(req) & POLLIN) != 0) cflags = IORING_CQE_F_SOCK_NONEMPTY;
    if (ret < 0 || (req.flags & REQ_F_APOLL_MULTISHOT) == 0 || !postCqe(req, ret, cflags | IORING_CQE_F_MORE)) {
      return finish(req, ret, cflags);
    }
    if (cflags == 0) return IOU_RETRY;
  }
}

export function shutdownPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.off != 0 || sqe.addr != 0 || sqe.rw_flags != 0 || sqe.buf_index != 0 || sqe.splice_fd_in != 0) return -EINVAL;
  req.len = sqe.len;
  req.flags |= REQ_F_FORCE_ASYNC;
  return 0;
}
export function shutdownIssue(req: Req): i32 {
  return finish(req, req.len > 2 ? -EINVAL : tcpShutdown(reqSock(req), req.len));
}

export function closePrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.off != 0 || sqe.addr != 0 || sqe.len != 0 || sqe.rw_flags != 0 || sqe.buf_index != 0) return -EINVAL;
  req.fd = sqe.fd;
  // A slot of the registered files, from 1, and no descriptor then.
  req.len = sqe.file_index;
  return sqe.file_index != 0 && sqe.fd != 0 ? -EINVAL : 0;
}
export function closeIssue(req: Req): i32 {
  if (req.len != 0) return finish(req, closeFixed(req, req.len));
  const task = ringAt(req.ring).task;
  const file_idx = fdFile(task, req.fd);
  if (file_idx == NONE || fileAt(file_idx).kind == FILE_RING) return finish(req, -EBADF);
  fdRemove(task, req.fd);
  filePut(file_idx);
  return finish(req, 0);
}

/** IORING_OP_URING_CMD. Differs from Linux: of the commands of sockets only SOCKET_URING_OP_GETSOCKNAME is there. */
export function cmdPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.__pad1 != 0 || sqe.uring_cmd_flags & ~(IORING_URING_CMD_FIXED | IORING_URING_CMD_MULTISHOT)) return -EINVAL;
  if (sqe.uring_cmd_flags != 0) return -EINVAL;
  req.op_flags = sqe.cmd_op;
  req.buf = sqe.addr;
  req.buf2 = sqe.addr3;
  req.mshot_len = sqe.optlen;
  req.len = sqe.len | sqe.ioprio;
  return 0;
}
/** getsockname, or getpeername with optlen 1 (io_uring/cmd_net.c: io_uring_cmd_getsockname). */
export function cmdIssue(req: Req): i32 {
  if (req.op_flags != SOCKET_URING_OP_GETSOCKNAME) return finish(req, -EOPNOTSUPP);
  if (req.len != 0 || req.mshot_len > 1) return finish(req, -EINVAL);
  const sk = sock(reqSock(req));
  const peer = req.mshot_len == 1;
  if (peer && sk.rport == 0) return finish(req, -ENOTCONN);
  assert(sk.host < <u8>HOSTS_MAX, 'R4 a socket belongs to a host');
  return finish(req, sockaddrOut(sk, peer, req.buf, req.buf2));
}
