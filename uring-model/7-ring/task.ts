/**
 * Tasks: threads of processes, of which each host has one. Task host + HOSTS_MAX * n is thread n of the host; threads share
 * descriptors and memory; each is pinned to a core. A task sleeps in io_uring_enter (wait.ts) or in another call
 * (sleep.ts); who wakes it schedules EVENT_TASK, and the event carries the wait on before the application runs again
 * (uring-model/8-app).
 *
 * Signals: of all there is SIGALRM of an interval timer, and the process has a handler for it that does nothing and lets no
 * call start again. Differs from Linux: other signals do not exist; SIGPIPE counts as ignored.
 */
import {
  arenaAlloc, charge, coreAt, chargeIpi, chargeTimes, CONTEXT_HARDWARE, CONTEXT_SYSCALL, CONTEXT_USER, coreIdle, coreIndex, coreState,
  COST_IPI_SEND, COST_REMOTE_LINE, COST_WAKE_UP, CPU_IDLE_HALT, enterContext, EVENT_TASK, hostConfig, HOSTS_MAX, leaveContext, NONE, now,
  RINGS_MAX, schedule, setTask, switchContext, THREADS_MAX, Timer, TIMER_RING,
} from '../../sim/core';
import { processOf } from '../../stack/file';
import { sqpollLook } from './sqpoll';
import { ringState } from './state';

/** Added to the argument of EVENT_TASK: the time of a wait may be over. */
export const TASK_DEADLINE: u32 = 0x100;
/** The same: its interval timer may be due. */
export const TASK_ALARM: u32 = 0x200;
/** Tasks that run applications. Behind them come the threads of submission queues, one for each ring. */
export const TASKS_MAX: u32 = HOSTS_MAX * THREADS_MAX;

/** Task.waiting: in io_uring_enter, or in another system call. */
export const TASK_IN_ENTER: u32 = 1;
export const TASK_IN_CALL: u32 = 2;

@unmanaged
export class Task {
  idx: u32;
  host: u32;
  /** Where it sleeps: TASK_IN_*, 0 for nowhere; in io_uring_enter on wait_ring. */
  waiting: u32;
  wait_ring: u32;
  /** An EVENT_TASK is under way. */
  run_pending: u32;
  /** An application outside of the core may run now, and its context is open. */
  runnable: u32;
  /** The syscall layer opened the running context and has to leave it. */
  opened: u32;
  /** A wait is over and its result not yet fetched. */
  wait_done: u32;
  wait_result: i32;
  // struct io_wait_queue
  cq_tail: u32;
  cq_min_tail: u32;
  nr_wait: i32;
  hit_timeout: u32;
  nr_timeouts: u32;
  /** Requests that send a file to one of its rings, last come, first served (msg_ring.ts). */
  msg_head: u32;
  /** When the wait's times are over; u64.MAX_VALUE for never. 0 in min_deadline_ns: not used. */
  deadline_ns: u64;
  min_deadline_ns: u64;
  /** An event that will look at the deadline; u64.MAX_VALUE for none. */
  timer_event_ns: u64;
  timer0: u64;
  timer1: u64;
  timer2: u64;
  /** Signal mask of the present wait: its address and its size. */
  sigmask: u64;
  sigmask_sz: u32;
  /** Until then the present wait busy-polls, and is not asleep (napi.ts). */
  spin_until_ns: u64;
  /** Since when, and what was booked on its core until then. */
  spin_from_ns: u64;
  spin_booked: u64;
  /** 1 + the NAPI that a plain call polls (sleep.ts). */
  spin_napi: u32;
  /** It was asleep when it was woken: its core is switched to it. */
  slept: u32;
  /** Task work of rings without DEFER_TASKRUN (tctx->task_list). */
  work_head: u32;
  work_tail: u32;
  // A system call that sleeps (sleep.ts): 1 + its number; bytes that it has moved; what it waits for; has that come?
  call_nr: u32;
  call_done: u32;
  call_events: u32;
  call_woken: u32;
  /** 1 + call_done when the call looked once more instead of sleeping. */
  call_looked: u32;
  /** 1 + the first of its wait entries. */
  call_waits: u32;
  /** A signal is there that no handler has taken yet. */
  sig_pending: u32;
  /** ITIMER_REAL: when it is due, u64.MAX_VALUE for never, and its interval. */
  itimer_ns: u64;
  itimer_interval_ns: u64;
}
const TASK_BYTES: usize = (offsetof<Task>() + 7) & ~7;

export function taskAt(task: u32): Task {
  return changetype<Task>(<usize>ringState().tasks_base + <usize>task * TASK_BYTES);
}
export function taskTimer(t: Task): Timer {
  return changetype<Timer>(changetype<usize>(t) + offsetof<Task>('timer0'));
}

export function tasksInit(): void {
  ringState().tasks_base = <u32>arenaAlloc(<u64>(TASKS_MAX + RINGS_MAX) * TASK_BYTES);
  for (let i: u32 = 0; i < TASKS_MAX + RINGS_MAX; i++) {
    const t = taskAt(i);
    t.idx = i;
    t.host = processOf(i);
    t.itimer_ns = u64.MAX_VALUE;
    t.wait_ring = NONE;
    t.timer_event_ns = u64.MAX_VALUE;
    t.work_head = NONE;
    t.work_tail = NONE;
    t.msg_head = NONE;
    taskTimer(t).kind = TIMER_RING;
    taskTimer(t).arg = i;
  }
}

