/** The form of a generator: an arbitrary of fast-check that makes cases, and shrinks them. */
import type fc from 'fast-check';
import type { Focus, FuzzCase } from '../case.ts';

export interface Generator {
  readonly name: string;
  readonly about: string;
  /** What it is good at finding; every focus takes those that name it. */
  readonly focus: readonly Focus[];
  /** How often it is taken, beside others. */
  readonly weight: number;
  readonly cases: fc.Arbitrary<FuzzCase>;
}
