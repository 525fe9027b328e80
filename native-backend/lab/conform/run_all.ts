/**
 * Every step scenario of the library on every target that this machine can have, beside the simulator. A run that has no result is
 * never a pass: it is a failure, or a skip when the simulator in that kernel's place cannot go on at the same step either.
 */
import type { TraceLine } from '../../../sim/host/index.ts';
import { beside, simulateAs } from '../compare/beside.ts';
import type { Comparison } from '../compare/difference.ts';
import { captureOf, type Golden } from '../compare/golden.ts';
import { type NativeTrace, nativeTraces } from '../native_traces.ts';
import { openTarget } from '../open_target.ts';
import { LabError, type Target, type Watch } from '../target.ts';
import { conformJob, type Skipped, unfit, writtenScenario } from './library.ts';

export interface Wanted {
  /** host, vm, nic or ssh:HOST. */
  readonly on: string;
  readonly kernel?: string;
}

export interface Verdict {
  readonly scenario: string;
  readonly outcome: 'equal' | 'declared' | 'different' | 'skipped' | 'failed';
  /** How many lines, or why. */
  readonly text: string;
  readonly golden?: Golden;
  readonly comparison?: Comparison;
  readonly skipped?: Skipped;
}

export interface Told {
  readonly watch: Watch;
  /** A target is open: what follows is about it. */
  readonly onTarget: (shown: string) => void;
  readonly onVerdict: (verdict: Verdict) => void;
}

/** A scenario of times on a busy machine has so many tries. */
const TRIES = 3;

const stopOf = (lines: readonly TraceLine[]): TraceLine | undefined => lines.find((l) => l.e === 'stop');

function verdictOf(core: WebAssembly.Module, trace: NativeTrace): Verdict {
  const scenario = trace.job.name;
  const written = writtenScenario(scenario);
  if (trace.failure !== undefined) {
    const stopped = stopOf(trace.lines);
    const simulated = stopped && stopOf(simulateAs(core, written, trace.sets).lines);
    if (!stopped || stopped.i !== simulated?.i) return { scenario, outcome: 'failed', text: trace.failure };
    const why = `this kernel cannot run it (step ${stopped.i}: ${stopped.why}), nor can the simulator in its place`;
    return { scenario, outcome: 'skipped', text: why, skipped: { scenario, target: trace.target, kernel: trace.kernel, why } };
  }
  const { comparison, simulated } = beside(core, written, trace);
  const golden = captureOf(trace);
  const { outcome, declared, difference } = comparison;
  if (simulated.failure !== undefined && outcome !== 'different') return { scenario, outcome: 'failed', text: simulated.failure };
  const text = outcome === 'different' ? `by ${difference?.class} at step ${difference?.native?.i ?? difference?.simulated?.i}`
    : outcome === 'declared' ? declared.map((d) => d.rule.name).join(', ') : `${comparison.native.length} lines`;
  return { scenario, outcome, text, golden, comparison };
}

async function runOn(core: WebAssembly.Module, target: Target, names: readonly string[], told: Told): Promise<Verdict[]> {
  const fitting = names.filter((name) => unfit(conformJob(name), target.name) === undefined);
  const verdicts: Verdict[] = [];
  const judge = (trace: NativeTrace) => verdictOf(core, trace);
  for (const trace of await nativeTraces(target, fitting.map(writtenScenario), told.watch)) {
    let verdict = judge(trace);
    for (let tries = 1; tries < TRIES && verdict.outcome === 'different' && trace.job.scenario.compare === 'timing'; tries++) {
      const [again] = await nativeTraces(target, [writtenScenario(trace.job.name)], told.watch);
      if (again) verdict = judge(again);
    }
    told.onVerdict(verdict);
    verdicts.push(verdict);
  }
  return verdicts;
}

export interface TargetVerdicts {
  readonly wanted: Wanted;
  readonly verdicts: readonly Verdict[];
  /** Why there is no such target here. */
  readonly missing?: string;
}

export async function runAll(
  core: WebAssembly.Module, wanted: readonly Wanted[], names: readonly string[], told: Told,
): Promise<TargetVerdicts[]> {
  const out: TargetVerdicts[] = [];
  for (const want of wanted) {
    try {
      const target = await openTarget(want.on, want.kernel === undefined ? {} : { kernel: want.kernel });
      told.onTarget(`${target.shown}${want.kernel === undefined ? '' : ` ${want.kernel}`}`);
      out.push({ wanted: want, verdicts: await runOn(core, target, names, told) });
    } catch (error) {
      told.watch.signal.throwIfAborted();
      if (!(error instanceof LabError)) throw error;
      out.push({ wanted: want, verdicts: [], missing: error.message });
    }
  }
  return out;
}
