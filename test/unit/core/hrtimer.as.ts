/** Description: precise timers fire at their time, in order, and can be moved and cancelled. */
import {
  arenaAlloc, arenaInit, coreState, draw, eventQueueInit, HrTimer, hrtimerArm, HRTIMER_BYTES, hrtimerCancel, hrtimerPending, hrtimersInit,
  nextDueHrtimer, nextEventTime, popEvent, prngInit,
} from '../../../sim/core';

const TIMERS: u32 = 64;

function start(): usize {
  arenaInit();
  prngInit(1, 2);
  eventQueueInit(1024);
  hrtimersInit(TIMERS);
  return arenaAlloc(<u64>TIMERS * HRTIMER_BYTES);
}
function timer(base: usize, i: u32): HrTimer {
  const t = changetype<HrTimer>(base + <usize>i * HRTIMER_BYTES);
  t.arg = i;
  return t;
}
/** Runs until a time; the arguments of the timers that fired, in base 64, the last one lowest. */
function fired(until_ns: u64): u64 {
  let out: u64 = 0;
  while (nextEventTime() <= until_ns) {
    popEvent();
    for (;;) {
      const t = nextDueHrtimer();
      if (t == null) break;
      assert(t.expires_ns == coreState().clock_ns, 'at its time');
      out = (out << 6) | t.arg;
    }
  }
  coreState().clock_ns = until_ns;
  return out;
}

export function timers_fire_at_their_nanosecond(): void {
  const base = start();
  hrtimerArm(timer(base, 5), 1000001);
  hrtimerArm(timer(base, 3), 7);
  assert(fired(6) == 0 && fired(7) == 3, 'the earlier one, though it was armed later');
  assert(fired(1000000) == 0 && fired(1000001) == 5, 'and the later one');
}

export function timers_of_one_moment_fire_in_the_order_in_which_they_were_armed(): void {
  const base = start();
  for (let i: u32 = 1; i < 5; i++) hrtimerArm(timer(base, i), 100);
  hrtimerArm(timer(base, 2), 100);
  assert(fired(100) == (((1 << 6 | 3) << 6 | 4) << 6 | 2), 'a timer that is armed again is last');
}

export function a_cancelled_timer_does_not_fire_and_a_moved_one_fires_once(): void {
  const base = start();
  hrtimerArm(timer(base, 1), 50);
  hrtimerArm(timer(base, 2), 60);
  assert(hrtimerCancel(timer(base, 1)) && !hrtimerCancel(timer(base, 1)), 'cancelled once');
  hrtimerArm(timer(base, 2), 40);
  assert(fired(1000) == 2 && !hrtimerPending(timer(base, 2)), 'the other');
}

export function any_order_in_comes_out_sorted(): void {
  const base = start();
  for (let round: u32 = 0; round < 50; round++) {
    const from = coreState().clock_ns;
    for (let i: u32 = 0; i < TIMERS; i++) hrtimerArm(timer(base, i), from + 1 + (draw(0, 0) & 1023));
    for (let i: u32 = 0; i < TIMERS; i += 3) hrtimerCancel(timer(base, <u32>draw(0, 0) & 63));
    fired(from + 2000);
    for (let i: u32 = 0; i < TIMERS; i++) assert(!hrtimerPending(timer(base, i)), 'all have fired, or were cancelled');
    assert(coreState().hr_count == 0, 'none is left');
  }
}
