/** A trace of a real kernel beside the simulator that was told to behave as that kernel. */
import { type LoadOptions, loadScenario } from '../../../sim/host/index.ts';
import { type Job, jobOf } from '../job.ts';
import { simulate, SIMULATED_SETS, type SimulatedRun } from '../simulated.ts';
import type { TraceLine } from '../../../sim/host/index.ts';
import { type Comparison, compareTraces } from './difference.ts';
import { type Rule, RULES, type Where } from './rules.ts';

/** A scenario that can be loaded again, with other settings. */
export interface Written {
  /** As users name it: conform/cancel. */
  readonly name: string;
  readonly text: string;
  /** How to call the file in messages. */
  readonly file: string;
  /** What the user changed. */
  readonly sets: NonNullable<LoadOptions['sets']>;
}

export const writtenJob = ({ name, text, file, sets }: Written): Job => jobOf(name, loadScenario(text, file, { sets }));

/** Of the machine, and not of the scenario. */
const OF_KERNEL = /^(kernel|cost)\./;

/** What the simulator is told. The machine's settings come first: what the user set holds in any case; what the target lacks, last. */
export function setsOf(written: Written, sets_of_target: readonly string[]): readonly string[] {
  const own = written.sets.flatMap((s) => (typeof s === 'string' ? [s] : 'set' in s ? [s.set] : []));
  const all = [...sets_of_target.filter((s) => OF_KERNEL.test(s)), ...own, ...sets_of_target.filter((s) => !OF_KERNEL.test(s))];
  // The last one of a knob holds.
  return [...new Map(all.map((s) => [s.split('=')[0], s])).values()];
}

export function simulateAs(core: WebAssembly.Module, written: Written, sets_of_target: readonly string[]): SimulatedRun {
  const { kind } = writtenJob(written);
  const sets = [...setsOf(written, sets_of_target), ...(kind === 'apps' ? SIMULATED_SETS : [])];
  const machines = written.sets.filter((s) => typeof s !== 'string' && 'machine' in s);
  const scenario = loadScenario(written.text, written.file, { sets: [...machines, ...sets] });
  return simulate(core, { name: written.name, scenario, kind });
}

export interface Beside {
  readonly where: Where;
  readonly simulated: SimulatedRun;
  /** What the simulator was told, as --set takes it. */
  readonly sets: readonly string[];
  readonly comparison: Comparison;
}

/** Compares what a kernel said (`trace`) with the simulator in its place; `part`: what of both is compared. */
export function beside(
  core: WebAssembly.Module, written: Written, trace: { readonly target: string; readonly kernel: string; readonly sets: readonly string[];
    readonly lines: readonly TraceLine[] }, rules: readonly Rule[] = RULES, part = (lines: readonly TraceLine[]) => lines,
): Beside {
  const job = writtenJob(written);
  const simulated = simulateAs(core, written, trace.sets);
  const where: Where = { scenario: written.name, kind: job.kind, target: trace.target, kernel: trace.kernel };
  const comparing = job.kind === 'apps' ? 'exact' : job.scenario.compare;
  const comparison = compareTraces({ native: part(trace.lines), simulated: part(simulated.lines) }, comparing, where, rules);
  return { where, simulated, sets: setsOf(written, trace.sets), comparison };
}
