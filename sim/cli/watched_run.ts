/** A run that somebody may be waiting for: a line of progress while it goes on. */
import { durationText, type RunOptions, type RunOutcome, runScenario, type Scenario } from '../host/index.ts';
import { Progress } from './terminal.ts';

export function watchedRun(core: WebAssembly.Module, scenario: Scenario, options: RunOptions = {}): RunOutcome {
  const progress = new Progress();
  const outcome = runScenario(core, scenario, {
    ...options,
    onSlice: (e) => {
      progress.show(() => `${scenario.name}: ${durationText(e.clockNs())} simulated, ${e.eventCount()} events`);
      return false;
    },
  });
  progress.end();
  return outcome;
}
