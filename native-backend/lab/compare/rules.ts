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

const applications = ({ kind }: Where): boolean => kind === 'apps';
const scenarios = (...names: readonly string[]) => ({ scenario }: Where): boolean => names.includes(scenario);
const KERNELS_TEST = 'test/conform/kernels.test.ts';

/** A multishot RECV that finds the CQ full ends with the data that it has. */
function fullQueue(line: TraceLine): TraceLine {
  if (line.e !== 'grammar' || line.op !== 'RECV' || !Array.isArray(line.ends) || !line.ends.includes('BUFFER')) return line;
  return { ...line, ends: line.ends.filter((end) => end !== 'BUFFER') };
}

export const RULES: readonly Rule[] = [
  {
    name: 'full queue',
    sentence: 'Whether a multishot RECV meets a full completion queue, ends with what it has and is armed again, depends on how fast the'
      + ' application is beside its peer.',
    where: 'applications', holds: applications, line: fullQueue, test: KERNELS_TEST,
  },
  {
    name: 'last batch',
    sentence: 'Whether the last buffers fill a batch, and are given back, depends on how many completions brought the bytes.',
    where: 'area-too-small and refill-late', holds: scenarios('area-too-small', 'refill-late'),
    line: (line) => (line.e === 'refill' && line.returned === 'all' ? { ...line, returned: 'some' } : line), test: KERNELS_TEST,
  },
];
