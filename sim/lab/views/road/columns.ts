/** Columns that grow: what an index of a recording is made of. */
type Numbers = Float64Array | Uint32Array | Uint8Array;

export function grown<T extends Numbers>(column: T, length: number): T {
  if (length < column.length) return column;
  const more = new (column.constructor as new (n: number) => T)(column.length * 2);
  more.set(column as never);
  return more;
}

/** A number that changes with records of the trace: its value at any of them. */
export class Level {
  #records: Uint32Array;
  #values: Float64Array;
  #length = 0;

  constructor(room = 64) {
    this.#records = new Uint32Array(room);
    this.#values = new Float64Array(room);
  }

  get now(): number {
    return this.#length === 0 ? 0 : (this.#values[this.#length - 1] as number);
  }
  /** A record makes it `value`. */
  set(record: number, value: number): void {
    let n = this.#length;
    if (n > 0 && this.#records[n - 1] === record) n--;
    if (n === this.#records.length) {
      this.#records = grown(this.#records, n);
      this.#values = grown(this.#values, n);
    }
    this.#records[n] = record;
    this.#values[n] = value;
    this.#length = n + 1;
  }
  add(record: number, change: number): void {
    this.set(record, Math.max(0, this.now + change));
  }
  /** Its value when this many records were written. */
  at(records: number): number {
    const n = this.#before(records);
    return n === 0 ? 0 : (this.#values[n - 1] as number);
  }
  /** The last record that changed it, of this many; -1: none. */
  lastRecord(records: number): number {
    const n = this.#before(records);
    return n === 0 ? -1 : (this.#records[n - 1] as number);
  }

  #before(records: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#records[middle] as number) < records) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
