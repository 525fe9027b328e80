/**
 * MSG_RING: a completion, or a registered file, for another ring (io_uring/msg_ring.c). A ring with DEFER_TASKRUN takes both only
 * from its own task: a completion travels as task work of that ring, a file as work of that task, which is done last come,
 * first served, before the task's other work.
 */
import { NONE } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import { fdFile, fileAt, fileGet, filePut, FILE_RING } from '../../stack/file';
import {
  EAGAIN, EBADF, EBADFD, EFAULT, EINVAL, ENOMEM, EOVERFLOW, io_uring_sqe, IO_URING_SQE_BYTES, IORING_CQE_F_32, IORING_MSG_DATA,
  IORING_MSG_RING_CQE_SKIP, IORING_MSG_RING_FLAGS_PASS, IORING_MSG_SEND_FD, IORING_OP_MSG_RING, IORING_OP_NOP, IORING_SETUP_CQE32,
  IORING_SETUP_CQE_MIXED, IORING_SETUP_IOPOLL, IORING_SETUP_R_DISABLED,
} from '../uapi.gen';
import { cqeOverflow, fillCqeAux, postAuxCqe } from './cq';
import { IOU_ISSUE_SKIP_COMPLETE, ISSUE_UNLOCKED } from './issue';
import { finish } from './net';
import {
  Req, reqAlloc, reqAt, reqCmd, reqFree, reqIdx, reqSetFail, reqSetRes, REQ_F_NEED_CLEANUP, REQ_WORK, transition, TW_COMPLETE, TW_MSG,
} from './request';
import { fileNode, fixedFdInstall, nodeAt } from './rsrc';
import { Ring, ringAt, RING_F_TASK_COMPLETE, ringState, RingState } from './state';
import { Task, taskAt, taskWake } from './task';
import { taskWorkAdd } from './work_list';

/** struct io_msg */
@unmanaged
class Msg {
  user_data: u64;
  cmd: u32;
  len: u32;
  flags: u32;
  src_fd: u32;
  /** Slot of the other ring, or the flags of the completion there. */
  dst_fd: u32;
  src_file: u32;
}

function msgOf(req: Req): Msg {
  return changetype<Msg>(reqCmd(req));
}

function prep(msg: Msg, sqe: io_uring_sqe): i32 {
  if (sqe.buf_index != 0 || sqe.personality != 0) return -EINVAL;
  msg.src_file = NONE;
  msg.user_data = sqe.off;
  msg.len = sqe.len;
  msg.cmd = <u32>sqe.addr;
  msg.src_fd = <u32>sqe.addr3;
  msg.dst_fd = sqe.file_index;
  msg.flags = sqe.msg_ring_flags;
  return (msg.flags & ~(IORING_MSG_RING_CQE_SKIP | IORING_MSG_RING_FLAGS_PASS)) != 0 ? -EINVAL : 0;
}
export function msgRingPrep(req: Req, sqe: io_uring_sqe): i32 {
  return prep(msgOf(req), sqe);
}

/** A completion for a ring that takes it only by task work (io_msg_remote_post). */
function dataRemote(target: Ring, msg: Msg, cflags: u32): i32 {
  const idx = reqAlloc(target, target.submitter);
  if (idx == NONE) return -ENOMEM;
  const req = reqAt(idx);
  req.opcode = <u8>IORING_OP_NOP;
  req.user_data = msg.user_data;
  reqSetRes(req, <i32>msg.len, cflags);
  taskWorkAdd(req, TW_MSG, true);
  return 0;
}
/** Its task work (io_msg_tw_complete). */
export function msgTask(r: Ring, req: Req): void {
  if (!fillCqeAux(r, req.user_data, req.res, req.cflags, NONE)) cqeOverflow(r, req.user_data, req.res, req.cflags, 0, 0, NONE);
  r.cq_flush = 1;
  reqFree(r, reqIdx(req));
}

/** IORING_MSG_DATA (__io_msg_ring_data); `from`: the ring whose lock is held, or NONE. */
function data(target: Ring, msg: Msg, from: u32): i32 {
  const pass = (msg.flags & IORING_MSG_RING_FLAGS_PASS) != 0;
  if (msg.src_fd != 0 || (msg.flags & ~IORING_MSG_RING_FLAGS_PASS) != 0) return -EINVAL;
  if (!pass && msg.dst_fd != 0) return -EINVAL;
  if ((target.flags & IORING_SETUP_R_DISABLED) != 0) return -EBADFD;
  const cflags = pass ? msg.dst_fd : 0;
  if ((cflags & IORING_CQE_F_32) != 0 && (target.flags & (IORING_SETUP_CQE32 | IORING_SETUP_CQE_MIXED)) == 0) return -EINVAL;
  if ((target.int_flags & RING_F_TASK_COMPLETE) != 0) return dataRemote(target, msg, cflags);
  if ((target.flags & IORING_SETUP_IOPOLL) != 0 && from == target.idx) return -EAGAIN;
  return postAuxCqe(target, msg.user_data, <i32>msg.len, cflags) ? 0 : -EOVERFLOW;
}

