/**
 * Submission: SQEs become requests, which run at once (io_uring/io_uring.c: io_submit_sqes and below).
 *
 * Differs from Linux: what Linux gives to a worker thread (IOSQE_ASYNC, SHUTDOWN, what cannot be polled) runs at once in
 * the submitter's context, and IOSQE_IO_DRAIN is refused with -EINVAL.
 */
import { charge, COST_SQE, NONE, traceRingSubmit } from '../../sim/core';
import {
  EAGAIN, EBADF, EINVAL, EOPNOTSUPP, IO_URING_SQE_BYTES, io_uring_sqe, IORING_OP_LAST, IORING_SETUP_NO_SQARRAY, IORING_SETUP_SUBMIT_ALL,
  IOSQE_ASYNC, IOSQE_BUFFER_SELECT, IOSQE_CQE_SKIP_SUCCESS, IOSQE_FIXED_FILE, IOSQE_IO_HARDLINK, IOSQE_IO_LINK,
} from '../uapi.gen';
import { completeDefer, completeFailed, flushCompletions } from './complete';
import { fdFile, fileAt, fileGet, FILE_RING } from '../../stack/file';
import { IOU_COMPLETE, IOU_ISSUE_SKIP_COMPLETE } from './issue';
import {
  OP_BUFFER_SELECT, OP_IOPRIO, OP_NEEDS_FILE, OP_POLL_EXCLUSIVE, OP_POLLIN, OP_POLLOUT, OP_SUPPORTED, opDef, opIssue, opPrep,
} from './opdef';
import { APOLL_READY, armPoll, POLL_MASK_IN, POLL_MASK_OUT } from './poll';
import {
  Req, reqAlloc, reqAt, reqFree, reqSetFail, reqSetRes, REQ_F_FAIL, REQ_F_NOWAIT, REQ_INIT, REQ_ISSUED, REQ_LINKED, transition, TW_SUBMIT,
} from './request';
import { Ring, ringAt, RINGS_SQ_DROPPED, RINGS_SQ_HEAD, RINGS_SQ_TAIL } from './state';
import { taskWorkAdd } from './work_list';

const LINK_FLAGS: u32 = IOSQE_IO_LINK | IOSQE_IO_HARDLINK;
/** What we take of SQE_VALID_FLAGS. */
const SQE_TAKEN_FLAGS: u32 = IOSQE_FIXED_FILE | LINK_FLAGS | IOSQE_ASYNC | IOSQE_BUFFER_SELECT | IOSQE_CQE_SKIP_SUCCESS;

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
  return <usize>(r.sqes + head * IO_URING_SQE_BYTES);
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
  if (<u32>opcode >= IORING_OP_LAST) return -EINVAL;
  const def = opDef(opcode);
  if ((sqe_flags & ~SQE_TAKEN_FLAGS) != 0) return -EINVAL;
  if ((sqe_flags & IOSQE_BUFFER_SELECT) != 0 && (def & OP_BUFFER_SELECT) == 0) return -EOPNOTSUPP;
  if ((def & OP_SUPPORTED) == 0) return -EINVAL;
  if ((def & OP_IOPRIO) == 0 && sqe.ioprio != 0) return -EINVAL;
  if ((def & OP_NEEDS_FILE) != 0) req.fd = sqe.fd;
  // Nobody has registered a personality.
  if (sqe.personality != 0) return -EINVAL;
  return opPrep(req, sqe);
}

/** Finds and pins the file (io_assign_file). */
function assignFile(r: Ring, req: Req): bool {
  if (req.file != NONE || (opDef(req.opcode) & OP_NEEDS_FILE) == 0) return true;
  if ((req.flags & IOSQE_FIXED_FILE) != 0) return false;
  const file_idx = fdFile(r.task, req.fd);
  if (file_idx == NONE) return false;
  fileGet(file_idx);
  req.file = file_idx;
  return true;
}

