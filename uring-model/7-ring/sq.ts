/** Submission: SQEs become requests, which run at once (io_uring/io_uring.c: io_submit_sqes and below). */
import { charge, COST_FILE_REF, COST_SQE, NONE, traceRingSubmit } from '../../sim/core';
import {
  EACCES, EAGAIN, EBADF, ECANCELED, EINVAL, EOPNOTSUPP, IO_URING_SQE_BYTES, io_uring_sqe, IORING_SETUP_IOPOLL,
  IORING_SETUP_NO_SQARRAY, IORING_SETUP_SQ_REWIND, IORING_SETUP_SQE128, IORING_SETUP_SQE_MIXED, IORING_SETUP_SQPOLL,
  IORING_SETUP_SUBMIT_ALL, IOSQE_ASYNC, IOSQE_BUFFER_SELECT, IOSQE_CQE_SKIP_SUCCESS, IOSQE_FIXED_FILE, IOSQE_IO_DRAIN, IOSQE_IO_HARDLINK,
  IOSQE_IO_LINK,
} from '../uapi.gen';
import { completeDefer, completeFailed, flushCompletions } from './complete';
import { drainReq, initDrain } from './drain';
import { fdFile, fileGet } from '../../stack/file';
import { IOU_COMPLETE, IOU_ISSUE_SKIP_COMPLETE, ISSUE_NONBLOCK } from './issue';
import { queueIowq } from './iowq';
import { ltimeoutGuard, ltimeoutQueue } from './link_timeout';
import { LINK_FLAGS } from './links';
import {
  OP_128, OP_BUFFER_SELECT, OP_IOPOLL, OP_IOPRIO, OP_NEEDS_FILE, OP_POLL_EXCLUSIVE, OP_POLLIN, OP_POLLOUT, opDef,
  opIssue, opPrep,
} from './opdef';
import { APOLL_OK, APOLL_READY, armPoll, POLL_MASK_IN, POLL_MASK_OUT } from './poll';
import {
  Req, reqAlloc, reqAt, reqFree, reqSetFail, reqSetRes, REQ_F_ARM_LTIMEOUT, REQ_F_FAIL, REQ_F_FORCE_ASYNC, REQ_F_IO_DRAIN, REQ_F_NOWAIT,
  REQ_INIT, REQ_ISSUED, REQ_LINKED, transition, TW_SUBMIT,
} from './request';
import { opLast } from './profile';
import { sqeRestricted } from './restrictions';
import { fileGetFixed } from './rsrc';
import {
  Ring, ringAt, RING_F_DRAIN_ACTIVE, RING_F_DRAIN_DISABLED, RING_F_DRAIN_NEXT, RING_F_OP_RESTRICTED, RINGS_SQ_DROPPED, RINGS_SQ_HEAD,
  RINGS_SQ_TAIL,
} from './state';
import { taskAt } from './task';
import { witnessReq } from './witness';
import { taskWorkAdd } from './work_list';

const SQE_COMMON_FLAGS: u32 = IOSQE_FIXED_FILE | IOSQE_IO_LINK | IOSQE_IO_HARDLINK | IOSQE_ASYNC;
export const SQE_VALID_FLAGS: u32 = SQE_COMMON_FLAGS | IOSQE_IO_DRAIN | IOSQE_BUFFER_SELECT | IOSQE_CQE_SKIP_SUCCESS;
const RING_F_INIT_SLOW: u32 = RING_F_OP_RESTRICTED | RING_F_DRAIN_ACTIVE | RING_F_DRAIN_NEXT;

/** Published entries that were not taken yet (__io_sqring_entries). */
export function sqEntries(r: Ring): u32 {
  const entries = load<u32>(<usize>r.rings, RINGS_SQ_TAIL) - r.cached_sq_head;
  return entries < r.sq_entries ? entries : r.sq_entries;
}

