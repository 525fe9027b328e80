/** Where play is to stop: the first record on the way that a breakpoint's condition fits. */
import { FilterError, type Predicate } from '../filter/index.ts';
import type { Moment } from '../moment.ts';
import { type FindAnswer, type Found, findRecord, foundAt, hits, predicateOf } from './find.ts';

export interface Stop extends Found {
  /** The condition that stopped it. */
  readonly filter: string;
}

/** Records between a moment and a step, in the order in which the playhead comes to them; its own step is behind it already. */
function span({ recording: { steps }, step, records }: Moment, to: number): { from: number; until: number; direction: 1 | -1 } {
  if (to >= step) return { from: records - 1, until: steps.records(to), direction: 1 };
  // Backward one stops at the same steps: after that which wrote the record.
  return { from: steps.records(step - 1), until: (to === 0 ? 0 : steps.records(to - 1)) - 1, direction: -1 };
}

/** A condition from a link may be ill said: the view of breakpoints says so, and play goes on. */
function understood(filter: string): Predicate[] {
  try {
    return [predicateOf(filter)];
  } catch (error) {
    if (error instanceof FilterError) return [];
    throw error;
  }
}

/** The first stop on the way to a step; undefined: none. */
export function stopBefore(moment: Moment, to: number, filters: readonly string[]): Stop | undefined {
  if (filters.length === 0 || to === moment.step) return undefined;
  const tests = filters.flatMap(understood);
  const { recording } = moment;
  const { from, until, direction } = span(moment, to);
  for (let i = from + direction; (until - i) * direction > 0; i += direction) {
    const test = tests.find((t) => hits(t, recording, i));
    if (test) return { ...foundAt(recording, i), filter: test.text };
  }
  return undefined;
}

export interface RunToParams {
  readonly filter: string;
  readonly direction: 1 | -1;
  /** Where an earlier question had no time to go on. */
  readonly next?: number | undefined;
}
/** From a moment to where a condition is met next. */
export function runTo(moment: Moment, { filter, direction, next }: RunToParams): FindAnswer {
  const { step, records, recording: { steps } } = moment;
  const from = next ?? (direction > 0 ? records - 1 : steps.records(Math.max(0, step - 1)));
  return findRecord(moment, { filter, from, direction });
}
