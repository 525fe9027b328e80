/**
 * Epoll (fs/eventpoll.c): a set of watched files. A wake-up of a file puts its item into the list of ready ones; whoever fetches
 * events polls each of that list again, and what is told by level goes back to its end.
 *
 * Differs from Linux: EPOLLWAKEUP does nothing, and of the checks of nested sets there is the one against loops and depth.
 */
import { charge, COST_EPOLL_EVENT, NONE, setWaiter, WAIT_EPOLL, waitAdd, waitAlloc, waitArg, waitForget, wakeUp } from '../../sim/core';
import { userOk } from '../3-pool';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM } from '../6-socket';
import { EEXIST, EFAULT, EINVAL, ELOOP, ENFILE, ENOENT, ENOMEM, ENOSPC, EPERM } from '../../uring-model/uapi.gen';
import {
  Epoll, epollAlloc, epollAt, epollFree, EPOLLET, EPOLLEXCLUSIVE, EPOLLONESHOT, epollTablesInit, EPOLLWAKEUP, EPOLL_URING_WAKE, itemAt,
  itemFind, itemNew, itemRemove, readyAdd, readyRemove,
} from './epoll_item';
import { fileCanPoll, filePoll, fileWaitHead, setFileOps } from './kinds';
import { fileAt, fileNew, FILE_EPOLL } from './table';

export const EPOLL_CTL_ADD: u32 = 1;
export const EPOLL_CTL_DEL: u32 = 2;
export const EPOLL_CTL_MOD: u32 = 3;
const EP_PRIVATE_BITS: u32 = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE;
const EPOLLEXCLUSIVE_OK_BITS: u32 = POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;
const EP_MAX_NESTS: u32 = 4;
/** struct epoll_event is packed on x86-64: events, data. */
const EPOLL_EVENT_BYTES: u32 = 12;
const EP_MAX_EVENTS: u32 = 0x7fffffff / 12;

export function epollWaitHead(idx: u32): usize {
  return changetype<usize>(epollAt(idx)) + offsetof<Epoll>('wq');
}
function pollHead(idx: u32, which: u32): usize {
  return which == 0 ? changetype<usize>(epollAt(idx)) + offsetof<Epoll>('poll_wait') : 0;
}

/** Bits that are true and wanted (ep_item_poll). */
function itemPoll(idx: u32): u32 {
  const item = itemAt(idx);
  return filePoll(item.file, item.events) & item.events;
}

/** The item may be ready: tells who waits for the set. */
function readyTell(epoll: u32, idx: u32, mask: u32): void {
  const ep = epollAt(epoll);
  if (itemAt(idx).ready == 0) readyAdd(ep, idx);
  wakeUp(epollWaitHead(epoll), POLLIN);
  wakeUp(pollHead(epoll, 0), POLLIN | mask);
}

/** A watched file was told of something (ep_poll_callback). True: an exclusive waiter has taken it. */
function told(entry: u32, mask: u32): bool {
  const idx = waitArg(entry);
  const item = itemAt(idx);
  const events = item.events;
  if ((events & ~EP_PRIVATE_BITS) == 0) return false;
  const exclusive = (events & EPOLLEXCLUSIVE) != 0;
  if (mask != 0 && (mask & events) == 0) return !exclusive;
  const ep = epollAt(item.epoll);
  let taken = !exclusive;
  if (exclusive && ep.wq != 0) {
    const inout = mask & (POLLIN | POLLOUT);
    taken = inout == 0 || ((inout == POLLIN || inout == POLLOUT) && (events & inout) != 0);
  }
  readyTell(item.epoll, idx, mask & EPOLL_URING_WAKE);
  return taken;
}

/** epoll_create1: a file, or -errno. */
export function epollNew(host: u32): i32 {
  const idx = epollAlloc();
  if (idx == NONE) return -ENFILE;
  const file_idx = fileNew(FILE_EPOLL, host, idx);
  if (file_idx == NONE) {
    epollFree(idx);
    return -ENFILE;
  }
  epollAt(idx).file = file_idx;
  return <i32>file_idx;
}

/** How many sets deep a set watches sets; more than allowed when `looking_for` is among them (ep_loop_check_proc). */
function depthBelow(epoll: u32, looking_for: u32, depth: u32): u32 {
  if (epoll == looking_for || depth > EP_MAX_NESTS) return EP_MAX_NESTS + 1;
  let most: u32 = 0;
  for (let i = epollAt(epoll).items; i != NONE; i = itemAt(i).next) {
    const f = fileAt(itemAt(i).file);
    if (f.kind == FILE_EPOLL) most = max(most, depthBelow(f.obj, looking_for, depth + 1) + 1);
  }
  return most;
}
/** How many sets watch each other above a set (ep_get_upwards_depth_proc). */
function depthAbove(epoll: u32): u32 {
  let most: u32 = 0;
  for (let w = fileAt(epollAt(epoll).file).watchers; w != 0; w = itemAt(w - 1).watch_next) {
    most = max(most, depthAbove(itemAt(w - 1).epoll) + 1);
  }
  return most;
}

/** Joins the queues of the file (ep_ptable_queue_proc). False: there is no entry left. */
function joinQueues(idx: u32): bool {
  const item = itemAt(idx);
  const exclusive = (item.events & EPOLLEXCLUSIVE) != 0;
  for (let which: u32 = 0; which < 2; which++) {
    const head = fileWaitHead(item.file, which);
    if (head == 0) continue;
    const entry = waitAlloc();
    if (entry == NONE) return false;
    if (which == 0) item.wait0 = entry + 1;
    else item.wait1 = entry + 1;
    waitAdd(head, entry, WAIT_EPOLL, idx, exclusive);
  }
  return true;
}