/** Runs a request for the first time, or again after a poll (io_queue_sqe, io_queue_async). */
export function queueSqe(req: Req): void {
  const r = ringAt(req.ring);
  transition(req, REQ_ISSUED);
  let ret: i32;
  if (!assignFile(r, req)) ret = -EBADF;
  else if (req.file != NONE && fileAt(req.file).kind == FILE_RING) ret = onRing(req);
  else ret = opIssue(req, 0);
  if (ret == IOU_COMPLETE) {
    completeDefer(req);
    return;
  }
  if (ret == IOU_ISSUE_SKIP_COMPLETE) return;
  const def = opDef(req.opcode);
  if (ret != -EAGAIN || (req.flags & REQ_F_NOWAIT) != 0 || (def & (OP_POLLIN | OP_POLLOUT)) == 0) {
    completeFailed(req, ret);
    return;
  }
  const mask = (def & OP_POLLIN) != 0 ? POLL_MASK_IN : POLL_MASK_OUT;
  if (armPoll(req, mask, (def & OP_POLL_EXCLUSIVE) != 0) == APOLL_READY) taskWorkAdd(req, TW_SUBMIT, false);
}

/** Of the operations on files only those of sockets are there: a ring is none. */
function onRing(req: Req): i32 {
  return (opDef(req.opcode) & OP_NEEDS_FILE) != 0 ? -ENOTSOCK : opIssue(req, 0);
}
const ENOTSOCK: i32 = 88;

/** Runs a request or a chain that may have failed while it was read (io_queue_sqe, io_queue_sqe_fallback). */
function queueHead(req: Req): void {
  if ((req.flags & REQ_F_FAIL) == 0) {
    queueSqe(req);
    return;
  }
  // All of the chain fails, hard links too.
  req.flags = (req.flags & ~IOSQE_IO_HARDLINK) | IOSQE_IO_LINK;
  completeFailed(req, req.res);
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
    queueHead(reqAt(first));
    return ret;
  }
  if (head != NONE) appendLink(r, idx);
  else {
    r.link_head = idx;
    r.link_last = idx;
  }
  return 0;
}
const ECANCELED: i32 = 125;

function appendLink(r: Ring, idx: u32): void {
  transition(reqAt(idx), REQ_LINKED);
  reqAt(r.link_last).link = idx;
  r.link_last = idx;
}

/** One SQE (io_submit_sqe). 0, or -errno when the batch ends here. */
function submitSqe(r: Ring, idx: u32, sqe: io_uring_sqe): i32 {
  const req = reqAt(idx);
  const ret = initReq(r, req, sqe);
  charge(COST_SQE);
  r.submitted++;
  if (ret != 0) return submitFail(r, idx, ret);
  traceRingSubmit(0, NONE, r.idx, req.opcode, <u32>req.user_data);
  const linked = (req.flags & LINK_FLAGS) != 0;
  if (r.link_head != NONE) {
    appendLink(r, idx);
    if (linked) return 0;
    const head = r.link_head;
    r.link_head = NONE;
    queueHead(reqAt(head));
    return 0;
  }
  if (linked) {
    r.link_head = idx;
    r.link_last = idx;
    return 0;
  }
  queueSqe(req);
  return 0;
}

/** Submits at most `nr` entries (io_submit_sqes). The number that was taken, or -EAGAIN when there is no request left. */
export function submitSqes(r: Ring, nr: u32): i32 {
  let entries = sqEntries(r);
  if (nr < entries) entries = nr;
  if (entries == 0) return 0;
  let left = entries;
  let starved = false;
  r.link_head = NONE;
  while (left > 0) {
    const idx = reqAlloc(r);
    if (idx == NONE) {
      starved = true;
      break;
    }
    const sqe = getSqe(r);
    if (sqe == 0) {
      reqFree(r, idx);
      break;
    }
    left--;
    if (submitSqe(r, idx, changetype<io_uring_sqe>(sqe)) != 0 && (r.flags & IORING_SETUP_SUBMIT_ALL) == 0) break;
  }
  const taken = <i32>(entries - left);
  if (r.link_head != NONE) {
    const head = r.link_head;
    r.link_head = NONE;
    queueHead(reqAt(head));
  }
  flushCompletions(r);
  store<u32>(<usize>r.rings, r.cached_sq_head, RINGS_SQ_HEAD);
  assert(r.sq_array == 0 || (r.flags & IORING_SETUP_NO_SQARRAY) == 0, 'R3 a ring without an index array has none');
  return taken == 0 && starved ? -EAGAIN : taken;
}
