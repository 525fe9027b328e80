/** Columns that grow: numbers by position, of which a million are a flat array. */
const FIRST = 1024;

abstract class Column<A extends Float64Array | Uint32Array> {
  length = 0;
  protected data: A;

  constructor(data: A) {
    this.data = data;
  }

  at(i: number): number {
    return this.data[i] as number;
  }
  set(i: number, value: number): void {
    this.data[i] = value;
  }
  push(value: number): void {
    if (this.length === this.data.length) this.data = this.grown();
    this.data[this.length++] = value;
  }
  /** How many values are not above `value`; the column must not fall. */
  countUpTo(value: number, from = 0): number {
    let low = from;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.data[middle] as number) <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  protected abstract grown(): A;
}

export class Floats extends Column<Float64Array> {
  constructor() {
    super(new Float64Array(FIRST));
  }
  protected grown(): Float64Array {
    const more = new Float64Array(this.data.length * 2);
    more.set(this.data);
    return more;
  }
}

/** Whole numbers below 2^32. */
export class Words extends Column<Uint32Array> {
  constructor() {
    super(new Uint32Array(FIRST));
  }
  protected grown(): Uint32Array {
    const more = new Uint32Array(this.data.length * 2);
    more.set(this.data);
    return more;
  }
}
