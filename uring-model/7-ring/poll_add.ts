/** POLL_ADD and POLL_REMOVE: waiting for readiness for its own sake (io_uring/poll.c). */
import { NONE } from '../../sim/core';
import { EPOLLET } from '../../stack/file';
import {
  EALREADY, ECANCELED, EINVAL, ENOENT, io_uring_sqe, IORING_OP_POLL_ADD, IORING_POLL_ADD_LEVEL, IORING_POLL_ADD_MULTI,
  IORING_POLL_UPDATE_EVENTS, IORING_POLL_UPDATE_USER_DATA, IOSQE_CQE_SKIP_SUCCESS,
} from '../uapi.gen';
import { cancelFind, cancelWhat } from './cancel';
import { cancelTableRemove } from './cancel_table';
import { IOU_COMPLETE, IOU_ISSUE_SKIP_COMPLETE } from './issue';
import { finish } from './net';
import { armPollHandler, EPOLLEXCLUSIVE, EPOLLONESHOT, IO_POLL_UNMASK, pollGetOwnership, waitersRemove } from './poll';
import { Req, reqAt, reqSetFail, reqSetRes, REQ_ISSUED, transition, TW_COMPLETE } from './request';
import { ringAt } from './state';
import { taskWorkAdd } from './work_list';

/** Bits that user space knows (fs/eventpoll.h: mangle_poll). */
const POLL_BITS: u32 = 0x27ff;

/** Events as user space sees them. */
export function manglePoll(events: u32): u32 {
  return events & POLL_BITS;
}

/** io_poll_parse_events */
function parseEvents(sqe: io_uring_sqe, flags: u32): u32 {
  let events = sqe.poll32_events;
  if ((flags & IORING_POLL_ADD_MULTI) == 0) events |= EPOLLONESHOT;
  if ((flags & IORING_POLL_ADD_LEVEL) == 0) events |= EPOLLET;
  return events & (POLL_BITS | EPOLLEXCLUSIVE | EPOLLONESHOT | EPOLLET);
}

export function pollAddPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.buf_index != 0 || sqe.off != 0 || sqe.addr != 0) return -EINVAL;
  const flags = sqe.len;
  if ((flags & ~IORING_POLL_ADD_MULTI) != 0) return -EINVAL;
  if ((flags & IORING_POLL_ADD_MULTI) != 0 && (req.flags & IOSQE_CQE_SKIP_SUCCESS) != 0) return -EINVAL;
  req.poll_events = parseEvents(sqe, flags);
  return 0;
}

export function pollAddIssue(req: Req): i32 {
  const ret = armPollHandler(req, req.poll_events, IO_POLL_UNMASK);
  if (ret > 0) {
    reqSetRes(req, <i32>manglePoll(<u32>ret), 0);
    return IOU_COMPLETE;
  }
  return ret != 0 ? ret : IOU_ISSUE_SKIP_COMPLETE;
}

/** POLL_REMOVE: req.buf is the user_data, req.buf2 the new one, req.poll_events the new events. */
export function pollRemovePrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.buf_index != 0 || sqe.splice_fd_in != 0) return -EINVAL;
  const flags = sqe.len;
  if ((flags & ~(IORING_POLL_UPDATE_EVENTS | IORING_POLL_UPDATE_USER_DATA | IORING_POLL_ADD_MULTI)) != 0) return -EINVAL;
  if (flags == IORING_POLL_ADD_MULTI) return -EINVAL;
  req.buf = sqe.addr;
  req.op_flags = flags;
  req.buf2 = sqe.off;
  if ((flags & IORING_POLL_UPDATE_USER_DATA) == 0 && sqe.off != 0) return -EINVAL;
  if ((flags & IORING_POLL_UPDATE_EVENTS) != 0) req.poll_events = parseEvents(sqe, flags);
  else if (sqe.poll32_events != 0) return -EINVAL;
  return 0;
}

/** Takes a poll out of its wait. -EALREADY: its task work is under way (io_poll_disarm). */
function disarm(poll: Req): i32 {
  if (!pollGetOwnership(poll)) return -EALREADY;
  waitersRemove(poll);
  cancelTableRemove(poll);
  return 0;
}

/** Arms a poll again, changed. True: it waits on. Else it has a result. */
function rearm(poll: Req, update: Req): bool {
  const flags = update.op_flags;
  // Only the events: how it waits stays as it was.
  if ((flags & IORING_POLL_UPDATE_EVENTS) != 0) poll.poll_events = (poll.poll_events & 0xffff0000) | (update.poll_events & 0xffff);
  if ((flags & IORING_POLL_UPDATE_USER_DATA) != 0) poll.user_data = update.buf2;
  transition(poll, REQ_ISSUED);
  const ret = pollAddIssue(poll);
  if (ret != IOU_ISSUE_SKIP_COMPLETE && ret != IOU_COMPLETE) reqSetRes(poll, -ECANCELED, 0);
  return ret == IOU_ISSUE_SKIP_COMPLETE;
}

export function pollRemoveIssue(req: Req): i32 {
  const r = ringAt(req.ring);
  cancelWhat(r, req.task, req.buf);
  const idx = cancelFind(r, req.buf, IORING_OP_POLL_ADD);
  const ret = idx == NONE ? -ENOENT : disarm(reqAt(idx));
  if (ret != 0) {
    reqSetFail(req);
    return ret;
  }
  const poll = reqAt(idx);
  const update = (req.op_flags & (IORING_POLL_UPDATE_EVENTS | IORING_POLL_UPDATE_USER_DATA)) != 0;
  if (update && rearm(poll, req)) return finish(req, 0);
  if (!update) reqSetRes(poll, -ECANCELED, 0);
  if (poll.res < 0) reqSetFail(poll);
  taskWorkAdd(poll, TW_COMPLETE, false);
  return finish(req, 0);
}
