/** Where the playhead gets to: by time, by steps, forward and backward. */
import type { Moment } from '../moment.ts';
import { type Stop, stopBefore } from './stops.ts';

export interface PlayParams {
  /** Where it stands between two steps. */
  readonly time_ns: number;
  readonly unit: 'events' | 'ns';
  readonly amount: number;
  readonly direction: 1 | -1;
  /** A longer time without an event is cut to this. */
  readonly gap_ns: number;
  /** Conditions that stop it on the way. */
  readonly stops?: readonly string[];
}
export interface Playhead {
  readonly step: number;
  readonly time_ns: number;
  /** There is nothing more that way. */
  readonly ended: boolean;
  /** What stopped it. */
  readonly stopped?: Stop;
}

export function playTo(moment: Moment, p: PlayParams): Playhead {
  const to = unstopped(moment, p);
  const stopped = stopBefore(moment, to.step, p.stops ?? []);
  return stopped ? { step: stopped.step, time_ns: moment.recording.steps.timeNs(stopped.step), ended: true, stopped } : to;
}

function unstopped({ recording: { steps, length, done }, step }: Moment, p: PlayParams): Playhead {
  if (p.unit === 'events') {
    const to = Math.max(0, Math.min(length, step + p.direction * p.amount));
    return { step: to, time_ns: steps.timeNs(to), ended: p.direction > 0 ? done && to === length : to === 0 };
  }
  let time_ns = p.time_ns + p.direction * p.amount;
  const next = p.direction > 0 ? Math.min(step + 1, length) : step;
  // Behind a gap the playhead stands just before what happens next.
  if (p.direction > 0 && next > step) time_ns = Math.max(time_ns, steps.timeNs(next) - p.gap_ns);
  if (p.direction < 0) time_ns = Math.min(time_ns, steps.timeNs(next) + p.gap_ns);
  const end = steps.timeNs(length);
  const to = steps.atTime(Math.max(0, Math.min(time_ns, end)));
  const ended = p.direction > 0 ? done && time_ns >= end : time_ns <= 0;
  return { step: to, time_ns: ended && p.direction > 0 ? end : Math.max(0, Math.min(time_ns, end)), ended };
}

/** The last step that ends at a time or before it. */
export const stepAtTime = ({ recording }: Moment, { time_ns }: { readonly time_ns: number }): number => recording.steps.atTime(time_ns);
