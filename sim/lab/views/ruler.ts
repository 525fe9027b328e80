/** The rule under the scrubber: a step is as long as the next, so times stand where they happen, and what was lost is marked. */
import { KIND } from '../../host/index.ts';
import type { Moment } from '../moment.ts';
import type { Recording } from '../recording.ts';

export interface RulerTick {
  readonly step: number;
  readonly time_ns: number;
}
export interface Ruler {
  readonly steps: number;
  readonly ticks: readonly RulerTick[];
  /** How many packets were dropped, sent again, or completions overflowed in each of `buckets` equal parts of the run. */
  readonly lost: Uint16Array;
  readonly again: Uint16Array;
}

/** The roundest number of nanoseconds in an interval: 1, 2 or 5 times a power of ten, as large as can be, then its multiples. */
export function roundest(from_ns: number, to_ns: number): number {
  for (let power = 1e13; power >= 1; power /= 10) {
    for (const unit of [5 * power, 2 * power, power]) {
      const multiple = Math.ceil(from_ns / unit) * unit;
      if (multiple <= to_ns) return multiple;
    }
  }
  return Math.ceil(from_ns);
}

const LOST = [KIND.drop, KIND.cq_overflow];
const AGAIN = [KIND.tcp_retransmit];
/** Steps at which something is to be marked; the trace is looked through once, as it grows. */
interface Marks {
  records: number;
  readonly lost: number[];
  readonly again: number[];
}
const marks = new WeakMap<Recording, Marks>();

function marksOf(recording: Recording): Marks {
  const known = marks.get(recording) ?? { records: 0, lost: [], again: [] };
  marks.set(recording, known);
  const { trace, steps } = recording;
  const until = steps.records(recording.length);
  for (; known.records < until; known.records++) {
    const kind = trace.kind(known.records);
    if (LOST.includes(kind)) known.lost.push(steps.ofRecord(known.records));
    else if (AGAIN.includes(kind)) known.again.push(steps.ofRecord(known.records));
  }
  return known;
}

function counted(at: readonly number[], steps: number, buckets: number): Uint16Array {
  const counts = new Uint16Array(buckets);
  for (const step of at) {
    const n = Math.min(buckets - 1, Math.floor((step / Math.max(1, steps)) * buckets));
    counts[n] = Math.min(0xffff, (counts[n] as number) + 1);
  }
  return counts;
}

/** About `places` ticks with round times, and the marks in `buckets` parts. */
export function ruler({ recording }: Moment, { places, buckets }: { readonly places: number; readonly buckets: number }): Ruler {
  const { steps, length } = recording;
  const ticks: RulerTick[] = [];
  for (let n = 1; n < places; n++) {
    const [from, to] = [(n - 0.3) / places, (n + 0.3) / places].map((share) => Math.min(length, Math.round(share * length)));
    const time_ns = roundest(steps.timeNs(from as number), steps.timeNs(to as number));
    const step = steps.atTime(time_ns);
    const last = ticks.at(-1) ?? { step: 0, time_ns: 0 };
    if (step - last.step > (0.7 * length) / places && time_ns > last.time_ns) ticks.push({ step, time_ns });
  }
  const { lost, again } = marksOf(recording);
  return { steps: length, ticks, lost: counted(lost, length, buckets), again: counted(again, length, buckets) };
}
