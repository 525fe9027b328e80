/**
 * Cancelling requests: IORING_OP_ASYNC_CANCEL and IORING_REGISTER_SYNC_CANCEL (io_uring/cancel.c). What is looked for stands in
 * the stage's state (cancel_*): only one cancellation runs at a time. It is searched for among requests that wait for a worker,
 * then among those that wait for a file, then among timeouts. A victim completes by task work, after the cancellation.
 */
import { bug, NONE, RUN_BUG_CANCEL_SKIPS_IOWQ } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import { fdFile } from '../../stack/file';
import {
  EBADF, EFAULT, EINVAL, ENOENT, io_uring_sqe, io_uring_sync_cancel_reg, IO_URING_SYNC_CANCEL_REG_BYTES, IORING_ASYNC_CANCEL_ALL,
  IORING_ASYNC_CANCEL_ANY, IORING_ASYNC_CANCEL_FD, IORING_ASYNC_CANCEL_FD_FIXED, IORING_ASYNC_CANCEL_OP, IORING_ASYNC_CANCEL_USERDATA,
  IORING_OP_LAST, IOSQE_FIXED_FILE,
} from '../uapi.gen';
import { cancelBucket, cancelFirst } from './cancel_table';
import { iowqCancel, iowqFirst } from './iowq';
import { finish } from './net';
import { pollCancelReq } from './poll';
import { Req, reqAt, REQ_F_CANCEL_SEQ } from './request';
import { fileNode, nodeAt } from './rsrc';
import { fileLookup } from './sq';
import { Ring, ringAt, ringState } from './state';
import { taskAt, TASKS_MAX } from './task';
import { timeoutCancel } from './timeout';

const CANCEL_FLAGS: u32 = IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_FD_FIXED
  | IORING_ASYNC_CANCEL_USERDATA | IORING_ASYNC_CANCEL_OP;
const CANCEL_MANY: u32 = IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_ANY;

/** Says who looks for what: by user_data alone. */
export function cancelWhat(r: Ring, task: u32, user_data: u64): void {
  const s = ringState();
  s.cancel_task = task;
  s.cancel_ring = r.idx;
  s.cancel_data = user_data;
  s.cancel_flags = 0;
}
/** Says it better; the file is for who looks it up to say. */
function cancelHow(flags: u32, opcode: u32, seq: u32): void {
  const s = ringState();
  s.cancel_flags = flags;
  s.cancel_opcode = opcode;
  s.cancel_seq = seq;
}

/** Was the request already matched by the cancellation that runs? (io_cancel_match_sequence) */
function matchedBefore(req: Req): bool {
  const seq = ringState().cancel_seq;
  if ((req.flags & REQ_F_CANCEL_SEQ) != 0 && req.cancel_seq == seq) return true;
  req.flags |= REQ_F_CANCEL_SEQ;
  req.cancel_seq = seq;
  return false;
}

/** Is the request one of those looked for? (io_cancel_req_match) */
export function cancelMatch(req: Req): bool {
  const s = ringState();
  const flags = s.cancel_flags;
  if (req.ring != s.cancel_ring) return false;
  if ((flags & IORING_ASYNC_CANCEL_ANY) != 0) return !matchedBefore(req);
  if ((flags & IORING_ASYNC_CANCEL_FD) != 0 && req.file != s.cancel_file) return false;
  if ((flags & IORING_ASYNC_CANCEL_OP) != 0 && <u32>req.opcode != s.cancel_opcode) return false;
  const by_user_data = (flags & IORING_ASYNC_CANCEL_USERDATA) != 0 || (flags & (IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL_OP)) == 0;
  if (by_user_data && req.user_data != s.cancel_data) return false;
  return (flags & IORING_ASYNC_CANCEL_ALL) == 0 || !matchedBefore(req);
}

/** A waiting request with this user_data; `opcode` NONE: any (io_poll_find). */
export function cancelFind(r: Ring, user_data: u64, opcode: u32): u32 {
  const all = (ringState().cancel_flags & IORING_ASYNC_CANCEL_ALL) != 0;
  for (let i = cancelFirst(r, cancelBucket(r, user_data)); i != NONE; i = reqAt(i).list_next) {
    const req = reqAt(i);
    if (req.user_data != user_data) continue;
    if (opcode != NONE && <u32>req.opcode != opcode) continue;
    if (all && matchedBefore(req)) continue;
    return i;
  }
  return NONE;
}

/** A waiting request that matches otherwise (io_poll_file_find). */
function findByMatch(r: Ring): u32 {
  const buckets: u32 = 1 << r.cancel_bits;
  for (let b: u32 = 0; b < buckets; b++) {
    for (let i = cancelFirst(r, b); i != NONE; i = reqAt(i).list_next) if (cancelMatch(reqAt(i))) return i;
  }
  return NONE;
}

