/**
 * Worker threads (io_uring/io-wq.c; io_uring/io_uring.c: io_queue_iowq, io_wq_submit_work): what must not run in the
 * submitter's context waits in a list of its task, and a worker takes it up a moment later, in the task's name.
 *
 * A worker may sleep, so an operation is called without ISSUE_NONBLOCK there. Its completion is visible at once on a ring
 * that more than its submitter may post to; for the others it travels by task work, as a failure does everywhere.
 *
 * What has to wait for a file that can be polled does not keep a worker, in Linux neither: it is tried once, and joins the wait
 * queue (needs_poll).
 *
 * Differs from Linux: workers never sleep inside of an operation; Linux's do when a file was ready and had nothing all the same, or
 * after 128 waits. Such a request joins the wait queue here, without keeping a worker. So there are always workers enough, and
 * their limits and their CPU mask are kept and change nothing.
 */
import {
  arenaAlloc, bug, charge, CONTEXT_TASK_WORK, COST_TASK_WORK, COST_WAKE_UP, enterContext, EVENT_IOWQ, hostConfig, leaveContext, NONE, now,
  RINGS_MAX, RUN_BUG_IOWQ_STALE_TAIL, schedule, setTask, switchTo, takeCore, TASKS_OF_ALL_KINDS,
} from '../../sim/core';
import { EPOLLET, isSocket } from '../../stack/file';
import {
  EAGAIN, EBADF, EBADFD, ECANCELED, IORING_ACCEPT_POLL_FIRST, IORING_OP_ACCEPT, IORING_OP_RECV, IORING_OP_RECVMSG, IORING_OP_SEND,
  IORING_OP_SEND_ZC, IORING_OP_SENDMSG, IORING_OP_SENDMSG_ZC, IORING_RECVSEND_POLL_FIRST, IOSQE_CQE_SKIP_SUCCESS, POLLERR, POLLHUP,
} from '../uapi.gen';
import { IOU_COMPLETE, IOU_ISSUE_SKIP_COMPLETE, ISSUE_UNLOCKED, ISSUE_NONBLOCK } from './issue';
import { reqRefDrop } from './complete';
import { cqUnlockPost, fillCqeReq } from './cq';
import { findNext } from './links';
import { OP_POLLIN, OP_POLLOUT, OP_POLL_EXCLUSIVE, opDef } from './opdef';
import { APOLL_OK, APOLL_READY, armPoll, armPollHandler, EPOLLONESHOT, POLL_MASK_IN, POLL_MASK_OUT } from './poll';
import {
  Req, reqAt, reqIdx, REQ_F_APOLL_MULTISHOT, REQ_F_CLEAR_POLLIN, REQ_F_FORCE_ASYNC, REQ_F_IO_DRAIN, REQ_F_MULTISHOT, REQ_F_NOWAIT,
  REQ_F_POLLED, REQ_F_POSTED, REQ_F_REFCOUNT, REQ_IOWQ, REQ_ISSUED, reqSetRes, transition, TW_COMPLETE, TW_FAIL, TW_IOWQ,
} from './request';
import { assignFile, issue } from './sq';
import { Ring, ringAt, RING_F_LOCKLESS_CQ, ringState } from './state';
import { taskAt, taskCore, TASKS_MAX } from './task';
import { witnessBig, witnessTaken, witnessWorker } from './witness';
import { taskWorkAdd } from './work_list';

/** Workers of a task (struct io_wq). */
@unmanaged
class IoWq {
  /** Requests that wait, first come, first served. */
  head: u32;
  /** As long as there is a first one. */
  tail: u32;
  /** An EVENT_IOWQ is under way. */
  pending: u32;
  /** Limits: workers of bounded and of unbounded work. 0: none was ever set. */
  max_bounded: u32;
  max_unbounded: u32;
  unused: u32;
}
const IOWQ_BYTES: usize = 24;
/** Waking a worker, or making one, takes a moment. */
const WORKER_DELAY_NS: u64 = 5000;

function iowqAt(task: u32): IoWq {
  return changetype<IoWq>(<usize>ringState().iowqs_base + <usize>task * IOWQ_BYTES);
}

export function iowqInit(): void {
  const tasks = TASKS_MAX + RINGS_MAX;
  ringState().iowqs_base = <u32>arenaAlloc(<u64>tasks * IOWQ_BYTES);
  for (let i: u32 = 0; i < tasks; i++) {
    iowqAt(i).head = NONE;
    iowqAt(i).tail = NONE;
  }
}

