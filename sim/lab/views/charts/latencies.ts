/** Latencies of a recording's application, in the order in which they were met. Read on while the recording grows. */
import { LatencyMeter, measuredHost, RECORD_BYTES, TraceBatch } from '../../../host/index.ts';
import type { Recording } from '../../recording.ts';

const CHUNK = 65_536;
/** Records between two looks at the clock. */
const STRIDE = 4096;

export class Latencies {
  readonly #recording: Recording;
  readonly #meter: LatencyMeter;
  #next = 0;

  constructor(recording: Recording) {
    this.#recording = recording;
    this.#meter = new LatencyMeter(recording.scenario, measuredHost(recording.scenario) === 'client' ? 0 : 1);
  }
  /** Share of the trace that has been read, 0 to 1. */
  get read(): number {
    return this.#recording.trace.length === 0 ? 1 : this.#next / this.#recording.trace.length;
  }

  extend(budget_ms: number): this {
    const { trace } = this.#recording;
    const stop_ms = performance.now() + budget_ms;
    const { batches } = trace;
    while (this.#next < trace.length) {
      const words = (batches[Math.floor(this.#next / CHUNK)] as TraceBatch).columns();
      const at = this.#next % CHUNK;
      const records = Math.min(STRIDE, words.length / 8 - at);
      const from = words.byteOffset + at * RECORD_BYTES;
      this.#meter.add(new TraceBatch(words.buffer as ArrayBuffer, from, from + records * RECORD_BYTES));
      this.#next += records;
      if (performance.now() >= stop_ms) break;
    }
    return this;
  }

  /** Those of each part of a time, the least first. */
  parts(from_ns: number, width_ns: number, parts: number): number[][] {
    const out: number[][] = Array.from({ length: parts }, () => []);
    const { times_ns, values_ns } = this.#meter;
    for (let i = 0; i < times_ns.length; i++)
      out[Math.floor(((times_ns[i] as number) - from_ns) / width_ns)]?.push(values_ns[i] as number);
    for (const part of out) part.sort((a, b) => a - b);
    return out;
  }
}

const ALL = new WeakMap<Recording, Latencies>();
export function latenciesOf(recording: Recording): Latencies {
  const known = ALL.get(recording) ?? new Latencies(recording);
  ALL.set(recording, known);
  return known;
}
