/** Description: events come out by time, and in the order in which they were put in where times are equal. */
import { arenaInit, coreState, draw, eventQueueInit, nextEventTime, popEvent, prngInit, schedule } from '../../../sim/core';

function init(): void {
  arenaInit();
  prngInit(1, 1);
  eventQueueInit(512);
}

export function anEmptyQueueHasNoNextTime(): void {
  init();
  assert(nextEventTime() == u64.MAX_VALUE, 'no event, no time');
}

export function equalTimesComeOutInTheOrderTheyWentIn(): void {
  init();
  for (let i: u32 = 0; i < 100; i++) schedule(1000, 1, i);
  for (let i: u32 = 0; i < 100; i++) assert(<u32>(popEvent() >> 32) == i, 'first come, first served');
}

export function anyOrderInComesOutSortedByTime(): void {
  init();
  for (let i: u32 = 0; i < 500; i++) schedule(draw(0, 0) >> 40, 1, i);
  let last: u64 = 0;
  for (let i: u32 = 0; i < 500; i++) {
    popEvent();
    assert(coreState().clock_ns >= last, 'time never moves back');
    last = coreState().clock_ns;
  }
  assert(nextEventTime() == u64.MAX_VALUE, 'all came out');
}

export function anEventMayBePutInWhileOthersComeOut(): void {
  init();
  schedule(10, 1, 0);
  schedule(30, 1, 2);
  popEvent();
  schedule(20, 1, 1);
  assert(<u32>(popEvent() >> 32) == 1, 'the new one lies between');
  assert(<u32>(popEvent() >> 32) == 2, 'and the old one comes last');
}
