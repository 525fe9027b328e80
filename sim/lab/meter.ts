/** What no record of the trace tells: how much the memory bus of each host has moved, sampled at a distance that grows with the run. */
import { type Engine, memoryCounters } from '../host/index.ts';

const SAMPLES_MAX = 1024;

export class Meter {
  /** Steps and times of the samples, and bytes that went over each host's bus until then. */
  times_ns: number[] = [0];
  bytes: [number[], number[]] = [[0], [0]];
  #stride = 32;
  #next = 32;

  /** A step has been recorded. */
  step(engine: Engine, step: number): void {
    if (step < this.#next) return;
    this.times_ns.push(engine.clockNs());
    for (const host of [0, 1] as const) this.bytes[host].push(memoryCounters(engine, host)['total'] ?? 0);
    if (this.times_ns.length >= SAMPLES_MAX) this.#thin();
    this.#next = step + this.#stride;
  }

  /** For a fork: what was sampled until a time. */
  prefix(time_ns: number): Meter {
    const copy = new Meter();
    const kept = this.times_ns.filter((t) => t <= time_ns).length;
    copy.times_ns = this.times_ns.slice(0, kept);
    copy.bytes = [this.bytes[0].slice(0, kept), this.bytes[1].slice(0, kept)];
    copy.#stride = this.#stride;
    return copy;
  }

  /** Bytes until a time, between two samples by a straight line. */
  until(host: 0 | 1, time_ns: number): number {
    const [times, bytes] = [this.times_ns, this.bytes[host]];
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((times[middle] as number) <= time_ns) low = middle + 1;
      else high = middle;
    }
    const [t0, t1] = [times[low - 1] ?? 0, times[low]];
    const [b0, b1] = [bytes[low - 1] ?? 0, bytes[low]];
    return t1 === undefined || b1 === undefined || t1 === t0 ? b0 : b0 + ((b1 - b0) * (time_ns - t0)) / (t1 - t0);
  }

  #thin(): void {
    const even = (values: number[]) => values.filter((_, i) => i % 2 === 0);
    this.times_ns = even(this.times_ns);
    this.bytes = [even(this.bytes[0]), even(this.bytes[1])];
    this.#stride *= 2;
  }
}
