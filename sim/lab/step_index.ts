/** Where each step of a recording ends: in the trace, and in virtual time. */
const FIRST = 4096;

export class StepIndex {
  length = 0;
  #records = new Uint32Array(FIRST);
  #times = new Float64Array(FIRST);

  constructor() {
    this.add(0, 0);
  }

  /** A step has ended: records of the trace until now, and the time. */
  add(records: number, time_ns: number): void {
    if (this.length === this.#times.length) this.#grow();
    this.#records[this.length] = records;
    this.#times[this.length] = time_ns;
    this.length++;
  }

  /** Records of the trace that the first `step` steps wrote. */
  records(step: number): number {
    return this.#records[step] as number;
  }
  /** Virtual time after the first `step` steps. */
  timeNs(step: number): number {
    return this.#times[step] as number;
  }
  /** The last step that ends at a time or before it. */
  atTime(time_ns: number): number {
    return this.#last((i) => (this.#times[i] as number) <= time_ns);
  }
  /** The step that wrote a record. */
  ofRecord(record: number): number {
    return this.#last((i) => (this.#records[i] as number) <= record) + 1;
  }

  /** The same index up to and with a step. */
  prefix(step: number): StepIndex {
    const copy = new StepIndex();
    copy.length = step + 1;
    copy.#records = this.#records.slice(0, Math.max(FIRST, step + 1));
    copy.#times = this.#times.slice(0, Math.max(FIRST, step + 1));
    return copy;
  }

  #last(fits: (i: number) => boolean): number {
    let low = 0;
    let high = this.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (fits(middle)) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #grow(): void {
    const [records, times] = [this.#records, this.#times];
    this.#records = new Uint32Array(records.length * 2);
    this.#records.set(records);
    this.#times = new Float64Array(times.length * 2);
    this.#times.set(times);
  }
}
