/**
 * TIMEOUT and TIMEOUT_REMOVE (io_uring/timeout.c): a time runs out, or so many completions are posted. The timer fires in
 * softirq context; the completion is posted by task work.
 *
 * Differs from Linux: the wall clock and the clock that runs on in sleep are the monotonic one.
 */
import { behaves, BEHAVES_TIMEOUT_IMMEDIATE_ARG, hrtimerCancel, NONE } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import {
  __kernel_timespec, EFAULT, EINVAL, ENOENT, ECANCELED, ETIME, io_uring_sqe, IORING_CQE_F_MORE, IORING_LINK_TIMEOUT_UPDATE,
  IORING_TIMEOUT_ABS, IORING_TIMEOUT_CLOCK_MASK, IORING_TIMEOUT_ETIME_SUCCESS, IORING_TIMEOUT_IMMEDIATE_ARG, IORING_TIMEOUT_MULTISHOT,
  IORING_TIMEOUT_UPDATE, IORING_TIMEOUT_UPDATE_MASK, IOSQE_FIXED_FILE,
} from '../uapi.gen';
import { cancelMatch, cancelWhat } from './cancel';
import { completeDefer, postCqe } from './complete';
import { IOU_ISSUE_SKIP_COMPLETE } from './issue';
import { ltimeoutPrep, ltimeoutUpdate } from './link_timeout';
import { finish } from './net';
import { Req, reqAt, reqSetFail, reqSetRes, REQ_TIMER, transition, TW_FAIL, TW_COMPLETE, TW_TIMEOUT } from './request';
import { Ring, ringAt, RING_F_OFF_TIMEOUT_USED } from './state';
import { Timeout, timeoutInit, timeoutListAdd, timeoutListRemove, timeoutOf, timeoutStart, timeoutTimer } from './timeout_list';
import { witnessTime } from './witness';
import { taskWorkAdd } from './work_list';

const TIMEOUT_FLAGS: u32 = IORING_TIMEOUT_ABS | IORING_TIMEOUT_CLOCK_MASK | IORING_TIMEOUT_ETIME_SUCCESS | IORING_TIMEOUT_MULTISHOT
  | IORING_TIMEOUT_IMMEDIATE_ARG;
const UPDATE_FLAGS: u32 = IORING_TIMEOUT_UPDATE_MASK | IORING_TIMEOUT_ABS | IORING_TIMEOUT_IMMEDIATE_ARG;
/** Of the flags that are known those that this kernel knows. */
function knownTo(r: Ring, flags: u32): u32 {
  return behaves(r.host, BEHAVES_TIMEOUT_IMMEDIATE_ARG) ? flags : flags & ~IORING_TIMEOUT_IMMEDIATE_ARG;
}
/** Seconds from which on a time is the end of all time (KTIME_SEC_MAX). */
const KTIME_SEC_MAX: i64 = i64.MAX_VALUE / 1000000000;

/** A time of the user's, in nanoseconds; -errno (io_parse_user_time). */
function userTime(arg: u64, flags: u32): i64 {
  if ((flags & IORING_TIMEOUT_IMMEDIATE_ARG) != 0) return <i64>arg < 0 ? -EINVAL : <i64>arg;
  if (!userOk(arg, 16)) return -EFAULT;
  const ts = changetype<__kernel_timespec>(<usize>arg);
  const sec = ts.tv_sec;
  const nsec = ts.tv_nsec;
  if (sec < 0 || nsec < 0) return -EINVAL;
  if (sec >= KTIME_SEC_MAX) return i64.MAX_VALUE;
  const ns = sec * 1000000000;
  return nsec > i64.MAX_VALUE - ns ? i64.MAX_VALUE : ns + nsec;
}

/** A pure timeout: completions do not matter (io_is_timeout_noseq). */
function noSeq(t: Timeout): bool {
  return t.off == 0 || (t.flags & IORING_TIMEOUT_MULTISHOT) != 0;
}

