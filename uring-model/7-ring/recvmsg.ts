/**
 * RECVMSG (io_uring/net.c). A multishot one has no message of the application's to write to; the buffer of each shot begins with
 * what there is to say:
 *
 *     | io_uring_recvmsg_out | name, namelen | control messages, controllen | payload |
 */
import { userOk } from '../../stack/3-pool';
import { Msg, msgRange } from '../../stack/6-socket';
import { isSocket, socketRecvmsg } from '../../stack/file';
import {
  EAGAIN, EFAULT, EINVAL, ENOTSOCK, EOVERFLOW, IOSQE_BUFFER_SELECT, io_uring_recvmsg_out, IO_URING_RECVMSG_OUT_BYTES, MSG_CTRUNC,
  MSG_TRUNC, MSG_WAITALL, msghdr,
} from '../uapi.gen';
import { asyncAdvance, asyncAlloc, AsyncMsg, asyncMsg, asyncName } from './async_msg';
import { IOU_RETRY, ISSUE_NONBLOCK } from './issue';
import { kbufRecycle, kbufSelect, kbufWanted, MAX_RW_COUNT } from './kbuf';
import { callFlags, copyMsghdr, importVec, msgCount, msgOf, netMsg } from './net_msg';
import { kbufCanRetry, kbufKeep, recvEnd, RECV_AGAIN } from './recv';
import { Req, reqSetFail, REQ_F_APOLL_MULTISHOT } from './request';
import { netRetry, pollFirst } from './send';

/** io_recvmsg_copy_hdr, io_recvmsg_mshot_prep */
export function recvmsgSetup(req: Req): i32 {
  let ret = asyncAlloc(req);
  if (ret != 0) return ret;
  const a = asyncMsg(req.msg);
  a.umsg = req.buf;
  ret = copyMsghdr(req, a, false);
  if (ret != 0) return ret;
  const u = changetype<msghdr>(<usize>a.umsg);
  if ((req.flags & IOSQE_BUFFER_SELECT) == 0) return importVec(req, u.msg_iov, u.msg_iovlen);
  if ((req.flags & REQ_F_APOLL_MULTISHOT) == 0) return 0;
  const namelen = <i32>u.msg_namelen;
  if (namelen < 0) return -EOVERFLOW;
  if (u.msg_controllen > <u64>i32.MAX_VALUE || <u64>namelen + u.msg_controllen + IO_URING_RECVMSG_OUT_BYTES > <u64>i32.MAX_VALUE) {
    return -EOVERFLOW;
  }
  a.namelen = namelen;
  a.controllen = <u32>u.msg_controllen;
  return 0;
}

/** Bytes in front of the payload. */
function headBytes(a: AsyncMsg): u32 {
  return IO_URING_RECVMSG_OUT_BYTES + a.namelen + a.controllen;
}

/** One shot (io_recvmsg_multishot). Bytes of the buffer that are used, or -errno; AsyncMsg.finished: there will be no more. */
function multishot(req: Req, a: AsyncMsg, flags: u32): i32 {
  const head = headBytes(a);
  const payload = a.buf_len - head;
  const m = netMsg();
  msgRange(m, a.buf + head, payload, flags);
  if (a.namelen != 0) m.name = <u32>asyncName(a);
  if (a.controllen != 0) {
    m.control = <u32>(a.buf + head - a.controllen);
    m.control_len = a.controllen;
  }
  const ret = socketRecvmsg(req.file, m);
  a.finished = ret <= 0 ? 1 : 0;
  if (ret < 0) return ret;
  const copied = min(m.name_len, a.namelen);
  if (!userOk(a.buf, IO_URING_RECVMSG_OUT_BYTES + copied)) {
    a.finished = 1;
    return -EFAULT;
  }
  const out = changetype<io_uring_recvmsg_out>(<usize>a.buf);
  out.namelen = m.name_len;
  out.controllen = m.control_len;
  out.payloadlen = ret;
  out.flags = m.out_flags;
  memory.copy(<usize>a.buf + IO_URING_RECVMSG_OUT_BYTES, asyncName(a), copied);
  return <i32>(head + min(<u32>ret, payload));
}

