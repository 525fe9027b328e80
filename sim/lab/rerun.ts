/** A run made again from its beginning, under other eyes: with the edits of a branch, and whatever wants to see it. */
import { type RunOptions, type RunOutcome, runScenario, type Scenario } from '../host/index.ts';
import { applyEdit, type Edit } from './edits.ts';

const SLICE_EVENTS = 20_000;

/** What makes a run have these edits, each after its step. */
export const withEdits = (edits: readonly Edit[]): Pick<RunOptions, 'stops' | 'onStop'> => ({
  stops: [...new Set(edits.map((e) => e.at))].sort((a, b) => a - b),
  onStop: (engine, step) => {
    for (const edit of edits) if (edit.at === step) applyEdit(engine, edit);
  },
});

/** `onProgress` hears now and then how far it is, in virtual time. */
export function rerun(core: WebAssembly.Module, scenario: Scenario, edits: readonly Edit[], sinks: NonNullable<RunOptions['sinks']>,
  onProgress?: (time_ns: number) => void): RunOutcome {
  return runScenario(core, scenario, { sinks, slice_events: SLICE_EVENTS, ...withEdits(edits), onSlice: (engine) => {
    onProgress?.(engine.clockNs());
    return false;
  } });
}