/** TIMEOUT and LINK_TIMEOUT (__io_timeout_prep). */
function prep(req: Req, sqe: io_uring_sqe, linked: bool): i32 {
  const off = <u32>sqe.off;
  if (sqe.addr3 != 0 || load<u64>(changetype<usize>(sqe), 56) != 0) return -EINVAL;
  if (sqe.buf_index != 0 || sqe.len != 1 || sqe.splice_fd_in != 0) return -EINVAL;
  if (off != 0 && linked) return -EINVAL;
  const flags = sqe.timeout_flags;
  if ((flags & ~knownTo(ringAt(req.ring), TIMEOUT_FLAGS)) != 0) return -EINVAL;
  if ((flags & IORING_TIMEOUT_CLOCK_MASK) == IORING_TIMEOUT_CLOCK_MASK) return -EINVAL;
  const both = IORING_TIMEOUT_MULTISHOT | IORING_TIMEOUT_ABS;
  if ((flags & both) == both) return -EINVAL;
  const r = ringAt(req.ring);
  const t = timeoutInit(req, linked);
  t.flags = flags;
  t.off = off;
  if (off != 0) r.int_flags |= RING_F_OFF_TIMEOUT_USED;
  t.repeats = (flags & IORING_TIMEOUT_MULTISHOT) != 0 ? off : 0;
  const time_ns = userTime(sqe.addr, flags);
  if (time_ns < 0) return <i32>time_ns;
  t.time_ns = <u64>time_ns;
  witnessTime(req, t.time_ns);
  return linked ? ltimeoutPrep(r, req, t) : 0;
}
export function timeoutPrep(req: Req, sqe: io_uring_sqe): i32 {
  return prep(req, sqe, false);
}
export function linkTimeoutPrep(req: Req, sqe: io_uring_sqe): i32 {
  return prep(req, sqe, true);
}

/** Where a timeout that counts completions has its place: behind the last that ends no later. */
function seqPlace(r: Ring, target: u32, base: u32): u32 {
  for (let i = r.timeout_tail; i != NONE; i = reqAt(i).list_prev) {
    const other = timeoutOf(reqAt(i));
    if (!noSeq(other) && target - base >= other.target_seq - base) return i;
  }
  return NONE;
}

/** Completions posted so far, without those of timeouts. */
function eventSeq(r: Ring): u32 {
  return r.cached_cq_tail - r.cq_timeouts;
}

/** io_timeout */
export function timeoutIssue(req: Req): i32 {
  const r = ringAt(req.ring);
  const t = timeoutOf(req);
  let after = r.timeout_tail;
  if (!noSeq(t)) {
    let tail = eventSeq(r);
    const first = r.timeout_head;
    if (first == NONE || noSeq(timeoutOf(reqAt(first)))) r.cq_last_tm_flush = tail;
    const base = r.cq_last_tm_flush;
    // One that has fired is counted before its completion is posted.
    if (<i32>(tail - base) < 0) tail = base;
    t.target_seq = tail + t.off;
    after = seqPlace(r, t.target_seq, base);
  }
  timeoutListAdd(r, req, after);
  transition(req, REQ_TIMER);
  timeoutStart(req, t.time_ns, (t.flags & IORING_TIMEOUT_ABS) != 0);
  return IOU_ISSUE_SKIP_COMPLETE;
}

/** The timer fired (io_timeout_fn). */
export function timeoutFired(req: Req): void {
  const r = ringAt(req.ring);
  timeoutListRemove(r, req);
  r.cq_timeouts++;
  if ((timeoutOf(req).flags & IORING_TIMEOUT_ETIME_SUCCESS) == 0) reqSetFail(req);
  reqSetRes(req, -ETIME, 0);
  taskWorkAdd(req, TW_TIMEOUT, false);
}

/** Has it repeated often enough? (io_timeout_finish) */
function finished(t: Timeout): bool {
  if ((t.flags & IORING_TIMEOUT_MULTISHOT) == 0) return true;
  if (t.off == 0) return false;
  return t.repeats == 0 || --t.repeats == 0;
}

/** Its task work (io_timeout_complete). */
export function timeoutTask(req: Req): void {
  const t = timeoutOf(req);
  if (finished(t) || !postCqe(req, -ETIME, IORING_CQE_F_MORE)) {
    completeDefer(req);
    return;
  }
  const r = ringAt(req.ring);
  timeoutListAdd(r, req, r.timeout_tail);
  transition(req, REQ_TIMER);
  timeoutStart(req, t.time_ns, false);
}

