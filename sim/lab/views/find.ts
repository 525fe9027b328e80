/** Questions that the filter language answers: is a filter well said, what may follow, where is the next record that fits. */
import { narrate } from '../../host/index.ts';
import { type Completion, compileFilter, completeFilter, FilterError, type Predicate } from '../filter/index.ts';
import type { Moment } from '../moment.ts';
import type { Recording } from '../recording.ts';

/** Filters that are in use, compiled: a view asks with the same text again and again. */
const COMPILED = new Map<string, Predicate>();
const COMPILED_MAX = 32;
export function predicateOf(text: string): Predicate {
  const known = COMPILED.get(text);
  if (known) return known;
  const made = compileFilter(text);
  if (COMPILED.size >= COMPILED_MAX) COMPILED.delete(COMPILED.keys().next().value as string);
  COMPILED.set(text, made);
  return made;
}

export interface FilterCheck {
  /** undefined: nothing is wrong with it. */
  readonly error: { readonly message: string; readonly at: number; readonly length: number } | undefined;
  readonly levels_only: boolean;
  readonly completion: Completion;
}
/** What is to be said of a filter while somebody writes it. */
export function filterCheck(_: Moment, { filter, cursor }: { readonly filter: string; readonly cursor: number }): FilterCheck {
  const completion = completeFilter(filter, cursor);
  try {
    return { error: undefined, levels_only: predicateOf(filter).levels_only, completion };
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return { error: { message: error.message, at: error.at, length: error.length }, levels_only: false, completion };
  }
}

export interface FindParams {
  readonly filter: string;
  /** A record number; the search begins after it, or before it. */
  readonly from: number;
  readonly direction: 1 | -1;
  /** Where to stop: a record number that is not looked at any more. */
  readonly until?: number;
  /** How long it may take, in milliseconds. */
  readonly budget_ms?: number;
}
export interface Found {
  readonly record: number;
  /** The step that wrote it. */
  readonly step: number;
  readonly time_ns: number;
  readonly text: string;
}
export interface FindAnswer {
  readonly found: Found | undefined;
  /** From where to ask on when time was up; undefined: all that is recorded has been looked at. */
  readonly next: number | undefined;
  /** What the run will still do is not known yet. */
  readonly recording: boolean;
}

const BUDGET_MS = 12;
/** Records between two looks at the clock. */
const STRIDE = 2048;

/** A condition of levels is found where it begins to hold; any other one at each record that fits. */
export function hits(test: Predicate, recording: Recording, record: number): boolean {
  if (!test(recording, record)) return false;
  return !test.levels_only || record === 0 || !test(recording, record - 1);
}

export function foundAt(recording: Recording, record: number): Found {
  const { trace, steps } = recording;
  return { record, step: steps.ofRecord(record), time_ns: trace.timeNs(record), text: narrate(trace.record(record)) };
}

/** The next record that fits, forward or backward. */
export function findRecord({ recording }: Moment, p: FindParams): FindAnswer {
  const test = predicateOf(p.filter);
  const end = performance.now() + (p.budget_ms ?? BUDGET_MS);
  const records = Math.min(recording.trace.length, recording.steps.records(recording.length));
  const last = p.direction > 0 ? Math.min(records, p.until ?? records) : Math.max(-1, p.until ?? -1);
  const more = !recording.done;
  for (let i = Math.max(-1, Math.min(p.from, records)) + p.direction; (last - i) * p.direction > 0; i += p.direction) {
    if (hits(test, recording, i)) return { found: foundAt(recording, i), next: undefined, recording: more };
    if (i % STRIDE === 0 && performance.now() > end) return { found: undefined, next: i, recording: more };
  }
  return { found: undefined, next: undefined, recording: more };
}

/** Which of some records fit: for views that dim the rest. */
export function matches({ recording }: Moment, p: { readonly filter: string; readonly records: ArrayLike<number> }): Uint8Array {
  const test = predicateOf(p.filter);
  return Uint8Array.from(p.records, (record) => (record < recording.trace.length && test(recording, record) ? 1 : 0));
}
