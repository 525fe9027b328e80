/**
 * A run that one can go back in. It is recorded once, step by step, with its trace; from then on each instant can be asked for:
 * state by the nearest checkpoint and a replay from there, what happened by the trace.
 *
 *     step    an event of the core, a call of a program of steps, a turn of another application in TypeScript, or the last one:
 *             time goes on to the end
 *     trace   records; step n wrote those from records(n - 1) to records(n)
 *
 * A fork is a recording that shares its beginning with another one, and goes its own way from an edit on.
 */
import {
  collectResult, CURSORS_ADDR, type Engine, EventCounts, type PageStore, programPlace, type RunResult, type Scenario, type ScriptOptions,
  type Snapshot, snapshotsOf, TRACE_CURSOR, type TraceBatch, type TraceLine, TraceStore, TrapError, type WireFrame,
} from '../host/index.ts';
import { settleCharges } from './charges_seen.ts';
import { Checkpoints } from './checkpoints.ts';
import { DigestLog } from './digest_log.ts';
import { type Edit, refusalOf } from './edits.ts';
import { FrameStore } from './frames.ts';
import { Machine } from './machine.ts';
import { Meter } from './meter.ts';
import type { BrokenRule, Guard, Guards } from './guard.ts';
import type { Programs } from './programs.ts';
import { DigestMemo, ScriptReplay } from './script_replay.ts';
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

/** Steps that are recorded between two looks at the clock; a turn of an application in TypeScript may take long. */
const TOGETHER = 64;
const SCRIPTED_TOGETHER = 4;