/** Reads the limits of a task's workers into `counts` (two i32), after having set those that are not 0 (io_wq_max_workers). */
export function iowqMaxWorkers(task: u32, counts: usize, entries: u32): void {
  const wq = iowqAt(task);
  const bounded = load<u32>(counts);
  const unbounded = load<u32>(counts, 4);
  if (wq.max_bounded == 0) {
    const cpus: u32 = 4 * <u32>hostConfig(taskAt(task).host).cpu_cores;
    wq.max_bounded = entries < cpus ? entries : cpus;
    wq.max_unbounded = RLIMIT_NPROC;
  }
  store<u32>(counts, wq.max_bounded);
  store<u32>(counts, wq.max_unbounded, 4);
  if (bounded != 0) wq.max_bounded = bounded < RLIMIT_NPROC ? bounded : RLIMIT_NPROC;
  if (unbounded != 0) wq.max_unbounded = unbounded < RLIMIT_NPROC ? unbounded : RLIMIT_NPROC;
}
/** Processes that a user may have, as on a machine with 16 GiB. */
const RLIMIT_NPROC: u32 = 63405;

/** Hands a request to a worker of its task (io_queue_iowq). `task`: who asks; only the submitter may, others tell it to. */
export function queueIowq(req: Req): void {
  assignFile(ringAt(req.ring), req);
  const wq = iowqAt(req.task);
  const idx = reqIdx(req);
  transition(req, REQ_IOWQ);
  witnessWorker(req);
  req.tw_next = NONE;
  if (wq.head == NONE) wq.head = idx;
  else reqAt(wq.tail).tw_next = idx;
  wq.tail = idx;
  if (wq.pending != 0) return;
  wq.pending = 1;
  charge(COST_WAKE_UP);
  schedule(now() + WORKER_DELAY_NS, EVENT_IOWQ, req.task);
}

/** The first request that waits for a worker of a task, or NONE; Req.tw_next leads on. */
export function iowqFirst(task: u32): u32 {
  return iowqAt(task).head;
}

/** Takes a request that no worker has taken up out of the list, if it stands there (io_wq_cancel_cb). */
export function iowqTake(req: Req): void {
  if (req.state != REQ_IOWQ) return;
  const wq = iowqAt(req.task);
  const idx = reqIdx(req);
  let last = NONE;
  for (let i = wq.head; i != NONE; last = i, i = reqAt(i).tw_next) {
    if (i != idx) continue;
    if (last == NONE) wq.head = req.tw_next;
    else reqAt(last).tw_next = req.tw_next;
    if (wq.tail == idx && !bug(RUN_BUG_IOWQ_STALE_TAIL)) wq.tail = last;
    return;
  }
  assert(false, 'R11 who waits for a worker stands in its list');
}
/** A request that waits for a worker is cancelled (io_wq_cancel_pending_work). */
export function iowqCancel(req: Req): void {
  iowqTake(req);
  workFail(req, -ECANCELED);
}

/** EVENT_IOWQ: a worker of a task has its turn with all that waits. */
export function iowqRun(task: u32): void {
  const wq = iowqAt(task);
  const host = taskAt(task).host;
  const worker = TASKS_OF_ALL_KINDS / 2 + task;
  const core = taskCore(taskAt(task));
  if (!takeCore(host, core, worker, EVENT_IOWQ, task)) return;
  wq.pending = 0;
  if (wq.head == NONE) return;
  enterContext(host, core, CONTEXT_TASK_WORK);
  setTask(worker);
  switchTo(worker, true);
  ringState().in_worker = 1;
  while (wq.head != NONE) {
    const req = reqAt(wq.head);
    wq.head = req.tw_next;
    runChain(req);
  }
  ringState().in_worker = 0;
  leaveContext();
}

/** A request, and those that are linked to it, as long as they can be completed from here (io_worker_handle_work). */
function runChain(first: Req): void {
  let req = first;
  while (true) {
    charge(COST_TASK_WORK);
    if (!submitWork(req)) return;
    // Somebody else frees it, and carries the chain on.
    if ((req.flags & REQ_F_REFCOUNT) != 0 && !reqRefDrop(req)) return;
    const next = findNext(req);
    // What is left of it is freed by task work (io_wq_free_work).
    req.flags = (req.flags & ~REQ_F_REFCOUNT) | IOSQE_CQE_SKIP_SUCCESS | REQ_F_POSTED;
    taskWorkAdd(req, TW_COMPLETE, false);
    if (next == NONE) return;
    req = reqAt(next);
    transition(req, REQ_IOWQ);
  }
}

