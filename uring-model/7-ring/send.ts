/** SEND and SENDMSG: of the request's own memory, of provided or registered buffers, of several ranges, to an address (io_uring/net.c). */
import { behaves, BEHAVES_SEND_FIXED_BUF, BEHAVES_SEND_VECTORIZED, charge, COST_NET_PREP, NONE } from '../../sim/core';
import { Msg } from '../../stack/6-socket';
import { isConnected, isSocket, socketSendmsg } from '../../stack/file';
import {
  EAGAIN, EINTR, EINVAL, ENOTSOCK, ERESTARTSYS, IOSQE_BUFFER_SELECT, io_uring_sqe, IORING_CQE_F_MORE, IORING_OP_SEND, IORING_OP_SENDMSG,
  IORING_RECVSEND_BUNDLE, IORING_RECVSEND_FIXED_BUF, IORING_RECVSEND_POLL_FIRST, IORING_SEND_VECTORIZED, MSG_DONTWAIT, MSG_NOSIGNAL,
  MSG_WAITALL, msghdr,
} from '../uapi.gen';
import { asyncAlloc, asyncMsg, asyncName, netmsgRecycle, netmsgTake } from './async_msg';
import { postCqe } from './complete';
import { IOU_COMPLETE, IOU_RETRY, ISSUE_NONBLOCK } from './issue';
import { kbufPut, kbufWanted, kbufsSelect } from './kbuf';
import {
  callFlags, copyMsghdr, importBundle, importRange, importVec, ITER_RANGES, moveAddr, msgAdvance, msgCount, msgOf, netBufSel,
} from './net_msg';
import {
  Req, reqSetFail, REQ_F_BL_EMPTY, REQ_F_BL_NO_RECYCLE, REQ_F_IMPORT_BUFFER, REQ_F_MULTISHOT, REQ_F_NOWAIT, REQ_F_POLLED,
} from './request';
import { importRegBuf } from './rsrc';
import { ringAt } from './state';

/** Flags of sendmsg that are the kernel's own (MSG_INTERNAL_SENDMSG_FLAGS). */
export const MSG_INTERNAL_SENDMSG_FLAGS: u32 = 0x8000000 | 0x100000 | 0x10000;
const SEND_FLAGS: u32 = IORING_RECVSEND_POLL_FIRST | IORING_RECVSEND_BUNDLE | IORING_SEND_VECTORIZED | IORING_RECVSEND_FIXED_BUF;

/** Fields that every send and receive begins with. */
export function netPrep(req: Req): void {
  req.done_io = 0;
  req.msg = NONE;
  req.mshot_len = 0;
  req.mshot_total_len = 0;
  req.mshot_loops = 0;
  req.inq = 0;
  req.vec_nr = netmsgTake(req.ring);
  charge(COST_NET_PREP);
}

/** What SEND and SEND_ZC send (io_send_setup). `fixed`: registered buffers. */
export function sendSetup(req: Req, sqe: io_uring_sqe): i32 {
  req.buf = sqe.addr;
  if (load<u16>(changetype<usize>(sqe), 46) != 0) return -EINVAL;
  const vectorized = (req.ioprio & IORING_SEND_VECTORIZED) != 0;
  const ranges = vectorized && (req.flags & IOSQE_BUFFER_SELECT) == 0;
  if (sqe.addr2 != 0 || ranges) {
    const ret = asyncAlloc(req);
    if (ret != 0) return ret;
  }
  if (sqe.addr2 != 0) {
    const a = asyncMsg(req.msg);
    const ret = moveAddr(a, sqe.addr2, sqe.addr_len);
    if (ret != 0) return ret;
    a.name_len = sqe.addr_len;
  }
  if ((req.ioprio & IORING_RECVSEND_FIXED_BUF) != 0) {
    req.flags |= REQ_F_IMPORT_BUFFER;
    return vectorized ? importVec(req, req.buf, req.len) : 0;
  }
  if ((req.flags & IOSQE_BUFFER_SELECT) != 0) return 0;
  return vectorized ? importVec(req, req.buf, req.len) : importRange(req);
}

