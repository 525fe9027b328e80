/** Choices of an action: numbers that are looked at one after the other. 0 is the plain choice, and one that is missing is 0. */
import fc from 'fast-check';

export interface Action {
  /** Which action of the table. */
  readonly what: number;
  readonly genes: readonly number[];
}

const GENES_MAX = 24;
const GENE_MAX = 0xffffff;

/** Independent of each other: without one of them the others mean what they meant, so that a list of them can be made smaller. */
export const actions = (most: number): fc.Arbitrary<readonly Action[]> => fc.array(fc.record({
  what: fc.nat(GENE_MAX), genes: fc.array(fc.nat(GENE_MAX), { minLength: 2, maxLength: GENES_MAX, size: 'max' }),
}), { minLength: 1, maxLength: most, size: 'max' });

/** What wants to be wrong is, now and then: what a C programmer writes by mistake, or on purpose. */
const ODD: readonly number[] = [0, -1, 1, 2, 3, 7, 64, 4095, 4096, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff, -2];

const STEADY_ODD: readonly number[] = [0, -1, 3, 7, 64, 4095, 4096, 65535];
/** Lengths within the memory that there is (arguments.ts): what lies behind it is not the same on two machines. */
export const STEADY_LENGTHS: readonly number[] = [0, 3, 7, 64, 4095, 4096];
/** Numbers of things in a list: none, or more than any list may have. */
export const STEADY_COUNTS: readonly number[] = [0, -1, 4095, 65535];

export class Genes {
  private at = 0;
  private readonly genes: readonly number[];
  private readonly hostile: boolean;
  private readonly steady: boolean;

  /** `steady`: 0, 1 and 2 are files that a real process has, and a number of bytes that no machine has is refused at many places. */
  constructor({ genes }: Action, hostile: boolean, steady = false) {
    this.genes = genes;
    this.hostile = hostile;
    this.steady = steady;
  }
  next(): number {
    return this.genes[this.at++] ?? 0;
  }
  below(n: number): number {
    return this.next() % n;
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }
  /** One time in n. */
  rare(n: number): boolean {
    return this.below(n) === n - 1;
  }
  /** The right value; in hostile programs now and then another one. */
  right<T>(value: T, ...wrong: readonly T[]): T {
    return this.hostile && this.rare(12) && wrong.length > 0 ? this.pick(wrong) : value;
  }
  /** The same of a number, which may then be anything; on a real kernel one of `steady`. */
  number(value: number | string, steady = STEADY_ODD): number | string {
    return this.hostile && this.rare(14) ? this.pick(this.steady ? steady : ODD) : value;
  }
  odd(): number {
    return this.pick(this.steady ? STEADY_ODD : ODD);
  }
  /** Some of these. */
  some<T>(from: readonly T[], most = 2): T[] {
    const n = this.below(most + 1);
    return Array.from({ length: n }, () => this.pick(from)).filter((x, i, all) => all.indexOf(x) === i);
  }
}
