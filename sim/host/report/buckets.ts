/** Something over the time of a run of any length: slices of equal width, which double when there are too many of them. */
import type { Point } from '../html/index.ts';

const SLICES_MAX = 512;

abstract class Slices {
  protected values: number[] = [];
  protected width_ns = 1000;

  protected slice(time_ns: number): number {
    while (time_ns >= SLICES_MAX * this.width_ns) {
      this.values = Array.from({ length: Math.ceil(this.values.length / 2) }, (_, i) =>
        this.join(this.values[2 * i], this.values[2 * i + 1]) as number);
      this.width_ns *= 2;
    }
    return Math.floor(time_ns / this.width_ns);
  }

  protected abstract join(a: number | undefined, b: number | undefined): number | undefined;

  get empty(): boolean {
    return this.values.length === 0;
  }
  get end_ns(): number {
    return this.values.length * this.width_ns;
  }
}

/** Bytes or frames for each slice: a rate. */
export class Flow extends Slices {
  add(time_ns: number, amount: number): void {
    const i = this.slice(time_ns);
    this.values[i] = (this.values[i] ?? 0) + amount;
  }
  protected join(a = 0, b = 0): number {
    return a + b;
  }

  /** Amounts per second, in at most `parts` parts of the time until the last one. */
  perSecond(parts: number): Point[] {
    const join = Math.ceil(this.values.length / parts);
    return Array.from({ length: Math.ceil(this.values.length / join) }, (_, p): Point => {
      const own = Array.from({ length: join }, (__, i) => this.values[p * join + i] ?? 0);
      const slices = Math.min(join, this.values.length - p * join);
      return [p * join * this.width_ns, (own.reduce((a, b) => a + b, 0) * 1e9) / (slices * this.width_ns)];
    });
  }
}

/** How much there is of something: the most in each slice, so that no peak is lost. */
export class Level extends Slices {
  now = 0;
  most = 0;

  add(time_ns: number, change: number): void {
    this.set(time_ns, this.now + change);
  }
  set(time_ns: number, value: number): void {
    const i = this.slice(time_ns);
    this.now = value;
    this.most = Math.max(this.most, value);
    this.values[i] = Math.max(this.values[i] ?? 0, value);
    this.last[i] = value;
  }
  protected join(a: number | undefined, b: number | undefined): number | undefined {
    return a === undefined ? b : Math.max(a, b ?? a);
  }
  /** The level at the end of each slice. */
  private last: number[] = [];

  protected override slice(time_ns: number): number {
    const before = this.width_ns;
    const i = super.slice(time_ns);
    for (let width = before; width < this.width_ns; width *= 2)
      this.last = Array.from({ length: Math.ceil(this.last.length / 2) }, (_, k) =>
        (this.last[2 * k + 1] ?? this.last[2 * k]) as number);
    return i;
  }

  /** Where it changed, until `end_ns`, and what it was at last. */
  points(end_ns: number): Point[] {
    const out: Point[] = [];
    let level = 0;
    for (let i = 0; i < this.values.length && i * this.width_ns <= end_ns; i++) {
      // What happened in a slice began with what the one before it left.
      const most = Math.max(this.values[i] ?? level, level);
      if (out.at(-1)?.[1] !== most) out.push([i * this.width_ns, most]);
      level = this.last[i] ?? level;
    }
    const end = Math.min(end_ns, this.end_ns);
    return out.length > 0 ? [...out, [end, level]] : out;
  }
}
