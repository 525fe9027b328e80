/**
 * IOSQE_IO_DRAIN: a request that starts only when all before it have completed, and that holds up all behind it
 * (io_uring/io_uring.c: io_drain_req, io_queue_deferred). What is held up waits in a list, chains as their heads.
 */
import { NONE } from '../../sim/core';
import { linkedNr } from './links';
import { Req, reqAt, reqIdx, REQ_DEFERRED, REQ_F_FORCE_ASYNC, REQ_F_IO_DRAIN, transition, TW_SUBMIT } from './request';
import { Ring, ringAt, RING_F_DRAIN_ACTIVE, RING_F_DRAIN_NEXT } from './state';
import { taskWorkAdd } from './work_list';

/** An SQE that drains was read (io_init_drain). In the middle of a chain its head drains, and so does what follows the chain. */
export function initDrain(r: Ring): void {
  r.int_flags |= RING_F_DRAIN_ACTIVE;
  if (r.link_head == NONE) return;
  reqAt(r.link_head).flags |= REQ_F_IO_DRAIN | REQ_F_FORCE_ASYNC;
  r.int_flags |= RING_F_DRAIN_NEXT;
}

/** Puts a request behind the others (io_drain_req). */
export function drainReq(req: Req): void {
  const r = ringAt(req.ring);
  const idx = reqIdx(req);
  const drain = (req.flags & REQ_F_IO_DRAIN) != 0;
  transition(req, REQ_DEFERRED);
  r.nr_drained += linkedNr(req);
  req.tw_next = NONE;
  if (r.defer_head == NONE) r.defer_head = idx;
  else reqAt(r.defer_tail).tw_next = idx;
  r.defer_tail = idx;
  queueDeferred(r);
  if (!drain && r.defer_head == NONE) r.int_flags &= ~RING_F_DRAIN_ACTIVE;
}

/** Starts what may start now; true when a draining one did (io_queue_deferred). */
export function queueDeferred(r: Ring): bool {
  let drain_seen = false;
  let first = true;
  let drain_queued = false;
  if (r.reqs == r.nr_drained) r.drain_req = NONE;
  while (r.defer_head != NONE) {
    const idx = r.defer_head;
    const req = reqAt(idx);
    const drain = (req.flags & REQ_F_IO_DRAIN) != 0;
    drain_seen = drain_seen || drain;
    if ((drain_seen || first) && r.reqs != r.nr_drained) break;
    r.defer_head = req.tw_next;
    r.nr_drained -= linkedNr(req);
    if (drain) {
      drain_queued = true;
      if (req.link == NONE) r.drain_req = idx;
    }
    taskWorkAdd(reqAt(idx), TW_SUBMIT, false);
    first = false;
  }
  return drain_queued;
}