/** Cancels what waits for a worker of a task: one, or all (io_async_cancel_one). */
function cancelWork(task: u32): bool {
  const all = (ringState().cancel_flags & CANCEL_MANY) != 0;
  let found = false;
  for (let i = iowqFirst(task); i != NONE; ) {
    const req = reqAt(i);
    i = req.tw_next;
    if (!cancelMatch(req)) continue;
    iowqCancel(req);
    found = true;
    if (!all) break;
  }
  return found;
}

/** Cancels one request, or all that wait for a worker. 0 or -ENOENT (io_try_cancel). */
export function tryCancel(): i32 {
  const s = ringState();
  const r = ringAt(s.cancel_ring);
  if (!bug(RUN_BUG_CANCEL_SKIPS_IOWQ) && cancelWork(s.cancel_task)) return 0;
  const wide = (s.cancel_flags & (IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL_OP | IORING_ASYNC_CANCEL_ANY)) != 0;
  const idx = wide ? findByMatch(r) : cancelFind(r, s.cancel_data, NONE);
  if (idx != NONE) {
    pollCancelReq(reqAt(idx));
    return 0;
  }
  return (s.cancel_flags & IORING_ASYNC_CANCEL_FD) != 0 ? -ENOENT : timeoutCancel(r);
}

/** Cancels what waits for workers of other tasks. */
function cancelElsewhere(all: bool): i32 {
  let nr: i32 = 0;
  for (let task: u32 = 0; task < TASKS_MAX; task++) {
    if (task == ringState().cancel_task || bug(RUN_BUG_CANCEL_SKIPS_IOWQ) || !cancelWork(task)) continue;
    nr++;
    if (!all) break;
  }
  return nr;
}

/** Cancels one, or all; of all the number of finds (__io_async_cancel). */
function cancelAll(): i32 {
  const all = (ringState().cancel_flags & CANCEL_MANY) != 0;
  let nr: i32 = 0;
  while (tryCancel() == 0) {
    if (!all) return 0;
    nr++;
  }
  nr += cancelElsewhere(all);
  if (all) return nr;
  return nr != 0 ? 0 : -ENOENT;
}

export function cancelPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.off != 0 || sqe.splice_fd_in != 0) return -EINVAL;
  const flags = sqe.cancel_flags;
  req.buf = sqe.addr;
  req.op_flags = flags;
  req.len = 0;
  if ((flags & ~CANCEL_FLAGS) != 0) return -EINVAL;
  if ((flags & IORING_ASYNC_CANCEL_FD) != 0) {
    if ((flags & IORING_ASYNC_CANCEL_ANY) != 0) return -EINVAL;
    req.fd = sqe.fd;
  }
  if ((flags & IORING_ASYNC_CANCEL_OP) != 0) {
    if ((flags & IORING_ASYNC_CANCEL_ANY) != 0 || sqe.len >= IORING_OP_LAST) return -EINVAL;
    req.len = sqe.len;
  }
  return 0;
}

export function cancelIssue(req: Req): i32 {
  const r = ringAt(req.ring);
  const flags = req.op_flags;
  cancelWhat(r, req.task, req.buf);
  cancelHow(flags, req.len, ++r.cancel_seq);
  if ((flags & IORING_ASYNC_CANCEL_FD) != 0) {
    if ((flags & IORING_ASYNC_CANCEL_FD_FIXED) != 0) req.flags |= IOSQE_FIXED_FILE;
    if (!fileLookup(r, req)) return finish(req, -EBADF);
    ringState().cancel_file = req.file;
  }
  return finish(req, cancelAll());
}

/** IORING_REGISTER_SYNC_CANCEL (io_sync_cancel). Nothing runs in a worker while this looks, so there is nothing to wait for. */
export function syncCancel(r: Ring, task: u32, arg: u64): i32 {
  const seq = ++r.cancel_seq;
  if (!userOk(arg, IO_URING_SYNC_CANCEL_REG_BYTES)) return -EFAULT;
  const sc = changetype<io_uring_sync_cancel_reg>(<usize>arg);
  const flags = sc.flags;
  if ((flags & ~CANCEL_FLAGS) != 0) return -EINVAL;
  for (let i: usize = 33; i < IO_URING_SYNC_CANCEL_REG_BYTES; i++) if (load<u8>(<usize>arg + i) != 0) return -EINVAL;
  cancelWhat(r, task, sc.addr);
  cancelHow(flags, sc.opcode, seq);
  if ((flags & IORING_ASYNC_CANCEL_FD) != 0) {
    const file_idx = syncFile(r, task, sc.fd, (flags & IORING_ASYNC_CANCEL_FD_FIXED) != 0);
    if (file_idx == NONE) return -EBADF;
    ringState().cancel_file = file_idx;
  }
  return cancelAll();
}

function syncFile(r: Ring, task: u32, fd: i32, fixed: bool): u32 {
  if (!fixed) return fdFile(taskAt(task).host, fd);
  const node = fileNode(r, <u32>fd);
  return node == NONE ? NONE : nodeAt(node).file;
}
