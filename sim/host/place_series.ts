/**
 * Where the buffers of a host's areas were, over a run: counts by place from the ledger's records, thinned as they come so
 * that a run of any length gives at most SAMPLES_MAX of them. Greatest values and moves are exact.
 */
import { KIND, type TraceBatch } from './trace.ts';

/** Places as the ledger numbers them (stack/3-pool/netmem.ts). */
export const PLACES = ['free', 'cache', 'posted', 'live'] as const;
export type Place = (typeof PLACES)[number];

export interface PlaceSample {
  readonly time_ns: number;
  /** Buffers in each place, in the order of PLACES. `free` counts from 0 downwards: the area's size is added at the end. */
  readonly counts: readonly number[];
}

const SAMPLES_MAX = 1024;

export class PlaceSeries {
  readonly #host: number;
  readonly #now = [0, 0, 0, 0];
  readonly #most = [0, 0, 0, 0];
  readonly #moves = Array.from({ length: PLACES.length ** 2 }, () => 0);
  #samples: PlaceSample[] = [{ time_ns: 0, counts: [0, 0, 0, 0] }];
  #gap_ns = 1;
  #last_ns = 0;

  constructor(host: number) {
    this.#host = host;
  }

  add(batch: TraceBatch): void {
    for (let i = 0; i < batch.length; i++) {
      if (batch.kind(i) === KIND.ledger && batch.host(i) === this.#host) this.#move(batch.timeNs(i), batch.a(i), batch.b(i));
    }
  }

  #move(time_ns: number, from: number, to: number): void {
    if (time_ns - (this.#samples.at(-1)?.time_ns ?? 0) >= this.#gap_ns) this.#sample(time_ns);
    this.#now[from] = (this.#now[from] ?? 0) - 1;
    this.#now[to] = (this.#now[to] ?? 0) + 1;
    this.#most[to] = Math.max(this.#most[to] ?? 0, this.#now[to] ?? 0);
    const move = from * PLACES.length + to;
    this.#moves[move] = (this.#moves[move] ?? 0) + 1;
    this.#last_ns = time_ns;
  }

  #sample(time_ns: number): void {
    this.#samples.push({ time_ns, counts: [...this.#now] });
    if (this.#samples.length < SAMPLES_MAX) return;
    this.#samples = this.#samples.filter((_, i) => i % 2 === 0);
    this.#gap_ns = Math.max(2 * this.#gap_ns, this.#last_ns / SAMPLES_MAX);
  }

  /** How often a buffer went from one place to another. */
  moves(from: Place, to: Place): number {
    return this.#moves[PLACES.indexOf(from) * PLACES.length + PLACES.indexOf(to)] ?? 0;
  }

  /** Most buffers that were in a place at once; `free` is full at the start. */
  most(place: Place, buffers: number): number {
    return place === 'free' ? buffers : (this.#most[PLACES.indexOf(place)] ?? 0);
  }

  /** The samples and the state after the last move, for areas of this many buffers. */
  samples(buffers: number): PlaceSample[] {
    const all = [...this.#samples, { time_ns: this.#last_ns, counts: [...this.#now] }];
    return all.map(({ time_ns, counts }) => ({ time_ns, counts: counts.map((n, i) => (i === 0 ? n + buffers : n)) }));
  }
}
