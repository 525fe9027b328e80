/** Description: a timer fires in its jiffy, however far away it was when it was armed and however long the wheel stood still. */
import {
  arenaAlloc, arenaInit, coreState, eventQueueInit, nextDueTimer, nextEventTime, NS_PER_JIFFY, popEvent, Timer, timerArm, TIMER_BYTES,
  timerCancel, timerPending, timerWheelInit, timerWheelTurn,
} from '../../../sim/core';

function start(): usize {
  arenaInit();
  eventQueueInit(1024);
  timerWheelInit();
  return arenaAlloc(<u64>64 * TIMER_BYTES);
}
function timer(base: usize, i: u32): Timer {
  const t = changetype<Timer>(base + <usize>i * TIMER_BYTES);
  t.arg = i;
  return t;
}
/** Runs until a time and returns the arguments of the timers that fired, in base 64, the last one lowest. */
function fired(until_ms: u64): u64 {
  let out: u64 = 0;
  while (nextEventTime() <= until_ms * NS_PER_JIFFY) {
    timerWheelTurn(<u32>(popEvent() >> 32));
    for (;;) {
      const t = nextDueTimer();
      if (t == null) break;
      assert(t.expires * NS_PER_JIFFY == coreState().clock_ns, 'in its own jiffy');
      out = (out << 6) | t.arg;
    }
  }
  coreState().clock_ns = until_ms * NS_PER_JIFFY;
  return out;
}

export function a_timer_a_thousand_jiffies_away_fires_in_time(): void {
  const base = start();
  timerArm(timer(base, 7), 1000 * NS_PER_JIFFY);
  assert(fired(999) == 0, 'not before');
  assert(fired(1000) == 7, 'but then');
  assert(!timerPending(timer(base, 7)), 'once');
}

export function timers_of_all_distances_fire_in_order(): void {
  const base = start();
  timerArm(timer(base, 5), 300000000 * NS_PER_JIFFY / 100);
  timerArm(timer(base, 4), 70000 * NS_PER_JIFFY);
  timerArm(timer(base, 3), 4097 * NS_PER_JIFFY);
  timerArm(timer(base, 2), 64 * NS_PER_JIFFY);
  timerArm(timer(base, 1), 1 * NS_PER_JIFFY);
  assert(fired(4000000) == (1 << 24) + (2 << 18) + (3 << 12) + (4 << 6) + 5, 'nearest first');
}

export function a_wheel_that_stood_still_follows_the_clock(): void {
  const base = start();
  timerArm(timer(base, 1), 100000 * NS_PER_JIFFY);
  fired(1000);
  timerArm(timer(base, 2), 1010 * NS_PER_JIFFY);
  assert(fired(1009) == 0 && fired(1010) == 2, 'a near timer after a long sleep');
  timerArm(timer(base, 3), 500 * NS_PER_JIFFY);
  assert(fired(1011) == 3, 'a time in the past is the next jiffy');
  assert(fired(100000) == 1, 'and the far one is still there');
}

export function a_cancelled_timer_does_not_fire(): void {
  const base = start();
  timerArm(timer(base, 1), 100 * NS_PER_JIFFY);
  timerArm(timer(base, 2), 100 * NS_PER_JIFFY);
  timerCancel(timer(base, 1));
  timerArm(timer(base, 3), 200 * NS_PER_JIFFY);
  timerArm(timer(base, 3), 50 * NS_PER_JIFFY);
  assert(fired(300) == (3 << 6) + 2, 'moved and kept ones do');
}

export function a_timer_that_is_further_away_than_any_run_is_long_does_not_fire(): void {
  const base = start();
  timerArm(timer(base, 1), (<u64>1 << 33) * NS_PER_JIFFY);
  timerArm(timer(base, 2), 100 * NS_PER_JIFFY);
  assert(fired(100000) == 2 && timerPending(timer(base, 1)), 'one waits on');
  timerCancel(timer(base, 1));
  assert(!timerPending(timer(base, 1)), 'until it is cancelled');
}
