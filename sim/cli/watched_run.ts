/** A run that somebody may be waiting for: a line of progress while it goes on. */
import { durationText, type RunOptions, type RunOutcome, runScenario, type Scenario } from '../host/index.ts';
import { Progress } from './terminal.ts';

/** Runs what `run` runs with options that show how far it is. */
export function watched<T>(name: string, run: (options: Pick<RunOptions, 'onSlice'>) => T): T {
  const progress = new Progress();
  const outcome = run({
    onSlice: (e) => {
      progress.show(() => `${name}: ${durationText(e.clockNs())} simulated, ${e.eventCount()} events`);
      return false;
    },
  });
  progress.end();
  return outcome;
}

export const watchedRun = (core: WebAssembly.Module, scenario: Scenario, options: RunOptions = {}): RunOutcome =>
  watched(scenario.name, (own) => runScenario(core, scenario, { ...options, ...own }));
