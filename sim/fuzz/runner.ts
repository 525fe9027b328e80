/**
 * Runs a case under the eyes of the invariants. The trace is looked at as it is written, memory between events; what does not hold ends
 * the run. A run that found nothing has cost little more than its events; where a violation lies a second run finds, step by step.
 */
import {
  type CoreExports, type Engine, InputError, Recycler, type Played, playScenario, type Scenario, type TraceBatch, type TraceLine, TrapError,
} from '../host/index.ts';
import { refusalOf } from '../lab/index.ts';
import { allEdits, compiledCase, type FuzzCase, NO_CALM, STEPS_MAX } from './case.ts';
import type { RunFeatures } from './coverage.ts';
import { undetermined } from './determinism.ts';
import { type Invariant, INVARIANTS, Violation, Watch } from './invariants/index.ts';

/** What broke. `trap`: the core's own assert, whose text begins with its name. */
export interface Broken {
  readonly invariant: string;
  readonly text: string;
}

export interface CaseResult {
  readonly broken?: Broken;
  /** Events of the core, and calls of its program: those that its edits count in. */
  readonly steps: number;
  readonly records: number;
  /** The time that it ended at, of the machine's clock. */
  readonly time_ns: number;
  readonly state_hash?: string;
  /** The generated scenario cannot be, or came to its limits: what was run of it says nothing. */
  readonly refused?: string;
}

export interface RunnerOptions {
  readonly bug?: string;
  readonly invariants?: readonly Invariant[];
  /** Steps between two looks at memory; 1 to place a violation. */
  readonly rest_steps?: number;
  /** A run that takes more is refused. */
  readonly steps_max?: number;
  /** Sees each batch before the checkers do. */
  readonly onTrace?: (batch: TraceBatch) => void;
  /** A step of the program came to its end. */
  readonly onStep?: (line: TraceLine) => void;
  /** The run is over, and nothing broke. */
  readonly onEnd?: (engine: Engine) => void;
  /** Takes note of what the run reached. */
  readonly features?: RunFeatures;
  /** Wants the hash of the state at the end: costs more than most runs. */
  readonly hash?: boolean;
}

const REST_STEPS = 64;

export class Runner {
  private readonly cores: Recycler;

  /** `cores`: a core without a dirty map needs an instance a run. */
  constructor(core: WebAssembly.Module, cores: Recycler = new Recycler(core)) {
    this.cores = cores;
  }

  run(c: FuzzCase, options: RunnerOptions = {}): CaseResult {
    let scenario: Scenario;
    try {
      scenario = compiledCase(c, c.generator, options.bug);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return { steps: 0, records: 0, time_ns: 0, refused: error.message };
    }
    return new CaseRun(this.cores.fresh(), c, scenario, options).result();
  }

  /** Whether it runs otherwise a second time, or on from a snapshot; `part`: where that is, in 1024ths of the run. */
  undetermined(c: FuzzCase, part: number): Broken | undefined {
    return undetermined(this.cores, c, part);
  }
}

class CaseRun {
  private readonly core: CoreExports;
  private readonly c: FuzzCase;
  private readonly scenario: Scenario;
  private readonly options: RunnerOptions;
  private readonly watch: Watch;
  private records = 0;
  private script_steps = 0;
  private engine: Engine | undefined;

  constructor(core: CoreExports, c: FuzzCase, scenario: Scenario, options: RunnerOptions) {
    this.core = core;
    this.c = c;
    this.scenario = scenario;
    this.options = options;
    this.watch = new Watch(scenario, options.invariants ?? INVARIANTS);
  }

  result(): CaseResult {
    let broken: Broken | undefined;
    let refused: string | undefined;
    this.options.features?.begin(this.core);
    try {
      this.end(this.straight());
    } catch (error) {
      broken = brokenBy(error);
      if (!broken && !(error instanceof InputError)) throw error;
      // Limits that are too small for what the case wants.
      if (error instanceof InputError) refused = error.message;
    }
    const { engine } = this;
    this.options.features?.end(this.core);
    return {
      ...(broken ? { broken } : {}), ...(refused === undefined ? {} : { refused }),
      steps: this.steps(), records: this.records, time_ns: Number(this.core.clockNs()),
      ...(this.options.hash && !broken && engine ? { state_hash: engine.stateHash() } : {}),
    };
  }

  private straight(): Played {
    const edits = allEdits(this.c);
    const { steps_max = Number.POSITIVE_INFINITY } = this.options;
    return playScenario(this.core, this.scenario, {
      stops: edits.map((e) => e.at), slice_events: this.options.rest_steps ?? REST_STEPS,
      onStop: (engine) => {
        const edit = edits.shift();
        if (edit) refusalOf(engine, edit);
      },
      onTurn: (engine) => this.look(engine),
      onScriptStep: () => {
        this.script_steps++;
      },
      onSlice: (engine) => {
        this.look(engine);
        if (this.steps() > steps_max) throw new InputError(`the run takes more than ${steps_max} steps.`);
        return engine.eventCount() > STEPS_MAX;
      },
      sinks: { onTrace: (batch) => this.check(batch) }, ...(this.options.onStep ? { onStep: this.options.onStep } : {}),
    });
  }

  private steps(): number {
    return Number(this.core.eventCount()) + this.script_steps;
  }

  private look(engine: Engine): void {
    this.engine = engine;
    engine.drain();
    this.watch.rest(engine);
  }

  private check(batch: TraceBatch): void {
    this.options.onTrace?.(batch);
    this.options.features?.see(batch);
    this.records += batch.length;
    this.watch.see(batch);
  }

  private end(played: Played): void {
    this.engine = played.engine;
    // A run that was over before has had no calm phase: what disturbed it did so to the end.
    this.watch.end(played.engine, { played, calm: this.c.calm_at !== NO_CALM && played.engine.eventCount() >= this.c.calm_at });
    this.options.onEnd?.(played.engine);
  }
}

/** What an error says of the model; undefined: the case is what is wrong. An error of the host's own is a finding too. */
export function brokenBy(error: unknown): Broken | undefined {
  if (error instanceof InputError) return undefined;
  if (error instanceof Violation) return { invariant: error.invariant, text: error.message };
  if (error instanceof TrapError) {
    const { message, file, line } = error.place;
    const where = file === '' ? 'in a trap of WebAssembly, which names no line' : `itself at ${file}:${line}`;
    return { invariant: `core: ${message}`, text: `the core stopped ${where}` };
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { invariant: `host: ${name}`, text: message };
}
