/** Completion: results are collected while a batch runs and posted at its end (io_uring/io_uring.c). */
import { NONE } from '../../sim/core';
import { IOSQE_CQE_SKIP_SUCCESS, IOSQE_IO_HARDLINK, IOSQE_IO_LINK } from '../uapi.gen';
import { commitCqring, cqeOverflow, fillCqeAux, fillCqeReq } from './cq';
import { filePut } from '../../stack/file';
import {
  Req, reqAt, reqFree, reqIdx, reqSetFail, reqSetRes, REQ_COMPLETE, REQ_F_FAIL, REQ_F_SKIP_LINK_CQES, transition, TW_FAIL_LINKS,
  TW_SUBMIT,
} from './request';
import { Ring, ringAt } from './state';
import { taskWorkAdd } from './work_list';

const LINK_FLAGS: u32 = IOSQE_IO_LINK | IOSQE_IO_HARDLINK;

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
  reqSetRes(req, res, 0);
  completeDefer(req);
}

/** The next of a chain runs, or all that are left fail (io_queue_next, io_disarm_next, io_fail_links). */
function queueNext(req: Req): void {
  const next = req.link;
  if (next == NONE) return;
  req.link = NONE;
  const n = reqAt(next);
  if ((req.flags & REQ_F_FAIL) == 0 || (req.flags & IOSQE_IO_HARDLINK) != 0) {
    taskWorkAdd(n, TW_SUBMIT, false);
    return;
  }
  const ignore_cqes = (req.flags & REQ_F_SKIP_LINK_CQES) != 0;
  for (let i = next; i != NONE; i = reqAt(i).link) {
    const l = reqAt(i);
    l.flags = ignore_cqes ? l.flags | IOSQE_CQE_SKIP_SUCCESS : l.flags & ~IOSQE_CQE_SKIP_SUCCESS;
  }
  taskWorkAdd(n, TW_FAIL_LINKS, false);
}

/** Posts what was collected, publishes the tail and frees the requests (__io_submit_flush_completions). */
export function flushCompletions(r: Ring): void {
  const head = r.compl_head;
  if (head == NONE && r.cq_flush == 0) return;
  for (let i = head; i != NONE; i = reqAt(i).comp_next) {
    const req = reqAt(i);
    if ((req.flags & IOSQE_CQE_SKIP_SUCCESS) != 0) continue;
    if (!fillCqeReq(r, req)) cqeOverflow(r, req.user_data, req.res, req.cflags, req.big0, req.big1);
  }
  commitCqring(r);
  r.compl_head = NONE;
  for (let i = head; i != NONE; ) {
    const req = reqAt(i);
    const next = req.comp_next;
    if ((req.flags & LINK_FLAGS) != 0) queueNext(req);
    if (req.file != NONE) filePut(req.file);
    reqFree(r, i);
    i = next;
  }
  r.cq_flush = 0;
}

/** One more completion of a multishot request; false when there is no room, and then it ends (io_req_post_cqe). */
export function postCqe(req: Req, res: i32, cflags: u32): bool {
  const r = ringAt(req.ring);
  if (r.compl_head != NONE) flushCompletions(r);
  r.cq_flush = 1;
  return fillCqeAux(r, req.user_data, res, cflags);
}
