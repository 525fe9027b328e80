/** What the road knows of a recording: built as far as somebody asks, and a little further, so that it is there when time goes on. */
import { KIND, narrate, type TraceStore } from '../../../host/index.ts';
import type { Recording } from '../../recording.ts';
import { Gauges } from './gauges.ts';
import { placeOfCode } from './places.ts';
import { Ways } from './ways.ts';

/** Records beyond the moment: where things go next. */
const AHEAD = 20_000;
const BEYOND_MS = 2;
const PIECE = 1000;
const SENTENCES_MAX = 500;

export class RoadIndex {
  readonly ways = new Ways();
  readonly gauges: Gauges;
  length = 0;
  /** Sentences that were told last: most are told again at the next frame. */
  readonly #sentences = new Map<number, string>();

  constructor(recording: Recording) {
    this.gauges = new Gauges(recording.scenario);
  }

  sentence(record: number, trace: TraceStore): string {
    const known = this.#sentences.get(record);
    if (known !== undefined) return known;
    if (this.#sentences.size > SENTENCES_MAX) this.#sentences.clear();
    const text = narrate(trace.record(record));
    this.#sentences.set(record, text);
    return text;
  }

  /** As far as a moment needs it, and for a short while beyond that, so that a leap to the end finds most of it done. */
  extend({ trace }: Recording, records: number): void {
    this.#readTo(trace, Math.min(trace.length, records + AHEAD));
    const stop = performance.now() + BEYOND_MS;
    while (this.length < trace.length && performance.now() < stop) this.#readTo(trace, Math.min(trace.length, this.length + PIECE));
  }

  #readTo(trace: TraceStore, to: number): void {
    for (; this.length < to; this.length++) {
      const i = this.length;
      if (trace.kind(i) === KIND.drop) {
        const open = this.ways.packetOf(trace.pktId(i));
        // A packet that is on the road no more had come up to where it was dropped; only wire and NIC drop on the way out.
        this.gauges.dropped(trace, i, open ? placeOfCode(open.at).receives : trace.b(i) > NIC);
      }
      this.gauges.read(trace, i);
      this.ways.read(trace, i);
    }
  }
}

const NIC = 2;
const INDEXES = new WeakMap<Recording, RoadIndex>();

export function roadIndexOf(recording: Recording, records: number): RoadIndex {
  const index = INDEXES.get(recording) ?? new RoadIndex(recording);
  INDEXES.set(recording, index);
  index.extend(recording, records);
  return index;
}
