/**
 * READ, WRITE and their forms with vectors, registered buffers and multishot, on files of every kind (io_uring/rw.c).
 *
 * A read or write of less than was asked for fails the chain behind it. A write that fails completes by task work, a read at
 * once.
 */
import { behaves, BEHAVES_RWF_NOSIGNAL } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import { iovBase, iovLen, iovTotal } from '../../stack/6-socket';
import {
  fileAt, fileCanPoll, filePoll, fileRead, fileWrite, FILE_BLOCK, FILE_EVENTFD, FILE_PIPE_READ, FILE_PIPE_WRITE, isSocket,
} from '../../stack/file';
import {
  EAGAIN, EBADF, EBADFD, EFAULT, EINVAL, EOPNOTSUPP, io_uring_attr_pi, IO_URING_ATTR_PI_BYTES, io_uring_sqe, IORING_CQE_F_MORE,
  IORING_RW_ATTR_FLAG_PI, IORING_SETUP_IOPOLL, IOSQE_BUFFER_SELECT, MSG_DONTWAIT, O_NONBLOCK, POLLIN, POLLOUT,
} from '../uapi.gen';
import { asyncAlloc, asyncImport, asyncMsg } from './async_msg';
import { postCqe } from './complete';
import { IOU_COMPLETE, IOU_ISSUE_SKIP_COMPLETE, IOU_RETRY, ISSUE_MULTISHOT, ISSUE_NONBLOCK } from './issue';
import { kbufPut, kbufRecycle, kbufSelect, kbufWanted, MAX_RW_COUNT } from './kbuf';
import { ITER_RANGES, msgCount, msgOf } from './net_msg';
import {
  Req, reqCmd, reqSetFail, reqSetRes, REQ_F_APOLL_MULTISHOT, REQ_F_BUFFERS_COMMIT, REQ_F_IMPORT_BUFFER, REQ_F_NOWAIT, TW_COMPLETE,
} from './request';
import { importRegBuf } from './rsrc';
import { netPrep } from './send';
import { ringAt } from './state';
import { accessOk } from './user_memory';
import { taskWorkAdd } from './work_list';

const ESPIPE: i32 = 29;
// include/uapi/linux/fs.h
const RWF_HIPRI: u32 = 1;
const RWF_NOWAIT: u32 = 8;
const RWF_APPEND: u32 = 0x10;
const RWF_NOAPPEND: u32 = 0x20;
const RWF_ATOMIC: u32 = 0x40;
const RWF_DONTCACHE: u32 = 0x80;
const RWF_NOSIGNAL: u32 = 0x100;
const RWF_SUPPORTED: u32 = 0x1ff;
/** sqe->off: the file's own position. */
const CUR_POS: u64 = u64.MAX_VALUE;

/** What else a read or write keeps (struct io_rw). */
@unmanaged
class Rw {
  pos: u64;
  has_metadata: u32;
  unused: u32;
}
function rwOf(req: Req): Rw {
  return changetype<Rw>(reqCmd(req));
}

/** ioprio_check_cap, for a user who may everything. */
function prioOk(ioprio: u32): bool {
  const prio_class = ioprio >> 13;
  return prio_class == 0 ? (ioprio & 7) == 0 : prio_class <= 3;
}

/** What all forms prepare (__io_prep_rw). */
function prep(req: Req, sqe: io_uring_sqe): i32 {
  netPrep(req);
  const rw = rwOf(req);
  rw.pos = sqe.off;
  rw.has_metadata = 0;
  req.buf_index = sqe.buf_index;
  req.ioprio = 0;
  if (!prioOk(sqe.ioprio)) return -EINVAL;
  req.buf = sqe.addr;
  req.len = sqe.len;
  req.op_flags = sqe.rw_flags;
  const attrs = sqe.attr_type_mask;
  if (attrs == 0) return 0;
  if (attrs != <u64>IORING_RW_ATTR_FLAG_PI) return -EINVAL;
  const pi = sqe.attr_ptr;
  if (!userOk(pi, IO_URING_ATTR_PI_BYTES)) return -EFAULT;
  const attr = changetype<io_uring_attr_pi>(<usize>pi);
  if (attr.rsvd != 0) return -EINVAL;
  rw.has_metadata = 1;
  return accessOk(attr.addr, attr.len) ? 0 : -EFAULT;
}

