/** The run loop: one event after another until there is a reason to return to the host. */
import { coreState, framesFull, nextEventTime, popEvent, runBounds, runConfig, traceFull } from '../core';
import { taskRunnable } from '../../uring-model/8-app/builtin';
import { dispatch } from './dispatch';
import { verifyWorld } from './verify';

export const REASON_DEADLINE: i32 = 0;
export const REASON_IDLE: i32 = 1;
export const REASON_TRACE_FULL: i32 = 2;
export const REASON_CAPTURE_FULL: i32 = 3;
export const REASON_APP: i32 = 4;
export const REASON_EVENTS: i32 = 5;

/** Runs events up to and including `until_ns`; then that is the time. */
export function runWorld(until_ns: u64, max_events: u32): i32 {
  const reason = runDue(until_ns, max_events);
  if (reason == REASON_DEADLINE) coreState().clock_ns = until_ns;
  return reason;
}

/** The same, but the time stays that of the last event. */
export function runDue(until_ns: u64, max_events: u32): i32 {
  const bounds = runBounds();
  const verify = runConfig().run_verify;
  bounds.until_ns = until_ns;
  bounds.stepwise = verify ? 1 : 0;
  for (bounds.left = max_events; bounds.left > 0; bounds.left--) {
    if (taskRunnable() >= 0) return REASON_APP;
    if (traceFull()) return REASON_TRACE_FULL;
    if (framesFull()) return REASON_CAPTURE_FULL;
    const time = nextEventTime();
    if (time > until_ns) return time == u64.MAX_VALUE ? REASON_IDLE : REASON_DEADLINE;
    const event = popEvent();
    dispatch(<u32>event, <u32>(event >> 32));
    if (verify) verifyWorld();
  }
  return REASON_EVENTS;
}
