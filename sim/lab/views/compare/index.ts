/** Two branches on one clock: where they part, how far apart they are now, what has come of each. */
import { editText } from '../../edits.ts';
import type { Branch, Lab } from '../../lab.ts';
import type { Moment } from '../../moment.ts';
import type { Recording } from '../../recording.ts';
import { type Divergence, divergence } from './divergence.ts';
import { type ChangedNumber, changedNumbers } from './numbers.ts';
import { COMPARE_LEVELS, type CompareLevel, type CompareSeries, lastTime, levelAt, seriesOf } from './series.ts';

export type { ChangedNumber } from './numbers.ts';
export type { Divergence, SideEvent } from './divergence.ts';
export { COMPARE_LEVELS, type CompareLevel, type CompareSeries } from './series.ts';

export interface LevelPair {
  readonly name: CompareLevel;
  readonly host: 0 | 1;
  readonly about: string;
  readonly bytes: boolean;
  /** undefined: the side has nothing of the kind, or is not recorded so far. */
  readonly a: number | undefined;
  readonly b: number | undefined;
}
export interface Comparison {
  readonly time_ns: number;
  /** Where each side stands at this time. */
  readonly steps: readonly [number, number];
  /** Records that are the same on both sides. */
  readonly same: number;
  /** The first in which they differ; undefined: none was found, so far or at all. */
  readonly first: Divergence | undefined;
  /** All of both has been looked at. */
  readonly whole: boolean;
  readonly done: readonly [boolean, boolean];
  /** What was changed on each side that was not on the other. */
  readonly changes: readonly [readonly string[], readonly string[]];
  readonly levels: readonly LevelPair[];
  /** Of the two results, when both are there. */
  readonly numbers: { readonly rows: readonly ChangedNumber[]; readonly total: number } | undefined;
}

const NUMBERS_MAX = 60;

/** What makes a branch what it is: the changes that it began with, and the edits on its way. */
function makingOf(branch: Branch): string[] {
  return [...branch.sets, ...branch.recording.edits.map((e) => `${editText(e)} (step ${e.at})`)];
}

const NUMBERS = new WeakMap<Recording, WeakMap<Recording, ReturnType<typeof changedNumbers>>>();
/** Once both are there; they are gone through once. */
function numbersOf(a: Recording, b: Recording): Comparison['numbers'] {
  const known = NUMBERS.get(a)?.get(b);
  if (known) return known;
  const [of_a, of_b] = [a.result(), b.result()];
  if (!of_a || !of_b) return undefined;
  const made = changedNumbers(of_a, of_b, NUMBERS_MAX);
  NUMBERS.set(a, (NUMBERS.get(a) ?? new WeakMap()).set(b, made));
  return made;
}

export function compare({ recording: a, time_ns, step }: Moment, { other }: { readonly other: number }, lab: Lab): Comparison {
  const branch_b = lab.branch(other);
  const branch_a = lab.branches.find((x) => x?.recording === a) as Branch;
  const b = branch_b.recording;
  const step_b = b.steps.atTime(time_ns);
  const { same, found, whole } = divergence(a, b);
  const [of_a, of_b] = [makingOf(branch_a), makingOf(branch_b)];
  const records = [a.steps.records(step) - 1, b.steps.records(step_b) - 1] as const;
  const levels = COMPARE_LEVELS.flatMap(({ name, about, bytes }) => ([0, 1] as const).map((host): LevelPair => ({
    name, host, about, bytes, a: levelAt(a, name, host, records[0]), b: levelAt(b, name, host, records[1]),
  }))).filter((l) => l.a !== undefined || l.b !== undefined);
  return {
    time_ns, steps: [step, step_b], same, first: found, whole, done: [a.done, b.done],
    changes: [of_a.filter((c) => !of_b.includes(c)), of_b.filter((c) => !of_a.includes(c))], levels,
    numbers: numbersOf(a, b),
  };
}

export interface SeriesParams {
  readonly other: number;
  readonly level: CompareLevel;
  readonly host: 0 | 1;
  readonly points: number;
}
/** One level over all of both runs. It is the same wherever the playhead stands. */
export function compareSeries({ recording: a }: Moment, p: SeriesParams, lab: Lab): CompareSeries {
  const b = lab.branch(p.other).recording;
  const to_ns = Math.max(1, lastTime(a), lastTime(b));
  const points = Math.max(2, Math.min(2000, p.points));
  return {
    from_ns: 0, to_ns, a: seriesOf(a, p.level, p.host, 0, to_ns, points), b: seriesOf(b, p.level, p.host, 0, to_ns, points),
  };
}
