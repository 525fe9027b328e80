/** ringlab run --report: a run that is measured and examined, and the page of it. */
import { Examination, measureRun, type EngineSinks, type RunOutcome, runReport, RunSeries, type Scenario } from '../host/index.ts';
import type { Source } from './files.ts';
import type { RunFlags } from './run_options.ts';
import { runCommand } from './sweep/shell.ts';
import { watched } from './watched_run.ts';

export interface ReportedRun extends RunOutcome {
  readonly page: string;
}

export function reportedRun(
  core: WebAssembly.Module, scenario: Scenario, sinks: EngineSinks, source: Source, name: string, flags: RunFlags,
): ReportedRun {
  const series = new RunSeries();
  const examination = new Examination(scenario);
  const { sinks: examined, ...told } = examination.options();
  const measured = watched(scenario.name, (own) => measureRun(core, scenario, {
    ...own, ...told,
    sinks: {
      ...sinks,
      onTrace: (batch) => {
        sinks.onTrace?.(batch);
        examined?.onTrace?.(batch);
        series.add(batch);
      },
    },
  }));
  const { result, engine } = measured;
  const findings = examination.findings({ scenario, result, engine });
  const command = `${runCommand(name, flags, [])} --report report.html`;
  return { result, engine, page: runReport({ scenario, text: source.text, command, measured, findings, series }) };
}
