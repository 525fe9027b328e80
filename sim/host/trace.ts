/** Reads trace records where they lie. Names and words come from sim/schema/events.ts. */
import { EVENTS, type TraceEvent } from '../schema/events.ts';

export const RECORD_BYTES = 32;
export const NO_BUFFER = 0xffffffff;
export const HOSTS = ['client', 'server'] as const;

/** Kind of an event by name, as records carry it. */
export const KIND: Readonly<Record<string, number>> = Object.fromEntries(EVENTS.map((e, i) => [e.name, i + 1]));

export interface TraceRecord {
  readonly time_ns: number;
  readonly kind: number;
  readonly host: number;
  readonly context: number;
  readonly core: number;
  /** 0: none */
  readonly pkt_id: number;
  /** NO_BUFFER: none */
  readonly niov_idx: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** Records between two addresses. Columns are read one by one, so that a filter touches only what it needs. */
export class TraceBatch {
  readonly length: number;
  private readonly words: Uint32Array;

  constructor(memory: ArrayBuffer, from: number, to: number) {
    this.words = new Uint32Array(memory, from, (to - from) >> 2);
    this.length = (to - from) / RECORD_BYTES;
  }

  timeNs(i: number): number {
    return this.word(i, 0) + this.word(i, 1) * 0x1_0000_0000;
  }
  kind(i: number): number {
    return this.word(i, 2) & 0xff;
  }
  host(i: number): number {
    return (this.word(i, 2) >>> 8) & 0xff;
  }
  context(i: number): number {
    return (this.word(i, 2) >>> 16) & 0xff;
  }
  core(i: number): number {
    return this.word(i, 2) >>> 24;
  }
  pktId(i: number): number {
    return this.word(i, 3);
  }
  niovIdx(i: number): number {
    return this.word(i, 4);
  }
  a(i: number): number {
    return this.word(i, 5);
  }
  b(i: number): number {
    return this.word(i, 6);
  }
  c(i: number): number {
    return this.word(i, 7);
  }

  record(i: number): TraceRecord {
    return {
      time_ns: this.timeNs(i), kind: this.kind(i), host: this.host(i), context: this.context(i), core: this.core(i), pkt_id: this.pktId(i),
      niov_idx: this.niovIdx(i), a: this.a(i), b: this.b(i), c: this.c(i),
    };
  }

  *records(): Generator<TraceRecord> {
    for (let i = 0; i < this.length; i++) yield this.record(i);
  }

  /** The records as words, eight each, as they are. */
  columns(): Uint32Array {
    return this.words;
  }

  /** The records as bytes, as they are. */
  bytes(): Uint8Array {
    return new Uint8Array(this.words.buffer, this.words.byteOffset, this.words.byteLength);
  }

  private word(i: number, n: number): number {
    return this.words[i * 8 + n] as number;
  }
}

const CHUNK_SHIFT = 16;
const CHUNK = 1 << CHUNK_SHIFT;
const WORDS = RECORD_BYTES / 4;

/**
 * A whole trace, in the order of its writing. Records are found by number; what has been added never changes. Columns are read as in a
 * batch, and written out once more: with a base class for both, a pass takes three times as long.
 */
export class TraceStore {
  length = 0;
  private readonly chunks: Uint32Array[] = [];
  private readonly max: number;

  /** `max`: how many records it may hold; 32 bytes each. */
  constructor(max = 32_000_000) {
    this.max = max;
  }

  add(batch: TraceBatch): void {
    if (this.length + batch.length > this.max)
      throw new RangeError(`the trace has more than ${this.max} records: shorten the run with --until`);
    const words = batch.columns();
    for (let from = 0; from < words.length; ) {
      const at = this.length % CHUNK;
      if (at === 0) this.chunks.push(new Uint32Array(CHUNK * WORDS));
      const part = words.subarray(from, from + (CHUNK - at) * WORDS);
      (this.chunks[this.length >>> CHUNK_SHIFT] as Uint32Array).set(part, at * WORDS);
      this.length += part.length / WORDS;
      from += part.length;
    }
  }