/** The core that a task is pinned to. */
export function taskCore(t: Task): u32 {
  const c = hostConfig(t.host);
  return (c.cpu_app_core + (t.idx / HOSTS_MAX) * c.cpu_app_spread) % c.cpu_cores;
}

/** Of the task and of the run queue that it is put into. */
const WAKE_LINES: u32 = 2;

/**
 * The task still runs on its core. Its turn was handled at its beginning, so that it may look asleep already; what comes until the
 * end of the turn finds it awake, and it sees that before it sleeps.
 */
export function taskRuns(t: Task): bool {
  const core = coreAt(coreIndex(t.host, taskCore(t)));
  return core.current == t.idx + 1 && core.task_until_ns > now();
}

/**
 * What waking costs who does it (kernel/sched/core.c: try_to_wake_up, ttwu_queue). Another core that is idle is told by an interrupt,
 * unless it watches for a write (set_nr_if_polling); one that is busy comes to it by itself.
 */
export function chargeWake(host: u32, core: u32): void {
  charge(COST_WAKE_UP);
  const s = coreState();
  if (s.context == CONTEXT_HARDWARE || s.core == core) return;
  chargeTimes(COST_REMOTE_LINE, WAKE_LINES);
  if (hostConfig(host).cpu_idle != CPU_IDLE_HALT) return;
  if (coreIdle(coreIndex(host, core), now())) sendIpi(host, core);
}
function sendIpi(host: u32, core: u32): void {
  charge(COST_IPI_SEND);
  chargeIpi(host, core);
}

/** A task that does not sleep shall look at its work: another core that it runs on is interrupted (TWA_SIGNAL: kick_process). */
export function taskKick(t: Task): void {
  const s = coreState();
  const core = taskCore(t);
  if (t.run_pending == 0 && s.context != CONTEXT_HARDWARE && s.core != core && taskRuns(t)) sendIpi(t.host, core);
  taskWake(t);
}

/** The task runs as soon as its core lets it (wake_up_state, set_notify_signal). */
export function taskWake(t: Task): void {
  if (t.run_pending != 0) return;
  t.run_pending = 1;
  t.slept = t.waiting != 0 && now() >= t.spin_until_ns && !taskRuns(t) ? 1 : 0;
  if (t.slept != 0) chargeWake(t.host, taskCore(t));
  schedule(now(), EVENT_TASK, t.idx);
}

/** A system call begins: in the task's context, which is opened when the host calls from outside of any event. */
export function syscallBegin(t: Task): void {
  sqpollLook(t.host);
  if (coreState().context == CONTEXT_HARDWARE) {
    enterContext(t.host, taskCore(t), CONTEXT_SYSCALL);
    t.opened = 1;
  } else switchContext(CONTEXT_SYSCALL);
  setTask(t.idx);
}
/** It returns to user space, where handlers of signals run, or the task has gone to sleep in it. */
export function syscallEnd(t: Task, asleep: bool): void {
  if (!asleep) t.sig_pending = 0;
  if (t.opened != 0 && (asleep || t.runnable == 0)) {
    t.opened = 0;
    t.runnable = 0;
    leaveContext();
  } else switchContext(CONTEXT_USER);
}

/** Sets the interval timer of a task; 0: stops it (kernel/time/itimer.c: do_setitimer). */
export function taskAlarmSet(t: Task, value_ns: u64, interval_ns: u64): void {
  t.itimer_interval_ns = interval_ns;
  t.itimer_ns = value_ns == 0 ? u64.MAX_VALUE : now() + value_ns;
  if (value_ns != 0) schedule(t.itimer_ns, EVENT_TASK, t.idx | TASK_ALARM);
}
/** EVENT_TASK with TASK_ALARM. True: the task has a signal, and sleeps. In user space its handler runs at once. */
export function taskAlarm(task: u32): bool {
  const t = taskAt(task);
  if (coreState().clock_ns < t.itimer_ns) return false;
  t.itimer_ns = u64.MAX_VALUE;
  if (t.itimer_interval_ns != 0) taskAlarmSet(t, t.itimer_interval_ns, t.itimer_interval_ns);
  if (t.waiting == 0) return false;
  t.sig_pending = 1;
  return true;
}

/** The task's application outside of the core may run: its context stays open until it sleeps. */
export function taskHandOut(t: Task): void {
  t.runnable = 1;
  t.opened = 1;
  switchContext(CONTEXT_USER);
}
/** The application outside of the core has ended, or waits for something that is no business of the core. */
export function taskPark(task: u32): void {
  const t = taskAt(task);
  t.runnable = 0;
  sqpollLook(t.host);
  if (t.opened == 0) return;
  t.opened = 0;
  leaveContext();
}
/** A task that the host should run now, or -1. */
export function taskHandedOut(): i32 {
  for (let i: u32 = 0; i < TASKS_MAX; i++) if (taskAt(i).runnable != 0) return <i32>i;
  return -1;
}
