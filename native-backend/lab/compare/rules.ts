/**
 * Where a real kernel's trace and the simulator's may differ: every rule that there is, once. A rule says why, where it holds and
 * what it makes of a line before lines are compared; nothing else is left out or changed. One that no recorded trace needs any
 * more fails its test (test/conform/kernels.test.ts).
 */
import type { TraceLine } from '../../../sim/host/index.ts';
import { withoutDistance, withoutFullEnds, withoutShortness } from './application_rules.ts';

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
  /** A trace as it is compared. A line that stays as it is stays the same object. */
  readonly lines: (lines: readonly TraceLine[], where: Where) => readonly TraceLine[];
  /** The test that keeps the difference what it is said to be. */
  readonly test: string;
}

const APPLICATIONS_TEST = 'test/conform/application_rules.test.ts';

/**
 * Of step programs nothing is declared: where the two differed, the simulator was mended, or asked by the agent's probe to behave as
 * the kernel does. Of applications it is what depends on who was faster, the application or its peer.
 */
export const RULES: readonly Rule[] = [
  {
    name: 'ran short', where: 'applications', holds: ({ kind }) => kind === 'apps', lines: withoutShortness, test: APPLICATIONS_TEST,
    sentence: 'Whether a receive ran short of buffers, memory or completions for a moment, and was armed again, is a matter of speed.',
  },
  {
    name: 'end without room', where: 'applications', holds: ({ kind }) => kind === 'apps', lines: withoutFullEnds, test: APPLICATIONS_TEST,
    sentence: 'Whether a receive found the completion queue full, and ended with the data that it had, is a matter of speed.',
  },
  {
    name: 'how far', where: 'applications', holds: ({ kind }) => kind === 'apps', lines: withoutDistance, test: APPLICATIONS_TEST,
    sentence: 'How far a connection came that somebody left early, and by which error of that kind it ended, depends on what was under'
      + ' way.',
  },
];
