/** Sockets come and go: SOCKET, BIND, LISTEN, CONNECT, SHUTDOWN, CLOSE, and the name of the peer (io_uring/net.c, openclose.c). */
import { NONE } from '../../sim/core';
import {
  fdFile, fdFree, fdInstall, fdRemove, FILE_RING, FILE_SOCKET, fileAt, filePoll, filePut, isSocket, socketBind, socketConnect, socketError,
  socketListen, socketNew, socketShutdown,
} from '../../stack/file';
import { zcrxSockReset } from '../9-refill';
import {
  AF_UNIX, EAGAIN, EBADF, EBADFD, ECONNABORTED, EINPROGRESS, EINTR, EINVAL, EISCONN, EMFILE, ENOTSOCK, ERESTARTSYS, io_uring_sqe,
  IORING_OP_BIND, IOSQE_FIXED_FILE, O_NONBLOCK, POLLERR, SOCK_CLOEXEC, SOCK_NONBLOCK,
} from '../uapi.gen';
import { asyncAlloc, asyncMsg, asyncName } from './async_msg';
import { closeFixed } from './files_ops';
import { IOU_COMPLETE, ISSUE_NONBLOCK } from './issue';
import { moveAddr } from './net_msg';
import { Req, reqSetFail, reqSetRes, REQ_F_CONNECTING, REQ_F_FORCE_ASYNC } from './request';
import { fixedFdInstall } from './rsrc';
import { ringAt } from './state';
import { witnessFd } from './witness';

const SOCK_TYPE_MASK: u32 = 0xf;

/** Ends an operation with a result; a negative one fails the request. */
export function finish(req: Req, ret: i32, cflags: u32 = 0): i32 {
  if (ret < 0) reqSetFail(req);
  reqSetRes(req, ret == -ERESTARTSYS ? -EINTR : ret, cflags);
  return IOU_COMPLETE;
}
/** The socket that the request is about. */
export function reqSock(req: Req): u32 {
  return fileAt(req.file).obj;
}

/** Gives a new file to its owner: a descriptor, which is known to be free, or a slot. Descriptor, slot, 0, or -errno. */
export function installFile(req: Req, file_idx: u32): i32 {
  const r = ringAt(req.ring);
  if (fileAt(file_idx).kind == FILE_SOCKET) zcrxSockReset(fileAt(file_idx).obj);
  const fd = req.file_slot != 0 ? fixedFdInstall(r, file_idx, req.file_slot) : <i32>fdInstall(r.host, file_idx);
  if (fd >= 0) witnessFd(req, fd, file_idx);
  return fd;
}

/** io_socket_prep */
export function socketPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.addr != 0 || sqe.rw_flags != 0 || sqe.buf_index != 0) return -EINVAL;
  req.fd = sqe.fd; // the domain
  req.op_flags = <u32>sqe.off; // the type
  req.len = sqe.len; // the protocol
  req.file_slot = sqe.file_index;
  const flags = req.op_flags & ~SOCK_TYPE_MASK;
  if (req.file_slot != 0 && (flags & SOCK_CLOEXEC) != 0) return -EINVAL;
  return (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) == 0 ? 0 : -EINVAL;
}

/** io_socket */
export function socketIssue(req: Req): i32 {
  const host = ringAt(req.ring).host;
  // As in other early failures, no result is set: the request fails with what issue returns.
  if (req.file_slot == 0 && !fdFree(host)) return -EMFILE;
  const ret = socketNew(host, <u32>req.fd, req.op_flags, req.len);
  if (ret < 0) return finish(req, ret);
  return finish(req, installFile(req, <u32>ret), 0);
}

