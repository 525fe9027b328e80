/** SEND and RECV, single and multishot, with buffers of the request's own or provided ones (io_uring/net.c). */
import { userOk } from '../../stack/3-pool';
import { tcpRecvmsg, tcpSendmsg } from '../../stack/5-tcp';
import { sock, SOCK_DONE } from '../../stack/6-socket';
import {
  EAGAIN, EFAULT, EINVAL, IOSQE_BUFFER_SELECT, io_uring_sqe, IORING_CQE_F_MORE, IORING_CQE_F_SOCK_NONEMPTY, IORING_RECV_MULTISHOT,
  IORING_RECVSEND_POLL_FIRST, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_WAITALL, POLLIN, POLLOUT,
} from '../uapi.gen';
import { postCqe } from './complete';
import { IOU_COMPLETE, IOU_REQUEUE, IOU_RETRY, ISSUE_MULTISHOT } from './issue';
import { kbufPut, kbufRecycle, kbufSelect, kbufWanted } from './kbuf';
import { finish, reqSock } from './net';
import { reqPoll } from './poll';
import {
  Req, reqSetFail, REQ_F_APOLL_MULTISHOT, REQ_F_BL_EMPTY, REQ_F_NOWAIT, REQ_F_POLLED,
} from './request';
import { accessOk } from './user_memory';

/** Receives of one run of a multishot request before others get their turn. */
const MULTISHOT_MAX_RETRY: u32 = 32;
/** Internal bits of Req.ioprio, above those of the SQE. */
const RECV_MSHOT_LIM: u32 = 1 << 16;

/** What both prepare. Differs from Linux: bundles, fixed buffers and vectors are refused with -EINVAL. */
function dataPrep(req: Req, sqe: io_uring_sqe, flags: u32): i32 {
  req.buf = sqe.addr;
  req.len = sqe.len;
  if (<i32>req.len < 0) return -EINVAL;
  req.ioprio = sqe.ioprio;
  if ((req.ioprio & ~flags) != 0) return -EINVAL;
  req.op_flags = sqe.msg_flags;
  if ((req.op_flags & MSG_DONTWAIT) != 0) req.flags |= REQ_F_NOWAIT;
  if ((req.flags & IOSQE_BUFFER_SELECT) != 0) req.buf_group = sqe.buf_group;
  req.mshot_len = 0;
  req.mshot_total_len = 0;
  return 0;
}

export function sendPrep(req: Req, sqe: io_uring_sqe): i32 {
  const ret = dataPrep(req, sqe, IORING_RECVSEND_POLL_FIRST);
  if (ret != 0) return ret;
  // Differs from Linux: no address, and no provided buffers, for sends.
  if (sqe.addr2 != 0 || sqe.file_index != 0 || (req.flags & IOSQE_BUFFER_SELECT) != 0) return -EINVAL;
  req.op_flags |= MSG_NOSIGNAL;
  return accessOk(req.buf, req.len) ? 0 : -EFAULT;
}

export function sendIssue(req: Req): i32 {
  if ((req.flags & REQ_F_POLLED) == 0 && (req.ioprio & IORING_RECVSEND_POLL_FIRST) != 0) return -EAGAIN;
  const flags = req.op_flags | MSG_DONTWAIT;
  let ret: i32;
  if (userOk(req.buf, req.len)) ret = tcpSendmsg(reqSock(req), <u32>req.buf, req.len, flags);
  else ret = (reqPoll(req) & POLLOUT) != 0 ? -EFAULT : -EAGAIN;
  const waitall = (flags & MSG_WAITALL) != 0;
  const min_ret = waitall ? <i32>req.len : 0;
  if (ret < min_ret) {
    if (ret == -EAGAIN) return -EAGAIN;
    if (ret > 0 && waitall) {
      req.len -= <u32>ret;
      req.buf += ret;
      req.done_io += <u32>ret;
      return IOU_RETRY;
    }
    reqSetFail(req);
  }
  if (ret >= 0) ret += <i32>req.done_io;
  else if (req.done_io != 0) ret = <i32>req.done_io;
  req.res = ret;
  req.cflags = 0;
  return IOU_COMPLETE;
}