/** Holds on to the file that is to be sent (io_msg_grab_file). */
function grabFile(req: Req, msg: Msg): bool {
  const node = fileNode(ringAt(req.ring), msg.src_fd);
  if (node == NONE) return false;
  msg.src_file = nodeAt(node).file;
  fileGet(msg.src_file);
  req.flags |= REQ_F_NEED_CLEANUP;
  return true;
}

/** Puts the file into the other ring's table and says so there (io_msg_install_complete). */
function installComplete(target: Ring, req: Req, msg: Msg): i32 {
  const file_idx = msg.src_file;
  fileGet(file_idx);
  const ret = fixedFdInstall(target, file_idx, msg.dst_fd);
  if (ret < 0) return ret;
  msgCleanup(req);
  if ((msg.flags & IORING_MSG_RING_CQE_SKIP) != 0) return ret;
  return postAuxCqe(target, msg.user_data, ret, 0) ? ret : -EOVERFLOW;
}
/** io_msg_ring_cleanup */
export function msgCleanup(req: Req): void {
  req.flags &= ~REQ_F_NEED_CLEANUP;
  filePut(msgOf(req).src_file);
}

/** IORING_MSG_SEND_FD (io_msg_send_fd) */
function sendFd(target: Ring, req: Req, msg: Msg): i32 {
  if (msg.len != 0 || target.idx == req.ring) return -EINVAL;
  if ((target.flags & IORING_SETUP_R_DISABLED) != 0) return -EBADFD;
  if (msg.src_file == NONE && !grabFile(req, msg)) return -EBADF;
  if ((target.int_flags & RING_F_TASK_COMPLETE) == 0) return installComplete(target, req, msg);
  const t = taskAt(target.submitter);
  transition(req, REQ_WORK);
  req.tw_next = t.msg_head;
  t.msg_head = reqIdx(req);
  taskWake(t);
  return IOU_ISSUE_SKIP_COMPLETE;
}
/** Files that were sent to rings of this task (io_msg_tw_fd_complete). */
export function msgFdTask(t: Task): void {
  while (t.msg_head != NONE) {
    const req = reqAt(t.msg_head);
    t.msg_head = req.tw_next;
    const ret = installComplete(ringAt(fileAt(req.file).obj), req, msgOf(req));
    if (ret < 0) reqSetFail(req);
    reqSetRes(req, ret, 0);
    taskWorkAdd(req, TW_COMPLETE, false);
  }
}

export function msgRingIssue(req: Req, issue_flags: u32): i32 {
  const f = fileAt(req.file);
  if (f.kind != FILE_RING) return finish(req, -EBADFD);
  const target = ringAt(f.obj);
  const msg = msgOf(req);
  let ret: i32 = -EINVAL;
  if (msg.cmd == IORING_MSG_DATA) ret = data(target, msg, (issue_flags & ISSUE_UNLOCKED) != 0 ? NONE : req.ring);
  else if (msg.cmd == IORING_MSG_SEND_FD) ret = sendFd(target, req, msg);
  return ret == -EAGAIN || ret == IOU_ISSUE_SKIP_COMPLETE ? ret : finish(req, ret);
}

/** IORING_REGISTER_SEND_MSG_RING: a message without a ring of one's own (io_uring_register_send_msg_ring). */
export function syncMsgRing(task: u32, arg: u64, nr_args: u32): i32 {
  if (arg == 0 || nr_args != 1) return -EINVAL;
  if (!userOk(arg, IO_URING_SQE_BYTES)) return -EFAULT;
  const sqe = changetype<io_uring_sqe>(<usize>arg);
  if (sqe.flags != 0 || <u32>sqe.opcode != IORING_OP_MSG_RING) return -EINVAL;
  const msg = changetype<Msg>(changetype<usize>(ringState()) + offsetof<RingState>('msg0'));
  const ret = prep(msg, sqe);
  if (ret != 0) return ret;
  if (msg.cmd != IORING_MSG_DATA) return -EINVAL;
  const file_idx = fdFile(taskAt(task).host, sqe.fd);
  if (file_idx == NONE) return -EBADF;
  const f = fileAt(file_idx);
  return f.kind == FILE_RING ? data(ringAt(f.obj), msg, NONE) : -EBADFD;
}
