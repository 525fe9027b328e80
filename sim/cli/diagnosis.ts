/** What a doctor is asked about, by what the file is: a scenario, a binary trace, the lines of a replay, a log of completions. */
import { Chart, examine, type Finding, loadScenario, patientOf } from '../host/index.ts';
import { loadCore, readSource } from './files.ts';
import { loadOptionsOf, mustSee, type Needed, type RunFlags } from './run_options.ts';
import { watchedRun } from './watched_run.ts';

export interface Diagnosis {
  readonly name: string;
  readonly findings: readonly Finding[];
  /** What the scenario says that must be found. */
  readonly expected: readonly string[] | undefined;
}

const TRACED: readonly Needed[] = [{ knob: 'run.trace', by: 'doctor' }];

export async function diagnose(what: string, flags: RunFlags): Promise<Diagnosis> {
  const source = readSource(what);
  const scenario = loadScenario(source.text, source.shown, loadOptionsOf(flags, TRACED));
  mustSee(scenario, TRACED);
  const chart = new Chart();
  const run = watchedRun(await loadCore(), scenario, { sinks: { onTrace: (batch) => chart.add(batch) } });
  const findings = examine(patientOf(scenario.name, chart, { scenario, ...run }));
  return { name: scenario.name, findings, expected: scenario.doctor };
}
