/** Runs a compiled scenario to its end and collects what came of it. */
import { HOSTS } from '../schema/scenario.ts';
import { type Core, Engine, type EngineSinks, type StopReason } from './engine.ts';
import { EventCounts } from './event_counts.ts';
import { InputError } from './input_error.ts';
import { collectResult, type RunResult } from './result.ts';
import { placeOf, type Scenario, worldOf } from './scenario.ts';
import { ScriptHosts, type ScriptOptions } from './script_hosts.ts';

export interface RunOptions extends ScriptOptions {
  readonly sinks?: EngineSinks;
  /** Called now and then; true ends the run. */
  readonly onSlice?: (engine: Engine) => boolean | undefined;
  readonly slice_events?: number;
  /** An application in TypeScript is about to take its turn: what memory shows now it may change. */
  readonly onTurn?: (engine: Engine) => void;
  /** An application in TypeScript has made a step. */
  readonly onScriptStep?: () => void;
  /** Steps after which `onStop` is called, in their order. A step is an event of the core, or of an application in TypeScript. */
  readonly stops?: readonly number[];
  readonly onStop?: (engine: Engine, step: number) => void;
}

export interface RunOutcome {
  readonly result: RunResult;
  readonly engine: Engine;
}

export function startScenario(core: Core, scenario: Scenario, sinks: EngineSinks): Engine {
  return new Engine(core, worldOf(scenario), sinks);
}

/** A run that has ended, before anything is collected. */
export interface Played {
  readonly engine: Engine;
  readonly stopped: StopReason;
  readonly scripts: Pick<ScriptHosts, 'streams' | 'steps'>;
}

/** Runs a compiled scenario to its end, and leaves its result in the engine. */
export function playScenario(core: Core, scenario: Scenario, options: RunOptions = {}): Played {
  const outside = scenario.hosts.findIndex((h) => h.values['nic.tap'] !== 0);
  const host = HOSTS[outside];
  if (host)
    throw new InputError(`${placeOf(scenario, `${host}.nic.tap`)}: the ${host} is a real host (nic.tap); ringlab bridge runs that.`);
  const engine = startScenario(core, scenario, options.sinks ?? {});
  const scripts = new ScriptHosts(engine, scenario, options);
  return { engine, scripts, stopped: runToEnd(engine, scenario.run['run.until_ns'], scripts, options) };
}

export function runScenario(core: Core, scenario: Scenario, options: RunOptions = {}): RunOutcome {
  const counts = new EventCounts();
  const { onTrace, onCapture } = options.sinks ?? {};
  const sinks: EngineSinks = {
    onTrace: (batch) => {
      counts.add(batch);
      onTrace?.(batch);
    },
    ...(onCapture ? { onCapture } : {}),
  };
  const { engine, scripts, stopped } = playScenario(core, scenario, { ...options, sinks });
  return { result: collectResult(engine, scenario, stopped, counts, scripts.streams, scripts.steps?.result()), engine };
}

/** Events between two looks at a run whose application keeps coming back. */
const SLICE_EVENTS = 20_000;

function runToEnd(engine: Engine, until_ns: number, scripts: ScriptHosts, options: RunOptions): StopReason {
  let halted = false;
  let told = 0;
  const onSlice = (e: Engine): boolean => {
    halted = options.onSlice?.(e) === true;
    return halted;
  };
  const stops = [...options.stops ?? []];
  let step = 0;
  const stopHere = () => {
    while (stops[0] !== undefined && stops[0] <= step) options.onStop?.(engine, stops.shift() as number);
  };
  for (;;) {
    stopHere();
    const [stop] = stops;
    const before = engine.eventCount();
    const reason = engine.run(until_ns, {
      onSlice, ...(options.slice_events ? { slice_events: options.slice_events } : {}),
      ...(stop === undefined ? {} : { max_events: stop - step }),
    });
    step += engine.eventCount() - before;
    if (reason === 'events' && stop === step && !halted) continue;
    if (reason !== 'app' || halted) return reason;
    options.onTurn?.(engine);
    for (let more = true; more; more = scripts.in_turn) {
      scripts.step();
      step++;
      options.onScriptStep?.();
      if (scripts.in_turn) stopHere();
    }
    // A script application is asked far more often than a slice is long: it counts as one now and then.
    if (engine.eventCount() - told < SLICE_EVENTS) continue;
    told = engine.eventCount();
    if (onSlice(engine)) return 'events';
  }
}
