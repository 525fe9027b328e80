/**
 * SEND_ZC and SENDMSG_ZC: the socket lends the application's memory to the network (io_uring/net.c). Two completions: the result,
 * and when nothing holds the memory any more the notification (notif.ts), which there is even if nothing was sent.
 */
import { behaves, BEHAVES_SEND_VECTORIZED, BEHAVES_SEND_ZC_NOTIF_USER_DATA, bug, NONE, RUN_BUG_NOTIF_REORDER } from '../../sim/core';
import { iovBase, iovLen } from '../../stack/6-socket';
import { isSocket, socketSendmsg, supportsZerocopy } from '../../stack/file';
import {
  EAGAIN, EINVAL, ENOMEM, ENOTSOCK, EOPNOTSUPP, io_uring_sqe, IORING_OP_SEND_ZC, IORING_RECVSEND_FIXED_BUF,
  IORING_RECVSEND_POLL_FIRST, IORING_SEND_VECTORIZED, IORING_SEND_ZC_REPORT_USAGE, IOSQE_CQE_SKIP_SUCCESS, MSG_DONTWAIT, MSG_NOSIGNAL,
  MSG_WAITALL, MSG_ZEROCOPY,
} from '../uapi.gen';
import { asyncMsg, netmsgRecycle } from './async_msg';
import { IOU_COMPLETE, ISSUE_NONBLOCK, ISSUE_UNLOCKED } from './issue';
import { callFlags, ITER_RANGES, msgAdvance, msgCount, msgOf } from './net_msg';
import { notifAccount, notifFlush, notifFor, notifMore, notifReport, notifUarg } from './notif';
import {
  Req, reqAt, reqSetFail, REQ_F_IMPORT_BUFFER, REQ_F_NEED_CLEANUP, REQ_F_NOWAIT, REQ_F_POLL_NO_LAZY,
} from './request';
import { importRegBuf } from './rsrc';
import { MSG_INTERNAL_SENDMSG_FLAGS, msgTo, netPrep, netRetry, pollFirst, sendmsgSetup, sendSetup, withDone } from './send';
import { ringAt } from './state';
import { witnessNotif } from './witness';

const ZC_FLAGS: u32 = IORING_RECVSEND_POLL_FIRST | IORING_RECVSEND_FIXED_BUF | IORING_SEND_ZC_REPORT_USAGE | IORING_SEND_VECTORIZED;

/** io_send_zc_prep */
export function sendZcPrep(req: Req, sqe: io_uring_sqe): i32 {
  const r = ringAt(req.ring);
  if (load<u64>(changetype<usize>(sqe), 56) != 0) return -EINVAL;
  if (sqe.addr3 != 0 && !behaves(r.host, BEHAVES_SEND_ZC_NOTIF_USER_DATA)) return -EINVAL;
  if ((req.flags & IOSQE_CQE_SKIP_SUCCESS) != 0) return -EINVAL;
  netPrep(req);
  req.notif = notifFor(r, req.task, sqe.addr3 != 0 ? sqe.addr3 : req.user_data);
  if (req.notif == NONE) return -ENOMEM;
  if (r.notif_slot == NONE) witnessNotif(req, sqe.addr3 != 0 ? sqe.addr3 : req.user_data);
  req.flags |= REQ_F_NEED_CLEANUP | REQ_F_POLL_NO_LAZY;
  req.ioprio = sqe.ioprio;
  const known = behaves(r.host, BEHAVES_SEND_VECTORIZED) ? ZC_FLAGS : ZC_FLAGS & ~IORING_SEND_VECTORIZED;
  if ((req.ioprio & ~known) != 0) return -EINVAL;
  if ((req.ioprio & IORING_SEND_ZC_REPORT_USAGE) != 0) notifReport(req.notif);
  req.len = sqe.len;
  req.op_flags = sqe.msg_flags | MSG_NOSIGNAL | MSG_ZEROCOPY;
  req.buf_index = sqe.buf_index;
  if ((req.op_flags & MSG_DONTWAIT) != 0) req.flags |= REQ_F_NOWAIT;
  let ret = 0;
  if (<u32>req.opcode == IORING_OP_SEND_ZC) ret = sendSetup(req, sqe);
  else if (sqe.addr2 != 0 || sqe.file_index != 0) ret = -EINVAL;
  else ret = sendmsgSetup(req, sqe);
  if (ret != 0 || (req.ioprio & IORING_RECVSEND_FIXED_BUF) != 0) return ret;
  return notifAccount(req.notif, r.host, msgCount(req));
}

/** Looks whether what is sent lies in the registered buffer, which the notification holds on to (io_send_zc_import). 0 or -EFAULT. */
function importFixed(req: Req): i32 {
  const notif = reqAt(req.notif);
  notif.buf_index = req.buf_index;
  if ((req.ioprio & ITER_RANGES) == 0) {
    const ret = importRegBuf(notif, req.buf, req.len);
    if (ret != 0) return ret;
  } else {
    const a = asyncMsg(req.msg);
    for (let i: u32 = 0; i < a.iov_nr; i++) {
      const ret = importRegBuf(notif, iovBase(a.iov, i), iovLen(a.iov, i));
      if (ret != 0) return ret;
    }
  }
  req.flags &= ~REQ_F_IMPORT_BUFFER;
  return 0;
}

/** io_sendmsg_zc */
export function sendZcIssue(req: Req, issue_flags: u32): i32 {
  if (!isSocket(req.file)) return -ENOTSOCK;
  if (!supportsZerocopy(req.file)) return -EOPNOTSUPP;
  if (pollFirst(req)) return -EAGAIN;
  if ((req.flags & REQ_F_IMPORT_BUFFER) != 0) {
    const ret = importFixed(req);
    if (ret != 0) return ret;
  }
  const flags = callFlags(req, issue_flags);
  const min_ret = (flags & MSG_WAITALL) != 0 ? <i32>msgCount(req) : 0;
  const m = msgOf(req, flags & ~MSG_INTERNAL_SENDMSG_FLAGS);
  msgTo(req, m);
  m.ubuf = notifUarg(req.notif);
  m.fixed = (req.ioprio & IORING_RECVSEND_FIXED_BUF) != 0 ? 1 : 0;
  const ret = socketSendmsg(req.file, m);
  if (ret < min_ret) {
    if (ret == -EAGAIN && (issue_flags & ISSUE_NONBLOCK) != 0) return -EAGAIN;
    if (ret > 0 && netRetry(req, flags)) {
      msgAdvance(req, ret);
      req.done_io += ret;
      return -EAGAIN;
    }
    reqSetFail(req);
  }
  // A worker leaves the notification to the end of the request: its task work comes in no particular order.
  if ((issue_flags & ISSUE_UNLOCKED) == 0 || bug(RUN_BUG_NOTIF_REORDER)) {
    notifFlush(req.notif);
    req.notif = NONE;
    netmsgRecycle(req);
  }
  req.res = withDone(req, ret);
  req.cflags = notifMore(ringAt(req.ring));
  return IOU_COMPLETE;
}
