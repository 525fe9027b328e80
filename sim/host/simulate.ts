/**
 * A world to write tests against: two hosts, each with a process that is driven from outside (synchronous.ts).
 *
 *     const sim = simulateWith(core, { kernel: { profile: '7.2' } });
 *     const ring = sim.server.ring({ entries: 8 });
 */
import type { Engine } from './engine.ts';
import { roleOf } from './result.ts';
import { startScenario } from './run_scenario.ts';
import { loadScenario } from './load_scenario.ts';
import type { Scenario } from './scenario.ts';
import { SimKernel } from './sim_kernel.ts';
import { Process } from './synchronous.ts';

/** Sections of a scenario (docs/reference/scenario.md) with their knobs, and `hosts: { client, server }` for one host alone. */
export interface World {
  readonly [section: string]: { readonly [knob: string]: unknown };
}

/** What a world has unless it says otherwise: user memory, and time, after which a wait is a deadlock. */
const USER_BYTES = '64MiB';
const UNTIL = '1h';
const HOST_NAMES = ['client', 'server'] as const;

export class Simulation {
  private readonly engine: Engine;
  private readonly processes = new Map<string, Process>();

  constructor(engine: Engine, scenario: Scenario) {
    this.engine = engine;
    const until_ns = scenario.run['run.until_ns'];
    const scripts = ([0, 1] as const).filter((host) => roleOf(scenario, host) === 'script');
    for (const _ of scripts) {
      // The application begins, and hands over to whoever calls.
      const reason = engine.run(until_ns);
      if (reason !== 'app') throw new Error(`the processes of the world did not begin: ${reason}`);
      new SimKernel(engine, engine.core.appRunnable()).park();
    }
    for (const host of scripts) this.processes.set(HOST_NAMES[host], new Process(engine, host, until_ns));
  }

  /** The process on the client's side of the wire, and on the server's. A host whose application is built in has none. */
  get client(): Process {
    return this.process('client');
  }
  get server(): Process {
    return this.process('server');
  }
  private process(name: string): Process {
    const process = this.processes.get(name);
    if (!process) throw new Error(`the ${name} has an application of its own (app.role)`);
    return process;
  }

  /** Nanoseconds of virtual time. */
  get now_ns(): number {
    return this.engine.clockNs();
  }
  /** Checks every buffer and every request, and throws where one is unaccounted for. */
  verify(): void {
    this.engine.guard(() => this.engine.core.verify());
  }
  /** A hash of all of the world's state: equal for equal runs. */
  stateHash(): string {
    return this.engine.stateHash();
  }
}

/** A world on a compiled core. What `world` leaves out is as in any scenario; applications are the processes unless it says so. */
export function simulateWith(core: WebAssembly.Module, world: World = {}): Simulation {
  const { app, run, limits, ...rest } = world;
  const tree = {
    ...rest, run: { until_ns: UNTIL, trace: 'off', ...run }, limits: { user_bytes: USER_BYTES, ...limits }, app: { role: 'script', ...app },
  };
  const scenario = loadScenario(JSON.stringify(tree), 'simulate()');
  return new Simulation(startScenario(core, scenario, {}), scenario);
}