/** What SENDMSG and SENDMSG_ZC send (io_sendmsg_setup). */
export function sendmsgSetup(req: Req, sqe: io_uring_sqe): i32 {
  req.ioprio |= IORING_SEND_VECTORIZED;
  let ret = asyncAlloc(req);
  if (ret != 0) return ret;
  const a = asyncMsg(req.msg);
  a.umsg = sqe.addr;
  ret = copyMsghdr(req, a, true);
  if (ret != 0) return ret;
  if ((req.ioprio & IORING_RECVSEND_FIXED_BUF) != 0) req.flags |= REQ_F_IMPORT_BUFFER;
  const u = changetype<msghdr>(<usize>a.umsg);
  return importVec(req, u.msg_iov, u.msg_iovlen);
}

/** io_sendmsg_prep */
export function sendPrep(req: Req, sqe: io_uring_sqe): i32 {
  netPrep(req);
  const host = ringAt(req.ring).host;
  const is_send = <u32>req.opcode == IORING_OP_SEND;
  req.len = sqe.len;
  if (<i32>req.len < 0) return -EINVAL;
  req.ioprio = sqe.ioprio;
  let known = SEND_FLAGS;
  if (!behaves(host, BEHAVES_SEND_VECTORIZED)) known &= ~IORING_SEND_VECTORIZED;
  if (!behaves(host, BEHAVES_SEND_FIXED_BUF)) known &= ~IORING_RECVSEND_FIXED_BUF;
  if ((req.ioprio & ~known) != 0) return -EINVAL;
  const select = (req.flags & IOSQE_BUFFER_SELECT) != 0;
  if ((req.ioprio & IORING_RECVSEND_FIXED_BUF) != 0) {
    if (!is_send || select || (req.ioprio & (IORING_RECVSEND_BUNDLE | IORING_SEND_VECTORIZED)) != 0) return -EINVAL;
    req.buf_index = sqe.buf_index;
  }
  req.op_flags = sqe.msg_flags | MSG_NOSIGNAL;
  if ((req.op_flags & MSG_DONTWAIT) != 0) req.flags |= REQ_F_NOWAIT;
  if (select) req.buf_group = sqe.buf_group;
  if ((req.ioprio & IORING_RECVSEND_BUNDLE) != 0) {
    if (!is_send) return -EINVAL;
    req.op_flags |= MSG_WAITALL;
    req.flags |= REQ_F_MULTISHOT;
  }
  if (is_send) return sendSetup(req, sqe);
  if (sqe.addr2 != 0 || sqe.file_index != 0) return -EINVAL;
  return sendmsgSetup(req, sqe);
}

/** Adds the address and the control messages, if there are any. */
export function msgTo(req: Req, m: Msg): void {
  if (req.msg == NONE) return;
  const a = asyncMsg(req.msg);
  if (a.name_len != 0) {
    m.name = <u32>asyncName(a);
    m.name_len = a.name_len;
  }
  m.control = <u32>min(a.control, <u64>u32.MAX_VALUE);
  m.control_len = a.control_len;
}
/** Does a transfer that MSG_WAITALL asked for go on after a part of it (io_net_retry)? */
export function netRetry(req: Req, flags: u32): bool {
  return (flags & MSG_WAITALL) != 0 && isConnected(req.file);
}
/** What a request says in the end: what it did before counts, whatever happened then. */
export function withDone(req: Req, ret: i32): i32 {
  if (ret >= 0) return ret + <i32>req.done_io;
  if (req.done_io != 0) return <i32>req.done_io;
  return ret == -ERESTARTSYS ? -EINTR : ret;
}
export function pollFirst(req: Req): bool {
  return (req.flags & REQ_F_POLLED) == 0 && (req.ioprio & IORING_RECVSEND_POLL_FIRST) != 0;
}

