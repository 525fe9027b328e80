/** What choices are made by: numbers of one seed, one after the other. */
import fc from 'fast-check';

const NUMBERS = fc.noBias(fc.array(fc.nat(2 ** 31 - 1), { minLength: 96, maxLength: 96 }));

export class Chance {
  private readonly numbers: readonly number[];
  private next = 0;

  constructor(seed: number) {
    this.numbers = fc.sample(NUMBERS, { seed, numRuns: 1 })[0] as number[];
  }
  /** From 0 to n - 1. */
  below(n: number): number {
    const number = this.numbers[this.next++ % this.numbers.length] as number;
    return number % Math.max(1, n);
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }
}
