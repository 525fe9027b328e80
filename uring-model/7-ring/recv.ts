/** RECV and RECVMSG, single and multishot, into the request's own memory or provided buffers, alone or in bundles (io_uring/net.c). */
import {
  behaves, BEHAVES_BUNDLE_BUF_MORE, BEHAVES_PBUF_TRUNC_WRITTEN, BEHAVES_RECV_MSHOT_LEN, BEHAVES_SEND_FIXED_BUF, NONE,
} from '../../sim/core';
import { isSocket, socketRecvmsg } from '../../stack/file';
import {
  EAGAIN, EINVAL, ENOTSOCK, IOSQE_BUFFER_SELECT, io_uring_sqe, IORING_CQE_F_BUF_MORE, IORING_CQE_F_MORE, IORING_CQE_F_SOCK_NONEMPTY,
  IORING_OP_RECV, IORING_RECV_MULTISHOT, IORING_RECVSEND_BUNDLE, IORING_RECVSEND_FIXED_BUF, IORING_RECVSEND_POLL_FIRST,
  MSG_CTRUNC, MSG_DONTWAIT, MSG_ERRQUEUE, MSG_TRUNC, MSG_WAITALL,
} from '../uapi.gen';
import { netmsgRecycle } from './async_msg';
import { postCqe } from './complete';
import { IOU_COMPLETE, IOU_REQUEUE, IOU_RETRY, ISSUE_MULTISHOT, ISSUE_NONBLOCK, ISSUE_UNLOCKED } from './issue';
import { groupIsInc, kbufCommit, kbufPeek, kbufPut, kbufRecycle, kbufSelect, kbufWanted, MAX_RW_COUNT } from './kbuf';
import {
  bundleNbufs, callFlags, importRange, msgOf, netBufSel, RECV_MSHOT_CAP, RECV_MSHOT_DONE, RECV_MSHOT_LIM, RECV_PARTIAL_MAP, RECV_RETRY,
} from './net_msg';
import { recvmsgSetup } from './recvmsg';
import {
  Req, reqSetFail, REQ_F_APOLL_MULTISHOT, REQ_F_BL_EMPTY, REQ_F_BL_NO_RECYCLE, REQ_F_BUFFERS_COMMIT, REQ_F_CLEAR_POLLIN,
  REQ_F_IMPORT_BUFFER, REQ_F_NOWAIT,
} from './request';
import { importRegBuf } from './rsrc';
import { netPrep, netRetry, pollFirst, withDone } from './send';
import { ringAt } from './state';

const RECV_FLAGS: u32 = IORING_RECVSEND_POLL_FIRST | IORING_RECV_MULTISHOT | IORING_RECVSEND_BUNDLE | IORING_RECVSEND_FIXED_BUF;
/** Receives of one run of a multishot request before others get their turn. */
const MULTISHOT_MAX_RETRY: u32 = 32;
const NO_RETRY: u32 = RECV_RETRY | RECV_PARTIAL_MAP | RECV_MSHOT_CAP | RECV_MSHOT_DONE;

/** Multishot: its length and its limit (io_recvmsg_prep). 0 or -errno. */
function multishotPrep(req: Req, sqe: io_uring_sqe): i32 {
  if ((req.flags & IOSQE_BUFFER_SELECT) == 0 || (req.op_flags & MSG_WAITALL) != 0) return -EINVAL;
  if (<u32>req.opcode == IORING_OP_RECV) {
    if (req.len != 0 && !behaves(ringAt(req.ring).host, BEHAVES_RECV_MSHOT_LEN)) return -EINVAL;
    req.mshot_len = req.len;
    req.mshot_total_len = sqe.optlen;
    if (req.mshot_total_len != 0) req.ioprio |= RECV_MSHOT_LIM;
  } else if (sqe.optlen != 0) return -EINVAL;
  req.flags |= REQ_F_APOLL_MULTISHOT;
  return 0;
}

