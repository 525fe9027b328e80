/** Random numbers, and choices that are made with them. */
export type Program = readonly (readonly number[])[];

export const GENES = 28;
/** Of one pause, at most. */
export const EVENTS = 100_000;
/** mulberry32 */
export function prng(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}
export function randomProgram(seed: number, actions = 120): Program {
  const next = prng(seed);
  return Array.from({ length: actions }, () => Array.from({ length: GENES }, () => next() >>> 4));
}
/** The choices of one action. */
export class Genes {
  private at = 0;
  private readonly genes: readonly number[];
  constructor(genes: readonly number[]) {
    this.genes = genes;
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
  /** Seldom true. */
  rare(n: number): boolean {
    return this.below(n) === n - 1;
  }
  /** A few bits of a mask. */
  bits(mask: number): number {
    const a = this.next();
    return (a & 3) === 3 ? (mask & (a >>> 2) & (this.next() >>> 1)) >>> 0 : (a & 3) === 2 ? mask & (1 << ((a >>> 2) & 31)) : 0;
  }
}
