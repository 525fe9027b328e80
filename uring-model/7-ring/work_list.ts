/**
 * Task work: what has to be done in the task's own context (io_uring/tw.c). Rings with DEFER_TASKRUN keep a list of their
 * own that runs when the application asks for completions; the others share the task's, which runs when the task returns
 * to user space. Both are first come, first served.
 */
import { NONE } from '../../sim/core';
import {
  IORING_SETUP_COOP_TASKRUN, IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_TASKRUN_FLAG, IORING_SQ_TASKRUN, IOSQE_IO_HARDLINK, IOSQE_IO_LINK,
} from '../uapi.gen';
import { sqFlagsOr } from './cq';
import { tellOfWork } from './eventfd';
import { Req, reqAt, reqIdx, REQ_WORK, transition } from './request';
import { sqThreadWake } from './sqpoll';
import { Ring, ringAt } from './state';
import { taskAt, taskKick, taskRuns, taskWake } from './task';
import { witnessWork } from './witness';

/** Nobody waits on the ring (io_uring/wait.h). */
export const IO_CQ_WAKE_INIT: i32 = -1;

/** Queues a request; `lazy`: a waiter that wants more than this one completion may sleep on. */
export function taskWorkAdd(req: Req, tw: u8, lazy: bool): void {
  const r = ringAt(req.ring);
  req.tw = tw;
  witnessWork(r, req);
  transition(req, REQ_WORK);
  if ((r.flags & IORING_SETUP_DEFER_TASKRUN) != 0) localWorkAdd(r, req, lazy);
  else normalWorkAdd(r, req);
}

/** io_req_local_work_add */
function localWorkAdd(r: Ring, req: Req, lazy: bool): void {
  const idx = reqIdx(req);
  req.tw_next = NONE;
  // What an earlier run has left stands in a list of its own.
  const first = r.work_head == NONE || r.work_tail == r.retry_tail;
  if (r.work_head == NONE) r.work_head = idx;
  else reqAt(r.work_tail).tw_next = idx;
  r.work_tail = idx;
  if (first) {
    if ((r.flags & IORING_SETUP_TASKRUN_FLAG) != 0) sqFlagsOr(r, IORING_SQ_TASKRUN);
    tellOfWork(r);
  }
  if (r.cq_wait_nr <= 0) return;
  if (lazy && (req.flags & (IOSQE_IO_LINK | IOSQE_IO_HARDLINK)) == 0) {
    if (--r.cq_wait_nr != 0) return;
  } else r.cq_wait_nr = IO_CQ_WAKE_INIT;
  if (r.submitter != NONE) taskWake(taskAt(r.submitter));
}

/**
 * io_req_normal_work_add. COOP_TASKRUN waits for the task's next system call; without it the task is interrupted.
 * A task that sleeps wakes either way.
 */
function normalWorkAdd(r: Ring, req: Req): void {
  const t = taskAt(req.task);
  const idx = reqIdx(req);
  req.tw_next = NONE;
  if (t.work_head != NONE) {
    reqAt(t.work_tail).tw_next = idx;
    t.work_tail = idx;
    return;
  }
  t.work_head = idx;
  t.work_tail = idx;
  if ((r.flags & IORING_SETUP_TASKRUN_FLAG) != 0) sqFlagsOr(r, IORING_SQ_TASKRUN);
  if (r.sqd != NONE) sqThreadWake(r.sqd);
  else if (t.waiting != 0 && !taskRuns(t)) taskWake(t);
  else if ((r.flags & IORING_SETUP_COOP_TASKRUN) == 0) taskKick(t);
  else if (t.waiting != 0) taskWake(t);
}

/** The oldest request of a ring's list, or NONE. */
export function localWorkPop(r: Ring): u32 {
  const idx = r.work_head;
  if (idx == NONE) return NONE;
  r.work_head = reqAt(idx).tw_next;
  return idx;
}