/** io_recvmsg_prep */
export function recvPrep(req: Req, sqe: io_uring_sqe): i32 {
  netPrep(req);
  const host = ringAt(req.ring).host;
  const is_recv = <u32>req.opcode == IORING_OP_RECV;
  if (sqe.addr2 != 0 || (sqe.optlen != 0 && !behaves(host, BEHAVES_RECV_MSHOT_LEN))) return -EINVAL;
  req.buf = sqe.addr;
  req.len = sqe.len;
  if (<i32>req.len < 0) return -EINVAL;
  req.ioprio = sqe.ioprio;
  let known = RECV_FLAGS;
  if (!behaves(host, BEHAVES_SEND_FIXED_BUF)) known &= ~IORING_RECVSEND_FIXED_BUF;
  if ((req.ioprio & ~known) != 0) return -EINVAL;
  const select = (req.flags & IOSQE_BUFFER_SELECT) != 0;
  const fixed = (req.ioprio & IORING_RECVSEND_FIXED_BUF) != 0;
  if (fixed) {
    if (!is_recv || select || (req.ioprio & (IORING_RECV_MULTISHOT | IORING_RECVSEND_BUNDLE)) != 0) return -EINVAL;
    req.buf_index = sqe.buf_index;
  }
  req.op_flags = sqe.msg_flags;
  if ((req.op_flags & MSG_DONTWAIT) != 0) req.flags |= REQ_F_NOWAIT;
  if ((req.op_flags & MSG_ERRQUEUE) != 0) req.flags |= REQ_F_CLEAR_POLLIN;
  if (select) req.buf_group = sqe.buf_group;
  if ((req.ioprio & IORING_RECV_MULTISHOT) != 0) {
    const ret = multishotPrep(req, sqe);
    if (ret != 0) return ret;
  } else if (sqe.optlen != 0) return -EINVAL;
  if (!is_recv) return (req.ioprio & IORING_RECVSEND_BUNDLE) != 0 ? -EINVAL : recvmsgSetup(req);
  if (select) return 0;
  if (!fixed) return importRange(req);
  req.flags |= REQ_F_IMPORT_BUFFER;
  return 0;
}

/** Picks buffers for a bundle (io_recv_buf_select). 1 + the group, 0, or -errno. */
function selectBundle(req: Req): i32 {
  const sel = netBufSel();
  sel.nr_iovs = max(req.vec_nr, 1);
  sel.expand = 1;
  sel.max_len = req.len != 0 ? req.len : req.inq > 1 ? <u32>req.inq : 0;
  if ((req.ioprio & RECV_MSHOT_LIM) != 0 && (sel.max_len == 0 || sel.max_len > req.mshot_total_len)) sel.max_len = req.mshot_total_len;
  const list = kbufPeek(req, sel);
  if (list < 0) return list;
  if (sel.expanded != 0) req.vec_nr = sel.nr;
  if (sel.partial_map != 0) req.ioprio |= RECV_PARTIAL_MAP;
  if (sel.nr == 1) {
    req.buf = load<u64>(sel.iovs);
    req.len = load<u32>(sel.iovs, 8);
  }
  return list;
}
/** One buffer. The same. */
function selectBuffer(req: Req, issue_flags: u32): i32 {
  const list = kbufSelect(req, issue_flags);
  if (list >= 0) req.len = min(req.len, MAX_RW_COUNT);
  return list;
}

/** May a receive that got a part of what it wants keep its buffer meanwhile (io_net_kbuf_can_retry)? */
export function kbufCanRetry(req: Req, list: u32, one: bool): bool {
  return (req.flags & REQ_F_BUFFERS_COMMIT) == 0 || (!groupIsInc(list) && one);
}
/** A part was received: what follows goes to where that ended (io_net_kbuf_recyle). */
export function kbufKeep(req: Req, list: u32, len: i32): i32 {
  req.flags |= REQ_F_BL_NO_RECYCLE;
  if ((req.flags & REQ_F_BUFFERS_COMMIT) != 0) kbufCommit(req, list, len, 1);
  return IOU_RETRY;
}

