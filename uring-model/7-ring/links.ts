/** Chains of requests: who comes next, and what becomes of the rest after a failure (io_uring/timeout.c, io_uring/io_uring.c). */
import { NONE } from '../../sim/core';
import { IOSQE_CQE_SKIP_SUCCESS, IOSQE_IO_HARDLINK, IOSQE_IO_LINK } from '../uapi.gen';
import { ltimeoutDisarm } from './link_timeout';
import { Req, reqAt, REQ_F_ARM_LTIMEOUT, REQ_F_FAIL, REQ_F_LINK_TIMEOUT, REQ_F_SKIP_LINK_CQES, TW_FAIL_LINKS, TW_SUBMIT } from './request';
import { taskWorkAdd } from './work_list';

export const LINK_FLAGS: u32 = IOSQE_IO_LINK | IOSQE_IO_HARDLINK;

/** Requests of a chain from this one on (io_linked_nr). */
export function linkedNr(req: Req): u32 {
  let nr: u32 = 1;
  for (let i = req.link; i != NONE; i = reqAt(i).link) nr++;
  return nr;
}

/** All that stand behind a failed request fail, by task work (io_fail_links). */
function failLinks(req: Req): void {
  const first = req.link;
  if (first == NONE) return;
  const ignore_cqes = (req.flags & REQ_F_SKIP_LINK_CQES) != 0;
  for (let i = first; i != NONE; i = reqAt(i).link) {
    const l = reqAt(i);
    l.flags = ignore_cqes ? l.flags | IOSQE_CQE_SKIP_SUCCESS : l.flags & ~IOSQE_CQE_SKIP_SUCCESS;
  }
  req.link = NONE;
  taskWorkAdd(reqAt(first), TW_FAIL_LINKS, false);
}

/** A request ends: its link timeout is disarmed, and a failure ends the chain (io_disarm_next). */
export function disarmNext(req: Req): void {
  if ((req.flags & (REQ_F_ARM_LTIMEOUT | REQ_F_LINK_TIMEOUT)) != 0) ltimeoutDisarm(req);
  if ((req.flags & REQ_F_FAIL) != 0 && (req.flags & IOSQE_IO_HARDLINK) == 0) failLinks(req);
}

/** The next of the chain, taken off it, or NONE (io_req_find_next). */
export function findNext(req: Req): u32 {
  disarmNext(req);
  const next = req.link;
  req.link = NONE;
  return next;
}

/** The next of the chain is submitted (io_queue_next). */
export function queueNext(req: Req): void {
  const next = findNext(req);
  if (next != NONE) taskWorkAdd(reqAt(next), TW_SUBMIT, false);
}
