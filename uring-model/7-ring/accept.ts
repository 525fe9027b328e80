/** ACCEPT, single and multishot, into descriptors or slots (io_uring/net.c). */
import { bug, RUN_BUG_ACCEPT_OVERFLOW_FD } from '../../sim/core';
import { fdFree, filePut, isSocket, sockaddrToUser, socketAccept, socketAcceptMore, socketGetname } from '../../stack/file';
import {
  EAGAIN, ECONNABORTED, EINVAL, EMFILE, ENOTSOCK, io_uring_sqe, IORING_ACCEPT_DONTWAIT, IORING_ACCEPT_MULTISHOT, IORING_ACCEPT_POLL_FIRST,
  IORING_CQE_F_MORE, IORING_CQE_F_SOCK_NONEMPTY, IORING_FILE_INDEX_ALLOC, SOCK_CLOEXEC, SOCK_NONBLOCK,
} from '../uapi.gen';
import { postCqe } from './complete';
import { IOU_RETRY } from './issue';
import { finish, installFile } from './net';
import { Req, REQ_F_APOLL_MULTISHOT, REQ_F_NOWAIT, REQ_F_POLLED } from './request';
import { ringAt, ringState } from './state';

const ACCEPT_FLAGS: u32 = IORING_ACCEPT_MULTISHOT | IORING_ACCEPT_DONTWAIT | IORING_ACCEPT_POLL_FIRST;

/** io_accept_prep */
export function acceptPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.len != 0 || sqe.buf_index != 0) return -EINVAL;
  req.buf = sqe.addr;
  req.buf2 = sqe.addr2;
  req.op_flags = sqe.accept_flags;
  req.ioprio = sqe.ioprio;
  if ((req.ioprio & ~ACCEPT_FLAGS) != 0) return -EINVAL;
  const multishot = (req.ioprio & IORING_ACCEPT_MULTISHOT) != 0;
  req.file_slot = sqe.file_index;
  if (req.file_slot != 0) {
    if ((req.op_flags & SOCK_CLOEXEC) != 0) return -EINVAL;
    if (multishot && req.file_slot != IORING_FILE_INDEX_ALLOC) return -EINVAL;
  }
  if ((req.op_flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0) return -EINVAL;
  if (multishot) req.flags |= REQ_F_APOLL_MULTISHOT;
  if ((req.ioprio & IORING_ACCEPT_DONTWAIT) != 0) req.flags |= REQ_F_NOWAIT;
  return 0;
}

/** One connection, and the name of its peer for who asked (do_accept). Its file, or -errno. */
function accept(req: Req): i32 {
  if (!isSocket(req.file)) return -ENOTSOCK;
  const ret = socketAccept(req.file, req.op_flags);
  if (ret < 0 || req.buf == 0) return ret;
  const at = ringState().net_name;
  const len = socketGetname(<u32>ret, true, at);
  const err = len < 0 ? -ECONNABORTED : sockaddrToUser(at, len, req.buf, req.buf2);
  if (err == 0) return ret;
  filePut(<u32>ret);
  return err;
}

/** io_accept */
export function acceptIssue(req: Req): i32 {
  if ((req.flags & REQ_F_POLLED) == 0 && (req.ioprio & IORING_ACCEPT_POLL_FIRST) != 0) return -EAGAIN;
  while (true) {
    if (req.file_slot == 0 && !fdFree(ringAt(req.ring).host)) return -EMFILE;
    let ret = accept(req);
    if (ret == -EAGAIN && (req.ioprio & IORING_ACCEPT_DONTWAIT) == 0) return IOU_RETRY;
    // Are there more? Some kinds of sockets do not say, after a failure none does.
    const more = ret >= 0 ? socketAcceptMore(req.file) : -1;
    if (ret >= 0) ret = installFile(req, <u32>ret);
    const cflags: u32 = more > 0 ? IORING_CQE_F_SOCK_NONEMPTY : 0;
    if (ret < 0 || (req.flags & REQ_F_APOLL_MULTISHOT) == 0 || !postCqe(req, ret, cflags | IORING_CQE_F_MORE)) {
      if (bug(RUN_BUG_ACCEPT_OVERFLOW_FD) && ret > 0 && (req.flags & REQ_F_APOLL_MULTISHOT) != 0) ret = 0;
      return finish(req, ret, cflags);
    }
    if (more == 0) return IOU_RETRY;
  }
}
