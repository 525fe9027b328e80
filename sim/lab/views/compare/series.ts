/** How a level went in two recordings, at the same times, and how far apart the two are. */
import { KIND } from '../../../host/index.ts';
import { levelsOf, NO_LEVEL } from '../../filter/levels.ts';
import { LEVELS, type LevelName } from '../../filter/vocabulary.ts';
import { Floats } from '../../columns.ts';
import type { Recording } from '../../recording.ts';

export type CompareLevel = LevelName | 'received';
export const COMPARE_LEVELS: readonly { readonly name: CompareLevel; readonly about: string; readonly bytes: boolean }[] = [
  { name: 'received', about: 'bytes that applications have read', bytes: true },
  ...LEVELS.map(({ name, about, unit }) => ({ name: name as LevelName, about, bytes: unit === 'bytes' })),
];

/** Bytes that left receive queues, summed up, by the records that say so. */
class Received {
  readonly #recording: Recording;
  readonly #records = [new Floats(), new Floats()] as const;
  readonly #sums = [new Floats(), new Floats()] as const;
  #read = 0;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  at(host: 0 | 1, record: number): number {
    const { trace } = this.#recording;
    for (; this.#read < trace.length; this.#read++) {
      if (trace.kind(this.#read) !== KIND.sock_read) continue;
      const of = trace.host(this.#read) as 0 | 1;
      const sums = this.#sums[of];
      const before = sums.length === 0 ? 0 : sums.at(sums.length - 1);
      sums.push(before + trace.b(this.#read));
      this.#records[of].push(this.#read);
    }
    const low = this.#records[host].countUpTo(record);
    return low === 0 ? 0 : this.#sums[host].at(low - 1);
  }
}
const RECEIVED = new WeakMap<Recording, Received>();

/** A level after a record; undefined: the host has nothing of the kind. */
export function levelAt(recording: Recording, name: CompareLevel, host: 0 | 1, record: number): number | undefined {
  if (record < 0) return name === 'received' ? 0 : undefined;
  if (name === 'received') {
    const known = RECEIVED.get(recording) ?? new Received(recording);
    RECEIVED.set(recording, known);
    return known.at(host, record);
  }
  const value = levelsOf(recording).at(name, host, record);
  return value === NO_LEVEL ? undefined : value;
}

export interface CompareSeries {
  readonly from_ns: number;
  readonly to_ns: number;
  /** Values at as many times, evenly from the first to the last; NaN: nothing of the kind, or the branch is not recorded so far. */
  readonly a: Float64Array;
  readonly b: Float64Array;
}

/** The time of the last record: what a run does until its deadline is mostly nothing. */
export const lastTime = ({ trace }: Recording): number => (trace.length === 0 ? 0 : trace.timeNs(trace.length - 1));

export function seriesOf(
  recording: Recording, name: CompareLevel, host: 0 | 1, from_ns: number, to_ns: number, points: number,
): Float64Array {
  const end = recording.steps.timeNs(recording.length);
  return Float64Array.from({ length: points }, (_, i) => {
    const time_ns = from_ns + ((to_ns - from_ns) * i) / Math.max(1, points - 1);
    if (time_ns > end && !recording.done) return Number.NaN;
    return levelAt(recording, name, host, recording.steps.records(recording.steps.atTime(time_ns)) - 1) ?? Number.NaN;
  });
}