export function recvPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.addr2 != 0) return -EINVAL;
  const ret = dataPrep(req, sqe, IORING_RECVSEND_POLL_FIRST | IORING_RECV_MULTISHOT);
  if (ret != 0) return ret;
  if ((req.ioprio & IORING_RECV_MULTISHOT) != 0) {
    if ((req.flags & IOSQE_BUFFER_SELECT) == 0 || (req.op_flags & MSG_WAITALL) != 0) return -EINVAL;
    req.mshot_len = req.len;
    req.mshot_total_len = sqe.optlen;
    if (req.mshot_total_len != 0) req.ioprio |= RECV_MSHOT_LIM;
    req.flags |= REQ_F_APOLL_MULTISHOT;
  } else if (sqe.optlen != 0) return -EINVAL;
  if ((req.flags & IOSQE_BUFFER_SELECT) != 0) return 0;
  return accessOk(req.buf, req.len) ? 0 : -EFAULT;
}

/** Bytes that are still to be read, 1 for an end of stream alone (tcp_inq_hint). */
function inqHint(sock_idx: u32): u32 {
  const sk = sock(sock_idx);
  const inq = sk.rcv_nxt - sk.copied_seq;
  return inq == 0 && sk.hasFlag(SOCK_DONE) ? 1 : inq;
}

/** One receive into Req.buf: bytes or -errno. */
function recvOnce(req: Req, sock_idx: u32, flags: u32): i32 {
  if (userOk(req.buf, req.len)) return tcpRecvmsg(sock_idx, <u32>req.buf, req.len, flags);
  return (reqPoll(req) & POLLIN) != 0 ? -EFAULT : -EAGAIN;
}

export function recvIssue(req: Req, issue_flags: u32): i32 {
  if ((req.flags & REQ_F_POLLED) == 0 && (req.ioprio & IORING_RECVSEND_POLL_FIRST) != 0) return -EAGAIN;
  const sock_idx = reqSock(req);
  const flags = req.op_flags | MSG_DONTWAIT;
  const waitall = (flags & MSG_WAITALL) != 0;
  const select = (req.flags & IOSQE_BUFFER_SELECT) != 0;
  while (true) {
    let list: u32 = 0;
    let ret: i32 = 0;
    let inq: i32 = -1;
    if (kbufWanted(req)) {
      ret = kbufSelect(req, issue_flags);
      if (ret > 0) {
        list = <u32>ret;
        ret = 0;
      }
    }
    const min_ret = waitall ? <i32>req.len : 0;
    if (ret == 0) {
      ret = recvOnce(req, sock_idx, flags);
      if (ret >= 0) inq = <i32>inqHint(sock_idx);
    }
    if (ret < min_ret) {
      if (ret == -EAGAIN) {
        kbufRecycle(req, list);
        if (select && (req.flags & REQ_F_APOLL_MULTISHOT) != 0) req.len = req.mshot_len;
        return IOU_RETRY;
      }
      if (ret > 0 && waitall && !select) {
        req.len -= <u32>ret;
        req.buf += ret;
        req.done_io += <u32>ret;
        return IOU_RETRY;
      }
      reqSetFail(req);
    }
    const done = recvFinish(req, ret, inq, list, issue_flags);
    if (done != RECV_AGAIN) return done;
  }
}

/** recvIssue goes round again. */
const RECV_AGAIN: i32 = 1;

/** Posts what a receive brought (io_recv_finish). */
function recvFinish(req: Req, received: i32, inq: i32, list: u32, issue_flags: u32): i32 {
  let ret = received;
  let mshot_finished = received <= 0;
  if (ret > 0) ret += <i32>req.done_io;
  else if (req.done_io != 0) ret = <i32>req.done_io;
  else kbufRecycle(req, list);
  let cflags: u32 = inq > 0 ? IORING_CQE_F_SOCK_NONEMPTY : 0;
  if (ret > 0 && (req.ioprio & RECV_MSHOT_LIM) != 0) {
    const this_len = <u32>ret - req.done_io;
    req.mshot_total_len -= this_len < req.mshot_total_len ? this_len : req.mshot_total_len;
    if (req.mshot_total_len == 0) mshot_finished = true;
  }
  cflags |= kbufPut(req, list, received);
  const multishot = (req.flags & REQ_F_APOLL_MULTISHOT) != 0;
  if (multishot && !mshot_finished && postCqe(req, ret, cflags | IORING_CQE_F_MORE)) {
    req.flags &= ~REQ_F_BL_EMPTY;
    req.done_io = 0;
    req.len = req.mshot_len;
    if (inq != 0) {
      if (req.mshot_loops++ < MULTISHOT_MAX_RETRY) return RECV_AGAIN;
      req.mshot_loops = 0;
      return (issue_flags & ISSUE_MULTISHOT) != 0 ? IOU_REQUEUE : IOU_RETRY;
    }
    return IOU_RETRY;
  }
  req.res = ret;
  req.cflags = cflags;
  return IOU_COMPLETE;
}
