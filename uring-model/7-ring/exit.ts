/** The end of a ring, in a worker thread some time after its last reference has gone (io_uring/io_uring.c: io_ring_exit_work). */
import {
  CONTEXT_TASK_WORK, enterContext, EVENT_KWORK, hostConfig, hrtimerCancel, leaveContext, NONE, now, RINGS_MAX, schedule,
} from '../../sim/core';
import { zcrxTerminate, zcrxUnregister } from '../9-refill';
import { IORING_OP_LINK_TIMEOUT, IORING_OP_TIMEOUT } from '../uapi.gen';
import { overflowFlush } from './cq';
import { reqPut } from './complete';
import { groupsRelease } from './kbuf_register';
import { waitersRemove } from './poll';
import { eventfdUnregister } from './eventfd';
import { memRegionRelease } from './mem_region';
import { iowqTake } from './iowq';
import { notifForget, notifHeld } from './notif';
import { reqAt, REQ_FREE } from './request';
import { buffersUnregister, filesUnregister } from './rsrc_register';
import { Ring, ringAt, ringState, RING_EXITING, RING_FREE } from './state';
import { sqThreadFinish } from './sqpoll';
import { Task, taskAt, TASKS_MAX } from './task';
import { timeoutTimer } from './timeout_list';
import { regionFree } from './user_memory';
import { witnessRingGone } from './witness';

/** Requests of this ring leave a task's list of work. */
function forgetTaskWork(t: Task, r: Ring): void {
  let idx = t.work_head;
  let last = NONE;
  t.work_head = NONE;
  while (idx != NONE) {
    const next = reqAt(idx).tw_next;
    if (reqAt(idx).ring != r.idx) {
      if (last == NONE) t.work_head = idx;
      else reqAt(last).tw_next = idx;
      reqAt(idx).tw_next = NONE;
      last = idx;
    }
    idx = next;
  }
  t.work_tail = last;
}

/** Nor do they send a task a file any more. */
function forgetMessages(t: Task, r: Ring): void {
  let last = NONE;
  for (let idx = t.msg_head; idx != NONE; idx = reqAt(idx).tw_next) {
    if (reqAt(idx).ring != r.idx) last = idx;
    else if (last == NONE) t.msg_head = reqAt(idx).tw_next;
    else reqAt(last).tw_next = reqAt(idx).tw_next;
  }
}

/** How often a ring looks whether the network is done with what its requests lent it. */
const EXIT_INTERVAL_NS: u64 = 50000000;

/**
 * All requests are cancelled; nobody is left to be told (io_uring_try_cancel_requests). False: packets still hold notifications,
 * so the ring stays until they are gone.
 */
function cancelRequests(r: Ring): bool {
  for (let i: u32 = 0; i < TASKS_MAX + RINGS_MAX; i++) {
    forgetTaskWork(taskAt(i), r);
    forgetMessages(taskAt(i), r);
  }
  r.work_head = NONE;
  r.retry_tail = NONE;
  const capacity = ringState().req_capacity;
  // Nobody waits any more before the first file is let go: the end of a connection wakes those that wait for its other end.
  for (let i: u32 = 0; i < capacity; i++) {
    const req = reqAt(i);
    if (req.state == REQ_FREE || req.ring != r.idx || req.notif == i) continue;
    waitersRemove(req);
    iowqTake(req);
    if (<u32>req.opcode == IORING_OP_TIMEOUT || <u32>req.opcode == IORING_OP_LINK_TIMEOUT) hrtimerCancel(timeoutTimer(req));
  }
  for (let i: u32 = 0; i < capacity && r.reqs > 0; i++) {
    const req = reqAt(i);
    if (req.state != REQ_FREE && req.ring == r.idx && req.notif != i) reqPut(r, i);
  }
  // What was sent has let its notifications go by now.
  for (let i: u32 = 0; i < TASKS_MAX + RINGS_MAX; i++) forgetTaskWork(taskAt(i), r);
  r.work_head = NONE;
  r.retry_tail = NONE;
  let held: u32 = 0;
  for (let i: u32 = 0; i < capacity && r.reqs > held; i++) {
    const req = reqAt(i);
    if (req.state == REQ_FREE || req.ring != r.idx) continue;
    if (notifHeld(req)) held++;
    else {
      notifForget(req);
      reqPut(r, i);
    }
  }
  assert(r.reqs == held, 'R2 every request of a ring is found');
  return held == 0;
}

/** EVENT_KWORK */
export function ringExitWork(ring: u32): void {
  const r = ringAt(ring);
  assert(r.used == RING_EXITING, 'R6 a ring exits once');
  enterContext(r.host, hostConfig(r.host).cpu_app_core, CONTEXT_TASK_WORK);
  witnessRingGone(r, false);
  zcrxTerminate(ring);
  if (!cancelRequests(r)) {
    schedule(now() + EXIT_INTERVAL_NS, EVENT_KWORK, ring);
    leaveContext();
    return;
  }
  overflowFlush(r, true);
  sqThreadFinish(r);
  buffersUnregister(r);
  filesUnregister(r);
  zcrxUnregister(ring);
  groupsRelease(ring);
  eventfdUnregister(r);
  memRegionRelease(r);
  regionFree(NONE, r.rings, r.rings_bytes, r.rings_user);
  regionFree(NONE, r.sqes, r.sqes_bytes, r.rings_user);
  witnessRingGone(r, true);
  r.used = RING_FREE;
  leaveContext();
}