/** io_sendmsg */
export function sendmsgIssue(req: Req, issue_flags: u32): i32 {
  if (!isSocket(req.file)) return -ENOTSOCK;
  if (pollFirst(req)) return -EAGAIN;
  const flags = callFlags(req, issue_flags);
  const min_ret = (flags & MSG_WAITALL) != 0 ? <i32>msgCount(req) : 0;
  const m = msgOf(req, flags & ~MSG_INTERNAL_SENDMSG_FLAGS);
  msgTo(req, m);
  const ret = socketSendmsg(req.file, m);
  if (ret < min_ret) {
    if (ret == -EAGAIN && (issue_flags & ISSUE_NONBLOCK) != 0) return -EAGAIN;
    if (ret > 0 && netRetry(req, flags)) {
      const a = asyncMsg(req.msg);
      a.control_len = 0;
      a.control = 0;
      msgAdvance(req, ret);
      req.done_io += ret;
      return -EAGAIN;
    }
    reqSetFail(req);
  }
  netmsgRecycle(req);
  req.res = withDone(req, ret);
  req.cflags = 0;
  return IOU_COMPLETE;
}

/** Picks what a send of provided buffers sends (io_send_select_buffer). 0 or -errno. */
function selectBuffers(req: Req): i32 {
  const sel = netBufSel();
  const bundle = (req.ioprio & IORING_RECVSEND_BUNDLE) != 0;
  sel.nr_iovs = bundle ? max(req.vec_nr, 1) : 1;
  sel.expand = bundle ? 1 : 0;
  sel.max_len = req.len != 0 ? req.len : i32.MAX_VALUE;
  const err = kbufsSelect(req, sel);
  if (err != 0) return err;
  if (sel.expanded != 0) req.vec_nr = sel.nr;
  req.len = sel.out_len;
  req.ioprio &= ~ITER_RANGES;
  if (sel.nr == 1) {
    req.buf = load<u64>(sel.iovs);
    return 0;
  }
  return importBundle(req, sel);
}

/** io_send */
export function sendIssue(req: Req, issue_flags: u32): i32 {
  if (!isSocket(req.file)) return -ENOTSOCK;
  if (pollFirst(req)) return -EAGAIN;
  if ((req.flags & REQ_F_IMPORT_BUFFER) != 0) {
    const ret = importRegBuf(req, req.buf, req.len);
    if (ret != 0) return ret;
    req.flags &= ~REQ_F_IMPORT_BUFFER;
  }
  const flags = callFlags(req, issue_flags);
  const all = (flags & MSG_WAITALL) != 0 || (req.ioprio & IORING_RECVSEND_BUNDLE) != 0;
  while (true) {
    if (kbufWanted(req)) {
      const err = selectBuffers(req);
      if (err != 0) return err;
    }
    const min_ret = all ? <i32>msgCount(req) : 0;
    const m = msgOf(req, flags & ~MSG_INTERNAL_SENDMSG_FLAGS);
    msgTo(req, m);
    const ret = socketSendmsg(req.file, m);
    if (ret < min_ret) {
      if (ret == -EAGAIN && (issue_flags & ISSUE_NONBLOCK) != 0) return -EAGAIN;
      if (ret > 0 && netRetry(req, flags)) {
        msgAdvance(req, ret);
        req.done_io += ret;
        // What it sends of a list was used up when it was picked.
        req.flags |= REQ_F_BL_NO_RECYCLE;
        return IOU_RETRY;
      }
      reqSetFail(req);
    }
    if (!sendFinish(req, withDone(req, ret))) continue;
    netmsgRecycle(req);
    return IOU_COMPLETE;
  }
}

/** Posts what a send of a bundle did and goes on with the next one, or is done: true (io_send_finish). */
function sendFinish(req: Req, ret: i32): bool {
  const cflags = kbufPut(req, 0, ret);
  const bundle = (req.ioprio & IORING_RECVSEND_BUNDLE) != 0;
  if (bundle && ret > 0 && (req.flags & (REQ_F_BL_EMPTY | REQ_F_POLLED)) == 0 && postCqe(req, ret, cflags | IORING_CQE_F_MORE)) {
    req.done_io = 0;
    req.len = req.mshot_len;
    return false;
  }
  req.res = ret;
  req.cflags = cflags;
  return true;
}
