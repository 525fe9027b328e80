/**
 * Stays: something is at a place from one record of the trace to the next one that names it. Which stays cover a time is found
 * without looking at the rest: closed ones lie in blocks, each ordered by beginning, with the latest end below each node of a
 * balanced tree; those that have not ended are few.
 */
import { grown } from './columns.ts';

const BLOCK = 2048;

export interface Stay {
  /** Its beginning and end in virtual time, and the records that say so. */
  readonly from_ns: number;
  readonly from_record: number;
  /** Infinity while nothing has ended it. */
  to_ns: number;
  to_record: number;
  readonly kind: number;
  readonly id: number;
  /** Where it came from, and where it is: codes of places.ts. */
  readonly came: number;
  readonly at: number;
  readonly bytes: number;
}

class Block {
  readonly #stays: Stay[];
  readonly #ends: Float64Array;
  readonly first_ns: number;
  readonly last_ns: number;

  constructor(stays: Stay[]) {
    this.#stays = stays.sort((a, b) => a.from_ns - b.from_ns || a.from_record - b.from_record);
    this.#ends = new Float64Array(stays.length);
    this.first_ns = (stays[0] as Stay).from_ns;
    this.last_ns = this.#measure(0, stays.length);
  }

  /** The latest end of a range; each middle keeps that of its own range. */
  #measure(low: number, high: number): number {
    if (low >= high) return -Infinity;
    const middle = (low + high) >> 1;
    const own = (this.#stays[middle] as Stay).to_ns;
    const most = Math.max(own, this.#measure(low, middle), this.#measure(middle + 1, high));
    this.#ends[middle] = most;
    return most;
  }

  visit(time_ns: number, see: (stay: Stay) => void, low = 0, high = this.#stays.length): void {
    if (low >= high) return;
    const middle = (low + high) >> 1;
    if ((this.#ends[middle] as number) < time_ns) return;
    this.visit(time_ns, see, low, middle);
    const stay = this.#stays[middle] as Stay;
    if (stay.from_ns > time_ns) return;
    if (stay.to_ns >= time_ns) see(stay);
    this.visit(time_ns, see, middle + 1, high);
  }
}

export class Stays {
  readonly #blocks: Block[] = [];
  #tail: Stay[] = [];
  #firsts = new Float64Array(16);
  #lasts = new Float64Array(16);

  add(stay: Stay): void {
    this.#tail.push(stay);
    if (this.#tail.length < BLOCK) return;
    const block = new Block(this.#tail);
    const n = this.#blocks.push(block) - 1;
    this.#firsts = grown(this.#firsts, n);
    this.#lasts = grown(this.#lasts, n);
    this.#firsts[n] = block.first_ns;
    this.#lasts[n] = block.last_ns;
    this.#tail = [];
  }

  /** Shows those that cover a time; both ends count. */
  visit(time_ns: number, see: (stay: Stay) => void): void {
    for (let n = 0; n < this.#blocks.length; n++) {
      if ((this.#firsts[n] as number) <= time_ns && (this.#lasts[n] as number) >= time_ns) (this.#blocks[n] as Block).visit(time_ns, see);
    }
    for (const stay of this.#tail) if (stay.from_ns <= time_ns && stay.to_ns >= time_ns) see(stay);
  }
}