/**
 * Tells name, flags and control messages through the application's message, which was there when it was prepared. `ret`, or -errno
 * (____sys_recvmsg).
 */
function tell(a: AsyncMsg, m: Msg, ret: i32): i32 {
  const u = changetype<msghdr>(<usize>a.umsg);
  if (a.uaddr != 0) {
    const room = <i32>u.msg_namelen;
    const n = room > <i32>m.name_len ? <i32>m.name_len : room;
    if (n < 0) return -EINVAL;
    if (!userOk(a.uaddr, n)) return -EFAULT;
    memory.copy(<usize>a.uaddr, asyncName(a), n);
    u.msg_namelen = m.name_len;
  }
  u.msg_flags = <i32>m.out_flags;
  u.msg_controllen = m.control_len;
  return ret;
}

/** A receive into the request's own ranges, or into a buffer that it picked. */
function single(req: Req, a: AsyncMsg, flags: u32): i32 {
  const m = msgOf(req, flags);
  if ((req.flags & IOSQE_BUFFER_SELECT) != 0) msgRange(m, a.buf, a.buf_len, flags);
  m.name = <u32>asyncName(a);
  m.control = <u32>min(a.control, <u64>u32.MAX_VALUE);
  m.control_len = a.control_len;
  const ret = socketRecvmsg(req.file, m);
  return ret < 0 ? ret : tell(a, m, ret);
}
/** Bytes that a MSG_WAITALL waits for: there is no second part for control messages. */
function wanted(req: Req, a: AsyncMsg, flags: u32): i32 {
  if ((flags & MSG_WAITALL) == 0 || a.control_len != 0) return 0;
  return <i32>((req.flags & IOSQE_BUFFER_SELECT) != 0 ? a.buf_len : msgCount(req));
}
function advance(req: Req, a: AsyncMsg, len: u32): void {
  req.done_io += len;
  if ((req.flags & IOSQE_BUFFER_SELECT) == 0) {
    asyncAdvance(a, len);
    return;
  }
  a.buf += len;
  a.buf_len -= len;
}

/** Picks a buffer; 1 + the group, 0, or -errno. */
function select(req: Req, a: AsyncMsg, issue_flags: u32): i32 {
  const len = req.len;
  const list = kbufSelect(req, issue_flags);
  if (list < 0) return list;
  a.buf = req.buf;
  a.buf_len = min(req.len, MAX_RW_COUNT);
  req.len = len;
  if ((req.flags & REQ_F_APOLL_MULTISHOT) == 0 || a.buf_len >= headBytes(a)) return list;
  kbufRecycle(req, list);
  return -EFAULT;
}

/** io_recvmsg */
export function recvmsgIssue(req: Req, issue_flags: u32): i32 {
  if (!isSocket(req.file)) return -ENOTSOCK;
  if (pollFirst(req)) return -EAGAIN;
  const flags = callFlags(req, issue_flags);
  const a = asyncMsg(req.msg);
  const is_multishot = (req.flags & REQ_F_APOLL_MULTISHOT) != 0;
  const m = netMsg();
  while (true) {
    let list: i32 = 0;
    let len = req.len;
    if (kbufWanted(req)) {
      list = select(req, a, issue_flags);
      if (list < 0) return list;
      len = a.buf_len;
    }
    const min_ret = wanted(req, a, flags);
    const ret = is_multishot ? multishot(req, a, flags) : single(req, a, flags);
    req.inq = m.inq;
    if (ret < min_ret) {
      if (ret == -EAGAIN && (issue_flags & ISSUE_NONBLOCK) != 0) {
        kbufRecycle(req, list);
        return IOU_RETRY;
      }
      if (ret > 0 && netRetry(req, flags) && kbufCanRetry(req, list, true)) {
        advance(req, a, ret);
        return kbufKeep(req, list, ret);
      }
      reqSetFail(req);
    } else if ((flags & MSG_WAITALL) != 0 && (m.out_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) reqSetFail(req);
    const done = recvEnd(req, list, ret, len, 1, issue_flags, a.finished != 0);
    if (done != RECV_AGAIN) return done;
  }
}
