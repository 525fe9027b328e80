/**
 * Sleeping in a system call that is not io_uring_enter: until a file may be ready, a time has come, or a signal interrupts
 * (kernel/sched/wait.c, kernel/time/hrtimer.c: hrtimer_nanosleep). The call returns -ERESTARTSYS, and its caller makes it again
 * when the task runs; a sleeper that is woken for task work alone does that and sleeps on.
 */
import {
  chargeSpun, coreBooked, coreIndex, coreState, COST_BUSY_POLL, hostConfig, NONE, now, QUEUES_MAX, timerCancel, WAIT_TASK, waitAdd,
  waitAlloc, waitArg, waitFree, waitLink, waitRemove,
} from '../../sim/core';
import { busyPoll } from '../../stack/3-pool';
import { fileAt, FILE_SOCKET, fileWaitHead } from '../../stack/file';
import { MIN_NAPI_ID, sock, sockNapiId } from '../../stack/6-socket';
import { Task, taskAt, taskCore, taskTimer, taskWake, TASK_IN_CALL } from './task';
import { runTaskWork } from './task_work';

/** Before it sleeps a call polls the queue of its socket, if it shall (SO_BUSY_POLL, include/net/busy_poll.h: sk_busy_loop). */
function busyBegin(t: Task, file_idx: u32): void {
  const ns = hostConfig(t.host).socket_busy_poll_ns;
  if (ns == 0 || fileAt(file_idx).kind != FILE_SOCKET) return;
  const queue = sockNapiId(sock(fileAt(file_idx).obj)) - MIN_NAPI_ID;
  if (queue >= hostConfig(t.host).nic_rx_queues) return;
  t.spin_from_ns = now();
  t.spin_until_ns = now() + ns;
  t.spin_booked = coreBooked(coreIndex(t.host, taskCore(t)));
  t.spin_napi = t.host * QUEUES_MAX + queue + 1;
  busyPoll(t.spin_napi - 1, taskCore(t), t.spin_until_ns);
}
function busyEnd(t: Task): void {
  if (t.spin_napi == 0) return;
  chargeSpun(t.host, taskCore(t), COST_BUSY_POLL, t.spin_from_ns, min(t.spin_until_ns, coreState().clock_ns), t.spin_booked);
  busyPoll(t.spin_napi - 1, 0, 0);
  t.spin_napi = 0;
  t.spin_until_ns = 0;
}

/** The task joins the wait queues of a file; `events` are what it waits for. False: there is no entry left to wait with. */
export function sleepOnFile(t: Task, file_idx: u32, events: u32, exclusive: bool): bool {
  busyBegin(t, file_idx);
  for (let which: u32 = 0; which < 2; which++) {
    const head = fileWaitHead(file_idx, which);
    if (head != 0 && !sleepOn(t, head, events, exclusive)) return false;
  }
  return true;
}
/** The same for one queue. */
export function sleepOn(t: Task, head: usize, events: u32, exclusive: bool): bool {
  const entry = waitAlloc();
  if (entry == NONE) return false;
  t.call_events |= events;
  waitLink(entry, t.call_waits);
  t.call_waits = entry + 1;
  waitAdd(head, entry, WAIT_TASK, t.idx, exclusive);
  return true;
}

/** A waiter's function: the task that the entry belongs to is told (autoremove_wake_function). */
export function taskTold(entry: u32, mask: u32): bool {
  const t = taskAt(waitArg(entry));
  if (mask != 0 && (mask & t.call_events) == 0) return false;
  waitRemove(entry);
  if (t.call_woken != 0) return false;
  callWake(t);
  return true;
}
/** What the task waits for may have come. */
export function callWake(t: Task): void {
  if (t.waiting != TASK_IN_CALL) return;
  t.call_woken = 1;
  taskWake(t);
}

/** The call is made again, or given up: nothing waits for the task any more (finish_wait). */
export function callAwake(t: Task): void {
  busyEnd(t);
  t.waiting = 0;
  t.call_woken = 0;
  t.call_events = 0;
  timerCancel(taskTimer(t));
  while (t.call_waits != 0) {
    const entry = t.call_waits - 1;
    t.call_waits = waitLink(entry, 0);
    waitRemove(entry);
    waitFree(entry);
  }
}

/** A sleeper was woken. True: its call is to be made again; false: it sleeps on. */
export function callResume(t: Task): bool {
  if (t.call_woken == 0) runTaskWork(t);
  return t.call_woken != 0;
}
