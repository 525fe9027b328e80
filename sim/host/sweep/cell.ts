/** One cell of a sweep: a scenario with some knobs changed, measured. What it came to depends on its key alone. */
import { InputError } from '../input_error.ts';
import { type Measurement, measureRun } from '../measure.ts';
import type { StopReason } from '../engine.ts';
import { roleOf } from '../result.ts';
import { loadScenario } from '../load_scenario.ts';
import type { LoadOptions, Scenario } from '../scenario.ts';
import { Sha256 } from '../sha256.ts';
import { TrapError } from '../trap_error.ts';
import type { CellHost, CellMeasurement } from './metrics.ts';

/** What a worker is told. */
export interface CellJob {
  readonly key: string;
  /** The scenario as it is written, and what it is called in messages. */
  readonly text: string;
  readonly file: string;
  readonly sets: NonNullable<LoadOptions['sets']>;
}

/** What is kept of a cell, under its key. */
export type CellRecord = {
  readonly key: string;
  readonly seed: number;
} & ({
  readonly outcome: 'measured';
  readonly measurement: CellMeasurement;
  readonly state_hash: string;
  readonly stopped: StopReason;
  /** All streams came to their end, and every byte was right. */
  readonly complete: boolean;
} | {
  /** The core trapped, or the world could not be built: in words. */
  readonly outcome: 'failed';
  readonly problem: string;
});

/**
 * The address of a cell's record: the same wherever the same program runs the same scenario with the same seed. `core`: hash of the core
 * and of the code that measures. The block has all knobs, rules and faults; the program of a step scenario stands beside it.
 */
export function cellKey(core: string, scenario: Scenario): string {
  const hash = new Sha256().update(new TextEncoder().encode(`${core}\0${scenario.run['run.seed']}\0`)).update(scenario.block);
  const steps = JSON.stringify(scenario.steps ?? '', (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v));
  return hash.update(new TextEncoder().encode(steps)).hex();
}

const withoutCharges = ({ charges: _, ...host }: Measurement['client']): CellHost => host;

/** Runs a cell. Never throws for what lies in the cell: a trap is an outcome. */
export function measureCell(core: WebAssembly.Module, job: CellJob): CellRecord {
  const scenario = loadScenario(job.text, job.file, { sets: job.sets });
  const own = { key: job.key, seed: scenario.run['run.seed'] };
  // From a dummy device nothing arrives, nor from a program that does nothing.
  const opens = (i: number) => ['source', 'rpc', 'script'].includes(roleOf(scenario, i));
  const arrives = scenario.hosts.filter((h, i) => h.values['nic.dummy'] === 0 && opens(i)).length;
  try {
    const { measurement, result } = measureRun(core, scenario);
    return {
      ...own, outcome: 'measured', state_hash: result.stateHash, stopped: result.stopped,
      complete: (result.streams.length > 0 || arrives === 0) && result.streams.every((s) => s.complete),
      measurement: { ...measurement, client: withoutCharges(measurement.client), server: withoutCharges(measurement.server) },
    };
  } catch (error) {
    if (error instanceof TrapError) return { ...own, outcome: 'failed', problem: `the core trapped: ${error.place.message}` };
    if (error instanceof InputError) return { ...own, outcome: 'failed', problem: error.message };
    throw error;
  }
}