/** The next SQE; 0 for an index out of range, which is dropped and counted (io_get_sqe). */
function getSqe(r: Ring): usize {
  let head = r.cached_sq_head++ & (r.sq_entries - 1);
  if (r.sq_array != 0) {
    head = load<u32>(<usize>(r.sq_array + (head << 2)));
    if (head >= r.sq_entries) {
      const at = <usize>r.rings;
      store<u32>(at, load<u32>(at, RINGS_SQ_DROPPED) + 1, RINGS_SQ_DROPPED);
      return 0;
    }
  }
  if ((r.flags & IORING_SETUP_SQE128) != 0) head <<= 1;
  return <usize>(r.sqes + head * IO_URING_SQE_BYTES);
}

/**
 * A 128-byte operation on a ring of 64-byte SQEs takes two of them, which must be neighbours (io_init_req). The thread of
 * the SQ takes few at a time, and takes one more for this. 0 or -EINVAL.
 */
function takeSecond(r: Ring, sqe: io_uring_sqe): i32 {
  const at = (<u32>changetype<usize>(sqe) - r.sqes) / IO_URING_SQE_BYTES;
  if ((r.flags & IORING_SETUP_SQE_MIXED) == 0 || at >= r.sq_entries - 1) return -EINVAL;
  if (r.left >= 2) r.left--;
  else if ((r.flags & IORING_SETUP_SQPOLL) == 0 || sqEntries(r) == 0) return -EINVAL;
  r.cached_sq_head++;
  return 0;
}

/** The flags of an SQE that few have. 0 or -errno. */
function initFlags(r: Ring, req: Req, sqe: io_uring_sqe, def: u32): i32 {
  const sqe_flags = <u32>sqe.flags;
  if ((sqe_flags & ~SQE_VALID_FLAGS) != 0) return -EINVAL;
  if ((sqe_flags & IOSQE_BUFFER_SELECT) != 0) {
    if ((def & OP_BUFFER_SELECT) == 0) return -EOPNOTSUPP;
    req.buf_group = sqe.buf_group;
  }
  if ((sqe_flags & IOSQE_CQE_SKIP_SUCCESS) != 0) r.int_flags |= RING_F_DRAIN_DISABLED;
  if ((sqe_flags & IOSQE_IO_DRAIN) == 0) return 0;
  if ((r.int_flags & RING_F_DRAIN_DISABLED) != 0) return -EOPNOTSUPP;
  initDrain(r);
  return 0;
}

/** A ring that is restricted, or that drains. 0 or -errno. */
function initSlow(r: Ring, req: Req, sqe_flags: u32): i32 {
  if (sqeRestricted(r, req.opcode, sqe_flags)) return -EACCES;
  if ((r.int_flags & RING_F_DRAIN_ACTIVE) != 0) req.flags |= REQ_F_FORCE_ASYNC;
  if ((r.int_flags & RING_F_DRAIN_NEXT) != 0 && r.link_head == NONE) {
    r.int_flags = (r.int_flags & ~RING_F_DRAIN_NEXT) | RING_F_DRAIN_ACTIVE;
    req.flags |= REQ_F_IO_DRAIN | REQ_F_FORCE_ASYNC;
  }
  return 0;
}

