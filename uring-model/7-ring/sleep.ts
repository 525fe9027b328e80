/**
 * Sleeping in a system call that is not io_uring_enter: until a file may be ready, a time has come, or a signal interrupts
 * (kernel/sched/wait.c, kernel/time/hrtimer.c: hrtimer_nanosleep). The call returns -ERESTARTSYS, and its caller makes it again
 * when the task runs; a sleeper that is woken for task work alone does that and sleeps on.
 */
import {
  NONE, timerCancel, WAIT_TASK, waitAdd, waitAlloc, waitArg, waitFree, waitLink, waitRemove,
} from '../../sim/core';
import { fileWaitHead } from '../../stack/file';
import { Task, taskAt, taskTimer, taskWake, TASK_IN_CALL } from './task';
import { runTaskWork } from './task_work';

/** The task joins the wait queues of a file; `events` are what it waits for. False: there is no entry left to wait with. */
export function sleepOnFile(t: Task, file_idx: u32, events: u32, exclusive: bool): bool {
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