function insert(epoll: u32, file_idx: u32, fd: i32, events: u32, data: u64): i32 {
  const f = fileAt(file_idx);
  if (f.kind == FILE_EPOLL) {
    const below = depthBelow(f.obj, epoll, 0);
    if (below > EP_MAX_NESTS || below + 1 + depthAbove(epoll) > EP_MAX_NESTS) return -ELOOP;
  }
  const idx = itemNew(epoll, file_idx, fd);
  if (idx == NONE) return -ENOSPC;
  const item = itemAt(idx);
  item.events = events | POLLERR | POLLHUP;
  item.data = data;
  if (!joinQueues(idx)) {
    itemRemove(idx);
    return -ENOMEM;
  }
  if (itemPoll(idx) != 0) readyTell(epoll, idx, 0);
  return 0;
}

/** epoll_ctl of a file that the descriptor `fd` stands for: 0 or -errno (do_epoll_ctl_file). */
export function epollCtl(epoll_file: u32, op: u32, file_idx: u32, fd: i32, events: u32, data: u64): i32 {
  if (!fileCanPoll(file_idx)) return -EPERM;
  const f = fileAt(epoll_file);
  if (epoll_file == file_idx || f.kind != FILE_EPOLL) return -EINVAL;
  if (op != EPOLL_CTL_DEL && (events & EPOLLEXCLUSIVE) != 0) {
    if (op == EPOLL_CTL_MOD) return -EINVAL;
    if (fileAt(file_idx).kind == FILE_EPOLL || (events & ~EPOLLEXCLUSIVE_OK_BITS) != 0) return -EINVAL;
  }
  const idx = itemFind(epollAt(f.obj), file_idx, fd);
  if (op == EPOLL_CTL_ADD) return idx != NONE ? -EEXIST : insert(f.obj, file_idx, fd, events, data);
  if (op != EPOLL_CTL_DEL && op != EPOLL_CTL_MOD) return -EINVAL;
  if (idx == NONE) return -ENOENT;
  if (op == EPOLL_CTL_DEL) {
    itemRemove(idx);
    return 0;
  }
  const item = itemAt(idx);
  if ((item.events & EPOLLEXCLUSIVE) != 0) return -EINVAL;
  item.events = events | POLLERR | POLLHUP;
  item.data = data;
  if (itemPoll(idx) != 0 && item.ready == 0) readyTell(f.obj, idx, 0);
  return 0;
}

/** Is the file a set, and is there room for `most` events? 0 or -errno (ep_check_params). */
export function epollCheck(file_idx: u32, events: u64, most: i32): i32 {
  if (most <= 0 || <u32>most > EP_MAX_EVENTS) return -EINVAL;
  return fileAt(file_idx).kind == FILE_EPOLL ? 0 : -EINVAL;
}

/** Puts the item of a ready file at the end of `done`, with what it is told by level or edge (ep_deliver_event). */
function deliver(ep: Epoll, idx: u32, at: u64): i32 {
  const item = itemAt(idx);
  readyRemove(ep, idx);
  const events = itemPoll(idx);
  if (events == 0) return 0;
  if (!userOk(at, EPOLL_EVENT_BYTES)) return -EFAULT;
  store<u32>(<usize>at, events);
  store<u64>(<usize>at, item.data, 4);
  if ((item.events & EPOLLONESHOT) != 0) item.events &= EP_PRIVATE_BITS;
  else if ((item.events & EPOLLET) == 0) readyAdd(ep, idx);
  return 1;
}

/** Writes at most `most` events to user memory: how many, or -errno (epoll_sendevents, ep_send_events). */
export function epollSendEvents(file_idx: u32, events: u64, most: i32): i32 {
  const bad = epollCheck(file_idx, events, most);
  if (bad != 0) return bad;
  const epoll = fileAt(file_idx).obj;
  const ep = epollAt(epoll);
  let count: u32 = 0;
  for (let i = ep.ready_head; i != NONE; i = itemAt(i).ready_next) count++;
  let sent: i32 = 0;
  for (; count > 0 && sent < most; count--) {
    charge(COST_EPOLL_EVENT);
    const idx = ep.ready_head;
    const ret = deliver(ep, idx, events + <u64>(<u32>sent * EPOLL_EVENT_BYTES));
    if (ret < 0) {
      readyAdd(ep, idx);
      if (sent == 0) return ret;
      break;
    }
    sent += ret;
  }
  if (ep.ready_head != NONE) wakeUp(epollWaitHead(epoll), POLLIN);
  return sent;
}

/** Is any of those that may be ready? Those that are not leave the list (__ep_eventpoll_poll). */
function poll(epoll: u32): u32 {
  const ep = epollAt(epoll);
  while (ep.ready_head != NONE) {
    if (itemPoll(ep.ready_head) != 0) return POLLIN | POLLRDNORM;
    readyRemove(ep, ep.ready_head);
  }
  return 0;
}
function release(epoll: u32): void {
  const ep = epollAt(epoll);
  while (ep.items != NONE) itemRemove(ep.items);
  waitForget(epollWaitHead(epoll));
  waitForget(pollHead(epoll, 0));
  epollFree(epoll);
}

export function epollInit(): void {
  epollTablesInit();
  setFileOps(FILE_EPOLL, poll, pollHead, release);
  setWaiter(WAIT_EPOLL, told);
}
