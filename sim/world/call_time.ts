/** nanosleep(2), setitimer(2), clock_gettime(2). */
import { now } from '../core';
import { userOk } from '../../stack/3-pool';
import { armDeadline, NEVER, Task, taskAlarmSet, taskAt } from '../../uring-model/7-ring';
import { processOf } from '../../stack/file';
import { EFAULT, EINTR, EINVAL, ERESTARTSYS } from '../../uring-model/uapi.gen';

const NS: u64 = 1000000000;
const ITIMER_REAL: u32 = 0;

/** The task sleeps until `deadline_ns`. */
export function sleepUntil(t: Task, deadline_ns: u64): void {
  t.min_deadline_ns = 0;
  t.deadline_ns = deadline_ns;
  if (deadline_ns != NEVER) armDeadline(t, deadline_ns);
}

/** Differs from Linux: the time that is left after a signal is not written. */
export function callNanosleep(t: Task, at: u64): i64 {
  if (!userOk(at, 16)) return -EFAULT;
  const sec = load<u64>(<usize>at);
  const nsec = load<u64>(<usize>at, 8);
  if (<i64>sec < 0 || nsec >= NS) return -EINVAL;
  if (t.deadline_ns == 0) t.deadline_ns = now() + sec * NS + nsec;
  if (now() >= t.deadline_ns) return 0;
  if (t.sig_pending != 0) return -EINTR;
  sleepUntil(t, t.deadline_ns);
  return -ERESTARTSYS;
}

function timeval(at: usize): u64 {
  return load<u64>(at) * NS + load<u64>(at, 8) * 1000;
}
function storeTimeval(at: usize, ns: u64): void {
  store<u64>(at, ns / NS);
  store<u64>(at, (ns % NS) / 1000, 8);
}

/** Differs from Linux: the signal goes to the first thread of the process; there are no timers of CPU time. */
export function callSetitimer(t: Task, which: u32, value: u64, old: u64): i64 {
  if (which != ITIMER_REAL) return -EINVAL;
  const main = taskAt(processOf(t.idx));
  if (value != 0 && !userOk(value, 32)) return -EFAULT;
  if (old != 0) {
    if (!userOk(old, 32)) return -EFAULT;
    storeTimeval(<usize>old, main.itimer_interval_ns);
    storeTimeval(<usize>old + 16, main.itimer_ns == NEVER ? 0 : main.itimer_ns - min(now(), main.itimer_ns));
  }
  if (value == 0) taskAlarmSet(main, 0, 0);
  else taskAlarmSet(main, timeval(<usize>value + 16), timeval(<usize>value));
  return 0;
}

/** All clocks show the time of the simulation. */
export function callClockGettime(at: u64): i64 {
  if (!userOk(at, 16)) return -EFAULT;
  store<u64>(<usize>at, now() / NS);
  store<u64>(<usize>at, now() % NS, 8);
  return 0;
}
