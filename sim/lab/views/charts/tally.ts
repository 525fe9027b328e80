/** Amounts over time: bytes, cycles and events in slices of equal width, from one pass over the trace that can be taken up again. */
import { ACCOUNTS, COSTS } from '../../../schema/costs.ts';
import { KIND } from '../../../host/index.ts';
import type { Recording } from '../../recording.ts';

export const SLICES_MAX = 512;
export const AMOUNTS = ['received', 'sent', 'copied', 'lent', 'drops', 'again', 'cqes', ...ACCOUNTS] as const;
export type Amount = (typeof AMOUNTS)[number];

/** Records between two looks at the clock. */
const STRIDE = 4096;
/** A context may work so far ahead of the events: records are looked for from this long before a stretch. */
const AHEAD_NS = 1_000_000;
const ACCOUNT_OF = COSTS.map((c) => AMOUNTS.indexOf(c.account));

/** What a record adds to, and how much of it. */
interface Reader {
  readonly amount: (trace: Recording['trace'], i: number) => number;
  readonly value: (trace: Recording['trace'], i: number) => number;
}
const column = (name: Amount): number => AMOUNTS.indexOf(name);
const adds = (name: Amount, value: Reader['value']): Reader => {
  const amount = column(name);
  return { amount: () => amount, value };
};
const READERS: Reader[] = [];
const reads = (kind: number | undefined, reader: Reader): void => {
  if (kind !== undefined) READERS[kind] = reader;
};
reads(KIND.sock_read, adds('received', (trace, i) => trace.b(i)));
reads(KIND.sock_send, adds('sent', (trace, i) => trace.b(i)));
reads(KIND.zc_copy, adds('copied', (trace, i) => trace.b(i)));
reads(KIND.zc_deliver, adds('lent', (trace, i) => trace.c(i)));
reads(KIND.drop, adds('drops', () => 1));
reads(KIND.tcp_retransmit, adds('again', () => 1));
reads(KIND.cqe, adds('cqes', () => 1));
reads(KIND.cpu_charge, { amount: (trace, i) => ACCOUNT_OF[trace.a(i)] ?? column('other'), value: (trace, i) => trace.b(i) });

/** A piece of time, in so many slices. */
export interface Stretch {
  readonly from_ns: number;
  readonly to_ns: number;
  readonly slices: number;
}

export class Tally {
  readonly from_ns: number;
  width_ns: number;
  readonly #recording: Recording;
  readonly #whole: boolean;
  readonly #values = AMOUNTS.map(() => [new Float64Array(SLICES_MAX), new Float64Array(SLICES_MAX)] as const);
  #next: number;
  #used = 0;
  /** Charges behind the last thing that moved: they count once something has moved after them. Times, hosts and amounts, in turn. */
  #waiting: number[] = [];

  /** Of all of a recording, or of a stretch of it. */
  constructor(recording: Recording, stretch?: Stretch) {
    this.#recording = recording;
    this.#whole = stretch === undefined;
    this.from_ns = stretch?.from_ns ?? 0;
    this.width_ns = stretch ? (stretch.to_ns - stretch.from_ns) / stretch.slices : 100;
    const { steps } = recording;
    this.#next = stretch ? steps.records(steps.atTime(Math.max(0, stretch.from_ns - AHEAD_NS))) : 0;
    if (stretch) this.#used = stretch.slices;
  }

  /** Slices that have something in them, or that were asked for. */
  get slices(): number {
    return this.#used;
  }
  /** Share of what is to be read, 0 to 1. */
  get read(): number {
    const end = this.#end();
    return end === 0 ? 1 : Math.min(1, this.#next / end);
  }
  #end(): number {
    const { steps, trace, length } = this.#recording;
    if (this.#whole) return Math.min(trace.length, steps.records(length));
    const last = steps.atTime(this.from_ns + this.#used * this.width_ns);
    return steps.records(Math.min(length, last + 1));
  }

  extend(budget_ms: number): this {
    const { trace } = this.#recording;
    const end = this.#end();
    const stop_ms = performance.now() + budget_ms;
    while (this.#next < end) {
      const stop = Math.min(end, this.#next + STRIDE);
      for (; this.#next < stop; this.#next++) this.#take(trace, this.#next);
      if (performance.now() >= stop_ms) break;
    }
    return this;
  }

  #take(trace: Recording['trace'], i: number): void {
    const kind = trace.kind(i);
    const reader = READERS[kind];
    const host = trace.host(i);
    if (!reader || host > 1) return;
    const time_ns = trace.timeNs(i);
    const [amount, value] = [reader.amount(trace, i), reader.value(trace, i)];
    if (this.#whole && kind === KIND.cpu_charge && time_ns >= this.#used * this.width_ns) {
      this.#waiting.push(time_ns, host, amount, value);
      return;
    }
    const slice = this.#slice(time_ns);
    if (slice >= 0) this.#add(slice, host, amount, value);
  }

  #add(slice: number, host: number, amount: number, value: number): void {
    const values = (this.#values[amount] as readonly Float64Array[])[host] as Float64Array;
    values[slice] = (values[slice] as number) + value;
  }

  /** Something has moved: what was charged before it belongs to it. */
  #settle(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let i = 0; i < waiting.length; i += 4) {
      const [time_ns, host, amount, value] = waiting.slice(i, i + 4) as [number, number, number, number];
      if (time_ns < this.#used * this.width_ns) this.#add(Math.floor(time_ns / this.width_ns), host, amount, value);
      else this.#waiting.push(time_ns, host, amount, value);
    }
  }

  #slice(time_ns: number): number {
    if (!this.#whole) {
      const slice = Math.floor((time_ns - this.from_ns) / this.width_ns);
      return slice < this.#used ? slice : -1;
    }
    while (time_ns >= SLICES_MAX * this.width_ns) this.#double();
    const slice = Math.floor(time_ns / this.width_ns);
    if (slice < this.#used) return slice;
    this.#used = slice + 1;
    if (this.#waiting.length > 0) this.#settle();
    return slice;
  }

  #double(): void {
    for (const values of this.#values.flat()) {
      for (let i = 0; i < SLICES_MAX / 2; i++) values[i] = (values[2 * i] as number) + (values[2 * i + 1] as number);
      values.fill(0, SLICES_MAX / 2);
    }
    this.width_ns *= 2;
    this.#used = Math.ceil(this.#used / 2);
  }

  /** What there was from slice to slice. */
  sum(amount: Amount, host: 0 | 1, from: number, to: number): number {
    const values = (this.#values[column(amount)] as readonly Float64Array[])[host] as Float64Array;
    let sum = 0;
    for (let i = from; i < Math.min(to, SLICES_MAX); i++) sum += values[i] as number;
    return sum;
  }
}

/** Tallies of a recording by what they are of: all of it, and the stretches that were looked at last. */
const KEPT_MAX = 4;
const TALLIES = new WeakMap<Recording, Map<string, Tally>>();
export function tallyOf(recording: Recording, stretch?: Stretch): Tally {
  const kept = TALLIES.get(recording) ?? new Map<string, Tally>();
  TALLIES.set(recording, kept);
  const key = stretch ? `${stretch.from_ns} ${stretch.to_ns} ${stretch.slices}` : '';
  const tally = kept.get(key) ?? new Tally(recording, stretch);
  kept.set(key, tally);
  const old = [...kept.keys()].find((k) => k !== '' && k !== key);
  if (kept.size > KEPT_MAX && old !== undefined) kept.delete(old);
  return tally;
}