  /** The first `records` records as a store that can be added to; full chunks are shared. */
  prefix(records: number): TraceStore {
    const store = new TraceStore(this.max);
    const whole = records >>> CHUNK_SHIFT;
    store.chunks.push(...this.chunks.slice(0, whole));
    if (records % CHUNK > 0) store.chunks.push((this.chunks[whole] as Uint32Array).slice());
    store.length = records;
    return store;
  }

  /** The records chunk by chunk, for passes over all of them. */
  get batches(): TraceBatch[] {
    return this.chunks.map((chunk, i) =>
      new TraceBatch(chunk.buffer as ArrayBuffer, 0, Math.min(CHUNK, this.length - i * CHUNK) * RECORD_BYTES));
  }

  timeNs(i: number): number {
    return this.word(i, 0) + this.word(i, 1) * 0x1_0000_0000;
  }
  kind(i: number): number {
    return this.word(i, 2) & 0xff;
  }
  host(i: number): number {
    return (this.word(i, 2) >>> 8) & 0xff;
  }
  context(i: number): number {
    return (this.word(i, 2) >>> 16) & 0xff;
  }
  core(i: number): number {
    return this.word(i, 2) >>> 24;
  }
  pktId(i: number): number {
    return this.word(i, 3);
  }
  niovIdx(i: number): number {
    return this.word(i, 4);
  }
  a(i: number): number {
    return this.word(i, 5);
  }
  b(i: number): number {
    return this.word(i, 6);
  }
  c(i: number): number {
    return this.word(i, 7);
  }
  record(i: number): TraceRecord {
    return {
      time_ns: this.timeNs(i), kind: this.kind(i), host: this.host(i), context: this.context(i), core: this.core(i), pkt_id: this.pktId(i),
      niov_idx: this.niovIdx(i), a: this.a(i), b: this.b(i), c: this.c(i),
    };
  }
  private word(i: number, n: number): number {
    return (this.chunks[i >>> CHUNK_SHIFT] as Uint32Array)[(i % CHUNK) * WORDS + n] as number;
  }

  *records(): Generator<TraceRecord> {
    for (const batch of this.batches) yield* batch.records();
  }

  /** Ids of the packets that the trace tells of. */
  packets(): number[] {
    return this.distinct((batch, i) => batch.pktId(i), 0);
  }

  /** Indices of the buffers that the trace tells of. */
  buffers(): number[] {
    return this.distinct((batch, i) => batch.niovIdx(i), NO_BUFFER);
  }

  private distinct(column: (batch: TraceBatch, i: number) => number, none: number): number[] {
    const found = new Set<number>();
    for (const batch of this.batches) for (let i = 0; i < batch.length; i++) found.add(column(batch, i));
    found.delete(none);
    return [...found].sort((a, b) => a - b);
  }

  /** Records that a column test lets pass. */
  filter(test: (batch: TraceBatch, i: number) => boolean): TraceRecord[] {
    const out: TraceRecord[] = [];
    for (const batch of this.batches) {
      for (let i = 0; i < batch.length; i++) if (test(batch, i)) out.push(batch.record(i));
    }
    return out;
  }

  /** The first record that a column test lets pass. */
  find(test: (batch: TraceBatch, i: number) => boolean): TraceRecord | undefined {
    for (const batch of this.batches) {
      for (let i = 0; i < batch.length; i++) if (test(batch, i)) return batch.record(i);
    }
    return undefined;
  }
}

export function eventOf(record: TraceRecord): TraceEvent {
  const event = EVENTS[record.kind - 1];
  if (!event) throw new RangeError(`a trace record of kind ${record.kind}: core and host are of different builds`);
  return event;
}

/** The words of a record by name. */
export function wordsOf(record: TraceRecord): Record<string, number> {
  const values = [record.a, record.b, record.c];
  return Object.fromEntries(eventOf(record).words.map((name, i) => [name, values[i] as number]));
}

/** 0.000, 12.345 µs, 1.234567 ms: fixed columns when padded. */
export function timeText(ns: number): string {
  return `${(ns / 1000).toFixed(3)} µs`;
}
