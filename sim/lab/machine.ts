/** A world that goes from step to step: the engine, its applications in TypeScript, and what is changed by hand on the way. */
import {
  type Core, Engine, type EngineSinks, REASON_APP, REASON_CAPTURE_FULL, REASON_DEADLINE, REASON_EVENTS, REASON_IDLE, REASON_TRACE_FULL,
  type Scenario, type ScriptOptions, type StopReason, worldOf,
} from '../host/index.ts';
import { applyEdit, type Edit } from './edits.ts';
import type { Programs, Scripts } from './programs.ts';

export class Machine {
  readonly engine: Engine;
  scripts: Scripts;
  /** Steps that were made: an event of the core, or a step of an application in TypeScript. */
  at = 0;
  stopped: StopReason = 'events';
  readonly #scenario: Scenario;
  readonly #edits: readonly Edit[];
  readonly #until: bigint;
  readonly #programs: Programs;

  constructor(
    core: Core, scenario: Scenario, edits: readonly Edit[], sinks: EngineSinks, options: ScriptOptions, programs: Programs,
  ) {
    this.#programs = programs;
    this.#scenario = scenario;
    this.#edits = edits;
    this.#until = BigInt(scenario.run['run.until_ns']);
    this.engine = new Engine(core, worldOf(scenario), sinks);
    this.scripts = programs.scripts(this.engine, scenario, options);
  }

  /** Applications in TypeScript keep state outside of the core: going back means going again from the start. */
  get scripted(): boolean {
    return this.scripts.streams.size > 0 || this.scripts.steps !== undefined;
  }
  /** The engine is as it was at the beginning again: so are the applications. */
  begin(options: ScriptOptions): void {
    this.at = 0;
    this.scripts = this.#programs.scripts(this.engine, this.#scenario, options);
    this.applyEdits();
  }

  /** One step. False: nothing is left to happen, and the time is that of the end. */
  step(): boolean {
    if (this.scripts.in_turn) {
      this.#scriptStep();
      return true;
    }
    for (;;) {
      const reason = this.engine.guard(() => this.engine.core.run(this.#until, 1));
      if (reason === REASON_TRACE_FULL || reason === REASON_CAPTURE_FULL) {
        this.engine.drain();
        continue;
      }
      if (reason === REASON_DEADLINE || reason === REASON_IDLE) {
        this.stopped = reason === REASON_DEADLINE ? 'deadline' : 'idle';
        return false;
      }
      if (reason === REASON_APP) {
        this.#scriptStep();
        return true;
      }
      if (reason !== REASON_EVENTS) throw new Error(`the core stopped for an unknown reason ${reason}`);
      this.at++;
      this.applyEdits();
      return true;
    }
  }
  #scriptStep(): void {
    this.scripts.step();
    this.at++;
    this.applyEdits();
  }

  /** Goes on to a step that was made before. Events follow one another without a stop, but for edits and applications' turns. */
  replay(step: number): void {
    while (this.at < step) {
      if (this.scripts.in_turn) {
        this.#scriptStep();
        continue;
      }
      const edit = this.#edits.find((e) => e.at > this.at);
      const until = Math.min(step, edit?.at ?? step);
      const before = this.engine.eventCount();
      const reason = this.engine.guard(() => this.engine.core.run(this.#until, until - this.at));
      this.at += this.engine.eventCount() - before;
      if (reason === REASON_TRACE_FULL || reason === REASON_CAPTURE_FULL) this.engine.drain();
      else if (reason === REASON_APP) {
        this.#scriptStep();
        continue;
      } else if (reason !== REASON_EVENTS) this.at = step;
      if (edit?.at === this.at) this.applyEdits();
    }
  }

  /** Those of the step that was reached; `done`: those that are in the state already. */
  applyEdits(done: readonly Edit[] = []): void {
    for (const edit of this.#edits) if (edit.at === this.at && !done.includes(edit)) applyEdit(this.engine, edit);
  }
}
