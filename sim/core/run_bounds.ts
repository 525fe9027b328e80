/**
 * How far the present call of run() may go. No state: another call may go another way to the same place.
 *
 * A burst on a link is one arrival after the other with nothing between. Each is an event, but one that would only be put into
 * the queue to be taken out again at once: advanceTo() skips that way around.
 */
import { nextEventTime } from './event_queue';
import { CURSORS_ADDR } from './memory_map';
import { coreState } from './state';
import { traceCursor } from './trace';

@unmanaged
export class RunBounds {
  until_ns: u64;
  /** Events that may still be handled. */
  left: u32;
  /** Something is checked after each event. */
  stepwise: u32;
  /**
   * Digests are not made: who makes a run again has them (sim/lab/digest_log.ts). Nothing but the contexts of digests and what comes of
   * them depends on it.
   */
  no_digests: u32;
}
/** Behind the cursors; sim/lab/digest_log.ts knows it too. */
const BOUNDS: usize = 0x800;

export function runBounds(): RunBounds {
  return changetype<RunBounds>(CURSORS_ADDR + BOUNDS);
}

/** The host must read the trace before the run goes on. */
export function traceFull(): bool {
  const cursor = traceCursor();
  return cursor.next > cursor.stop;
}

/** The host must take frames before the run goes on: captured ones, or those that left the world. */
export function framesFull(): bool {
  const cursor = traceCursor();
  return cursor.capture_next > cursor.capture_stop || cursor.egress_next > cursor.egress_stop;
}

/** Makes an event of the running kind at `time_ns` the present one, if it would be the next in the queue. */
export function advanceTo(time_ns: u64): bool {
  const bounds = runBounds();
  if (time_ns >= nextEventTime() || time_ns > bounds.until_ns || bounds.left <= 1 || bounds.stepwise != 0) return false;
  if (traceFull() || framesFull()) return false;
  bounds.left--;
  const s = coreState();
  s.clock_ns = time_ns;
  s.events++;
  s.event_seq++;
  return true;
}
