/** Programs of steps: an application that does what no library would. */
import fc from 'fast-check';
import type { Plain } from '../../host/index.ts';
import { PROFILES } from '../../schema/behaviours.ts';
import { type FuzzCase, NO_CALM } from '../case.ts';
import type { Generator } from './form.ts';
import { WIRE_PORTS } from './programs/file_actions.ts';
import { actions } from './programs/genes.ts';
import { FEATURES } from './programs/model.ts';
import { featuresOf, type ProgramParts, stepsOf } from './programs/program.ts';
import { SMALL_LIMITS, SMALL_RUN } from './sizes.ts';

const ACTIONS_MAX = 40;
const FEATURE_BITS = 2 ** FEATURES.length - 1;

export const programParts = (most: number): fc.Arbitrary<ProgramParts> => fc.record({
  // Bits of one program are as good as those of any other: small numbers are no simpler.
  features: fc.noBias(fc.nat(FEATURE_BITS)), actions: fc.noBias(actions(most)), ending: fc.noBias(fc.nat(4)),
}).map(({ ending, ...rest }) => ({ ...rest, ending: ending >> 1 }));

const NIC = { rx_queues: 2, tx_queues: 1, rx_ring: 64, tx_ring: 64 };
/** Queue 1 is for those that want their bytes in an area. */
const STEERED: Readonly<Record<string, Plain>> = {
  header_split: true, rss_equal: 1, rules: WIRE_PORTS.slice(0, 2).map((dst_port) => ({ dst_port, queue: 1 })),
};

const cases: fc.Arbitrary<FuzzCase> = fc.record({
  parts: programParts(ACTIONS_MAX), seed: fc.noBias(fc.nat(0x7fffffff)), profile: fc.noBias(fc.nat(2 * PROFILES.length)),
}).map(({ parts, seed, profile }): FuzzCase => {
  const wire = featuresOf(parts.features).has('wire');
  return {
    generator: 'programs',
    scenario: {
      // Most programs are for the newest kernel, which has the most to be wrong.
      run: { ...SMALL_RUN, seed, until_ns: '5min' }, limits: SMALL_LIMITS,
        kernel: { profile: PROFILES[profile] ?? (PROFILES.at(-1) as string) },
      ...(wire ? { hosts: { client: { nic: { ...NIC, rx_queues: 1 } }, server: { nic: { ...NIC, ...STEERED } } } }
        : { nic: { ...NIC, rx_queues: 1 } }),
      steps: stepsOf(parts, false),
    },
    edits: [], calm_at: NO_CALM,
  };
});

const STEADY_ACTIONS_MAX = 24;
const steady = programParts(STEADY_ACTIONS_MAX).map((parts) => stepsOf(parts, true));

/** The program that a seed is, of what a real kernel does alike each time. */
export const steadyProgram = (seed: number): readonly Plain[] => fc.sample(steady, { seed, numRuns: 1 })[0] ?? [];

export const PROGRAMS: Generator = {
  name: 'programs', about: 'sequences of calls across the seam, valid and not', focus: ['refill', 'ring'], weight: 1, cases,
};