/** Completions were posted: timeouts that waited for them end (io_flush_timeouts). */
export function timeoutsFlush(r: Ring): void {
  let seq = eventSeq(r);
  if (<i32>(seq - r.cq_last_tm_flush) < 0) seq = r.cq_last_tm_flush;
  const got = seq - r.cq_last_tm_flush;
  while (r.timeout_head != NONE) {
    const req = reqAt(r.timeout_head);
    const t = timeoutOf(req);
    if (noSeq(t) || got < t.target_seq - r.cq_last_tm_flush) break;
    kill(r, req);
    reqSetRes(req, 0, 0);
    taskWorkAdd(req, TW_COMPLETE, false);
  }
  r.cq_last_tm_flush = seq;
}

/** The timer no longer runs (io_kill_timeout). */
function kill(r: Ring, req: Req): void {
  hrtimerCancel(timeoutTimer(req));
  timeoutListRemove(r, req);
  r.cq_timeouts++;
}

/** A timeout that the running cancellation looks for, or NONE (io_timeout_find). */
function find(r: Ring): u32 {
  for (let i = r.timeout_head; i != NONE; i = reqAt(i).list_next) if (cancelMatch(reqAt(i))) return i;
  return NONE;
}

/** Ends a timeout that the running cancellation looks for. 0 or -ENOENT (io_timeout_cancel). */
export function timeoutCancel(r: Ring): i32 {
  const idx = find(r);
  if (idx == NONE) return -ENOENT;
  const req = reqAt(idx);
  kill(r, req);
  reqSetRes(req, -ECANCELED, 0);
  taskWorkAdd(req, TW_FAIL, false);
  return 0;
}

/** TIMEOUT_REMOVE: req.buf is the user_data, req.buf2 the new time. */
export function timeoutRemovePrep(req: Req, sqe: io_uring_sqe): i32 {
  if ((req.flags & IOSQE_FIXED_FILE) != 0) return -EINVAL;
  if (sqe.addr3 != 0 || load<u64>(changetype<usize>(sqe), 56) != 0) return -EINVAL;
  if (sqe.buf_index != 0 || sqe.len != 0 || sqe.splice_fd_in != 0) return -EINVAL;
  const flags = sqe.timeout_flags;
  req.buf = sqe.addr;
  req.op_flags = flags;
  if ((flags & IORING_TIMEOUT_UPDATE_MASK) == 0) return flags != 0 ? -EINVAL : 0;
  if ((flags & ~knownTo(ringAt(req.ring), UPDATE_FLAGS)) != 0) return -EINVAL;
  const time_ns = userTime(sqe.addr2, flags);
  if (time_ns < 0) return <i32>time_ns;
  req.buf2 = <u64>time_ns;
  return 0;
}

/** Gives a timeout another time (io_timeout_update). */
function update(r: Ring, time_ns: u64, absolute: bool): i32 {
  const idx = find(r);
  if (idx == NONE) return -ENOENT;
  const req = reqAt(idx);
  const t = timeoutOf(req);
  const multishot = (t.flags & IORING_TIMEOUT_MULTISHOT) != 0;
  if (multishot && absolute) return -EINVAL;
  timeoutListRemove(r, req);
  if (!multishot) t.off = 0;
  t.time_ns = time_ns;
  witnessTime(req, time_ns);
  timeoutListAdd(r, req, r.timeout_tail);
  timeoutStart(req, time_ns, absolute);
  return 0;
}

export function timeoutRemoveIssue(req: Req): i32 {
  const r = ringAt(req.ring);
  const flags = req.op_flags;
  const absolute = (flags & IORING_TIMEOUT_ABS) != 0;
  cancelWhat(r, req.task, req.buf);
  if ((flags & IORING_TIMEOUT_UPDATE) == 0) return finish(req, timeoutCancel(r));
  if ((flags & IORING_LINK_TIMEOUT_UPDATE) != 0) return finish(req, ltimeoutUpdate(r, req.buf, req.buf2, absolute));
  return finish(req, update(r, req.buf2, absolute));
}
