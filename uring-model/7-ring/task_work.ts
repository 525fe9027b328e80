/** Running task work (io_uring/tw.c). */
import { behaves, BEHAVES_LOCAL_TW_CAP, BEHAVES_LOCAL_TW_FIFO, charge, COST_TASK_WORK, NONE, traceTaskWork } from '../../sim/core';
import { IORING_SETUP_TASKRUN_FLAG, IORING_SQ_TASKRUN } from '../uapi.gen';
import { completeDefer, completeFailed, flushCompletions } from './complete';
import { postAuxCqe, sqFlagsClear, sqFlagsOr } from './cq';
import { queueIowq } from './iowq';
import { ltimeoutTask } from './link_timeout';
import { msgFdTask, msgTask } from './msg_ring';
import { notifTwComplete } from './notif';
import { pollTaskFunc } from './poll_task';
import {
  Req, reqAt, reqFree, REQ_F_FAIL, REQ_F_FORCE_ASYNC, TW_COMPLETE, TW_EVENT, TW_FAIL, TW_FAIL_LINKS, TW_IOWQ, TW_LINK_TIMEOUT, TW_MSG,
  TW_NOTIF, TW_POLL, TW_TIMEOUT,
} from './request';
import { queueSqe } from './sq';
import { Ring, ringAt } from './state';
import { Task } from './task';
import { timeoutTask } from './timeout';
import { witnessRun } from './witness';
import { localWorkPop } from './work_list';

/** Items of one call that asks for completions, unless it wants more of them (IO_LOCAL_TW_DEFAULT_MAX). */
const IO_LOCAL_TW_DEFAULT_MAX: i32 = 20;
/**
 * Completions of one run. Differs from Linux: a run that has posted this many stops; the task is preempted there, so that
 * one event stays small, and the rest runs next.
 */
const RUN_CQES_MAX: u32 = 2048;
const ECANCELED: i32 = 125;

/** What is left of a chain after a failure (io_req_tw_fail_links). */
function failLinks(first: Req): void {
  let req = first;
  while (true) {
    const next = req.link;
    req.link = NONE;
    if ((req.flags & REQ_F_FAIL) == 0) {
      reqSetFailOnly(req);
      req.res = -ECANCELED;
    }
    req.cflags = 0;
    completeDefer(req);
    if (next == NONE) return;
    req = reqAt(next);
  }
}
/** Marks it failed and leaves IOSQE_CQE_SKIP_SUCCESS as the head of the chain decided. */
function reqSetFailOnly(req: Req): void {
  req.flags |= REQ_F_FAIL;
}

/** One item. */
function runItem(r: Ring, idx: u32): void {
  const req = reqAt(idx);
  witnessRun(r, idx);
  charge(COST_TASK_WORK);
  switch (req.tw) {
    case TW_POLL: return pollTaskFunc(req);
    case TW_COMPLETE: return completeDefer(req);
    case TW_FAIL_LINKS: return failLinks(req);
    case TW_MSG: return msgTask(r, req);
    case TW_TIMEOUT: return timeoutTask(req);
    case TW_LINK_TIMEOUT: return ltimeoutTask(req);
    case TW_EVENT: {
      postAuxCqe(r, req.user_data, req.res, 0);
      reqFree(r, idx);
      return;
    }
    case TW_NOTIF: return notifTwComplete(req);
    case TW_FAIL: return completeFailed(req, req.res);
    case TW_IOWQ: return queueIowq(req);
    default: return taskSubmit(req);
  }
}
/** io_req_task_submit */
function taskSubmit(req: Req): void {
  if ((req.flags & REQ_F_FORCE_ASYNC) != 0) queueIowq(req);
  else queueSqe(req);
}

