/**
 * Waiting for files (io_uring/poll.c). A request that would block joins the wait queue of its file (sim/core/wait_queue.ts),
 * with the entry that has its own number, and comes back by task work.
 *
 * Differs from Linux: a request that finds its socket ready and still cannot go on 128 times in a row waits for the next
 * wake-up; Linux hands it to a worker thread after 128 polls of any kind.
 */
import {
  bug, NONE, RUN_BUG_POLL_CANCEL_LOST, tracePollArm, WAIT_RING, waitAdd, waitAlloc, waitArg, waitFree, waitRemove,
} from '../../sim/core';
import { EPOLL_URING_WAKE, EPOLLET, fileAt, filePoll, fileWaitHead } from '../../stack/file';
import { EINVAL, ENOMEM, POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDHUP, POLLRDNORM, POLLWRNORM } from '../uapi.gen';
import { cancelTableAdd } from './cancel_table';
import { napiAdd } from './napi';
import {
  Req, reqAt, reqIdx, REQ_ARMED, REQ_F_APOLL_MULTISHOT, REQ_F_CLEAR_POLLIN, REQ_F_DOUBLE_POLL, REQ_F_POLL_NO_LAZY, REQ_F_POLLED,
  REQ_F_SINGLE_POLL, transition, TW_POLL,
} from './request';
import { ringAt, ringState } from './state';
import { witnessArmed } from './witness';
import { taskWorkAdd } from './work_list';

export const EPOLLEXCLUSIVE: u32 = 1 << 28;
export const EPOLLONESHOT: u32 = 1 << 30;
export const IO_POLL_UNMASK: u32 = POLLERR | POLLHUP | POLLNVAL | POLLRDHUP;
const IO_ASYNC_POLL_COMMON: u32 = EPOLLONESHOT | POLLPRI;

const APOLL_MAX_RETRY: u8 = 128;

export const APOLL_OK: u32 = 0;
export const APOLL_READY: u32 = 1;
/** The file cannot be waited for. */
export const APOLL_ABORTED: u32 = 2;

/** Req.poll_refs: somebody cancelled the request; the rest counts who woke it since its task work ran. */
export const IO_POLL_CANCEL_FLAG: u32 = 1 << 31;
const IO_POLL_REF_MASK: u32 = (1 << 30) - 1;

/** Poll bits of the request's file that are true now. */
export function reqPoll(req: Req): u32 {
  return filePoll(req.file);
}

/** Joins the wait queues of the file, of which a pipe that was opened for both has two. The number of them, or -ENOMEM. */
function waitersAdd(req: Req): i32 {
  const head = fileWaitHead(req.file, 0);
  if (head == 0) return 0;
  const idx = reqIdx(req);
  const exclusive = (req.poll_events & EPOLLEXCLUSIVE) != 0;
  req.flags |= REQ_F_SINGLE_POLL;
  waitAdd(head, idx, WAIT_RING, idx, exclusive);
  const second = fileWaitHead(req.file, 1);
  if (second == 0 || second == head) return 1;
  const entry = waitAlloc();
  if (entry == NONE) return -ENOMEM;
  req.flags |= REQ_F_DOUBLE_POLL;
  req.wait2 = entry;
  waitAdd(second, entry, WAIT_RING, idx, exclusive);
  return 2;
}

/** Leaves the wait queues in which it stands (io_poll_remove_entries). */
export function waitersRemove(req: Req): void {
  if ((req.flags & REQ_F_SINGLE_POLL) != 0) waitRemove(reqIdx(req));
  if ((req.flags & REQ_F_DOUBLE_POLL) != 0) {
    waitRemove(req.wait2);
    waitFree(req.wait2);
  }
  req.flags &= ~(REQ_F_SINGLE_POLL | REQ_F_DOUBLE_POLL);
}

/** Queues the request's task work; the result is what woke it (__io_poll_execute). */
export function pollExecute(req: Req, mask: u32): void {
  req.res = <i32>mask;
  req.cflags = 0;
  taskWorkAdd(req, TW_POLL, (req.flags & REQ_F_POLL_NO_LAZY) == 0);
}

/** Only the first to come owns the request; later ones make the owner look again (io_poll_get_ownership). */
export function pollGetOwnership(req: Req): bool {
  return (req.poll_refs++ & IO_POLL_REF_MASK) == 0;
}

