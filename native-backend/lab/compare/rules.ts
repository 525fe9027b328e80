/**
 * Where a real kernel's trace and the simulator's may differ: every rule that there is, once. A rule says why, where it holds and
 * what it makes of a line before lines are compared; nothing else is left out or changed. One that no recorded trace needs any
 * more fails its test (test/conform/kernels.test.ts).
 */
import type { TraceLine } from '../../../sim/host/index.ts';

/** What is being compared. */
export interface Where {
  /** As users name it: conform/cancel. */
  readonly scenario: string;
  readonly kind: 'steps' | 'apps';
  /** host, vm, nic, ssh, or uml for traces that were recorded in User-Mode Linux. */
  readonly target: string;
  /** Release of the real kernel: 7.3.4. */
  readonly kernel: string;
}

export interface Rule {
  readonly name: string;
  /** What differs and why that is right, in one sentence. */
  readonly sentence: string;
  /** Where it holds, in words. */
  readonly where: string;
  readonly holds: (where: Where) => boolean;
  /** A line as it is compared; undefined leaves it out. */
  readonly line: (line: TraceLine, where: Where) => TraceLine | undefined;
  /** The test that keeps the difference what it is said to be. */
  readonly test: string;
}

/** None at present: where the two differed, the simulator was mended, or asked by the agent's probe to behave as the kernel does. */
export const RULES: readonly Rule[] = [];
