/**
 * A run that one can go back in. It is recorded once, step by step, with its trace; from then on each instant can be asked for:
 * state by the nearest checkpoint and a replay from there, what happened by the trace.
 *
 *     step    an event of the core, a turn of an application in TypeScript, or the last one: time goes on to the end
 *     trace   records; step n wrote those from records(n - 1) to records(n)
 *
 * A fork is a recording that shares its beginning with another one, and goes its own way from an edit on.
 */
import {
  collectResult, CURSORS_ADDR, Engine, EventCounts, REASON_APP, REASON_CAPTURE_FULL, REASON_DEADLINE, REASON_EVENTS, REASON_IDLE,
  REASON_TRACE_FULL, type RunResult, type Scenario, ScriptHosts, snapshotsOf, type StopReason, TRACE_CURSOR, type TraceBatch,
  type TraceLine, TraceStore, type WireFrame, worldOf,
} from '../host/index.ts';
import { Checkpoints } from './checkpoints.ts';
import { settleCharges } from './charges_seen.ts';
import { applyEdit, type Edit } from './edits.ts';
import { FrameStore } from './frames.ts';
import { StepIndex } from './step_index.ts';
import { watchFrames } from './watch_frames.ts';

/** A line of a step scenario's trace, and the step of the recording that wrote it. */
export interface ProgramLine {
  readonly step: number;
  readonly line: TraceLine;
}

export interface Fork {
  readonly parent: Recording;
  /** The first step after which the two may differ. */
  readonly at: number;
}

