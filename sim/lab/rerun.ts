/** A run made again from its beginning, under other eyes: with knobs that only watch, and sinks that keep what they see. */
import {
  collectResult, type Engine, type EngineSinks, EventCounts, REASON_APP, REASON_CAPTURE_FULL, REASON_DEADLINE, REASON_EVENTS,
  REASON_IDLE, REASON_TRACE_FULL, type RunResult, type Scenario, ScriptHosts, startScenario, type StopReason, type TraceBatch,
} from '../host/index.ts';
import { applyEdit, type Edit } from './edits.ts';

const SLICE_EVENTS = 20_000;

export interface Rerun {
  readonly engine: Engine;
  readonly result: RunResult;
}

/** `onProgress` hears now and then how far it is, in virtual time. */
export function rerun(core: WebAssembly.Module, scenario: Scenario, edits: readonly Edit[], sinks: EngineSinks,
  onProgress?: (time_ns: number) => void): Rerun {
  const counts = new EventCounts();
  const engine = startScenario(core, scenario, {
    ...sinks,
    onTrace: (batch: TraceBatch) => {
      counts.add(batch);
      sinks.onTrace?.(batch);
    },
  });
  const scripts = new ScriptHosts(engine, scenario, {});
  const stopped = runToEnd(engine, scenario, edits, scripts, onProgress);
  engine.drain();
  return { engine, result: collectResult(engine, scenario, stopped, counts, scripts.streams, scripts.steps?.result()) };
}

/** Steps are counted as a recording counts them: an event of the core, or a turn of an application in TypeScript. */
function runToEnd(engine: Engine, scenario: Scenario, edits: readonly Edit[], scripts: ScriptHosts,
  onProgress?: (time_ns: number) => void): StopReason {
  const until = BigInt(scenario.run['run.until_ns']);
  const waiting = [...edits].sort((a, b) => a.at - b.at);
  let step = 0;
  let told = 0;
  for (;;) {
    while (waiting[0] && waiting[0].at <= step) applyEdit(engine, waiting.shift() as Edit);
    const events = Math.min((waiting[0]?.at ?? Infinity) - step, SLICE_EVENTS);
    const before = engine.eventCount();
    const reason = engine.guard(() => engine.core.run(until, events));
    step += engine.eventCount() - before;
    if (step - told >= SLICE_EVENTS) {
      told = step;
      onProgress?.(engine.clockNs());
    }
    switch (reason) {
      case REASON_TRACE_FULL: case REASON_CAPTURE_FULL:
        engine.drain();
        break;
      case REASON_DEADLINE: return 'deadline';
      case REASON_IDLE: return 'idle';
      case REASON_EVENTS: break;
      case REASON_APP:
        scripts.step();
        step++;
        break;
      default: throw new Error(`the core stopped for an unknown reason ${reason}`);
    }
  }
}
