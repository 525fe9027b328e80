/**
 * Waiting for completions (io_uring/wait.c: io_cqring_wait). A wait that has to sleep returns -ERESTARTSYS to its caller;
 * the task is asleep then. Whatever wakes it carries the wait on in the task's own context: task work runs, and if that
 * was not enough the task sleeps on. When the wait is over its result waits for the caller, who repeats the call.
 */
import {
  charge, chargeSpun, CONTEXT_HARDIRQ, coreBooked, coreIndex, coreState, COST_BUSY_POLL, COST_IRQ_ENTRY, enterContext, EVENT_TASK,
  leaveContext, NONE, NS_PER_JIFFY, now, schedule, timerArm, timerCancel,
} from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import { EEXIST, EFAULT, EINTR, EINVAL, ERESTARTSYS, ETIME, IORING_SETUP_DEFER_TASKRUN } from '../uapi.gen';
import { cqEventsUser, overflowFlush } from './cq';
import { CHECK_CQ_DROPPED, CHECK_CQ_OVERFLOW, Ring, ringAt, RINGS_CQ_HEAD, RINGS_CQ_TAIL } from './state';
import { napiBusyBegin, napiBusyEnd } from './napi';
import { callResume, callWake } from './sleep';
import { Task, taskAlarm, taskAt, taskCore, taskTimer, taskWake, TASK_DEADLINE, TASK_IN_CALL, TASK_IN_ENTER } from './task';
import { runLocalWork, runLocalWorkDefault, runTaskWork } from './task_work';
import { IO_CQ_WAKE_INIT } from './work_list';

export const NEVER: u64 = u64.MAX_VALUE;
export const EBADR: i32 = 53;

function cqHead(r: Ring): u32 {
  return load<u32>(<usize>r.rings, RINGS_CQ_HEAD);
}
function cqTail(r: Ring): u32 {
  return load<u32>(<usize>r.rings, RINGS_CQ_TAIL);
}
/** Enough completions, or a timeout has fired since the wait began (io_should_wake). */
function shouldWake(t: Task, r: Ring): bool {
  return <i32>(cqTail(r) - t.cq_tail) >= 0 || r.cq_timeouts != t.nr_timeouts;
}

/** Task work of a DEFER_TASKRUN ring is run by its submitter alone (io_allowed_run_tw). */
export function allowedRunTw(t: Task, r: Ring): bool {
  return (r.flags & IORING_SETUP_DEFER_TASKRUN) == 0 || r.submitter == t.idx;
}
/** The mask of a wait that has one (set_user_sigmask). 0 or -errno. */
function sigmaskCheck(t: Task): i32 {
  if (t.sigmask == 0) return 0;
  if (t.sigmask_sz != 8) return -EINVAL;
  return userOk(t.sigmask, 8) ? 0 : -EFAULT;
}

/** Begins a wait. 0 or more, -errno, or -ERESTARTSYS when the task went to sleep. Times are absolute; NEVER, or 0 for no least wait. */
export function cqringWait(t: Task, r: Ring, min_events: u32, deadline_ns: u64, min_deadline_ns: u64): i32 {
  if (min_events > r.cq_entries) min_events = r.cq_entries;
  if (!allowedRunTw(t, r)) return -EEXIST;
  runLocalWorkDefault(r, min_events);
  runTaskWork(t);
  if ((r.check_cq & CHECK_CQ_OVERFLOW) != 0) overflowFlush(r, false);
  if (cqEventsUser(r) >= min_events) return 0;
  const ret = sigmaskCheck(t);
  if (ret != 0) return ret;
  t.wait_ring = r.idx;
  t.cq_tail = cqHead(r) + min_events;
  t.cq_min_tail = cqTail(r);
  t.nr_wait = <i32>(t.cq_tail - t.cq_min_tail);
  t.nr_timeouts = r.cq_timeouts;
  t.hit_timeout = 0;
  t.deadline_ns = deadline_ns;
  t.min_deadline_ns = min_deadline_ns;
  busyBegin(t, r, deadline_ns);
  const result = waitLoop(t, r, false);
  if (result != -ERESTARTSYS) busyEnd(t, r);
  return result;
}

/** Nothing to do but sleep (io_cqring_wait_schedule)? 0: it is over. 1: there is work. -ERESTARTSYS: asleep. -ETIME: too late. */
function waitSchedule(t: Task, r: Ring): i32 {
  if (r.check_cq != 0 || r.work_head != NONE || t.work_head != NONE) return 1;
  if (t.sig_pending != 0) return -EINTR;
  if (shouldWake(t, r)) return 0;
  const soonest = t.min_deadline_ns != 0 ? t.min_deadline_ns : t.deadline_ns;
  if (soonest <= now() && t.min_deadline_ns == 0) {
    t.hit_timeout = 1;
    return -ETIME;
  }
  t.waiting = TASK_IN_ENTER;
  armDeadline(t, soonest);
  return -ERESTARTSYS;
}

/** Before the first sleep of a wait the task polls its queues, if the ring does so. */
function busyBegin(t: Task, r: Ring, deadline_ns: u64): void {
  t.spin_until_ns = napiBusyBegin(r, deadline_ns);
  if (t.spin_until_ns == 0) return;
  t.spin_from_ns = now();
  t.spin_booked = coreBooked(coreIndex(t.host, taskCore(t)));
}
/** Busy polling ends, if there was any: only the first sleep of a wait is put off. */
function busyEnd(t: Task, r: Ring): void {
  if (t.spin_until_ns == 0) return;
  chargeSpun(t.host, taskCore(t), COST_BUSY_POLL, t.spin_from_ns, min(t.spin_until_ns, coreState().clock_ns), t.spin_booked);
  t.spin_until_ns = 0;
  napiBusyEnd(r);
}