/** READ and WRITE. */
export function rwPrep(req: Req, sqe: io_uring_sqe): i32 {
  const ret = prep(req, sqe);
  if (ret != 0 || (req.flags & IOSQE_BUFFER_SELECT) != 0) return ret;
  req.len = min(req.len, MAX_RW_COUNT);
  return accessOk(req.buf, req.len) ? 0 : -EFAULT;
}
/** READV and WRITEV; a provided buffer is one vector. */
export function rwvPrep(req: Req, sqe: io_uring_sqe): i32 {
  const ret = prep(req, sqe);
  if (ret != 0) return ret;
  if ((req.flags & IOSQE_BUFFER_SELECT) == 0) return importVec(req);
  if (req.len != 1) return -EINVAL;
  if (!userOk(req.buf, 16)) return -EFAULT;
  const len = iovLen(<usize>req.buf, 0);
  if (<i64>len < 0) return -EINVAL;
  req.len = <u32>len;
  return 0;
}
function importVec(req: Req): i32 {
  let ret = asyncAlloc(req);
  if (ret != 0) return ret;
  ret = asyncImport(asyncMsg(req.msg), req.buf, req.len);
  req.ioprio |= ITER_RANGES;
  return ret < 0 ? ret : 0;
}
/** READ_FIXED and WRITE_FIXED. */
export function rwFixedPrep(req: Req, sqe: io_uring_sqe): i32 {
  req.flags |= REQ_F_IMPORT_BUFFER;
  return prep(req, sqe);
}
/** READV_FIXED and WRITEV_FIXED. */
export function rwvFixedPrep(req: Req, sqe: io_uring_sqe): i32 {
  const ret = prep(req, sqe);
  req.flags |= REQ_F_IMPORT_BUFFER;
  return ret != 0 ? ret : importVec(req);
}
/** READ_MULTISHOT (io_read_mshot_prep) */
export function readMshotPrep(req: Req, sqe: io_uring_sqe): i32 {
  if ((req.flags & IOSQE_BUFFER_SELECT) == 0) return -EINVAL;
  const ret = prep(req, sqe);
  if (ret != 0) return ret;
  if (req.buf != 0 || req.len != 0) return -EINVAL;
  req.flags |= REQ_F_APOLL_MULTISHOT;
  return 0;
}

/** The registered buffer, or the parts of it that vectors name (io_init_rw_fixed, io_rw_import_reg_vec). */
function importFixed(req: Req): i32 {
  if ((req.flags & REQ_F_IMPORT_BUFFER) == 0) return 0;
  let ret: i32 = 0;
  if ((req.ioprio & ITER_RANGES) == 0) ret = importRegBuf(req, req.buf, req.len);
  else {
    const a = asyncMsg(req.msg);
    for (let i: u32 = 0; i < a.iov_nr && ret == 0; i++) {
      ret = iovLen(a.iov, i) == 0 ? -EFAULT : importRegBuf(req, iovBase(a.iov, i), iovLen(a.iov, i));
    }
    if (ret == 0 && iovTotal(a.iov, a.iov_nr) > <u64>MAX_RW_COUNT) ret = -EINVAL;
  }
  if (ret == 0) req.flags &= ~REQ_F_IMPORT_BUFFER;
  return ret;
}

/** What RWF_* flags ask for (kiocb_set_rw_flags). 0 or -errno. */
function rwFlags(req: Req, write: bool): i32 {
  const flags = req.op_flags;
  const supported = behaves(ringAt(req.ring).host, BEHAVES_RWF_NOSIGNAL) ? RWF_SUPPORTED : RWF_SUPPORTED & ~RWF_NOSIGNAL;
  if ((flags & ~supported) != 0) return -EOPNOTSUPP;
  const both = RWF_APPEND | RWF_NOAPPEND;
  if ((flags & both) == both) return -EINVAL;
  if ((flags & RWF_NOWAIT) != 0 && !supportsNowait(req)) return -EOPNOTSUPP;
  // No file here writes atomically, or past the page cache.
  return (flags & (RWF_ATOMIC | RWF_DONTCACHE)) != 0 ? -EOPNOTSUPP : 0;
}
/** FMODE_NOWAIT */
function supportsNowait(req: Req): bool {
  const kind = fileAt(req.file).kind;
  return isSocket(req.file) || kind == FILE_PIPE_READ || kind == FILE_PIPE_WRITE || kind == FILE_EVENTFD || kind == FILE_BLOCK;
}

/** Looks whether the file can do it (io_rw_init_file). 0 or -errno. */
function initFile(req: Req, write: bool): i32 {
  const kind = fileAt(req.file).kind;
  if (kind == (write ? FILE_PIPE_READ : FILE_PIPE_WRITE)) return -EBADF;
  const ret = rwFlags(req, write);
  if (ret != 0) return ret;
  if ((req.op_flags & RWF_NOWAIT) != 0) req.flags |= REQ_F_NOWAIT;
  // No file here can be polled for completions.
  if ((ringAt(req.ring).flags & IORING_SETUP_IOPOLL) != 0) return -EOPNOTSUPP;
  if ((req.op_flags & RWF_HIPRI) != 0) return -EINVAL;
  return rwOf(req).has_metadata != 0 ? -EINVAL : 0;
}

