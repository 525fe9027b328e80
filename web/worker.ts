/** Runs scenarios off the page's thread: the core, the compiler of scenarios and the reading of the trace live here. */
import coreUrl from '../build/core.wasm?url';
import { compileCore, type Engine, loadScenario, runScenario, ScenarioError, TrapError } from '../sim/host/index.ts';
import type { RunReply, RunRequest, RunView } from './page_model.ts';
import { RunWatch, viewOf } from './run_view.ts';

const SLICE_EVENTS = 50_000;

async function run({ id, scenario, seed }: RunRequest): Promise<RunView> {
  const response = await fetch(coreUrl);
  if (!response.ok) throw new Error(`The simulator could not be loaded: ${response.status} ${response.statusText}`);
  const core = await compileCore(await response.arrayBuffer());
  const compiled = loadScenario(scenario.text, `scenarios/${scenario.name}.yaml`, seed === undefined ? {} : { sets: [`run.seed=${seed}`] });
  const watch = new RunWatch();
  const begun = performance.now();
  const onSlice = (engine: Engine) => {
    postMessage({ id, kind: 'progress', virtual_ns: engine.clockNs(), events: engine.eventCount() } satisfies RunReply);
    return false;
  };
  const outcome = runScenario(core, compiled, { sinks: { onTrace: (batch) => watch.add(batch) }, onSlice, slice_events: SLICE_EVENTS });
  return viewOf(outcome, compiled, watch, performance.now() - begun);
}

function explain(error: unknown): string {
  if (error instanceof TrapError) {
    const { events, time_ns, seed } = error.place;
    return `The simulator found a fault of its own: ${error.message}\nat event ${events}, ${time_ns} ns, seed ${seed}`;
  }
  if (error instanceof ScenarioError) return error.message;
  return error instanceof Error ? error.message : String(error);
}

addEventListener('message', async ({ data }: MessageEvent<RunRequest>) => {
  try {
    postMessage({ id: data.id, kind: 'done', run: await run(data) } satisfies RunReply);
  } catch (error) {
    postMessage({ id: data.id, kind: 'failed', message: explain(error) } satisfies RunReply);
  }
});