/** `woken`: the task has just woken up in the middle of the loop. */
function waitLoop(t: Task, r: Ring, woken: bool): i32 {
  const defer = (r.flags & IORING_SETUP_DEFER_TASKRUN) != 0;
  let ret: i32 = t.hit_timeout != 0 ? -ETIME : 0;
  while (true) {
    if (!woken) {
      if (defer) r.cq_wait_nr = t.nr_wait;
      ret = waitSchedule(t, r);
      if (ret == -ERESTARTSYS) return ret;
    }
    woken = false;
    r.cq_wait_nr = IO_CQ_WAKE_INIT;
    if (r.work_head != NONE) runLocalWork(r, t.nr_wait, t.nr_wait);
    runTaskWork(t);
    if (ret < 0) break;
    if ((r.check_cq & CHECK_CQ_OVERFLOW) != 0) {
      overflowFlush(r, false);
      // No room for what has overflown: it takes the application to change that (io_cqring_wait). A queue of which entries are withheld, or
      // whose head is seen late, has none before the wait has what it asks for.
      if ((r.check_cq & CHECK_CQ_OVERFLOW) != 0) {
        ret = 0;
        break;
      }
    }
    if ((r.check_cq & CHECK_CQ_DROPPED) != 0) {
      ret = -EBADR;
      break;
    }
    if (shouldWake(t, r)) {
      ret = 0;
      break;
    }
    t.nr_wait = <i32>(t.cq_tail - cqTail(r));
  }
  return cqHead(r) == cqTail(r) ? ret : 0;
}

/**
 * EVENT_TASK came and the task's context is open: carries a wait on. True when the task is back in user space, whose next
 * call fetches the result; false when it sleeps on, or had not been asleep.
 */
export function taskResume(task: u32): bool {
  const t = taskAt(task);
  if (t.waiting == TASK_IN_CALL) return callResume(t);
  if (t.waiting == 0) {
    runTaskWork(t);
    return false;
  }
  const r = ringAt(t.wait_ring);
  busyEnd(t, r);
  t.waiting = 0;
  const ret = waitLoop(t, r, true);
  if (ret == -ERESTARTSYS) return false;
  timerCancel(taskTimer(t));
  t.wait_done = 1;
  t.wait_result = ret;
  return true;
}

/** Makes sure that somebody looks at a deadline: an event when it is near, else the wheel first. At NEVER nobody needs to. */
export function armDeadline(t: Task, deadline_ns: u64): void {
  const clock = coreState().clock_ns;
  if (t.timer_event_ns <= deadline_ns) return;
  if (deadline_ns < clock + 2 * NS_PER_JIFFY) {
    t.timer_event_ns = deadline_ns > clock ? deadline_ns : clock;
    schedule(t.timer_event_ns, EVENT_TASK, t.idx | TASK_DEADLINE);
  } else timerArm(taskTimer(t), deadline_ns - NS_PER_JIFFY);
}

/** The wheel's timer of a task: its deadline is near. */
export function ringTimer(task: u32): void {
  const t = taskAt(task);
  if (t.waiting != 0) armDeadline(t, t.min_deadline_ns != 0 ? t.min_deadline_ns : t.deadline_ns);
}

/** EVENT_TASK with TASK_DEADLINE: a deadline may have passed (io_cqring_timer_wakeup, io_cqring_min_timer_wakeup). */
export function taskDeadline(task: u32): void {
  const t = taskAt(task);
  const clock = coreState().clock_ns;
  if (t.timer_event_ns <= clock) t.timer_event_ns = NEVER;
  if (t.waiting == 0) return;
  const min = t.min_deadline_ns;
  const soonest = min != 0 ? min : t.deadline_ns;
  if (clock < soonest) {
    armDeadline(t, soonest);
    return;
  }
  // The interrupt of a timer on the core of the task.
  enterContext(t.host, taskCore(t), CONTEXT_HARDIRQ);
  charge(COST_IRQ_ENTRY);
  timeOver(t, min);
  leaveContext();
}
function timeOver(t: Task, min: u64): void {
  if (t.waiting == TASK_IN_CALL) return callWake(t);
  if (min == 0 || min >= t.deadline_ns) return expire(t);
  const r = ringAt(t.wait_ring);
  if ((r.check_cq & CHECK_CQ_OVERFLOW) != 0 || r.work_head != NONE) {
    t.min_deadline_ns = 0;
    t.cq_tail = t.cq_min_tail + 1;
    taskWake(t);
    return;
  }
  if (t.cq_min_tail != cqTail(r) || cqEventsUser(r) != 0) return expire(t);
  // The least wait is over and nothing came: now one completion is enough.
  if ((r.flags & IORING_SETUP_DEFER_TASKRUN) != 0) r.cq_wait_nr = 1;
  t.min_deadline_ns = 0;
  t.cq_tail = t.cq_min_tail + 1;
  armDeadline(t, t.deadline_ns);
}

/** EVENT_TASK with TASK_ALARM: a signal interrupts a sleeper. */
export function taskSignal(task: u32): void {
  if (!taskAlarm(task)) return;
  const t = taskAt(task);
  if (t.waiting == TASK_IN_CALL) callWake(t);
  else taskWake(t);
}

function expire(t: Task): void {
  t.hit_timeout = 1;
  t.min_deadline_ns = 0;
  taskWake(t);
}
