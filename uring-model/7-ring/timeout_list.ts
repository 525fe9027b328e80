/**
 * What a timeout keeps in its request, and the lists that a ring has of them (struct io_timeout, struct io_timeout_data). The
 * ring's own list has those that count completions in front, by their target; linked timeouts have a list of their own.
 */
import { HrTimer, hrtimerArm, HRTIMER_BYTES, HRTIMER_LINK_TIMEOUT, HRTIMER_TIMEOUT, NONE, now } from '../../sim/core';
import { Req, reqAt, reqCmd, reqIdx } from './request';
import { Ring } from './state';

@unmanaged
export class Timeout {
  // struct HrTimer
  timer0: u64;
  timer1: u64;
  timer2: u64;
  timer3: u64;
  /** How long, or until when. */
  time_ns: u64;
  flags: u32;
  /** Completions that it waits for, or 0; how often it is to repeat. */
  off: u32;
  /** The completion that ends it. */
  target_seq: u32;
  repeats: u32;
  /** A linked timeout: the request that it guards, until one of the two has ended; and whom it is to cancel. */
  head: u32;
  prev: u32;
}

export function timeoutOf(req: Req): Timeout {
  return changetype<Timeout>(reqCmd(req));
}
export function timeoutTimer(req: Req): HrTimer {
  return changetype<HrTimer>(reqCmd(req));
}

/** Made while the SQE is read. */
export function timeoutInit(req: Req, linked: bool): Timeout {
  assert(offsetof<Timeout>() <= 64 && HRTIMER_BYTES == 32, 'Timeout is too large');
  memory.fill(reqCmd(req), 0, offsetof<Timeout>());
  const timer = timeoutTimer(req);
  timer.kind = linked ? HRTIMER_LINK_TIMEOUT : HRTIMER_TIMEOUT;
  timer.arg = reqIdx(req);
  const t = timeoutOf(req);
  t.head = NONE;
  t.prev = NONE;
  return t;
}

/** Starts or moves the timer (hrtimer_start). A sum beyond all time is the end of it. */
export function timeoutStart(req: Req, time_ns: u64, absolute: bool): void {
  const max_ns = <u64>i64.MAX_VALUE;
  const start = absolute ? 0 : now();
  hrtimerArm(timeoutTimer(req), time_ns > max_ns - start ? max_ns : start + time_ns);
}

function setNext(r: Ring, prev: u32, idx: u32): void {
  if (prev == NONE) r.timeout_head = idx;
  else reqAt(prev).list_next = idx;
}
function setPrev(r: Ring, next: u32, idx: u32): void {
  if (next == NONE) r.timeout_tail = idx;
  else reqAt(next).list_prev = idx;
}

/** Puts a timeout behind another; NONE: in front of all. */
export function timeoutListAdd(r: Ring, req: Req, after: u32): void {
  const idx = reqIdx(req);
  const next = after == NONE ? r.timeout_head : reqAt(after).list_next;
  req.list_prev = after;
  req.list_next = next;
  setNext(r, after, idx);
  setPrev(r, next, idx);
}
export function timeoutListRemove(r: Ring, req: Req): void {
  setNext(r, req.list_prev, req.list_next);
  setPrev(r, req.list_next, req.list_prev);
  req.list_prev = NONE;
}

/** To the end of the linked timeouts. */
export function ltimeoutListAdd(r: Ring, req: Req): void {
  const idx = reqIdx(req);
  req.list_prev = r.ltimeout_tail;
  req.list_next = NONE;
  if (r.ltimeout_tail == NONE) r.ltimeout_head = idx;
  else reqAt(r.ltimeout_tail).list_next = idx;
  r.ltimeout_tail = idx;
}
export function ltimeoutListRemove(r: Ring, req: Req): void {
  const prev = req.list_prev;
  const next = req.list_next;
  if (prev == NONE) r.ltimeout_head = next;
  else reqAt(prev).list_next = next;
  if (next == NONE) r.ltimeout_tail = prev;
  else reqAt(next).list_prev = prev;
  req.list_prev = NONE;
}
