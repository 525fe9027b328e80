/** What the road knows of a recording: built as far as somebody asks, and a little further, so that it is there when time goes on. */
import { KIND } from '../../../host/index.ts';
import type { Recording } from '../../recording.ts';
import { Gauges } from './gauges.ts';
import { placeOfCode } from './places.ts';
import { Ways } from './ways.ts';

/** Records beyond the moment: where things go next. */
const AHEAD = 20_000;

export class RoadIndex {
  readonly ways = new Ways();
  readonly gauges: Gauges;
  length = 0;

  constructor(recording: Recording) {
    this.gauges = new Gauges(recording.scenario);
  }

  extend({ trace }: Recording, records: number): void {
    const to = Math.min(trace.length, records + AHEAD);
    for (; this.length < to; this.length++) {
      const i = this.length;
      if (trace.kind(i) === KIND.drop) {
        const open = this.ways.open.get(trace.pktId(i));
        this.gauges.dropped(trace, i, open !== undefined && placeOfCode(open.at).receives);
      }
      this.gauges.read(trace, i);
      this.ways.read(trace, i);
    }
  }
}

const INDEXES = new WeakMap<Recording, RoadIndex>();

export function roadIndexOf(recording: Recording, records: number): RoadIndex {
  const index = INDEXES.get(recording) ?? new RoadIndex(recording);
  INDEXES.set(recording, index);
  index.extend(recording, records);
  return index;
}
