/**
 * Digests cost more than all else of a run. Who makes a part of a recorded run again leaves them out (RunBounds.no_digests) and puts
 * in their place what the recording noted, up to the last note; the little that is left is made as it was:
 *
 *     checkpoint ──── without digests, without trace ────► last note at or before the step ── as it was ──► step
 *
 * A note holds what depends on digests and on nothing else: of each stream the context (sim/core/sha256.ts) and the digest.
 */
import {
  CURSORS_ADDR, type Engine, type PageStore, readStruct, RUN_BOUNDS, STREAM, STREAM_FIELD_BYTES, TRACE_CURSOR, VIEW_STREAMS,
} from '../host/index.ts';

const CONTEXT_BYTES = 112;
const CONTEXT_LENGTH = 32;
const DIGEST_BYTES = 32;
const NOTE_BYTES = CONTEXT_BYTES + DIGEST_BYTES;
const CHUNK_NOTES = 4096;
/** Steps between two notes; more where there are many streams to look at. */
const INTERVAL = 128;
const STREAMS_PER_STEP = 4;
/** sim/core/run_bounds.ts */
const NO_DIGESTS = CURSORS_ADDR + 0x800 + RUN_BOUNDS.no_digests.at;

/** What is noted of one stream, by step. */
interface Notes {
  readonly steps: number[];
  readonly at: number[];
  /** Bytes digested, and the first word of the digest, at the last note. */
  length: number;
  digest: number;
}

export class DigestLog {
  readonly #streams = new Map<number, Notes>();
  readonly #chunks: Uint8Array[] = [];
  readonly #noted: number[] = [];
  #notes = 0;
  #next: number;

  /** The state after `step` is there to begin from. */
  constructor(step: number) {
    this.#next = step + INTERVAL;
  }

  /** After each step of the recording. */
  look(engine: Engine, step: number): void {
    if (step < this.#next) return;
    let streams = 0;
    for (const { address, id } of streamsOf(engine)) {
      streams++;
      this.#note(engine, step, address, id);
    }
    this.#noted.push(step);
    this.#next = step + Math.max(INTERVAL, Math.floor(streams / STREAMS_PER_STEP));
  }

  #note(engine: Engine, step: number, address: number, id: number): void {
    const context = engine.view.getUint32(address + STREAM.sha.at, true);
    if (context === 0) return;
    const length = Number(engine.view.getBigUint64(context + CONTEXT_LENGTH, true));
    const digest = engine.view.getUint32(address + STREAM.sha0.at, true);
    const notes = this.#streams.get(id) ?? { steps: [], at: [], length: 0, digest: 0 };
    if (notes.length === length && notes.digest === digest && notes.steps.length > 0) return;
    this.#streams.set(id, notes);
    notes.length = length;
    notes.digest = digest;
    const n = this.#notes++;
    if (n % CHUNK_NOTES === 0) this.#chunks.push(new Uint8Array(CHUNK_NOTES * NOTE_BYTES));
    const chunk = this.#chunks[Math.floor(n / CHUNK_NOTES)] as Uint8Array;
    const at = (n % CHUNK_NOTES) * NOTE_BYTES;
    chunk.set(engine.bytes.subarray(context, context + CONTEXT_BYTES), at);
    chunk.set(engine.bytes.subarray(address + STREAM.sha0.at, address + STREAM.sha0.at + DIGEST_BYTES), at + CONTEXT_BYTES);
    notes.steps.push(step);
    notes.at.push(n);
  }

  /** The last step at or before `step` that has notes; -1: none. */
  before(step: number): number {
    return this.#noted[lastAtMost(this.#noted, step)] ?? -1;
  }

  /** Goes on without digests, trace and capture; `go` does it. Then the engine's memory is what it was after `noted` steps. */
  without(engine: Engine, store: PageStore, noted: number, go: () => void): void {
    const cursors = [TRACE_CURSOR.next.at, TRACE_CURSOR.capture_next.at].map((at) => CURSORS_ADDR + at);
    engine.drain();
    const kept = cursors.map((at) => engine.view.getUint32(at, true));
    engine.view.setUint32(NO_DIGESTS, 1, true);
    for (const at of cursors) engine.view.setUint32(at, 0, true);
    try {
      go();
    } finally {
      engine.view.setUint32(NO_DIGESTS, 0, true);
      for (const [i, at] of cursors.entries()) engine.view.setUint32(at, kept[i] as number, true);
    }
    for (const { address, id } of streamsOf(engine)) this.#put(engine, store, noted, address, id);
  }

  #put(engine: Engine, store: PageStore, step: number, address: number, id: number): void {
    const notes = this.#streams.get(id);
    const n = notes?.at[lastAtMost(notes.steps, step)];
    if (n === undefined) return;
    const context = engine.view.getUint32(address + STREAM.sha.at, true);
    const chunk = this.#chunks[Math.floor(n / CHUNK_NOTES)] as Uint8Array;
    const at = (n % CHUNK_NOTES) * NOTE_BYTES;
    const digest = address + STREAM.sha0.at;
    engine.bytes.set(chunk.subarray(at, at + CONTEXT_BYTES), context);
    engine.bytes.set(chunk.subarray(at + CONTEXT_BYTES, at + NOTE_BYTES), digest);
    store.mark(context, context + CONTEXT_BYTES);
    store.mark(digest, digest + DIGEST_BYTES);
  }
}

/** Streams of both hosts: where each lies, and a number for it. */
function* streamsOf(engine: Engine): Generator<{ readonly address: number; readonly id: number }> {
  for (const host of [0, 1]) {
    const { count, first } = readStruct(engine.view, engine.core.view(VIEW_STREAMS, host), {
      count: { at: 0, type: 'u32' }, first: { at: 4, type: 'u32' },
    });
    for (let i = 0; i < count; i++) yield { address: first + i * STREAM_FIELD_BYTES, id: i * 2 + host };
  }
}

/** Index of the last of ascending numbers that is at most `most`; -1: none. */
function lastAtMost(numbers: readonly number[], most: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] as number) <= most) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