/** BIND and CONNECT: the address is copied while the SQE is read (io_bind_prep, io_connect_prep). */
export function addressPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.len != 0 || sqe.buf_index != 0 || sqe.rw_flags != 0 || sqe.splice_fd_in != 0) return -EINVAL;
  let ret = asyncAlloc(req);
  if (ret != 0) return ret;
  const a = asyncMsg(req.msg);
  const len = <i32>sqe.addr2;
  ret = moveAddr(a, sqe.addr, len);
  if (ret != 0) return ret;
  a.name_len = len;
  // To make a name in the file system may take long (io_bind_file_create).
  const name = asyncName(a);
  const is_path = len > 2 && <u32>load<u16>(name) == AF_UNIX && load<u8>(name, 2) != 0;
  if (is_path && <u32>req.opcode == IORING_OP_BIND) req.flags |= REQ_F_FORCE_ASYNC;
  return 0;
}

/** io_bind */
export function bindIssue(req: Req): i32 {
  if (!isSocket(req.file)) return -ENOTSOCK;
  const a = asyncMsg(req.msg);
  return finish(req, socketBind(req.file, asyncName(a), a.name_len));
}

/** io_connect */
export function connectIssue(req: Req, issue_flags: u32): i32 {
  const file_idx = req.file;
  const connecting = (req.flags & REQ_F_CONNECTING) != 0;
  if (connecting && (filePoll(file_idx) & POLLERR) != 0) return finish(req, socketError(file_idx));
  const a = asyncMsg(req.msg);
  const ret = isSocket(file_idx) ? socketConnect(file_idx, asyncName(a), a.name_len) : -ENOTSOCK;
  if ((ret == -EAGAIN || ret == -EINPROGRESS || ret == -ECONNABORTED) && (issue_flags & ISSUE_NONBLOCK) != 0) {
    if (ret == -EINPROGRESS) req.flags |= REQ_F_CONNECTING;
    else if (ret == -ECONNABORTED) {
      if (req.len != 0) return finish(req, ret);
      req.len = 1; // seen_econnaborted
    } else if ((fileAt(file_idx).f_flags & O_NONBLOCK) != 0) return finish(req, ret);
    return -EAGAIN;
  }
  if (connecting && (ret == -EBADFD || ret == -EISCONN)) return finish(req, socketError(file_idx));
  return finish(req, ret);
}

/** io_listen_prep */
export function listenPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.addr != 0 || sqe.buf_index != 0 || sqe.rw_flags != 0 || sqe.splice_fd_in != 0 || sqe.addr2 != 0) return -EINVAL;
  req.len = sqe.len;
  return 0;
}
/** io_listen */
export function listenIssue(req: Req): i32 {
  return isSocket(req.file) ? finish(req, socketListen(req.file, req.len)) : -ENOTSOCK;
}

/** io_shutdown_prep */
export function shutdownPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.off != 0 || sqe.addr != 0 || sqe.rw_flags != 0 || sqe.buf_index != 0 || sqe.splice_fd_in != 0) return -EINVAL;
  req.len = sqe.len;
  req.flags |= REQ_F_FORCE_ASYNC;
  return 0;
}
/** io_shutdown */
export function shutdownIssue(req: Req): i32 {
  return isSocket(req.file) ? finish(req, socketShutdown(req.file, req.len)) : -ENOTSOCK;
}

/** io_close_prep */
export function closePrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.off != 0 || sqe.addr != 0 || sqe.len != 0 || sqe.rw_flags != 0 || sqe.buf_index != 0) return -EINVAL;
  if ((req.flags & IOSQE_FIXED_FILE) != 0) return -EBADF;
  req.fd = sqe.fd;
  // A slot of the registered files, from 1, and no descriptor then.
  req.file_slot = sqe.file_index;
  return sqe.file_index != 0 && sqe.fd != 0 ? -EINVAL : 0;
}
/** io_close */
export function closeIssue(req: Req): i32 {
  if (req.file_slot != 0) return finish(req, closeFixed(req, req.file_slot));
  const host = ringAt(req.ring).host;
  const file_idx = fdFile(host, req.fd);
  if (file_idx == NONE || fileAt(file_idx).kind == FILE_RING) return finish(req, -EBADF);
  fdRemove(host, req.fd);
  filePut(file_idx);
  return finish(req, 0);
}
