/** The run loop: one event after another until there is a reason to return to the host. */
import { coreState, nextEventTime, popEvent, runConfig, traceCursor } from '../core';
import { taskRunnable } from '../../uring-model/8-app/builtin';
import { dispatch } from './dispatch';
import { verifyWorld } from './verify';

export const REASON_DEADLINE: i32 = 0;
export const REASON_IDLE: i32 = 1;
export const REASON_TRACE_FULL: i32 = 2;
export const REASON_CAPTURE_FULL: i32 = 3;
export const REASON_APP: i32 = 4;
export const REASON_EVENTS: i32 = 5;

export function runWorld(until_ns: u64, max_events: u32): i32 {
  const cursor = traceCursor();
  const s = coreState();
  const verify = runConfig().run_verify;
  for (let left = max_events; left > 0; left--) {
    if (taskRunnable() >= 0) return REASON_APP;
    if (cursor.next > cursor.stop) return REASON_TRACE_FULL;
    if (cursor.capture_next > cursor.capture_stop) return REASON_CAPTURE_FULL;
    const time = nextEventTime();
    if (time > until_ns) {
      if (time == u64.MAX_VALUE) return REASON_IDLE;
      s.clock_ns = until_ns;
      return REASON_DEADLINE;
    }
    const event = popEvent();
    dispatch(<u32>event, <u32>(event >> 32));
    if (verify) verifyWorld();
  }
  return REASON_EVENTS;
}
