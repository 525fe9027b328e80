/** The records that fit a filter, found once for each recording and text: a list to page through, and what they are about. */
import { NO_BUFFER } from '../../host/index.ts';
import type { Recording } from '../recording.ts';
import type { Predicate } from './compile.ts';

/** Records between two looks at the clock. */
const STRIDE = 1024;
/** Filters of a recording whose lists are kept. */
const KEPT_MAX = 6;

export class MatchIndex {
  readonly #recording: Recording;
  readonly #test: Predicate;
  #records = new Uint32Array(1024);
  #count = 0;
  #scanned = 0;
  /** The first record that fits, by packet, and by host and buffer. */
  readonly #packets = new Map<number, number>();
  readonly #buffers = new Map<number, number>();

  constructor(recording: Recording, test: Predicate) {
    this.#recording = recording;
    this.#test = test;
  }

  /** Records that fit, among those looked at. */
  get count(): number {
    return this.#count;
  }
  /** Records looked at, from the first one on. */
  get scanned(): number {
    return this.#scanned;
  }
  get whole(): boolean {
    return this.#scanned >= this.#recording.trace.length;
  }

  /** Looks at what has been recorded since, for about a time. */
  extend(budget_ms: number): this {
    const { trace } = this.#recording;
    const end = performance.now() + budget_ms;
    while (this.#scanned < trace.length) {
      const stop = Math.min(trace.length, this.#scanned + STRIDE);
      for (; this.#scanned < stop; this.#scanned++) if (this.#test(this.#recording, this.#scanned)) this.#add(this.#scanned);
      if (performance.now() >= end) break;
    }
    return this;
  }

  /** The record of a row. */
  record(row: number): number {
    return this.#records[row] as number;
  }
  /** The row of a record, or of the first one after it. */
  rowOf(record: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#records[middle] as number) < record) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first record that fits and is about a packet; Infinity: none is. A filter that is about no packet at all fits all of them. */
  ofPacket(pkt_id: number): number {
    if (this.#packets.size === 0) return -1;
    return this.#packets.get(pkt_id) ?? Infinity;
  }
  ofBuffer(host: number, niov: number): number {
    if (this.#buffers.size === 0) return -1;
    return this.#buffers.get(host * 2 ** 32 + niov) ?? Infinity;
  }

  #add(record: number): void {
    if (this.#count === this.#records.length) {
      const grown = new Uint32Array(this.#count * 2);
      grown.set(this.#records);
      this.#records = grown;
    }
    this.#records[this.#count++] = record;
    const { trace } = this.#recording;
    const [pkt, niov] = [trace.pktId(record), trace.niovIdx(record)];
    if (pkt !== 0 && !this.#packets.has(pkt)) this.#packets.set(pkt, record);
    if (niov === NO_BUFFER) return;
    const key = trace.host(record) * 2 ** 32 + niov;
    if (!this.#buffers.has(key)) this.#buffers.set(key, record);
  }
}

const INDEXES = new WeakMap<Recording, Map<string, MatchIndex>>();
export function matchesOf(recording: Recording, test: Predicate): MatchIndex {
  const kept = INDEXES.get(recording) ?? new Map<string, MatchIndex>();
  INDEXES.set(recording, kept);
  const index = kept.get(test.text) ?? new MatchIndex(recording, test);
  // What was asked for last is given up last.
  kept.delete(test.text);
  kept.set(test.text, index);
  if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value as string);
  return index;
}
