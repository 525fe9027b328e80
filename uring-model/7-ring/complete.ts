/** Completion: results are collected while a batch runs and posted at its end (io_uring/io_uring.c). */
import { behaves, BEHAVES_DRAIN_ENDS, NONE } from '../../sim/core';
import { IOSQE_CQE_SKIP_SUCCESS } from '../uapi.gen';
import { cqeOverflow, cqUnlockPostBatch, fillCqeAux, fillCqeReq } from './cq';
import { queueDeferred } from './drain';
import { filePut } from '../../stack/file';
import { kbufPut } from './kbuf';
import { netFail } from './net_cleanup';
import { queueNext } from './links';
import { quiesceWake } from './quiesce';
import {
  Req, reqAt, reqFree, reqIdx, reqSetFail, reqSetRes, REQ_COMPLETE, REQ_F_BUFFER_SELECTED, REQ_F_NEED_CLEANUP, REQ_F_REFCOUNT, REQ_HELD,
  transition,
} from './request';
import { opCleanup } from './opdef';
import { nodePut } from './rsrc';
import { Ring, ringAt, RING_F_DRAIN_ACTIVE } from './state';
import { witnessBig, witnessFull } from './witness';

/** The request has its result (io_req_complete_defer). */
export function completeDefer(req: Req): void {
  const r = ringAt(req.ring);
  const idx = reqIdx(req);
  transition(req, REQ_COMPLETE);
  req.comp_next = NONE;
  if (r.compl_head == NONE) r.compl_head = idx;
  else reqAt(r.compl_tail).comp_next = idx;
  r.compl_tail = idx;
}

/** The request failed before or while it ran (io_req_defer_failed). */
export function completeFailed(req: Req, res: i32): void {
  reqSetFail(req);
  reqSetRes(req, res, kbufPut(req, 0, res));
  netFail(req);
  completeDefer(req);
}

/** The draining request that runs alone is among those that completed (io_drain_req_completed). */
function drainReqCompleted(r: Ring): bool {
  for (let i = r.compl_head; i != NONE; i = reqAt(i).comp_next) {
    if (i != r.drain_req) continue;
    r.drain_req = NONE;
    return true;
  }
  return false;
}

/** What a completed request held goes back, and the next of its chain starts (io_free_batch_list). */
function freeBatch(r: Ring, head: u32): void {
  for (let i = head; i != NONE; ) {
    const req = reqAt(i);
    const next = req.comp_next;
    if ((req.flags & REQ_F_REFCOUNT) == 0 || reqRefDrop(req)) {
      queueNext(req);
      reqPut(r, i);
    }
    i = next;
  }
}

/** Drops the owner's reference. False: somebody else has one, and frees the request (req_ref_put_and_test). */
export function reqRefDrop(req: Req): bool {
  if (--req.refs == 0) return true;
  transition(req, REQ_HELD);
  return false;
}

/** Posts what was collected, publishes the tail and frees the requests (__io_submit_flush_completions). */
export function flushCompletions(r: Ring): void {
  const head = r.compl_head;
  const draining = (r.int_flags & RING_F_DRAIN_ACTIVE) != 0;
  if (head == NONE && r.cq_flush == 0 && !draining) return;
  for (let i = head; i != NONE; i = reqAt(i).comp_next) {
    const req = reqAt(i);
    if ((req.flags & IOSQE_CQE_SKIP_SUCCESS) != 0) continue;
    witnessBig(r, req);
    if (!fillCqeReq(r, req)) cqeOverflow(r, req.user_data, req.res, req.cflags, req.big0, req.big1, i);
  }
  cqUnlockPostBatch(r);
  let drain_done = draining && r.drain_req != NONE && drainReqCompleted(r) && behaves(r.host, BEHAVES_DRAIN_ENDS);
  r.compl_head = NONE;
  freeBatch(r, head);
  if ((r.int_flags & RING_F_DRAIN_ACTIVE) != 0) {
    // A draining request that starts now keeps the drain going.
    if (queueDeferred(r)) drain_done = false;
    if (drain_done && r.defer_head == NONE) r.int_flags &= ~RING_F_DRAIN_ACTIVE;
  }
  r.cq_flush = 0;
}

/** Files, nodes and the request itself go back. */
export function reqPut(r: Ring, idx: u32): void {
  const req = reqAt(idx);
  if ((req.flags & (REQ_F_BUFFER_SELECTED | REQ_F_NEED_CLEANUP)) != 0) opCleanup(req);
  if (req.file_node != NONE) nodePut(r, req.file_node);
  else if (req.file != NONE) filePut(req.file);
  if (req.buf_node != NONE) nodePut(r, req.buf_node);
  if (req.file_node != NONE || req.buf_node != NONE) quiesceWake(r);
  reqFree(r, idx);
}

/** One more completion of a multishot request; false when there is no room, and then it ends (io_req_post_cqe). */
export function postCqe(req: Req, res: i32, cflags: u32): bool {
  const r = ringAt(req.ring);
  if (r.compl_head != NONE) flushCompletions(r);
  r.cq_flush = 1;
  if (fillCqeAux(r, req.user_data, res, cflags, reqIdx(req))) return true;
  witnessFull(r, req);
  return false;
}
