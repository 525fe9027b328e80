/** RECV_ZC: receive without a copy, always multishot (io_uring/net.c: io_recvzc; io_uring/zcrx.c: io_zcrx_tcp_recvmsg). */
import { charge, COST_ZCRX_FIRST_KIB, COST_ZCRX_RECV, COST_ZCRX_START_KIB, NONE } from '../../sim/core';
import { lockSock, releaseSock, sockError } from '../../stack/5-tcp';
import { chargeMessage, fileAt, FILE_SOCKET, isSocket } from '../../stack/file';
import { RCV_SHUTDOWN, Sock, sock, SOCK_DONE, TCP_CLOSE } from '../../stack/6-socket';
import { IO_SKBS_PER_CALL_LIMIT, zcrxFind, zcrxReadSock, zcrxSkbs, zcrxStoppedEarly } from '../9-refill';
import {
  EAGAIN, EINVAL, ENOTCONN, ENOTSOCK, EPROTONOSUPPORT, io_uring_sqe, IORING_RECV_MULTISHOT, IORING_RECVSEND_POLL_FIRST,
} from '../uapi.gen';
import { IOU_COMPLETE, IOU_REQUEUE, IOU_RETRY, ISSUE_MULTISHOT } from './issue';
import { finish, reqSock } from './net';
import { Req, reqSetFail, REQ_F_APOLL_MULTISHOT, REQ_F_POLLED } from './request';

export function recvZcPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.addr2 != 0 || sqe.addr != 0 || sqe.addr3 != 0) return -EINVAL;
  req.ifq = zcrxFind(req.ring, sqe.zcrx_ifq_idx);
  if (req.ifq == NONE) return -EINVAL;
  req.len = sqe.len;
  req.mshot_total_len = sqe.len;
  req.ioprio = sqe.ioprio;
  if (sqe.msg_flags != 0) return -EINVAL;
  if ((req.ioprio & ~(IORING_RECVSEND_POLL_FIRST | IORING_RECV_MULTISHOT)) != 0) return -EINVAL;
  if ((req.ioprio & IORING_RECV_MULTISHOT) == 0) return -EINVAL;
  req.flags |= REQ_F_APOLL_MULTISHOT;
  return 0;
}

/** Reads the socket, and looks how that ended before anything else can happen to it (io_zcrx_tcp_recvmsg). */
function recvSocket(req: Req, sock_idx: u32, issue_flags: u32): i32 {
  const sk = sock(sock_idx);
  lockSock(sk);
  const ret = recvLocked(req, sk, issue_flags);
  releaseSock(sk);
  return ret;
}
/** -EAGAIN when there is nothing, IOU_REQUEUE when there is more than one call may take. */
function recvLocked(req: Req, sk: Sock, issue_flags: u32): i32 {
  const len = req.len;
  const ret = zcrxReadSock(req.ring, req.user_data, req.ifq, sk.handle, len);
  if (ret > 0) {
    charge(COST_ZCRX_RECV);
    // What has no limit begins with every call.
    chargeMessage(COST_ZCRX_FIRST_KIB, COST_ZCRX_START_KIB, req.mshot_total_len - len, ret);
    if (len != 0) req.len = len - <u32>ret;
  }
  if (ret <= 0) {
    if (ret < 0 || sk.hasFlag(SOCK_DONE)) return ret;
    if (sk.err != 0) return sockError(sk.handle);
    if ((sk.shutdown & <u8>RCV_SHUTDOWN) != 0) return ret;
    return sk.state == <u8>TCP_CLOSE ? -ENOTCONN : -EAGAIN;
  }
  const multishot = (issue_flags & ISSUE_MULTISHOT) != 0;
  if (multishot && (zcrxSkbs() > IO_SKBS_PER_CALL_LIMIT || zcrxStoppedEarly(sk.host))) return IOU_REQUEUE;
  // The end of the stream was read as well: once more, until it gives 0.
  if (sk.hasFlag(SOCK_DONE)) return multishot ? IOU_REQUEUE : -EAGAIN;
  return ret;
}

export function recvZcIssue(req: Req, issue_flags: u32): i32 {
  if (!isSocket(req.file)) return -ENOTSOCK;
  if ((req.flags & REQ_F_POLLED) == 0 && (req.ioprio & IORING_RECVSEND_POLL_FIRST) != 0) return -EAGAIN;
  // Only TCP's receive queue can be walked (io_zcrx_recv).
  if (fileAt(req.file).kind != FILE_SOCKET) return failed(req, -EPROTONOSUPPORT);
  const len = req.len;
  const ret = recvSocket(req, reqSock(req), issue_flags);
  if (len != 0 && req.len == 0) return finish(req, 0);
  if (ret <= 0 && ret != -EAGAIN) return ret == IOU_REQUEUE ? IOU_REQUEUE : failed(req, ret);
  return IOU_RETRY;
}

/** An end of stream is a failure too: a link behind it is cut. */
function failed(req: Req, ret: i32): i32 {
  finish(req, ret);
  reqSetFail(req);
  return IOU_COMPLETE;
}
