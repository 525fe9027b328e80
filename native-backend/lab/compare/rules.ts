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

const list = (value: TraceLine[string]): readonly string[] => (Array.isArray(value) ? value.map(String) : []);
const without = (line: TraceLine, ...keys: readonly string[]): TraceLine =>
  Object.fromEntries(Object.entries(line).filter(([k]) => !keys.includes(k))) as TraceLine;

/** What a receive ends with when there is no room for what came. */
const STARVED = ['ENOMEM', 'ENOBUFS', 'ENOSPC'];

function roomLess(line: TraceLine): TraceLine {
  if (line.e !== 'grammar') return line;
  const errors = list(line.errors);
  const ends = list(line.ends);
  // A multishot RECV that finds the CQ full ends with the data that it has.
  const lost = (end: string) => line.op === 'RECV' && end === 'BUFFER';
  if (!errors.some((e) => STARVED.includes(e)) && !ends.some(lost)) return line;
  return { ...line, errors: errors.filter((e) => !STARVED.includes(e)), ends: ends.filter((e) => !lost(e)) };
}

function cutOff(line: TraceLine): TraceLine {
  if (line.e === 'stream' && line.complete === false)
    return { ...without(line, 'sha256', 'zeroCopyBytes', 'copiedBytes', 'ended', 'err'), bytes: Number(line.bytes) > 0 ? 'some' : 'none' };
  if (line.e === 'grammar') return { ...line, errors: list(line.errors).filter((e) => e !== 'ECONNRESET') };
  return line.e === 'refill' ? without(line, 'lent_bytes') : line;
}

export const RULES: readonly Rule[] = [
  {
    name: 'room',
    sentence: 'Whether a receive meets a full completion queue or finds no buffer (ENOSPC, ENOMEM, ENOBUFS), and is armed again, depends'
      + ' on how fast the application is beside its peer.',
    where: 'applications', holds: applications, line: roomLess, test: KERNELS_TEST,
  },
  {
    name: 'cut off',
    sentence: 'What a stream had brought when it was cut off, and whether its reader learned of the reset, depends on the moment.',
    where: 'close-mid-stream and refill-never, streams that are not complete', holds: scenarios('close-mid-stream', 'refill-never'),
    line: cutOff, test: KERNELS_TEST,
  },
  {
    name: 'last batch',
    sentence: 'Whether the last buffers fill a batch, and are given back, depends on how many completions brought the bytes.',
    where: 'area-too-small and refill-late', holds: scenarios('area-too-small', 'refill-late'),
    line: (line) => (line.e === 'refill' && line.returned === 'all' ? { ...line, returned: 'some' } : line), test: KERNELS_TEST,
  },
];
