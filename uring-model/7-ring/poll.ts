/**
 * Waiting for files (io_uring/poll.c). A request that would block joins the wait queue of its file (sim/core/wait_queue.ts),
 * with the entry that has its own number, and comes back by task work.
 *
 * Differs from Linux: a request that finds its socket ready and still cannot go on 128 times in a row waits for the next
 * wake-up; Linux hands it to a worker thread after 128 polls of any kind.
 */
import { NONE, tracePollArm, WAIT_RING, waitAdd, waitArg, waitRemove } from '../../sim/core';
import { fileAt, filePoll, fileWaitHead } from '../../stack/file';
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDHUP, POLLRDNORM, POLLWRNORM } from '../uapi.gen';
import {
  Req, reqAt, reqIdx, REQ_ARMED, REQ_F_APOLL_MULTISHOT, REQ_F_POLL_NO_LAZY, REQ_F_POLLED, REQ_F_SINGLE_POLL, transition, TW_POLL,
} from './request';
import { taskWorkAdd } from './work_list';

export const EPOLLEXCLUSIVE: u32 = 1 << 28;
export const EPOLLONESHOT: u32 = 1 << 30;
const IO_POLL_UNMASK: u32 = POLLERR | POLLHUP | POLLNVAL | POLLRDHUP;
const IO_ASYNC_POLL_COMMON: u32 = EPOLLONESHOT | POLLPRI;

const APOLL_MAX_RETRY: u8 = 128;

export const APOLL_OK: u32 = 0;
export const APOLL_READY: u32 = 1;

/** Poll bits of the request's file that are true now. */
export function reqPoll(req: Req): u32 {
  return filePoll(req.file);
}

/** Joins the wait queue of the file. */
function waitersAdd(req: Req): void {
  const idx = reqIdx(req);
  req.flags |= REQ_F_SINGLE_POLL;
  waitAdd(fileWaitHead(req.file, 0), idx, WAIT_RING, idx, (req.poll_events & EPOLLEXCLUSIVE) != 0);
}

/** Leaves the wait queue, if it stands in one (io_poll_remove_entries). */
export function waitersRemove(req: Req): void {
  if ((req.flags & REQ_F_SINGLE_POLL) == 0) return;
  req.flags &= ~REQ_F_SINGLE_POLL;
  waitRemove(reqIdx(req));
}

/** Queues the request's task work; the result is what woke it (__io_poll_execute). */
export function pollExecute(req: Req, mask: u32): void {
  req.res = <i32>mask;
  req.cflags = 0;
  taskWorkAdd(req, TW_POLL, (req.flags & REQ_F_POLL_NO_LAZY) == 0);
}

/** Something happened to the file (io_poll_wake). True: the request was told. */
export function pollWake(entry: u32, mask: u32): bool {
  const req = reqAt(waitArg(entry));
  const events = req.poll_events;
  if (mask != 0 && (mask & (events & ~IO_ASYNC_POLL_COMMON)) == 0) return false;
  // Only the first wake-up owns the request; later ones make it look again.
  if (req.poll_refs++ != 0) return true;
  if (mask != 0 && (events & EPOLLONESHOT) != 0) waitersRemove(req);
  pollExecute(req, mask);
  return true;
}

/**
 * Arms the poll of a request that would block (io_arm_poll_handler, __io_arm_poll_handler). APOLL_READY: the socket is
 * ready again, so the request is to be tried once more.
 */
export function armPoll(req: Req, mask: u32, exclusive: bool): u32 {
  let events = mask | IO_POLL_UNMASK;
  const multishot = (req.flags & REQ_F_APOLL_MULTISHOT) != 0;
  if (!multishot) events |= EPOLLONESHOT;
  if (exclusive) {
    events |= EPOLLEXCLUSIVE;
    req.flags |= REQ_F_POLL_NO_LAZY;
  }
  req.flags |= REQ_F_POLLED;
  req.poll_events = events;
  req.poll_refs = 0;
  const now_ready = reqPoll(req) & events;
  if (now_ready != 0 && !multishot && ++req.poll_retries < APOLL_MAX_RETRY) return APOLL_READY;
  req.poll_retries = 0;
  waitersAdd(req);
  const file = fileAt(req.file);
  tracePollArm(0, NONE, file.kind, file.obj, <u32>req.user_data);
  transition(req, REQ_ARMED);
  if (now_ready != 0 && multishot) {
    req.poll_refs = 1;
    pollExecute(req, now_ready);
  }
  return APOLL_OK;
}

export const POLL_MASK_IN: u32 = POLLPRI | POLLERR | POLLIN | POLLRDNORM;
export const POLL_MASK_OUT: u32 = POLLPRI | POLLERR | POLLOUT | POLLWRNORM;
