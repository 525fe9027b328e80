/** What a request that was woken, or cancelled, does in its task's context (io_uring/poll.c: io_poll_task_func). */
import { bug, RUN_BUG_POLL_MSHOT_OVERFLOW, RUN_BUG_RECV_MSHOT_EOF } from '../../sim/core';
import { ECANCELED, IORING_CQE_F_MORE, IORING_OP_POLL_ADD, POLLHUP, POLLRDHUP } from '../uapi.gen';
import { cancelTableRemove } from './cancel_table';
import { completeDefer, completeFailed, postCqe } from './complete';
import { IOU_COMPLETE, IOU_REQUEUE, IOU_RETRY, ISSUE_MULTISHOT, ISSUE_NONBLOCK } from './issue';
import { opIssue } from './opdef';
import { napiAdd } from './napi';
import { EPOLLONESHOT, IO_POLL_CANCEL_FLAG, pollExecute, reqPoll, waitersRemove } from './poll';
import { manglePoll } from './poll_add';
import { Req, reqSetFail, reqSetRes, REQ_ARMED, REQ_F_APOLL_MULTISHOT, REQ_ISSUED, transition } from './request';
import { queueSqe } from './sq';
import { ringAt } from './state';

/** What io_poll_check_events found. */
const POLL_DONE: i32 = 0;
const POLL_NO_ACTION: i32 = 1;
const POLL_USE_RES: i32 = 2;
const POLL_REISSUE: i32 = 3;
const POLL_REQUEUE: i32 = 4;

/** Runs a multishot request once. POLL_DONE: it waits on. */
function multishot(req: Req): i32 {
  if ((req.flags & REQ_F_APOLL_MULTISHOT) == 0) {
    const mask = manglePoll(<u32>req.res & req.poll_events);
    if (postCqe(req, <i32>mask, IORING_CQE_F_MORE) || bug(RUN_BUG_POLL_MSHOT_OVERFLOW)) return POLL_DONE;
    reqSetRes(req, <i32>mask, 0);
    return POLL_USE_RES;
  }
  if (req.state != REQ_ISSUED) transition(req, REQ_ISSUED);
  const ret = opIssue(req, ISSUE_NONBLOCK | ISSUE_MULTISHOT);
  if (ret == IOU_COMPLETE) return POLL_USE_RES;
  if (ret == IOU_REQUEUE) return POLL_REQUEUE;
  return ret != IOU_RETRY && ret < 0 ? ret : POLL_DONE;
}

/** Looks why a request was woken; runs a multishot one (io_poll_check_events). */
function pollCheckEvents(req: Req): i32 {
  while (true) {
    let refs = req.poll_refs;
    let again = false;
    if ((refs & IO_POLL_CANCEL_FLAG) != 0) return -ECANCELED;
    // Woken more than once: the mask of the first wake-up is out of date.
    if (refs != 1) req.res = 0;
    if (req.res == 0) req.res = <i32>(reqPoll(req) & req.poll_events);
    if ((req.poll_events & EPOLLONESHOT) != 0) return req.res != 0 ? POLL_DONE : POLL_REISSUE;
    if (req.res != 0) {
      if ((<u32>req.res & (POLLHUP | POLLRDHUP)) != 0 && refs != 1 && (req.flags & REQ_F_APOLL_MULTISHOT) != 0
        && !bug(RUN_BUG_RECV_MSHOT_EOF)) {
        req.poll_refs -= refs - 1;
        refs = 1;
        again = true;
      }
      const ret = multishot(req);
      if (ret != POLL_DONE) return ret;
      req.res = 0;
    }
    // Whoever woke it meanwhile has found it owned, so it looks again.
    if (again || req.poll_refs != refs) continue;
    req.poll_refs = 0;
    transition(req, REQ_ARMED);
    return POLL_NO_ACTION;
  }
}

/** io_poll_task_func */
export function pollTaskFunc(req: Req): void {
  napiAdd(ringAt(req.ring), req.file);
  const ret = pollCheckEvents(req);
  if (ret == POLL_NO_ACTION) return;
  if (ret == POLL_REQUEUE) {
    pollExecute(req, 0);
    return;
  }
  waitersRemove(req);
  cancelTableRemove(req);
  if (ret == POLL_USE_RES) completeDefer(req);
  else if (ret == POLL_REISSUE) queueSqe(req);
  else if (<u32>req.opcode == IORING_OP_POLL_ADD) pollAddDone(req, ret);
  else if (ret == POLL_DONE) queueSqe(req);
  else completeFailed(req, ret);
}

function pollAddDone(req: Req, ret: i32): void {
  if (ret == POLL_DONE) reqSetRes(req, <i32>manglePoll(<u32>req.res & req.poll_events), 0);
  else {
    reqSetFail(req);
    reqSetRes(req, ret, 0);
  }
  completeDefer(req);
}
