/**
 * A case: what one run of the fuzzer is made of, and makes it again. It is a scenario as a value, as its YAML would be read, and what
 * somebody does to the running world by hand. A finding is a case as a file (run_file.ts of the laboratory).
 */
import { stringify } from 'yaml';
import { type Plain, type Scenario, scenarioOf } from '../host/index.ts';
import type { Edit } from '../lab/index.ts';

/** What is fuzzed: where the disturbance aims. */
export const FOCUSES = ['refill', 'ring', 'tcp'] as const;
export type Focus = (typeof FOCUSES)[number];

export interface FuzzCase {
  /** Who made it: a row of generate/index.ts. */
  readonly generator: string;
  readonly scenario: Readonly<Record<string, Plain>>;
  /** By their steps: an event of the core, or a call of the program (as in sim/lab/recording.ts). */
  readonly edits: readonly Edit[];
  /**
   * After this step nothing disturbs any more: the links lose nothing and the cores are free. What is on its way then must arrive, and all
   * buffers come home. Number.MAX_SAFE_INTEGER: the case has no calm phase, since its program ends by itself.
   */
  readonly calm_at: number;
}

/** Knobs of a running world that disturb, as they are when nothing does. */
export const CALM: readonly string[] = [
  'wire.loss_ppm=0', 'wire.reorder_ppm=0', 'wire.duplicate_ppm=0', 'wire.corrupt_ppm=0', 'wire.jitter_ns=0', 'wire.ecn_mark_ppm=0',
  'wire.queue_packets=1000', 'wire.rate_bps=25Gbps', 'wire.delay_ns=10us', 'refill.give_back=on', 'refill.batch=1', 'refill.delay_ns=0',
  'refill.flush=on', 'app.work_ns=0', 'app.gap_ns=0',
];

export const NO_CALM = Number.MAX_SAFE_INTEGER;

/** A run of a small world that takes more is one that never ends: liveness says so. */
export const STEPS_MAX = 200_000;

/** The edits of a case with those that make it calm, in the order of their steps. */
export const allEdits = ({ edits, calm_at }: FuzzCase): Edit[] =>
  [...edits, ...(calm_at === NO_CALM ? [] : CALM.map((set): Edit => ({ at: calm_at, set })))].sort((a, b) => a.at - b.at);

/** What somebody does to the world, of all edits: without those that make it calm. */
export const ownEdits = (edits: readonly Edit[], calm_at: number): Edit[] =>
  edits.filter((e) => !('set' in e && e.at === calm_at && CALM.includes(e.set)));

/** With one of the museum switched on. */
export function withBug(scenario: FuzzCase['scenario'], bug: string): FuzzCase['scenario'] {
  const run = (scenario.run ?? {}) as Readonly<Record<string, Plain>>;
  return { ...scenario, run: { ...run, bug } };
}

/** `bug`: one of the museum, switched on. */
export function compiledCase({ scenario }: FuzzCase, name: string, bug?: string): Scenario {
  return scenarioOf(bug === undefined ? scenario : withBug(scenario, bug), name);
}

/** The scenario as its YAML. */
export const caseText = ({ scenario }: FuzzCase): string => stringify(scenario, { lineWidth: 0, defaultStringType: 'PLAIN' });
