/** NOP (io_uring/nop.c). */
import { NONE } from '../../sim/core';
import {
  EBADF, EFAULT, EINVAL, io_uring_sqe, IORING_CQE_F_32, IORING_NOP_CQE32, IORING_NOP_FILE, IORING_NOP_FIXED_BUFFER, IORING_NOP_FIXED_FILE,
  IORING_NOP_INJECT_RESULT, IORING_NOP_TW, IORING_SETUP_CQE32, IORING_SETUP_CQE_MIXED, IOSQE_FIXED_FILE,
} from '../uapi.gen';
import { fdFile, fileGet } from '../../stack/file';
import { IOU_ISSUE_SKIP_COMPLETE } from './issue';
import { finish } from './net';
import { Req, TW_COMPLETE } from './request';
import { fileGetFixed, findBufNode } from './rsrc';
import { Ring, ringAt } from './state';
import { taskAt } from './task';
import { taskWorkAdd } from './work_list';

const NOP_FLAGS: u32 = IORING_NOP_INJECT_RESULT | IORING_NOP_FIXED_FILE | IORING_NOP_FIXED_BUFFER | IORING_NOP_FILE | IORING_NOP_TW
  | IORING_NOP_CQE32;

export function nopPrep(req: Req, sqe: io_uring_sqe): i32 {
  const flags = sqe.nop_flags;
  if ((flags & ~NOP_FLAGS) != 0) return -EINVAL;
  req.op_flags = flags;
  req.len = (flags & IORING_NOP_INJECT_RESULT) != 0 ? sqe.len : 0;
  req.fd = (flags & IORING_NOP_FILE) != 0 ? sqe.fd : -1;
  if ((flags & IORING_NOP_FIXED_BUFFER) != 0) req.buf_index = sqe.buf_index;
  if ((flags & IORING_NOP_CQE32) == 0) return 0;
  if ((ringAt(req.ring).flags & (IORING_SETUP_CQE32 | IORING_SETUP_CQE_MIXED)) == 0) return -EINVAL;
  req.big0 = sqe.off;
  req.big1 = sqe.addr;
  return 0;
}

export function nopIssue(req: Req): i32 {
  const flags = req.op_flags;
  const r = ringAt(req.ring);
  let ret = <i32>req.len;
  if ((flags & IORING_NOP_FILE) != 0 && !nopFile(r, req)) ret = -EBADF;
  else if ((flags & IORING_NOP_FIXED_BUFFER) != 0 && findBufNode(req) == NONE) ret = -EFAULT;
  const cqe32 = (flags & IORING_NOP_CQE32) != 0 && (r.flags & IORING_SETUP_CQE_MIXED) != 0;
  const done = finish(req, ret, cqe32 ? IORING_CQE_F_32 : 0);
  if ((flags & IORING_NOP_TW) == 0) return done;
  taskWorkAdd(req, TW_COMPLETE, false);
  return IOU_ISSUE_SKIP_COMPLETE;
}

/** The file that it takes only to take it. */
function nopFile(r: Ring, req: Req): bool {
  if ((req.flags & IOSQE_FIXED_FILE) != 0 || (req.op_flags & IORING_NOP_FIXED_FILE) != 0) return fileGetFixed(r, req);
  const file_idx = fdFile(taskAt(req.task).host, req.fd);
  if (file_idx == NONE) return false;
  fileGet(file_idx);
  req.file = file_idx;
  return true;
}