/** io_recv */
export function recvIssue(req: Req, issue_flags: u32): i32 {
  if (!isSocket(req.file)) return -ENOTSOCK;
  if (pollFirst(req)) return -EAGAIN;
  const flags = callFlags(req, issue_flags);
  const bundle = (req.ioprio & IORING_RECVSEND_BUNDLE) != 0 && (issue_flags & ISSUE_UNLOCKED) == 0;
  if ((req.flags & REQ_F_IMPORT_BUFFER) != 0) {
    const ret = importRegBuf(req, req.buf, req.len);
    if (ret != 0) return recvFailed(req, ret, issue_flags);
    req.flags &= ~REQ_F_IMPORT_BUFFER;
  }
  while (true) {
    let list: i32 = 0;
    let nr: u32 = 1;
    let len = req.len;
    if (kbufWanted(req)) {
      list = bundle ? selectBundle(req) : selectBuffer(req, issue_flags);
      if (list < 0) return recvFailed(req, list, issue_flags);
      nr = bundle ? netBufSel().nr : 1;
      len = nr == 1 ? req.len : netBufSel().out_len;
    }
    const m = msgOf(req, flags);
    if (nr > 1) {
      m.iov = netBufSel().iovs;
      m.iov_count = nr;
    }
    const ret = socketRecvmsg(req.file, m);
    req.inq = m.inq;
    const min_ret = (flags & MSG_WAITALL) != 0 ? <i32>len : 0;
    if (ret < min_ret) {
      if (ret == -EAGAIN && (issue_flags & ISSUE_NONBLOCK) != 0) {
        kbufRecycle(req, list);
        return IOU_RETRY;
      }
      if (ret > 0 && netRetry(req, flags) && kbufCanRetry(req, list, nr == 1)) {
        req.len -= ret;
        req.buf += ret;
        req.done_io += ret;
        return kbufKeep(req, list, ret);
      }
      reqSetFail(req);
    } else if ((flags & MSG_WAITALL) != 0 && (m.out_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) reqSetFail(req);
    const done = recvEnd(req, list, ret, len, nr, issue_flags, ret <= 0);
    if (done != RECV_AGAIN) return done;
  }
}
/** There is no buffer: nothing is known of the socket. */
function recvFailed(req: Req, err: i32, issue_flags: u32): i32 {
  req.inq = -1;
  reqSetFail(req);
  return recvEnd(req, 0, err, 0, 1, issue_flags, true);
}

/** recvIssue goes round again. */
export const RECV_AGAIN: i32 = 1;

/** What a receive of `ret` bytes into buffers of `len` comes to (the end of io_recv and io_recvmsg). */
export function recvEnd(req: Req, list: u32, ret: i32, len: u32, nr: u32, issue_flags: u32, mshot_finished: bool): i32 {
  // With MSG_TRUNC the result is the length of the datagram, and only what fitted was written.
  const consumed = ret > 0 ? <i32>min(<u32>ret, len) : ret;
  if (ret <= 0 && req.done_io == 0) kbufRecycle(req, list);
  return recvFinish(req, list, withDone(req, ret), consumed, len, nr, issue_flags, mshot_finished);
}

/** The total limit of a multishot receive: true when it is reached. */
function limitReached(req: Req, val: i32): bool {
  if (val <= 0 || (req.ioprio & RECV_MSHOT_LIM) == 0) return false;
  req.mshot_total_len -= min(<u32>val - req.done_io, req.mshot_total_len);
  if (req.mshot_total_len != 0) return false;
  req.ioprio |= RECV_MSHOT_DONE;
  return true;
}

/** Bits that a bundle's second part decides. */
function cqeMask(req: Req): u32 {
  const mask = IORING_CQE_F_SOCK_NONEMPTY | IORING_CQE_F_MORE;
  return behaves(ringAt(req.ring).host, BEHAVES_BUNDLE_BUF_MORE) ? mask | IORING_CQE_F_BUF_MORE : mask;
}

/** What of a buffer is used: what was written; before that was seen to, all that the result says. */
function usedOf(req: Req, val: i32, consumed: i32): i32 {
  return behaves(ringAt(req.ring).host, BEHAVES_PBUF_TRUNC_WRITTEN) ? consumed : val;
}

/** Posts what was received and says how to go on (io_recv_finish). */
function recvFinish(req: Req, list: u32, val: i32, consumed: i32, len: u32, nr: u32, issue_flags: u32, last: bool): i32 {
  let cflags: u32 = req.inq > 0 ? IORING_CQE_F_SOCK_NONEMPTY : 0;
  const mshot_finished = limitReached(req, val) || last;
  if ((req.ioprio & IORING_RECVSEND_BUNDLE) == 0) cflags |= kbufPut(req, list, usedOf(req, val, consumed));
  else {
    const this_ret = val - <i32>req.done_io;
    cflags |= kbufPut(req, list, consumed, bundleNbufs(netBufSel().iovs, nr, consumed));
    if ((req.ioprio & RECV_RETRY) != 0) cflags = req.cflags | (cflags & cqeMask(req));
    if (req.mshot_len != 0 && val >= <i32>req.mshot_len) req.ioprio |= RECV_MSHOT_CAP;
    if ((req.flags & REQ_F_BL_EMPTY) != 0) return recvDone(req, val, cflags);
    if ((req.ioprio & NO_RETRY) == 0 && req.inq > 1 && this_ret > 0 && <u32>consumed == len) {
      // More is there, and all that was mapped is full: one more part for the same completion.
      req.cflags = cflags & ~cqeMask(req);
      req.len = <u32>req.inq;
      req.done_io += this_ret;
      req.ioprio |= RECV_RETRY;
      return RECV_AGAIN;
    }
  }
  if ((req.flags & REQ_F_APOLL_MULTISHOT) == 0 || mshot_finished || !postCqe(req, val, cflags | IORING_CQE_F_MORE)) {
    return recvDone(req, val, cflags);
  }
  req.done_io = 0;
  req.ioprio &= ~(RECV_RETRY | RECV_PARTIAL_MAP);
  req.len = req.mshot_len;
  if ((cflags & IORING_CQE_F_SOCK_NONEMPTY) == 0 && req.inq >= 0) return IOU_RETRY;
  // Known to have more, or not known to be empty.
  if (req.mshot_loops++ < MULTISHOT_MAX_RETRY && (req.ioprio & RECV_MSHOT_CAP) == 0) return RECV_AGAIN;
  req.mshot_loops = 0;
  req.ioprio &= ~RECV_MSHOT_CAP;
  return (issue_flags & ISSUE_MULTISHOT) != 0 ? IOU_REQUEUE : IOU_RETRY;
}
function recvDone(req: Req, val: i32, cflags: u32): i32 {
  req.res = val;
  req.cflags = cflags;
  netmsgRecycle(req);
  return IOU_COMPLETE;
}
