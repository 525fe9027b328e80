/** EPOLL_CTL and EPOLL_WAIT: an epoll set, by way of the ring (io_uring/epoll.c). */
import { NONE } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import { epollCtl, epollSendEvents, fdFile } from '../../stack/file';
import { EAGAIN, EBADF, EFAULT, EINVAL, io_uring_sqe } from '../uapi.gen';
import { finish } from './net';
import { Req } from './request';
import { taskAt } from './task';

const EPOLL_CTL_DEL: u32 = 2;
/** struct epoll_event is packed. */
const EPOLL_EVENT_BYTES: u64 = 12;

/** Req.op_flags: the events; Req.buf2: the data; Req.buf: the descriptor to watch. */
export function epollCtlPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.buf_index != 0 || sqe.splice_fd_in != 0) return -EINVAL;
  req.fd = sqe.fd;
  req.len = sqe.len;
  req.buf = sqe.off;
  // Nothing is read for who watches no more.
  if (req.len == EPOLL_CTL_DEL) return 0;
  const at = sqe.addr;
  if (!userOk(at, EPOLL_EVENT_BYTES)) return -EFAULT;
  req.op_flags = load<u32>(<usize>at);
  req.buf2 = load<u64>(<usize>at, 4);
  return 0;
}
export function epollCtlIssue(req: Req): i32 {
  const host = taskAt(req.task).host;
  const epoll = fdFile(host, req.fd);
  if (epoll == NONE) return -EBADF;
  const fd = <i32>req.buf;
  const file_idx = fdFile(host, fd);
  if (file_idx == NONE) return -EBADF;
  return finish(req, epollCtl(epoll, req.len, file_idx, fd, req.op_flags, req.buf2));
}

export function epollWaitPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.off != 0 || sqe.rw_flags != 0 || sqe.buf_index != 0 || sqe.splice_fd_in != 0) return -EINVAL;
  req.len = sqe.len;
  req.buf = sqe.addr;
  return 0;
}
export function epollWaitIssue(req: Req): i32 {
  const ret = epollSendEvents(req.file, req.buf, <i32>req.len);
  return ret == 0 ? -EAGAIN : finish(req, ret);
}