/** Reads an SQE into a request (io_init_req). 0 or -errno. */
function initReq(r: Ring, req: Req, sqe: io_uring_sqe): i32 {
  const opcode = sqe.opcode;
  const sqe_flags = <u32>sqe.flags;
  transition(req, REQ_INIT);
  req.opcode = opcode;
  req.flags = sqe_flags;
  req.user_data = sqe.user_data;
  req.big0 = 0;
  req.big1 = 0;
  if (<u32>opcode >= opLast(r.host)) {
    req.opcode = 0;
    return -EINVAL;
  }
  const def = opDef(opcode);
  let ret: i32 = 0;
  if ((def & OP_128) != 0 && (r.flags & IORING_SETUP_SQE128) == 0) {
    ret = takeSecond(r, sqe);
    if (ret != 0) return ret;
  }
  if ((sqe_flags & ~SQE_COMMON_FLAGS) != 0) {
    ret = initFlags(r, req, sqe, def);
    if (ret != 0) return ret;
  }
  if ((r.int_flags & RING_F_INIT_SLOW) != 0) {
    ret = initSlow(r, req, sqe_flags);
    if (ret != 0) return ret;
  }
  if ((def & OP_IOPRIO) == 0 && sqe.ioprio != 0) return -EINVAL;
  if ((def & OP_IOPOLL) == 0 && (r.flags & IORING_SETUP_IOPOLL) != 0) return -EINVAL;
  if ((def & OP_NEEDS_FILE) != 0) req.fd = sqe.fd;
  req.personality = sqe.personality;
  if (req.personality != 0 && (req.personality > 63 || ((r.personalities >> <u64>req.personality) & 1) == 0)) return -EINVAL;
  return opPrep(req, sqe);
}

/** Finds and pins the file (io_assign_file). */
export function assignFile(r: Ring, req: Req): bool {
  return req.file != NONE || (opDef(req.opcode) & OP_NEEDS_FILE) == 0 || fileLookup(r, req);
}
/** Finds the file that req.fd names, and pins it; false when there is none (io_file_get_fixed, io_file_get_normal). */
export function fileLookup(r: Ring, req: Req): bool {
  if ((req.flags & IOSQE_FIXED_FILE) != 0) return fileGetFixed(r, req);
  const file_idx = fdFile(taskAt(req.task).host, req.fd);
  if (file_idx == NONE) return false;
  charge(COST_FILE_REF);
  fileGet(file_idx);
  req.file = file_idx;
  return true;
}

/** Issues a request; a linked timeout behind it begins to run (__io_issue_sqe). */
export function issue(req: Req, issue_flags: u32): i32 {
  if ((req.flags & REQ_F_ARM_LTIMEOUT) == 0) return opIssue(req, issue_flags);
  const ltimeout = ltimeoutGuard(req);
  const ret = opIssue(req, issue_flags);
  ltimeoutQueue(ltimeout);
  return ret;
}

/** Runs a request for the first time, or again after a poll (io_queue_sqe, io_queue_async). */
export function queueSqe(req: Req): void {
  const r = ringAt(req.ring);
  transition(req, REQ_ISSUED);
  let ret: i32;
  if (!assignFile(r, req)) ret = -EBADF;
  else ret = issue(req, ISSUE_NONBLOCK);
  if (ret == IOU_COMPLETE) {
    completeDefer(req);
    return;
  }
  if (ret == IOU_ISSUE_SKIP_COMPLETE) return;
  if (ret != -EAGAIN || (req.flags & REQ_F_NOWAIT) != 0) {
    completeFailed(req, ret);
    return;
  }
  const def = opDef(req.opcode);
  if ((def & (OP_POLLIN | OP_POLLOUT)) == 0) {
    queueIowq(req);
    return;
  }
  const mask = (def & OP_POLLIN) != 0 ? POLL_MASK_IN : POLL_MASK_OUT;
  const armed = armPoll(req, mask, (def & OP_POLL_EXCLUSIVE) != 0);
  if (armed == APOLL_READY) taskWorkAdd(req, TW_SUBMIT, false);
  else if (armed != APOLL_OK) queueIowq(req);
}

/** What is not simply issued: it has failed already, waits behind a drain, or is a worker's (io_queue_sqe_fallback). */
function queueFallback(req: Req): void {
  if ((req.flags & REQ_F_FAIL) != 0) {
    // All of the chain fails, hard links too.
    req.flags = (req.flags & ~IOSQE_IO_HARDLINK) | IOSQE_IO_LINK;
    completeFailed(req, req.res);
  } else if ((ringAt(req.ring).int_flags & RING_F_DRAIN_ACTIVE) != 0) drainReq(req);
  else queueIowq(req);
}

