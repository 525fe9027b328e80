/** A case once more, step by step: where exactly it breaks, and what happened last before that. */
import {
  type Core, type Engine, eventOf, type Program, programPlace, type Scenario, type TraceBatch, type TraceRecord, Transcript,
} from '../../host/index.ts';
import { type Edit, PROGRAMS, refusalOf, StepMachine } from '../../lab/index.ts';
import { isForInvariants } from '../../schema/events.ts';
import { STEPS_MAX } from '../case.ts';
import { INVARIANTS, Watch } from '../invariants/index.ts';
import { type Broken, brokenBy } from '../runner.ts';
import { LastEvents } from './last_events.ts';

const LAST_EVENTS = 20;

/** A run with what is done to it by hand. */
export interface Disturbed {
  readonly scenario: Scenario;
  readonly edits: readonly Edit[];
  /** It has a calm phase, so that all must have come to rest at its end. */
  readonly calm: boolean;
}

/** How closely one looks. */
export interface Look {
  /** Steps between two looks at memory; more than 1 to see whether it breaks at all. */
  readonly rest_steps: number;
  /** So far and no further. */
  readonly steps_max: number;
}

export interface LeftOut {
  readonly edit: Edit;
  readonly why: string;
}

export interface Placed {
  /** undefined: it holds. */
  readonly broken: Broken | undefined;
  /** Steps that were made before what breaks it: at this moment all is well. */
  readonly step: number;
  readonly time_ns: number;
  /** Where a program of steps was, in words; empty: there is none. */
  readonly program: string;
  /** The last events, a line each; the last of them is the one that broke it. */
  readonly timeline: readonly string[];
  /** Edits that could be made, those of the calm phase among them. */
  readonly edits: readonly Edit[];
  /** The others, and why not: what was run is another run than theirs. */
  readonly left_out: readonly LeftOut[];
  /** What the applications in TypeScript asked of the kernel. */
  readonly transcript: Transcript;
}

class Stepwise {
  private readonly last = new LastEvents(LAST_EVENTS);
  /** The record that the invariants look at. */
  private now: TraceRecord | undefined;
  private readonly made: Edit[] = [];
  private readonly left_out: LeftOut[] = [];
  private readonly edits: Edit[];
  private readonly transcript = new Transcript();
  /** The step that a program has come to. */
  private come = -1;
  private readonly machine: StepMachine;
  private readonly watch: Watch;
  private readonly program: Program | undefined;
  private readonly calm: boolean;
  private readonly look: Look;

  constructor(core: Core, { scenario, edits, calm }: Disturbed, look: Look) {
    this.look = look;
    this.edits = [...edits].sort((a, b) => a.at - b.at);
    this.calm = calm;
    this.watch = new Watch(scenario, INVARIANTS);
    this.machine = new StepMachine(core, scenario, [], { onTrace: (b) => this.see(b) }, {
      transcript: this.transcript, onStepBegin: (i) => {
        this.come = i;
      },
    }, PROGRAMS);
    this.program = scenario.steps;
  }

  private see(batch: TraceBatch): void {
    for (let i = 0; i < batch.length; i++) {
      const record = batch.record(i);
      this.now = record;
      if (!isForInvariants(eventOf(record))) this.last.add(record);
      this.watch.see(batch, i, i + 1);
      this.now = undefined;
    }
  }

  /** True: there was a step. */
  private step(engine: Engine): boolean {
    for (let edit = this.edits[0]; edit && edit.at <= this.machine.at; edit = this.edits[0]) {
      this.edits.shift();
      const why = refusalOf(engine, edit);
      if (why === undefined) this.made.push(edit);
      else this.left_out.push({ edit, why });
    }
    const more = this.machine.step() && engine.eventCount() <= STEPS_MAX;
    if (more && this.machine.at % this.look.rest_steps !== 0) return true;
    engine.drain();
    if (more) this.watch.rest(engine);
    else this.watch.end(engine, { played: { engine, stopped: this.machine.stopped, scripts: this.machine.scripts }, calm: this.calm });
    return more;
  }

  place(): Placed {
    const { machine } = this;
    let good = 0;
    let broken: Broken | undefined;
    let come = this.come;
    try {
      while (machine.at < this.look.steps_max && this.step(machine.engine)) [good, come] = [machine.at, this.come];
    } catch (error) {
      broken = brokenBy(error);
      if (!broken) throw error;
    }
    const why = `${broken ? 'it broke' : 'the run was over'} before that, after ${good} steps`;
    const never = this.edits.map((edit): LeftOut => ({ edit, why }));
    // Within a turn of a program the clock stands still, and what is recorded has times of its own.
    const time_ns = this.now?.time_ns ?? machine.engine.clockNs();
    // The one that broke it is told, whatever it is.
    if (this.now && isForInvariants(eventOf(this.now))) this.last.add(this.now);
    return {
      broken, step: good, time_ns, program: this.program ? programPlace(this.program, come) : '',
      timeline: this.last.lines(), edits: this.made, left_out: [...this.left_out, ...never],
      transcript: this.transcript,
    };
  }
}

export const placed = (core: Core, run: Disturbed, look: Partial<Look> = {}): Placed =>
  new Stepwise(core, run, { rest_steps: 1, steps_max: Number.POSITIVE_INFINITY, ...look }).place();

/** The state after a number of steps, with the edits that were made on the way. */
export function hashAt(core: Core, scenario: Scenario, edits: readonly Edit[], step: number): string {
  const machine = new StepMachine(core, scenario, edits, {}, {}, PROGRAMS);
  machine.applyEdits();
  while (machine.at < step && machine.step());
  return machine.engine.stateHash();
}