function workFail(req: Req, res: i32): void {
  reqSetRes(req, res, 0);
  taskWorkAdd(req, TW_FAIL, false);
}

/** The worker's part of a request. True when it has posted its completion and the request is over (io_wq_submit_work). */
function submitWork(req: Req): bool {
  const r = ringAt(req.ring);
  const def = opDef(req.opcode);
  witnessTaken(req);
  transition(req, REQ_ISSUED);
  if (!assignFile(r, req)) {
    workFail(req, -EBADF);
    return false;
  }
  const can_poll = (def & (OP_POLLIN | OP_POLLOUT)) != 0;
  if ((req.flags & (REQ_F_MULTISHOT | REQ_F_APOLL_MULTISHOT)) != 0) {
    // No multishot request runs in a worker: it waits for its file.
    if (req.file == NONE || !can_poll) workFail(req, -EBADFD);
    else if (waitForFile(req, def) != APOLL_OK) workFail(req, -ECANCELED);
    return false;
  }
  const needs_poll = (req.flags & REQ_F_FORCE_ASYNC) != 0 && can_poll;
  // A socket's calls would go on until all is done: here each tells how far it came, and the request waits for the rest.
  const sleeps = can_poll && !needs_poll && req.file != NONE && isSocket(req.file);
  const ret = issue(req, needs_poll || sleeps ? ISSUE_UNLOCKED | ISSUE_NONBLOCK : ISSUE_UNLOCKED);
  if (ret == IOU_COMPLETE) return completePost(r, req);
  if (ret == IOU_ISSUE_SKIP_COMPLETE) return false;
  if (ret != -EAGAIN || (req.flags & REQ_F_NOWAIT) != 0 || !can_poll) {
    workFail(req, ret);
    return false;
  }
  // A worker that may poll waits for the file once; of a call that never sleeps -EAGAIN is then final.
  const awake = neverSleeps(req);
  if (awake && !needs_poll) {
    workFail(req, -EAGAIN);
    return false;
  }
  if ((sleeps ? sleepOnFile(req, def) : waitForFile(req, def)) == APOLL_OK) return false;
  // Ready again: the next turn of a worker.
  if (awake && neverSleeps(req)) workFail(req, -EAGAIN);
  else taskWorkAdd(req, TW_IOWQ, false);
  return false;
}

/** Who reads the error queue, and who asked to wait first and has not: they say -EAGAIN at once (io_recvmsg, io_send, io_accept). */
function neverSleeps(req: Req): bool {
  if ((req.flags & REQ_F_CLEAR_POLLIN) != 0) return true;
  if ((req.flags & REQ_F_POLLED) != 0) return false;
  switch (<u32>req.opcode) {
    case IORING_OP_ACCEPT: return (req.ioprio & IORING_ACCEPT_POLL_FIRST) != 0;
    case IORING_OP_RECV: case IORING_OP_RECVMSG: case IORING_OP_SEND: case IORING_OP_SENDMSG:
    case IORING_OP_SEND_ZC: case IORING_OP_SENDMSG_ZC: return (req.ioprio & IORING_RECVSEND_POLL_FIRST) != 0;
    default: return false;
  }
}

/** Where Linux's worker would sleep in the call: until there is what it wants, or an error. That the peer is done wakes nobody. */
function sleepOnFile(req: Req, def: u32): u32 {
  const wanted = (def & OP_POLLIN) != 0 ? POLL_MASK_IN : POLL_MASK_OUT;
  return armPollHandler(req, wanted | EPOLLET | EPOLLONESHOT, POLLERR | POLLHUP) == 0 ? APOLL_OK : APOLL_READY;
}

function waitForFile(req: Req, def: u32): u32 {
  return armPoll(req, (def & OP_POLLIN) != 0 ? POLL_MASK_IN : POLL_MASK_OUT, (def & OP_POLL_EXCLUSIVE) != 0);
}

/** Posts the completion from the worker if that is allowed and there is room; else task work does (io_req_complete_post). */
function completePost(r: Ring, req: Req): bool {
  if ((r.int_flags & RING_F_LOCKLESS_CQ) == 0 && (req.flags & REQ_F_IO_DRAIN) == 0) {
    witnessBig(r, req);
    const filled = (req.flags & IOSQE_CQE_SKIP_SUCCESS) != 0 || fillCqeReq(r, req);
    cqUnlockPost(r);
    if (filled) return true;
  }
  taskWorkAdd(req, TW_COMPLETE, false);
  return false;
}
