/** Runs a compiled scenario to its end and collects what came of it. */
import type { App } from '../../uring-model/8-app/index.ts';
import { AppDriver } from './app_driver.ts';
import { Engine, type EngineSinks, type StopReason } from './engine.ts';
import { EventCounts } from './event_counts.ts';
import { InputError } from './input_error.ts';
import { collectResult, roleOf, type RunResult } from './result.ts';
import type { Scenario } from './scenario.ts';
import type { Transcript } from './transcript.ts';

export interface RunOptions {
  readonly sinks?: EngineSinks;
  /** Applications of hosts whose role is `script`. */
  readonly apps?: Readonly<Partial<Record<0 | 1, App>>>;
  readonly transcript?: Transcript;
  /** Called now and then; true ends the run. */
  readonly onSlice?: (engine: Engine) => boolean | undefined;
  readonly slice_events?: number;
}

export interface RunOutcome {
  readonly result: RunResult;
  readonly engine: Engine;
}

export function startScenario(core: WebAssembly.Module, scenario: Scenario, sinks: EngineSinks): Engine {
  return new Engine(core, { block: scenario.block, seed: scenario.run['run.seed'] }, sinks);
}

export function runScenario(core: WebAssembly.Module, scenario: Scenario, options: RunOptions = {}): RunOutcome {
  const counts = new EventCounts();
  const { onTrace, onCapture } = options.sinks ?? {};
  const engine = startScenario(core, scenario, {
    onTrace: (batch) => {
      counts.add(batch);
      onTrace?.(batch);
    },
    ...(onCapture ? { onCapture } : {}),
  });
  const drivers = driversOf(engine, scenario, options);
  const stopped = runToEnd(engine, scenario.run['run.until_ns'], drivers, options);
  return { result: collectResult(engine, scenario, stopped, counts), engine };
}

function driversOf(engine: Engine, scenario: Scenario, options: RunOptions): Map<number, AppDriver> {
  const drivers = new Map<number, AppDriver>();
  for (const host of [0, 1] as const) {
    if (roleOf(scenario, host) !== 'script') continue;
    const app = options.apps?.[host];
    if (!app)
      throw new InputError(
        `${scenario.file}: the ${host === 0 ? 'client' : 'server'}'s application is a script (app.role), and none was given.`,
      );
    drivers.set(host, new AppDriver(engine, host, app, options.transcript));
  }
  return drivers;
}

function runToEnd(engine: Engine, until_ns: number, drivers: ReadonlyMap<number, AppDriver>, options: RunOptions): StopReason {
  let halted = false;
  const onSlice = (e: Engine): boolean => {
    halted = options.onSlice?.(e) === true;
    return halted;
  };
  for (;;) {
    const reason = engine.run(until_ns, { onSlice, ...(options.slice_events ? { slice_events: options.slice_events } : {}) });
    if (reason !== 'app' || halted) return reason;
    const task = engine.core.appRunnable();
    const driver = drivers.get(task);
    if (!driver) throw new Error(`task ${task} may run, but no application drives it`);
    driver.step();
  }
}