const errorOf = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

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
  /** When a program of steps came to which of them. */
  readonly #begun: { readonly step: number; readonly i: number }[] = [];
  /** What records do not tell. */
  readonly meter: Meter;
  /** Nothing more will happen. */
  done = false;
  /** What ended it early: a fault of ours, or limits too small. */
  failure: Error | undefined;
  readonly #core: WebAssembly.Module;
  readonly #programs: Programs;
  readonly #counts = new EventCounts();
  readonly #memo = new DigestMemo();
  readonly #machine: Machine;
  #store: PageStore | undefined;
  /** None for applications in TypeScript: those have a machine of their own to go back with. */
  #checkpoints: Checkpoints | undefined;
  readonly #digests: DigestLog;
  #replay: ScriptReplay | undefined;
  #recording = true;
  readonly #keep = (batch: TraceBatch): void => {
    this.#counts.add(batch);
    this.trace.add(batch);
    this.#see(batch);
  };
  readonly #keepFrames = (bytes: Uint8Array): void => this.frames.add(bytes);
  #result: RunResult | undefined;
  readonly #guard: Guard | undefined;
  /** What the guard said of a record: the step that wrote it is the last. */
  #broken: Error | undefined;
  /** The record that broke what always holds, if one did. */
  breaker: number | undefined;

  constructor(core: WebAssembly.Module, scenario: Scenario, programs: Programs, edits: readonly Edit[] = [], fork?: Fork, guards?: Guards) {
    this.#programs = programs;
    this.scenario = scenario;
    this.edits = [...edits].sort((a, b) => a.at - b.at);
    this.fork = fork;
    this.#core = core;
    this.trace = fork ? fork.parent.trace.prefix(fork.parent.steps.records(fork.at)) : new TraceStore();
    this.steps = fork ? fork.parent.steps.prefix(fork.at) : new StepIndex();
    this.meter = fork ? fork.parent.meter.prefix(this.steps.timeNs(fork.at)) : new Meter();
    this.frames = fork ? fork.parent.frames.prefix(fork.parent.trace, this.trace.length) : new FrameStore();
    for (const batch of this.trace.batches) this.#counts.add(batch);
    if (fork) this.program_lines.push(...fork.parent.program_lines.filter((l) => l.step <= fork.at));
    if (fork) this.#begun.push(...fork.parent.#begun.filter((b) => b.step <= fork.at));
    this.#machine = this.#make({ onStep: (line) => this.#onLine(line), onStepBegin: (i) => this.#onBegin(i), hash: this.#memo.recorded() });
    this.#watch(true);
    this.#guard = guards?.(scenario, this.edits);
    this.#digests = new DigestLog(fork?.at ?? 0);
    if (this.scripted) this.#beginScripted();
    else this.#begin();
  }

  /** Steps recorded so far. */
  get length(): number {
    return this.steps.length - 1;
  }
  /** Applications in TypeScript keep state outside of the core: going back means going again from the start. */
  get scripted(): boolean {
    return this.#machine.scripted;
  }
  get checkpoints(): number {
    return this.#checkpoints?.count ?? 0;
  }
  /** What the pages of its snapshots take, with those of recordings that share them. */
  get checkpoint_bytes(): number {
    return this.#store?.bytes() ?? 0;
  }

  /** Records on for about a time. False when all is recorded. */
  advance(budget_ms: number): boolean {
    if (this.done) return false;
    this.#goto(this.length);
    const end = performance.now() + budget_ms;
    const together = this.scripted ? SCRIPTED_TOGETHER : TOGETHER;
    try {
      while (!this.done && performance.now() < end) for (let i = 0; i < together && !this.done; i++) this.#recordStep();
    } catch (error) {
      this.failure = this.#broken ?? errorOf(error);
      this.done = true;
    }
    this.#machine.engine.drain();
    // In the midst of a step: its last record is the nearest to what the core found.
    if (this.failure instanceof TrapError && this.trace.length > this.steps.records(this.length)) this.breaker ??= this.trace.length - 1;
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
    return this.#machineAt(step).engine;
  }
  /** The frames that a step gave to the wire, with their bytes: it is gone through once more, watched. */
  framesOf(step: number): WireFrame[] {
    if (this.fork && step <= this.fork.at) return this.fork.parent.framesOf(step);
    const machine = this.#machineAt(step - 1);
    this.#watch(false);
    const frames = watchFrames(machine.engine, () => machine.step());
    this.#watch(true);
    return frames;
  }
  hashAt(step: number): string {
    return this.engineAt(step).stateHash();
  }

  /** What came of the run; undefined until it is recorded. */
  result(): RunResult | undefined {
    if (this.#result || !this.done || this.failure) return this.#result;
    this.#goto(this.length);
    const { engine, scripts, stopped } = this.#machine;
    this.#result ??= collectResult(engine, this.scenario, stopped, this.#counts, scripts.streams, scripts.steps?.result());
    return this.#result;
  }

  /** Why each of some edits would be refused after a step: a sentence, or undefined. Nothing stays of it. */
  refusals(step: number, edits: readonly Edit[]): (string | undefined)[] {
    if (this.fork && step < this.fork.at) return this.fork.parent.refusals(step, edits);
    // Applications in TypeScript write where nobody marks it: no way back is cheap there, and who tries finds out.
    if (!this.#store) return edits.map(() => undefined);
    const { engine } = this.#machineAt(step);
    const here = this.#store.take();
    this.#watch(false);
    const sentences = edits.map((edit) => {
      const sentence = refusalOf(engine, edit);
      if (sentence === undefined) (this.#store as PageStore).restore(here);
      return sentence;
    });
    engine.drain();
    settleCharges(engine);
    this.#store.release(here);
    this.#watch(true);
    return sentences;
  }

  /** It is not needed any more: others that share its snapshots go on without it. */
  close(): void {
    this.#checkpoints?.clear();
    this.#store?.close();
  }

  /** What does not hold, if that ended it: in words. */
  get broken(): BrokenRule | undefined {
    return this.failure && this.#guard?.told(this.failure);
  }
  /** To which of its steps a program has come after a step of the run: that one is under way, or comes next. In words; none: empty. */
  programAt(step: number): string {
    const { steps } = this.scenario;
    return steps ? programPlace(steps, this.#begun.findLast((b) => b.step <= step)?.i ?? -1) : '';
  }

  /** Who is at a step. Where applications are in TypeScript the one that records stays where it is. */
  #machineAt(step: number): Machine {
    if (this.scripted && step !== this.#machine.at) {
      this.#replay ??= new ScriptReplay((options) => this.#make(options), this.#memo);
      return this.#replay.machineAt(step);
    }
    this.#goto(step);
    return this.#machine;
  }

  /** What the recording machine writes is kept, or is known already. */
  #watch(keep: boolean): void {
    const { sinks } = this.#machine.engine;
    sinks.onTrace = keep ? this.#keep : () => {};
    sinks.onCapture = keep ? this.#keepFrames : () => {};
  }

  #make(options: ScriptOptions): Machine {
    return new Machine(this.#core, this.scenario, this.edits, { onTrace: () => {} }, options, this.#programs);
  }

  #begin(): void {
    const { fork } = this;
    const { engine } = this.#machine;
    if (fork && !this.#guard) {
      const { store, snapshot } = fork.parent.snapshotAt(fork.at);
      this.#store = store.beside(() => engine.core.memory.buffer as ArrayBuffer);
      this.#store.restore(snapshot);
      this.#machine.at = fork.at;
      settleCharges(engine);
      this.#machine.applyEdits(fork.parent.edits);
      this.#checkpoints = new Checkpoints(this.#store);
      this.#checkpoints.take(fork.at);
      store.release(snapshot);
      return;
    }
    this.#store = snapshotsOf(engine, true);
    this.#checkpoints = new Checkpoints(this.#store);
    this.#again();
    this.#checkpoints.take(this.fork?.at ?? 0);
  }
  #beginScripted(): void {
    this.#recording = false;
    this.#again();
  }
  /** Makes the run again up to where it leaves the other one: what its applications, or a guard, know is nowhere else. */
  #again(): void {
    const at = this.fork?.at ?? 0;
    if (at === 0) return this.#machine.applyEdits();
    const { engine } = this.#machine;
    const guard = this.#guard;
    this.#watch(false);
    if (guard)
      engine.sinks.onTrace = (batch) => {
        for (let i = 0; i < batch.length; i++) guard.see(batch, i);
      };
    this.#machine.applyEdits();
    while (guard && this.#machine.at < at && this.#machine.step()) {
      engine.drain();
      guard.rest(engine);
    }
    this.#machine.replay(at);
    engine.drain();
    settleCharges(engine);
    this.#watch(true);
  }
  /** The state after a step, to be released by who asks. */
  snapshotAt(step: number): { readonly store: PageStore; readonly snapshot: Snapshot } {
    if (this.fork && step < this.fork.at) return this.fork.parent.snapshotAt(step);
    this.engineAt(step);
    const store = this.#store as PageStore;
    return { store, snapshot: store.take() };
  }

  #onLine(line: TraceLine): void {
    if (this.#recording) this.program_lines.push({ step: this.#machine.at + 1, line });
  }

  #onBegin(i: number): void {
    if (this.#recording) this.#begun.push({ step: this.#machine.at + 1, i });
  }

  #see(batch: TraceBatch): void {
    const guard = this.#guard;
    if (!guard || this.#broken) return;
    let i = 0;
    try {
      for (; i < batch.length; i++) guard.see(batch, i);
    } catch (error) {
      this.#broken = errorOf(error);
      this.breaker = this.trace.length - batch.length + i;
    }
  }

  #recordStep(): void {
    const { engine } = this.#machine;
    this.#recording = true;
    const more = this.#wholeStep();
    this.#recording = false;
    if (this.#guard) engine.drain();
    if (more || engine.clockNs() > this.steps.timeNs(this.length)) {
      const next = engine.view.getUint32(CURSORS_ADDR + TRACE_CURSOR.next.at, true);
      const base = engine.view.getUint32(CURSORS_ADDR + TRACE_CURSOR.base.at, true);
      this.steps.add(this.trace.length + (next - base) / 32, engine.clockNs());
    }
    this.#machine.at = this.length;
    this.meter.step(engine, this.length);
    this.done = !more;
    if (this.#checkpoints) this.#digests.look(engine, this.length);
    if (this.#checkpoints?.wants(this.length)) {
      engine.drain();
      this.#checkpoints.take(this.length);
    }
    this.#check(more);
  }

  /** A step that traps leaves memory in the midst of it: that is the state of no step, and a way back begins at a snapshot. */
  #wholeStep(): boolean {
    try {
      return this.#machine.step();
    } catch (error) {
      this.#machine.at = Number.POSITIVE_INFINITY;
      throw error;
    }
  }

  /** The guard's part of a step. */
  #check(more: boolean): void {
    if (this.#broken) throw this.#broken;
    const { engine, scripts, stopped } = this.#machine;
    if (more) this.#guard?.rest(engine);
    else this.#guard?.end(engine, stopped, scripts);
  }

  /** Brings the engine to a step, by the shortest way. Where applications are in TypeScript it stays where recording goes on. */
  #goto(step: number): void {
    const machine = this.#machine;
    const kept = this.#checkpoints;
    if (step === machine.at || !kept) return;
    machine.engine.drain();
    // The state at the end of what is recorded is worth keeping: recording goes on from there.
    if (machine.at === this.length && !this.done && kept.before(machine.at) < machine.at) kept.take(machine.at);
    this.#watch(false);
    if (step < machine.at || kept.before(step) > machine.at) machine.at = kept.restore(step);
    const noted = this.#digests.before(step);
    if (noted > machine.at) this.#digests.without(machine.engine, this.#store as PageStore, noted, () => machine.replay(noted));
    machine.replay(step);
    machine.engine.drain();
    settleCharges(machine.engine);
    this.#watch(true);
  }
}