export class Recording {
  readonly scenario: Scenario;
  /** In the order of their steps; each is applied when its step has been reached. */
  readonly edits: readonly Edit[];
  readonly fork: Fork | undefined;
  readonly trace: TraceStore;
  readonly steps: StepIndex;
  /** What was on the wire; empty where run.capture is off. */
  readonly frames: FrameStore;
  readonly program_lines: ProgramLine[] = [];
  /** Nothing more will happen. */
  done = false;
  /** What ended it early: a fault of ours, or limits too small. */
  failure: Error | undefined;
  readonly #core: WebAssembly.Module;
  readonly #counts = new EventCounts();
  readonly #until: bigint;
  #engine!: Engine;
  #scripts!: ScriptHosts;
  /** None for applications in TypeScript. */
  #checkpoints: Checkpoints | undefined;
  /** Steps that the engine has made. */
  #at = 0;
  #recording = true;
  #stopped: StopReason = 'events';
  readonly #keep = (batch: TraceBatch): void => {
    this.#counts.add(batch);
    this.trace.add(batch);
  };
  #result: RunResult | undefined;

  constructor(core: WebAssembly.Module, scenario: Scenario, edits: readonly Edit[] = [], fork?: Fork) {
    this.scenario = scenario;
    this.edits = [...edits].sort((a, b) => a.at - b.at);
    this.fork = fork;
    this.#core = core;
    this.#until = BigInt(scenario.run['run.until_ns']);
    this.trace = fork ? fork.parent.trace.prefix(fork.parent.steps.records(fork.at)) : new TraceStore();
    this.steps = fork ? fork.parent.steps.prefix(fork.at) : new StepIndex();
    this.frames = fork ? fork.parent.frames.prefix(fork.parent.trace, this.trace.length) : new FrameStore();
    for (const batch of this.trace.batches) this.#counts.add(batch);
    if (fork) this.program_lines.push(...fork.parent.program_lines.filter((l) => l.step <= fork.at));
    this.#open();
  }

  /** Steps recorded so far. */
  get length(): number {
    return this.steps.length - 1;
  }
  /** Applications in TypeScript keep state outside of the core: going back means going again from the start. */
  get scripted(): boolean {
    return this.#scripts.streams.size > 0 || this.#scripts.steps !== undefined;
  }
  get checkpoints(): number {
    return this.#checkpoints?.count ?? 0;
  }

  /** Records on for about a time. False when all is recorded. */
  advance(budget_ms: number): boolean {
    if (this.done) return false;
    this.#goto(this.length);
    const end = performance.now() + budget_ms;
    try {
      while (!this.done && performance.now() < end) for (let i = 0; i < 64 && !this.done; i++) this.#recordStep();
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      this.done = true;
    }
    this.#engine.drain();
    return !this.done;
  }

  /** Records all of it. */
  finish(): this {
    while (this.advance(1000));
    return this;
  }

  /** The engine as it was after `step` steps. It is this until the next call. */
  engineAt(step: number): Engine {
    if (!Number.isInteger(step) || step < 0 || step > this.length)
      throw new RangeError(`step ${step} is not among the ${this.length} recorded`);
    if (this.fork && step < this.fork.at) return this.fork.parent.engineAt(step);
    this.#goto(step);
    return this.#engine;
  }
  /** The frames that a step gave to the wire, with their bytes: it is gone through once more, watched. */
  framesOf(step: number): WireFrame[] {
    if (this.fork && step <= this.fork.at) return this.fork.parent.framesOf(step);
    const engine = this.engineAt(step - 1);
    engine.sinks.onTrace = () => {};
    const frames = watchFrames(engine, () => this.#step());
    engine.sinks.onTrace = this.#keep;
    this.#at = step;
    return frames;
  }
  hashAt(step: number): string {
    return this.engineAt(step).stateHash();
  }

  /** What came of the run; undefined until it is recorded. */
  result(): RunResult | undefined {
    if (!this.done || this.failure) return undefined;
    this.#goto(this.length);
    this.#result ??= collectResult(
      this.#engine, this.scenario, this.#stopped, this.#counts, this.#scripts.streams, this.#scripts.steps?.result());
    return this.#result;
  }

  #open(): void {
    const { fork } = this;
    this.#engine = new Engine(this.#core, worldOf(this.scenario), {
      onTrace: this.#keep,
      // What is played again was captured before.
      onCapture: (bytes) => {
        if (this.#engine.sinks.onTrace === this.#keep) this.frames.add(bytes);
      },
    });
    this.#scripts = new ScriptHosts(this.#engine, this.scenario, { onStep: (line) => this.#onLine(line) });
    this.#at = 0;
    if (this.scripted) {
      this.#recording = false;
      this.#engine.sinks.onTrace = () => {};
      this.#applyEdits();
      while (fork && this.#at < fork.at) this.#step();
      this.#engine.drain();
      this.#engine.sinks.onTrace = this.#keep;
      return;
    }
    if (fork) {
      this.#engine.bytes.set(fork.parent.engineAt(fork.at).bytes);
      settleCharges(this.#engine);
      this.#at = fork.at;
    }
    this.#checkpoints = new Checkpoints(snapshotsOf(this.#engine));
    this.#applyEdits(fork?.parent.edits);
    this.#checkpoints.take(this.#at);
  }

  #onLine(line: TraceLine): void {
    if (this.#recording) this.program_lines.push({ step: this.#at + 1, line });
  }

  #recordStep(): void {
    this.#recording = true;
    const more = this.#step();
    this.#recording = false;
    if (more || this.#engine.clockNs() > this.steps.timeNs(this.length)) {
      const next = this.#engine.view.getUint32(CURSORS_ADDR + TRACE_CURSOR.next.at, true);
      const base = this.#engine.view.getUint32(CURSORS_ADDR + TRACE_CURSOR.base.at, true);
      this.steps.add(this.trace.length + (next - base) / 32, this.#engine.clockNs());
    }
    this.#at = this.length;
    this.done = !more;
    if (this.#checkpoints?.wants(this.#at)) {
      this.#engine.drain();
      this.#checkpoints.take(this.#at);
    }
  }

  /** One step of the engine. False: nothing is left to happen, and the time is that of the end. */
  #step(): boolean {
    for (;;) {
      const reason = this.#engine.guard(() => this.#engine.core.run(this.#until, 1));
      if (reason === REASON_TRACE_FULL || reason === REASON_CAPTURE_FULL) {
        this.#engine.drain();
        continue;
      }
      if (reason === REASON_DEADLINE || reason === REASON_IDLE) {
        this.#stopped = reason === REASON_DEADLINE ? 'deadline' : 'idle';
        return false;
      }
      if (reason === REASON_APP) this.#scripts.step();
      else if (reason !== REASON_EVENTS) throw new Error(`the core stopped for an unknown reason ${reason}`);
      this.#at++;
      this.#applyEdits();
      return true;
    }
  }

  /** Those of the step that was reached; `done`: those that are in the state already. */
  #applyEdits(done: readonly Edit[] = []): void {
    for (const edit of this.edits) if (edit.at === this.#at && !done.includes(edit)) applyEdit(this.#engine, edit);
  }

  /** Brings the engine to a step, by the shortest way. */
  #goto(step: number): void {
    if (step === this.#at) return;
    this.#engine.drain();
    // The state at the end of what is recorded is worth keeping: recording goes on from there.
    const kept = this.#checkpoints;
    if (kept && this.#at === this.length && !this.done && kept.before(this.#at) < this.#at) kept.take(this.#at);
    this.#engine.sinks.onTrace = () => {};
    if (kept) {
      if (step < this.#at || kept.before(step) > this.#at) {
        this.#at = kept.restore(step);
        settleCharges(this.#engine);
      }
      this.#replay(step);
    } else {
      if (step < this.#at) this.#open();
      while (this.#at < step && this.#step());
      this.#at = step;
    }
    this.#engine.drain();
    this.#engine.sinks.onTrace = this.#keep;
  }

  /** Events follow one another without a stop, but for edits. */
  #replay(step: number): void {
    while (this.#at < step) {
      const edit = this.edits.find((e) => e.at > this.#at);
      const until = Math.min(step, edit?.at ?? step);
      const before = this.#engine.eventCount();
      const reason = this.#engine.guard(() => this.#engine.core.run(this.#until, until - this.#at));
      this.#at += this.#engine.eventCount() - before;
      if (reason === REASON_TRACE_FULL || reason === REASON_CAPTURE_FULL) this.#engine.drain();
      else if (reason !== REASON_EVENTS) this.#at = step;
      if (edit?.at === this.#at) this.#applyEdits();
    }
  }
}