/** Ends the wait: its task work completes the request with -ECANCELED (io_poll_cancel_req). */
export function pollCancelReq(req: Req): void {
  if (bug(RUN_BUG_POLL_CANCEL_LOST) && (req.poll_refs & IO_POLL_REF_MASK) != 0) return;
  req.poll_refs |= IO_POLL_CANCEL_FLAG;
  if (pollGetOwnership(req)) pollExecute(req, 0);
}

/** Something happened to the file (io_poll_wake). True: the request was told. */
export function pollWake(entry: u32, mask: u32): bool {
  const req = reqAt(waitArg(entry));
  const events = req.poll_events;
  if (mask != 0 && (mask & (events & ~IO_ASYNC_POLL_COMMON)) == 0) return false;
  if (!pollGetOwnership(req)) return true;
  // A completion of this very ring woke it: once is enough, or it would go round for ever.
  if ((mask & EPOLL_URING_WAKE) != 0) req.poll_events |= EPOLLONESHOT;
  // The one wait queue that told it; a second one is left by its task work.
  if (mask != 0 && (req.poll_events & EPOLLONESHOT) != 0) {
    waitRemove(entry);
    if (entry == reqIdx(req)) req.flags &= ~REQ_F_SINGLE_POLL;
    else {
      waitFree(entry);
      req.flags &= ~REQ_F_DOUBLE_POLL;
    }
  }
  const st = ringState();
  st.in_wake++;
  pollExecute(req, mask);
  st.in_wake--;
  return true;
}

/**
 * Waits for events of the request's file (__io_arm_poll_handler). 0: it waits, or its task work will look; above 0: these
 * events are there and it does not wait; -errno.
 */
export function armPollHandler(req: Req, wanted: u32, unmask: u32): i32 {
  const events = wanted | unmask;
  const edge_once = EPOLLET | EPOLLONESHOT;
  req.poll_events = events;
  req.poll_refs = 0;
  if ((events & EPOLLEXCLUSIVE) != 0) req.flags |= REQ_F_POLL_NO_LAZY;
  const mask = filePoll(req.file, events) & events;
  if (mask != 0 && (events & edge_once) == edge_once) return <i32>mask;
  const entries = waitersAdd(req);
  if (entries <= 0) {
    waitersRemove(req);
    if (mask != 0 && (events & EPOLLET) != 0) return <i32>mask;
    return entries != 0 ? entries : -EINVAL;
  }
  cancelTableAdd(req);
  napiAdd(ringAt(req.ring), req.file);
  const file = fileAt(req.file);
  tracePollArm(0, NONE, file.kind, file.obj, <u32>req.user_data);
  witnessArmed(req, file.kind, file.obj);
  transition(req, REQ_ARMED);
  if (mask != 0 && (events & EPOLLET) != 0 && pollGetOwnership(req)) pollExecute(req, mask);
  return 0;
}

/**
 * Arms the poll of a request that would block (io_arm_poll_handler, io_arm_apoll). APOLL_READY: the file is ready again, so
 * the request is to be tried once more.
 */
export function armPoll(req: Req, mask: u32, exclusive: bool): u32 {
  if (fileWaitHead(req.file, 0) == 0) return APOLL_ABORTED;
  // Who reads the error queue does not ask for data (io_arm_poll_handler).
  let events = ((req.flags & REQ_F_CLEAR_POLLIN) != 0 ? mask & ~POLLIN : mask) | EPOLLET;
  if ((req.flags & REQ_F_APOLL_MULTISHOT) == 0) events |= EPOLLONESHOT;
  if (exclusive) events |= EPOLLEXCLUSIVE;
  // A file that says again and again that it is ready, and then is not, is a worker's (io_req_alloc_apoll).
  if (++req.poll_retries == APOLL_MAX_RETRY) return APOLL_ABORTED;
  req.flags |= REQ_F_POLLED;
  const ret = armPollHandler(req, events, IO_POLL_UNMASK);
  if (ret != 0) return ret > 0 ? APOLL_READY : APOLL_ABORTED;
  return APOLL_OK;
}

export const POLL_MASK_IN: u32 = POLLPRI | POLLERR | POLLIN | POLLRDNORM;
export const POLL_MASK_OUT: u32 = POLLPRI | POLLERR | POLLOUT | POLLWRNORM;