/** An SQE that is wrong: it fails, and with it the chain that it stands in (io_submit_fail_init). */
function submitFail(r: Ring, idx: u32, ret: i32): i32 {
  const req = reqAt(idx);
  reqSetFail(req);
  reqSetRes(req, ret, 0);
  const head = r.link_head;
  if (head != NONE) {
    const h = reqAt(head);
    if ((h.flags & REQ_F_FAIL) == 0) {
      reqSetFail(h);
      reqSetRes(h, -ECANCELED, 0);
    }
  }
  if ((req.flags & LINK_FLAGS) == 0) {
    let first = idx;
    if (head != NONE) {
      appendLink(r, idx);
      r.link_head = NONE;
      first = head;
    }
    queueFallback(reqAt(first));
    return ret;
  }
  if (head != NONE) appendLink(r, idx);
  else {
    r.link_head = idx;
    r.link_last = idx;
  }
  return 0;
}

function appendLink(r: Ring, idx: u32): void {
  transition(reqAt(idx), REQ_LINKED);
  reqAt(r.link_last).link = idx;
  r.link_last = idx;
}

/** One SQE (io_submit_sqe). 0, or -errno when the batch ends here. */
function submitSqe(r: Ring, idx: u32, sqe: io_uring_sqe): i32 {
  let req = reqAt(idx);
  witnessReq(r, req, sqe);
  const ret = initReq(r, req, sqe);
  charge(COST_SQE);
  r.submitted++;
  if (ret != 0) return submitFail(r, idx, ret);
  traceRingSubmit(0, NONE, r.idx, req.opcode, <u32>req.user_data);
  const linked = (req.flags & LINK_FLAGS) != 0;
  if (r.link_head != NONE) {
    appendLink(r, idx);
    if (linked) return 0;
    req = reqAt(r.link_head);
    r.link_head = NONE;
  } else if (linked) {
    r.link_head = idx;
    r.link_last = idx;
    return 0;
  }
  if ((req.flags & (REQ_F_FORCE_ASYNC | REQ_F_FAIL)) != 0) queueFallback(req);
  else queueSqe(req);
  return 0;
}

/** Submits at most `nr` entries (io_submit_sqes). The number that was taken, or -EAGAIN when there is no request left. */
export function submitSqes(r: Ring, task: u32, nr: u32): i32 {
  let entries = (r.flags & IORING_SETUP_SQ_REWIND) != 0 ? r.sq_entries : sqEntries(r);
  if (nr < entries) entries = nr;
  if (entries == 0) return 0;
  let starved = false;
  r.left = entries;
  r.link_head = NONE;
  while (r.left > 0) {
    const idx = reqAlloc(r, task);
    if (idx == NONE) {
      starved = true;
      break;
    }
    const sqe = getSqe(r);
    if (sqe == 0) {
      reqFree(r, idx);
      break;
    }
    const ret = submitSqe(r, idx, changetype<io_uring_sqe>(sqe));
    r.left--;
    if (ret != 0 && (r.flags & IORING_SETUP_SUBMIT_ALL) == 0) break;
  }
  const taken = <i32>(entries - r.left);
  if (r.link_head != NONE) {
    // A chain without an end: it never runs inline.
    const head = r.link_head;
    r.link_head = NONE;
    queueFallback(reqAt(head));
  }
  flushCompletions(r);
  if ((r.flags & IORING_SETUP_SQ_REWIND) != 0) r.cached_sq_head = 0;
  else store<u32>(<usize>r.rings, r.cached_sq_head, RINGS_SQ_HEAD);
  assert(r.sq_array == 0 || (r.flags & IORING_SETUP_NO_SQARRAY) == 0, 'R3 a ring without an index array has none');
  return taken == 0 && starved ? -EAGAIN : taken;
}
