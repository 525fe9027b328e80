/**
 * Waiting for sockets (io_uring/poll.c). A request that would block joins the wait queue of its socket and comes back by
 * task work. New waiters go to the front, so the last to come is the first to wake; exclusive ones (ACCEPT) go to the
 * back, and one wake-up reaches one of them.
 *
 * Sock.waiters is 1 + the first request of the queue.
 *
 * Differs from Linux: a request that finds its socket ready and still cannot go on 128 times in a row waits for the next
 * wake-up; Linux hands it to a worker thread after 128 polls of any kind.
 */
import { NONE } from '../../sim/core';
import { tcpPoll } from '../../stack/5-tcp';
import { sock } from '../../stack/6-socket';
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDHUP, POLLRDNORM, POLLWRNORM } from '../uapi.gen';
import { fileAt } from './fd';
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

/** Poll bits of the request's socket that are true now. */
export function reqPoll(req: Req): u32 {
  return tcpPoll(fileAt(req.file).obj);
}

function waitersAdd(req: Req, sock_idx: u32): void {
  const sk = sock(sock_idx);
  const idx = reqIdx(req);
  const first = sk.waiters - 1;
  req.flags |= REQ_F_SINGLE_POLL;
  if (sk.waiters == 0) {
    req.wait_next = NONE;
    req.wait_prev = NONE;
    sk.waiters = idx + 1;
  } else if ((req.poll_events & EPOLLEXCLUSIVE) == 0) {
    req.wait_next = first;
    req.wait_prev = NONE;
    reqAt(first).wait_prev = idx;
    sk.waiters = idx + 1;
  } else {
    let last = first;
    while (reqAt(last).wait_next != NONE) last = reqAt(last).wait_next;
    reqAt(last).wait_next = idx;
    req.wait_prev = last;
    req.wait_next = NONE;
  }
}

/** Leaves the wait queue, if it stands in one (io_poll_remove_entries). */
export function waitersRemove(req: Req): void {
  if ((req.flags & REQ_F_SINGLE_POLL) == 0) return;
  req.flags &= ~REQ_F_SINGLE_POLL;
  const sk = sock(fileAt(req.file).obj);
  const next = req.wait_next;
  const prev = req.wait_prev;
  if (prev == NONE) sk.waiters = next + 1; // NONE + 1 is 0: nobody waits
  else reqAt(prev).wait_next = next;
  if (next != NONE) reqAt(next).wait_prev = prev;
  req.wait_next = NONE;
  req.wait_prev = NONE;
}

/** Queues the request's task work; the result is what woke it (__io_poll_execute). */
export function pollExecute(req: Req, mask: u32): void {
  req.res = <i32>mask;
  req.cflags = 0;
  taskWorkAdd(req, TW_POLL, (req.flags & REQ_F_POLL_NO_LAZY) == 0);
}

/** Something happened to the socket (io_poll_wake). True: the request was told. */
function pollWake(req: Req, mask: u32): bool {
  const events = req.poll_events;
  if (mask != 0 && (mask & (events & ~IO_ASYNC_POLL_COMMON)) == 0) return false;
  // Only the first wake-up owns the request; later ones make it look again.
  if (req.poll_refs++ != 0) return true;
  if (mask != 0 && (events & EPOLLONESHOT) != 0) waitersRemove(req);
  pollExecute(req, mask);
  return true;
}

/** The DataReady port: tells who waits on a socket; at most one exclusive waiter. `mask` 0: look for yourselves. */
export function ringDataReady(sock_idx: u32, mask: u32): void {
  let idx = sock(sock_idx).waiters - 1;
  while (idx != NONE) {
    const req = reqAt(idx);
    idx = req.wait_next;
    if (pollWake(req, mask) && (req.poll_events & EPOLLEXCLUSIVE) != 0 && mask != 0) return;
  }
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
  waitersAdd(req, fileAt(req.file).obj);
  transition(req, REQ_ARMED);
  if (now_ready != 0 && multishot) {
    req.poll_refs = 1;
    pollExecute(req, now_ready);
  }
  return APOLL_OK;
}

export const POLL_MASK_IN: u32 = POLLPRI | POLLERR | POLLIN | POLLRDNORM;
export const POLL_MASK_OUT: u32 = POLLPRI | POLLERR | POLLOUT | POLLWRNORM;