/** Is there more, and does the caller want more? (io_run_local_work_continue) */
function goOn(r: Ring, events: i32, min_events: i32): bool {
  if (r.work_head == NONE) return false;
  if (events < min_events && r.run_cqes < RUN_CQES_MAX) return true;
  if ((r.flags & IORING_SETUP_TASKRUN_FLAG) != 0) sqFlagsOr(r, IORING_SQ_TASKRUN);
  return false;
}

/** Runs items up to `last`, NONE: all that are there and that come; at most `max`. How many. */
function runUpTo(r: Ring, last: u32, max: i32): i32 {
  let ret: i32 = 0;
  while (ret < max && r.run_cqes < RUN_CQES_MAX) {
    const idx = localWorkPop(r);
    if (idx == NONE) break;
    if (idx == r.retry_tail) r.retry_tail = NONE;
    runItem(r, idx);
    ret++;
    if (idx == last) break;
  }
  return ret;
}

/**
 * An older kernel runs what an earlier run has left first. Then it takes the list as it is, and runs one of it even if that is one
 * too many; what comes meanwhile is for the next round.
 */
function runAsTaken(r: Ring, max: i32): i32 {
  let ret: i32 = 0;
  if (r.retry_tail != NONE) ret = runUpTo(r, r.retry_tail, max);
  if (r.retry_tail != NONE || r.work_head == NONE) return ret;
  r.retry_tail = r.work_tail;
  return ret + runUpTo(r, r.work_tail, max > ret ? max - ret : 1);
}

/** Runs a ring's own list: rounds of at most `max_events` items until `min_events` have run (__io_run_local_work). */
export function runLocalWork(r: Ring, min_events: i32, max_events: i32): void {
  if ((r.flags & IORING_SETUP_TASKRUN_FLAG) != 0) sqFlagsClear(r, IORING_SQ_TASKRUN);
  const fifo = behaves(r.host, BEHAVES_LOCAL_TW_FIFO);
  if (!behaves(r.host, BEHAVES_LOCAL_TW_CAP)) max_events = i32.MAX_VALUE;
  let ret: i32 = 0;
  let items: u32 = 0;
  r.run_cqes = 0;
  while (true) {
    min_events -= ret;
    ret = 0;
    if (fifo) ret = runUpTo(r, NONE, max_events);
    else ret = runAsTaken(r, max_events);
    items += <u32>ret;
    if (r.retry_tail == NONE && goOn(r, ret, min_events)) continue;
    flushCompletions(r);
    if (!goOn(r, ret, min_events)) break;
  }
  if (items != 0) traceTaskWork(0, NONE, r.idx, items);
}

/** What a call that asks for `min_events` completions runs of it (io_run_local_work_locked). */
export function runLocalWorkDefault(r: Ring, min_events: u32): void {
  const min = <i32>min_events;
  if (r.work_head != NONE) runLocalWork(r, min, min > IO_LOCAL_TW_DEFAULT_MAX ? min : IO_LOCAL_TW_DEFAULT_MAX);
}

/** Runs the task's list, on the way back to user space or in a wait (tctx_task_work_run). True when there was some. */
export function runTaskWork(t: Task): bool {
  const files = t.msg_head != NONE;
  if (files) msgFdTask(t);
  if (t.work_head == NONE) return files;
  // What the completions queue (the next of a chain) runs now as well, as task_work_run does not stop before its list is empty.
  while (t.work_head != NONE) runTaskList(t);
  return true;
}
function runTaskList(t: Task): void {
  let ring = NONE;
  let items: u32 = 0;
  while (t.work_head != NONE) {
    const idx = t.work_head;
    const req = reqAt(idx);
    t.work_head = req.tw_next;
    if (req.ring != ring) {
      if (ring != NONE) flushCompletions(ringAt(ring));
      ring = req.ring;
      sqFlagsClear(ringAt(ring), IORING_SQ_TASKRUN);
    }
    runItem(ringAt(ring), idx);
    items++;
  }
  flushCompletions(ringAt(ring));
  traceTaskWork(0, NONE, ring, items);
}
