/**
 * Timers with the precision of the clock (kernel/time/hrtimer.c), for what a jiffy is too coarse for: pacing and compressed
 * ACKs. A binary heap of the timers' addresses; each timer knows its place, so that it can be taken out. The event queue holds
 * one entry for the whole heap, at the earliest time.
 *
 * Timers of one moment fire in the order in which they were armed.
 */
import { arenaAlloc } from './arena';
import { EVENT_HRTIMERS } from './event_kinds';
import { schedule } from './event_queue';
import { coreState } from './state';

/** Embedded in its owner. kind tells sim/world/dispatch what to call with arg. Not armed: place is 0. */
@unmanaged
export class HrTimer {
  expires_ns: u64;
  seq: u64;
  /** Its index in the heap, plus 1. */
  place: u32;
  kind: u32;
  arg: u32;
  unused: u32;
}
export const HRTIMER_BYTES: u32 = 32;

/** Room for `capacity` timers that are armed at once. */
export function hrtimersInit(capacity: u32): void {
  const s = coreState();
  s.hr_base = <u32>arenaAlloc(<u64>capacity << 2);
  s.hr_capacity = capacity;
  s.hr_event_ns = u64.MAX_VALUE;
}

function at(i: u32): HrTimer {
  return changetype<HrTimer>(<usize>load<u32>(<usize>coreState().hr_base + (<usize>i << 2)));
}
function put(i: u32, t: HrTimer): void {
  store<u32>(<usize>coreState().hr_base + (<usize>i << 2), <u32>changetype<usize>(t));
  t.place = i + 1;
}
function before(a: HrTimer, b: HrTimer): bool {
  return a.expires_ns < b.expires_ns || (a.expires_ns == b.expires_ns && a.seq < b.seq);
}

function up(start: u32, t: HrTimer): void {
  let i = start;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    const p = at(parent);
    if (!before(t, p)) break;
    put(i, p);
    i = parent;
  }
  put(i, t);
}

function down(start: u32, t: HrTimer): void {
  const n = coreState().hr_count;
  let i = start;
  for (;;) {
    let child: u32 = 2 * i + 1;
    if (child >= n) break;
    if (child + 1 < n && before(at(child + 1), at(child))) child++;
    const c = at(child);
    if (!before(c, t)) break;
    put(i, c);
    i = child;
  }
  put(i, t);
}

export function hrtimerPending(t: HrTimer): bool {
  return t.place != 0;
}

/** Arms or moves a timer. One in the past fires at once, after what runs now. */
export function hrtimerArm(t: HrTimer, at_ns: u64): void {
  hrtimerCancel(t);
  const s = coreState();
  assert(s.hr_count < s.hr_capacity, 'there is room for every timer');
  t.expires_ns = max(at_ns, s.clock_ns);
  t.seq = s.hr_seq++;
  up(s.hr_count++, t);
  wake();
}

/** True when the timer was armed. */
export function hrtimerCancel(t: HrTimer): bool {
  if (t.place == 0) return false;
  const s = coreState();
  const i = t.place - 1;
  t.place = 0;
  const last = at(--s.hr_count);
  store<u32>(<usize>s.hr_base + (<usize>s.hr_count << 2), 0);
  if (last == t) return true;
  if (i > 0 && before(last, at((i - 1) >> 1))) up(i, last);
  else down(i, last);
  return true;
}

/** The heap gets its turn at the earliest time. An event that comes too early finds nothing. */
function wake(): void {
  const s = coreState();
  const first = at(0).expires_ns;
  if (first >= s.hr_event_ns) return;
  s.hr_event_ns = first;
  schedule(first, EVENT_HRTIMERS, 0);
}

/** EVENT_HRTIMERS has come: the next timer that is due, disarmed; null when there is none, and then the next turn is scheduled. */
export function nextDueHrtimer(): HrTimer | null {
  const s = coreState();
  if (s.hr_event_ns <= s.clock_ns) s.hr_event_ns = u64.MAX_VALUE;
  if (s.hr_count == 0) return null;
  const t = at(0);
  if (t.expires_ns > s.clock_ns) {
    wake();
    return null;
  }
  hrtimerCancel(t);
  return t;
}
