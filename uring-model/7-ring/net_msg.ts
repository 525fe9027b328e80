/**
 * The message of a network request: what is handed to its socket, and how far it has come. The bytes are one range, Req.buf and
 * Req.len, or ranges of an AsyncMsg (ITER_RANGES).
 */
import { arenaAlloc } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import { iovLen, iovTotal, Msg, msgClear, MSG_BYTES, msgRange } from '../../stack/6-socket';
import { EFAULT, EINVAL, EMSGSIZE, IOSQE_BUFFER_SELECT, MSG_DONTWAIT, msghdr, MSGHDR_BYTES } from '../uapi.gen';
import {
  asyncAdvance, asyncAlloc, AsyncMsg, asyncImport, asyncMsg, asyncName, asyncRanges, NAME_BYTES, UIO_MAXIOV,
} from './async_msg';
import { ISSUE_NONBLOCK } from './issue';
import { BufSel, MAX_RW_COUNT, PEEK_MAX_IMPORT } from './kbuf';
import { Req } from './request';
import { ringState } from './state';
import { accessOk } from './user_memory';

/** Bits of Req.ioprio above those of the SQE: the bytes are ranges; and how a receive goes on (enum sr_retry_flags). */
export const ITER_RANGES: u32 = 1 << 16;
export const RECV_RETRY: u32 = 1 << 17;
export const RECV_PARTIAL_MAP: u32 = 1 << 18;
export const RECV_MSHOT_CAP: u32 = 1 << 19;
export const RECV_MSHOT_LIM: u32 = 1 << 20;
export const RECV_MSHOT_DONE: u32 = 1 << 21;

/** Scratch of the operation that runs: its message, what a bundle has picked, and the ranges of that. */
export function netMsgInit(): void {
  const s = ringState();
  s.net_msg = <u32>arenaAlloc(MSG_BYTES);
  s.net_name = <u32>arenaAlloc(NAME_BYTES);
  s.buf_sel = <u32>arenaAlloc(offsetof<BufSel>());
  netBufSel().iovs = <u32>arenaAlloc(<u64>PEEK_MAX_IMPORT * 16);
}
export function netMsg(): Msg {
  return changetype<Msg>(<usize>ringState().net_msg);
}
export function netBufSel(): BufSel {
  return changetype<BufSel>(<usize>ringState().buf_sel);
}

/** The message of a request, filled in for its socket. */
export function msgOf(req: Req, flags: u32): Msg {
  const m = netMsg();
  if ((req.ioprio & ITER_RANGES) == 0) msgRange(m, req.buf, req.len, flags);
  else {
    msgClear(m, flags);
    m.iov = asyncMsg(req.msg).iov;
    m.iov_count = asyncMsg(req.msg).iov_nr;
  }
  m.done = req.done_io;
  return m;
}
/** Bytes that are left of it (iov_iter_count). */
export function msgCount(req: Req): u32 {
  if ((req.ioprio & ITER_RANGES) == 0) return req.len;
  const a = asyncMsg(req.msg);
  return <u32>iovTotal(a.iov, a.iov_nr);
}
/** Goes on behind `len` bytes. */
export function msgAdvance(req: Req, len: u32): void {
  if ((req.ioprio & ITER_RANGES) != 0) asyncAdvance(asyncMsg(req.msg), len);
  else {
    req.buf += len;
    req.len -= len;
  }
}
export function callFlags(req: Req, issue_flags: u32): u32 {
  return (issue_flags & ISSUE_NONBLOCK) != 0 ? req.op_flags | MSG_DONTWAIT : req.op_flags;
}

/** Buffers that `len` bytes lie in (io_bundle_nbufs). */
export function bundleNbufs(iovs: u32, nr: u32, len: i32): u32 {
  if (len <= 0) return 0;
  if (nr == 1) return 1;
  let n: u32 = 0;
  let left = <u64>len;
  do {
    left -= min(iovLen(iovs, n), left);
    n++;
  } while (left != 0);
  return n;
}

/** Imports one range (import_ubuf). 0 or -EFAULT. */
export function importRange(req: Req): i32 {
  if (req.len > MAX_RW_COUNT) req.len = MAX_RW_COUNT;
  return accessOk(req.buf, req.len) ? 0 : -EFAULT;
}
/** Imports `nr` ranges from user memory (io_net_import_vec). 0 or -errno. */
export function importVec(req: Req, uiov: u64, nr: u64): i32 {
  const ret = asyncImport(asyncMsg(req.msg), uiov, nr);
  if (ret < 0) return ret;
  req.ioprio |= ITER_RANGES;
  if (<u32>nr > max(req.vec_nr, 1)) req.vec_nr = <u32>nr;
  return 0;
}
/** A bundle of more than one buffer becomes the message of a send. 0 or -errno. */
export function importBundle(req: Req, sel: BufSel): i32 {
  if (req.msg == NONE_MSG) {
    const ret = asyncAlloc(req);
    if (ret != 0) return ret;
  }
  const a = asyncMsg(req.msg);
  if (!asyncRanges(a, sel.nr)) return -12;
  memory.copy(a.iov, sel.iovs, <usize>sel.nr << 4);
  req.ioprio |= ITER_RANGES;
  return 0;
}
const NONE_MSG: u32 = 0xffffffff;

/** Copies an address in (move_addr_to_kernel). 0 or -errno. */
export function moveAddr(a: AsyncMsg, addr: u64, len: i32): i32 {
  if (len < 0 || len > <i32>NAME_BYTES) return -EINVAL;
  if (len == 0) return 0;
  if (!userOk(addr, len)) return -EFAULT;
  memory.fill(asyncName(a), 0, NAME_BYTES);
  memory.copy(asyncName(a), <usize>addr, len);
  return 0;
}

/**
 * Reads the message that SENDMSG and RECVMSG are about (io_msg_copy_hdr, __copy_msghdr). `send`: its name is copied in. 0 or
 * -errno.
 */
export function copyMsghdr(req: Req, a: AsyncMsg, send: bool): i32 {
  if (!userOk(a.umsg, MSGHDR_BYTES)) return -EFAULT;
  const u = changetype<msghdr>(<usize>a.umsg);
  a.control = u.msg_control;
  a.control_len = <u32>min(u.msg_controllen, <u64>u32.MAX_VALUE);
  a.uaddr = u.msg_name;
  const name_len = u.msg_name != 0 ? <i32>u.msg_namelen : 0;
  if (name_len < 0) return -EINVAL;
  a.name_len = min(<u32>name_len, <u32>NAME_BYTES);
  if (send && a.name_len != 0) {
    const ret = moveAddr(a, u.msg_name, a.name_len);
    if (ret != 0) return ret;
  }
  if (u.msg_iovlen > UIO_MAXIOV) return -EMSGSIZE;
  if ((req.flags & IOSQE_BUFFER_SELECT) == 0) return 0;
  if (u.msg_iovlen > 1) return -EINVAL;
  req.len = 0;
  if (u.msg_iovlen == 0) return 0;
  if (!userOk(u.msg_iov, 16)) return -EFAULT;
  const len = iovLen(<usize>u.msg_iov, 0);
  if (<i64>len < 0) return -EINVAL;
  req.len = <u32>len;
  return 0;
}