/** What is checked before the file is asked: 0, or -errno. Req.res becomes what is wanted. */
function begin(req: Req, write: bool, issue_flags: u32): i32 {
  const ret = initFile(req, write);
  if (ret != 0) return ret;
  const wanted = msgCount(req);
  req.res = <i32>wanted;
  if ((issue_flags & ISSUE_NONBLOCK) != 0 && !supportsNowait(req)) {
    if (!fileCanPoll(req.file) || (filePoll(req.file) & (write ? POLLOUT : POLLIN)) == 0) return -EAGAIN;
  }
  const pos = rwOf(req).pos;
  return pos != CUR_POS && (<i64>pos < 0 || pos + wanted > <u64>i64.MAX_VALUE) ? -EINVAL : 0;
}

/** An eventfd has no write_iter, and what has none does not write without blocking unless all that use it want that (loop_rw_iter). */
function mayBlock(req: Req, issue_flags: u32): bool {
  const f = fileAt(req.file);
  return (issue_flags & ISSUE_NONBLOCK) != 0 && f.kind == FILE_EVENTFD && (f.f_flags & O_NONBLOCK) == 0;
}

/** The same loop calls write() for each range: for none it says 0, which write() would not. */
function writesNothing(req: Req): bool {
  return req.res == 0 && fileAt(req.file).kind == FILE_EVENTFD;
}

/** Reads or writes the file. Bytes, or -errno. */
function transfer(req: Req, write: bool): i32 {
  const pos = rwOf(req).pos;
  if (isSocket(req.file)) {
    if (pos != CUR_POS && pos != 0) return -ESPIPE;
    if (!write && req.res == 0) return 0;
  }
  // RWF_NOSIGNAL is no matter where SIGPIPE counts as ignored.
  const m = msgOf(req, MSG_DONTWAIT);
  return <i32>(write ? fileWrite(req.file, m, 0, pos) : fileRead(req.file, m, pos));
}

/** Done, with this many bytes (kiocb_done). */
function done(req: Req, ret: i32, cflags: u32): i32 {
  if (ret != req.res) reqSetFail(req);
  reqSetRes(req, ret, cflags);
  return IOU_COMPLETE;
}

/** io_read, io_read_fixed */
export function readIssue(req: Req, issue_flags: u32): i32 {
  let ret = importFixed(req);
  if (ret != 0) return ret;
  let list: i32 = 0;
  if (kbufWanted(req)) {
    list = kbufSelect(req, issue_flags, !fileCanPoll(req.file));
    if (list < 0) return list;
  }
  ret = begin(req, false, issue_flags);
  if (ret == 0) {
    ret = transfer(req, false);
    if (ret >= 0) return done(req, ret, kbufPut(req, <u32>list, ret));
  }
  if ((req.flags & REQ_F_BUFFERS_COMMIT) != 0) kbufRecycle(req, <u32>list);
  return ret;
}

/** io_read_mshot */
export function readMshotIssue(req: Req, issue_flags: u32): i32 {
  if (!fileCanPoll(req.file)) return -EBADFD;
  let list: i32 = 0;
  let ret: i32 = 0;
  if (kbufWanted(req)) {
    list = kbufSelect(req, issue_flags);
    if (list < 0) ret = list;
  }
  if (ret == 0) ret = begin(req, false, issue_flags);
  if (ret == 0) ret = transfer(req, false);
  const from = list > 0 ? <u32>list : 0;
  let cflags: u32 = 0;
  if (ret == -EAGAIN) {
    kbufRecycle(req, from);
    req.len = 0;
    return IOU_RETRY;
  }
  if (ret <= 0) {
    kbufRecycle(req, from);
    if (ret < 0) reqSetFail(req);
  } else {
    cflags = kbufPut(req, from, ret);
    if ((req.flags & REQ_F_APOLL_MULTISHOT) != 0) {
      req.len = 0;
      if (postCqe(req, ret, cflags | IORING_CQE_F_MORE)) {
        // There may be more: look again before waiting.
        if ((issue_flags & ISSUE_MULTISHOT) != 0) req.poll_refs++;
        return IOU_RETRY;
      }
    }
  }
  reqSetRes(req, ret, cflags);
  return IOU_COMPLETE;
}

/** io_write, io_write_fixed */
export function writeIssue(req: Req, issue_flags: u32): i32 {
  let ret = importFixed(req);
  if (ret != 0) return ret;
  ret = begin(req, true, issue_flags);
  if (ret != 0) return ret;
  ret = mayBlock(req, issue_flags) ? -EAGAIN : writesNothing(req) ? 0 : transfer(req, true);
  if (ret >= 0) return done(req, ret, 0);
  if (ret == -EAGAIN && (req.flags & REQ_F_NOWAIT) == 0) return -EAGAIN;
  reqSetFail(req);
  reqSetRes(req, ret, 0);
  taskWorkAdd(req, TW_COMPLETE, true);
  return IOU_ISSUE_SKIP_COMPLETE;
}
