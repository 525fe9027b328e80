/** The hosts whose application is in TypeScript: who drives it, and what it says of its connections. */
import type { App, Hash } from '../../uring-model/8-app/index.ts';
import { AppDriver } from './app_driver.ts';
import type { Engine } from './engine.ts';
import { InputError } from './input_error.ts';
import { roleOf } from './result.ts';
import { placeOf, type Scenario } from './scenario.ts';
import type { Place } from './scenario_error.ts';
import { scriptApp, scriptOf } from './script_apps.ts';
import { copiedOf, ScriptStreams } from './script_streams.ts';
import { StepLog } from './steps/step_results.ts';
import type { TraceLine } from './steps/trace_line.ts';
import { queueCounters } from './tables.ts';
import { Sha256 } from './sha256.ts';
import { THREAD_STRIDE } from './sim_kernel.ts';
import type { Transcript } from './transcript.ts';

export interface ScriptOptions {
  /** Applications of hosts whose role is `script`, in the place of what the scenario names (app.script). */
  readonly apps?: Readonly<Partial<Record<0 | 1, App>>>;
  readonly transcript?: Transcript;
  /** What digests are made by; the default works everywhere. */
  readonly hash?: () => Hash;
  /** Sees each line of a step scenario's trace. */
  readonly onStep?: (line: TraceLine) => void;
  /** A step scenario's program has come to a step. */
  readonly onStepBegin?: (i: number, time_ns: number) => void;
}

/** The client's task does what the server's program of steps tells it. */
const isPlayed = (scenario: Scenario, host: 0 | 1): boolean => host === 0 && scriptOf(scenario, host) === 'steps';

/** Pages of a dma-buf that lie side by side. */
const DMABUF_RUN = 4096;

/** What a program of steps asks of the machine that is no system call of its tasks. */
function machineOf(engine: Engine, host: number) {
  return {
    copied: copiedOf(engine),
    nic: (client: boolean, op: number, a: number, b: number, c: number): number => engine.guard(() => {
      if (client) engine.core.sysPark(host);
      return engine.core.sysNic(client ? 1 - host : host, op, a, b, c);
    }),
    queueCounters: (client: boolean, queue: number) => queueCounters(engine, client ? 1 - host : host, queue),
    dmabuf: (address: number, bytes: number): number =>
      engine.guard(() => engine.core.sysDmabuf(host, BigInt(address), BigInt(bytes), DMABUF_RUN)),
  };
}

/** Who is in the midst of what it does in one go. */
interface Turn {
  readonly driver: AppDriver;
  readonly task: number;
}

export class ScriptHosts {
  readonly streams = new Map<number, ScriptStreams>();
  /** What the program of a step scenario says. */
  readonly steps: StepLog | undefined;
  private readonly engine: Engine;
  private readonly drivers = new Map<number, AppDriver>();
  private turn: Turn | undefined;

  constructor(engine: Engine, scenario: Scenario, options: ScriptOptions) {
    this.engine = engine;
    const hash = options.hash ?? (() => new Sha256());
    const stepAt = (i: number): Place => scenario.step_places?.[i] ?? { source: scenario.file, line: 0, col: 0 };
    const begun = (i: number): number => {
      const at_ns = Number(engine.core.taskNs());
      options.onStepBegin?.(i, at_ns);
      return at_ns;
    };
    this.steps = scenario.steps ? new StepLog(stepAt, options.onStep, begun) : undefined;
    for (const host of [0, 1] as const) {
      if (roleOf(scenario, host) !== 'script' || isPlayed(scenario, host)) continue;
      const log = new ScriptStreams(engine, host, hash);
      const runner = this.steps && { log: this.steps, spawn: this.spawner(host), placeOf: stepAt, ...machineOf(engine, host) };
      const app = options.apps?.[host] ?? scriptApp(scenario, host, log, hash, runner);
      if (!app) {
        const who = host === 0 ? 'client' : 'server';
        const where = placeOf(scenario, `${who}.app.role`);
        throw new InputError(`${where}: the ${who}'s application is a script (app.role); none was given; app.script names one.`);
      }
      this.streams.set(host, log);
      this.drivers.set(host, new AppDriver(engine, host, app, options.transcript));
    }
    const program = this.drivers.get(1);
    if (program && isPlayed(scenario, 0)) this.drivers.set(0, program);
  }

  /** Lets another thread of a host's process run an application of its own. */
  private spawner(host: number): (thread: number, app: App) => void {
    return (thread, app) => {
      const driver = new AppDriver(this.engine, host + THREAD_STRIDE * thread, app);
      this.drivers.set(host + THREAD_STRIDE * thread, driver);
      driver.step();
      if (driver.result !== undefined) this.drivers.delete(host + THREAD_STRIDE * thread);
    };
  }

  /** In the midst of a turn: the core must not go on. */
  get in_turn(): boolean {
    return this.turn !== undefined;
  }

  /**
   * The core has stopped because a task may run: a step of it. Of a program of steps that is a call, so that one may stop between any two;
   * other applications run as far as they can go.
   */
  step(): void {
    const { driver, task } = this.turn ?? this.runnable();
    const more = driver.call(task);
    if (more && this.steps) this.turn = { driver, task };
    else {
      if (more) driver.step(task);
      this.turn = undefined;
      // A thread that has ended leaves its number to others.
      if (task >= THREAD_STRIDE && driver.result !== undefined) this.drivers.delete(task);
    }
  }

  private runnable(): Turn {
    const task = this.engine.core.appRunnable();
    const driver = this.drivers.get(task) ?? this.drivers.get(task % THREAD_STRIDE);
    if (!driver) throw new Error(`task ${task} may run, but no application drives it`);
    return { driver, task };
  }
}
