/**
 * What the fuzzer's invariants look at (sim/fuzz/invariants): records that tell requests, queues and provided buffers apart, as the
 * tracepoints of Linux do by their addresses. Only the fuzzing build writes them; they change nothing.
 */
import {
  hasMuseum, NONE, traceCqeBig, traceCqeOf, traceCqFull, traceFdNew, traceOverflowOf, tracePbufDrop, tracePbufGone, tracePbufNew,
  tracePbufPick, tracePbufShow,
  traceReqArgs, traceReqArmed, traceReqEnd, traceReqEntry, traceReqHigh, traceReqNew, traceReqNotif, traceReqRun, traceReqTaken,
  traceReqTime, traceReqWork, traceReqWorker, traceRingGone, traceRingNew,
} from '../../sim/core';
import { io_uring_sqe, IORING_CQE_F_32, IORING_SETUP_CQE32, IORING_SETUP_CQE_MIXED } from '../uapi.gen';
import { Group } from './kbuf';
import { Req, reqIdx } from './request';
import { Ring } from './state';

/** A completion that lay in the overflow list; one whose request only its user_data says. */
export const OF_OVERFLOW: u32 = 0xfffffffe;
export const OF_USER_DATA: u32 = 0xfffffffd;

/** A ring has queues: struct io_rings is there now. */
export function witnessRing(r: Ring): void {
  if (hasMuseum()) traceRingNew(0, NONE, r.idx, r.rings, r.flags);
}
export function witnessRingGone(r: Ring, done: bool): void {
  if (hasMuseum()) traceRingGone(0, NONE, r.idx, done ? 1 : 0);
}

export function witnessReq(r: Ring, req: Req, sqe: io_uring_sqe): void {
  if (!hasMuseum()) return;
  traceReqNew(0, NONE, reqIdx(req), load<u32>(changetype<usize>(sqe)), <u32>sqe.user_data);
  traceReqEntry(0, NONE, r.idx | (<u32>sqe.buf_group << 16), r.left, sqe.msg_flags);
  if (((sqe.user_data | sqe.addr) >> 32) != 0) traceReqHigh(0, NONE, <u32>(sqe.user_data >> 32), <u32>(sqe.addr >> 32));
  traceReqArgs(0, NONE, <u32>sqe.fd, <u32>sqe.addr, sqe.len);
}
export function witnessTime(req: Req, ns: u64): void {
  if (hasMuseum()) traceReqTime(0, NONE, reqIdx(req), <u32>ns, <u32>(ns >> 32));
}
export function witnessWork(r: Ring, req: Req): void {
  if (hasMuseum()) traceReqWork(0, NONE, reqIdx(req), r.idx, req.tw);
}
export function witnessRun(r: Ring, req_idx: u32): void {
  if (hasMuseum()) traceReqRun(0, NONE, req_idx, r.idx);
}
export function witnessWorker(req: Req): void {
  if (hasMuseum()) traceReqWorker(0, NONE, reqIdx(req), req.ring, req.task);
}
export function witnessArmed(req: Req, kind: u32, obj: u32): void {
  if (hasMuseum()) traceReqArmed(0, NONE, reqIdx(req), kind | (req.file << 8), obj);
}
export function witnessTaken(req: Req): void {
  if (hasMuseum()) traceReqTaken(0, NONE, reqIdx(req), req.ring);
}
export function witnessNotif(req: Req, user_data: u64): void {
  if (hasMuseum()) traceReqNotif(0, NONE, reqIdx(req), req.notif, <u32>user_data);
}
export function witnessFull(r: Ring, req: Req): void {
  if (hasMuseum()) traceCqFull(0, NONE, r.idx, reqIdx(req));
}
export function witnessFd(req: Req, fd: i32, file_idx: u32): void {
  if (hasMuseum()) traceFdNew(0, NONE, reqIdx(req), <u32>fd, file_idx);
}
export function witnessReqEnd(r: Ring, req_idx: u32): void {
  if (hasMuseum()) traceReqEnd(0, NONE, req_idx, r.idx);
}

/** The entry that was just taken is for a completion of `whose`, a request or one of the above. */
export function witnessCqe(r: Ring, whose: u32, cqe32: bool): void {
  if (!hasMuseum()) return;
  const width: u32 = cqe32 && (r.flags & IORING_SETUP_CQE_MIXED) != 0 ? 2 : 1;
  traceCqeOf(0, NONE, r.idx, whose, r.cached_cq_tail - width);
}
/** The request's own completion is due: here, or by the overflow list. */
export function witnessBig(r: Ring, req: Req): void {
  if (!hasMuseum() || ((r.flags & IORING_SETUP_CQE32) == 0 && (req.cflags & IORING_CQE_F_32) == 0)) return;
  traceCqeBig(0, NONE, reqIdx(req), <u32>req.big0, <u32>req.big1);
}
export function witnessOverflow(r: Ring, whose: u32, kept: bool): void {
  if (hasMuseum()) traceOverflowOf(0, NONE, r.idx, whose, kept ? 1 : 0);
}

function ringGroup(g: Group): u32 {
  return g.ring | (g.bgid << 16);
}
export function witnessGroup(g: Group): void {
  if (hasMuseum()) tracePbufNew(0, NONE, ringGroup(g), g.flags | (g.flags != 0 ? (g.mask + 1) << 16 : 0), g.min_left_sub_one);
}
export function witnessGroupGone(g: Group): void {
  if (hasMuseum()) tracePbufGone(0, NONE, ringGroup(g));
}
export function witnessShow(g: Group, place: u32, bid: u32, len: u32): void {
  if (hasMuseum()) tracePbufShow(0, NONE, ringGroup(g), bid | (place << 16), len);
}
export function witnessPick(g: Group, place: u32, bid: u32, len: u32): void {
  if (hasMuseum()) tracePbufPick(0, NONE, ringGroup(g), bid | (place << 16), len);
}
export function witnessDrop(g: Group, bid: u32): void {
  if (hasMuseum()) tracePbufDrop(0, NONE, ringGroup(g), bid);
}
