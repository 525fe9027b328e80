/**
 * LINK_TIMEOUT (io_uring/timeout.c): guards the request before it in a chain. It is armed when that one is issued. Whichever
 * ends first takes the other along:
 *
 *     the guarded request completes       the timeout leaves the chain and completes with -ECANCELED
 *     the time runs out                   the guarded request is cancelled; the timeout completes with -ETIME, or with the
 *                                         error of the cancellation
 *
 * A timeout that has fired holds a reference to the request that it cancels.
 */
import { bug, hrtimerCancel, NONE, RUN_BUG_LTIMEOUT_NO_REF } from '../../sim/core';
import { ECANCELED, EINVAL, ENOENT, ETIME, IORING_OP_LINK_TIMEOUT, IORING_TIMEOUT_ABS, IOSQE_CQE_SKIP_SUCCESS } from '../uapi.gen';
import { cancelWhat, tryCancel } from './cancel';
import { completeDefer } from './complete';
import { queueNext } from './links';
import {
  Req, reqAt, reqIdx, reqSetRes, REQ_F_ARM_LTIMEOUT, REQ_F_LINK_TIMEOUT, REQ_F_REFCOUNT, TW_COMPLETE, TW_LINK_TIMEOUT,
} from './request';
import { Ring, ringAt } from './state';
import { ltimeoutListAdd, ltimeoutListRemove, Timeout, timeoutOf, timeoutStart, timeoutTimer } from './timeout_list';
import { witnessTime } from './witness';
import { taskWorkAdd } from './work_list';

export function ltimeoutPrep(r: Ring, req: Req, t: Timeout): i32 {
  if (r.link_head == NONE) return -EINVAL;
  const last = reqAt(r.link_last);
  if (<u32>last.opcode == IORING_OP_LINK_TIMEOUT) return -EINVAL;
  t.head = r.link_last;
  last.flags |= REQ_F_ARM_LTIMEOUT;
  return 0;
}

/** The guarded request is about to be issued: its timeout (__io_prep_linked_timeout). */
export function ltimeoutGuard(req: Req): u32 {
  req.flags = (req.flags & ~REQ_F_ARM_LTIMEOUT) | REQ_F_LINK_TIMEOUT;
  reqSetRefcount(req);
  return req.link;
}
/** io_req_set_refcount */
function reqSetRefcount(req: Req): void {
  if ((req.flags & REQ_F_REFCOUNT) != 0) return;
  req.flags |= REQ_F_REFCOUNT;
  req.refs = 1;
}

/** The guarded request was issued: the time begins to run (io_queue_linked_timeout). */
export function ltimeoutQueue(idx: u32): void {
  const req = reqAt(idx);
  const t = timeoutOf(req);
  timeoutStart(req, t.time_ns, (t.flags & IORING_TIMEOUT_ABS) != 0);
  ltimeoutListAdd(ringAt(req.ring), req);
}

/** The timer fired (io_link_timeout_fn). */
export function ltimeoutFired(req: Req): void {
  const t = timeoutOf(req);
  t.prev = t.head;
  t.head = NONE;
  if (t.prev != NONE && !bug(RUN_BUG_LTIMEOUT_NO_REF)) reqAt(t.prev).refs++;
  ltimeoutListRemove(ringAt(req.ring), req);
  taskWorkAdd(req, TW_LINK_TIMEOUT, false);
}

/** Its task work (io_req_task_link_timeout). */
export function ltimeoutTask(req: Req): void {
  const prev_idx = timeoutOf(req).prev;
  // One that completes disarms its timeout at once, so there always is one.
  assert(prev_idx != NONE, 'R17 a linked timeout holds on to the request that it cancels');
  const prev = reqAt(prev_idx);
  if (prev.link == reqIdx(req)) prev.link = req.link;
  req.link = NONE;
  cancelWhat(ringAt(req.ring), req.task, prev.user_data);
  const ret = tryCancel();
  reqSetRes(req, ret != 0 ? ret : -ETIME, 0);
  completeDefer(req);
  reqPut(prev);
}

/** Drops a reference; the last one frees the request, by task work (io_put_req, io_free_req). */
function reqPut(req: Req): void {
  assert(req.refs != 0, 'R17 a linked timeout holds on to the request that it cancels');
  if (--req.refs != 0) return;
  queueNext(req);
  req.flags = (req.flags & ~REQ_F_REFCOUNT) | IOSQE_CQE_SKIP_SUCCESS;
  taskWorkAdd(req, TW_COMPLETE, false);
}

/** The timeout behind a request that has ended leaves the chain; NONE when there is none to be told (io_disarm_next). */
export function ltimeoutDisarm(req: Req): void {
  const idx = req.link;
  const armed = (req.flags & REQ_F_LINK_TIMEOUT) != 0 && (req.flags & REQ_F_ARM_LTIMEOUT) == 0;
  req.flags &= ~REQ_F_ARM_LTIMEOUT;
  if (idx == NONE) return;
  const link = reqAt(idx);
  if (<u32>link.opcode != IORING_OP_LINK_TIMEOUT) return;
  req.link = link.link;
  link.link = NONE;
  if (armed && !disarmArmed(link)) return;
  reqSetRes(link, -ECANCELED, 0);
  taskWorkAdd(link, TW_COMPLETE, false);
}

/** False: the timer has fired, and the timeout completes by itself (__io_disarm_linked_timeout). */
function disarmArmed(link: Req): bool {
  const t = timeoutOf(link);
  if (t.head == NONE) return false;
  t.head = NONE;
  hrtimerCancel(timeoutTimer(link));
  ltimeoutListRemove(ringAt(link.ring), link);
  return true;
}

/** Gives a linked timeout another time (io_linked_timeout_update). */
export function ltimeoutUpdate(r: Ring, user_data: u64, time_ns: u64, absolute: bool): i32 {
  for (let i = r.ltimeout_head; i != NONE; i = reqAt(i).list_next) {
    const req = reqAt(i);
    if (req.user_data != user_data) continue;
    witnessTime(req, time_ns);
    timeoutStart(req, time_ns, absolute);
    return 0;
  }
  return -ENOENT;
}
