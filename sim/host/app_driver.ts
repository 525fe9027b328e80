/** Drives one TypeScript application in the simulator: as far as it can go, then again when its task may run. */
import type { App, Call, Steps } from '../../uring-model/8-app/index.ts';
import type { Engine } from './engine.ts';
import { ERESTARTSYS, SimKernel } from './sim_kernel.ts';
import { hex, type Transcript } from './transcript.ts';

export class AppDriver {
  /** What the application returned; undefined while it runs. */
  result: number | undefined;
  private readonly engine: Engine;
  private readonly task: number;
  private readonly kernel: SimKernel;
  private readonly steps: Steps<number>;
  private readonly transcript: Transcript | undefined;
  private begun = false;
  /** In the midst of a turn: the call that comes next. */
  private next: Call | undefined;
  /** A call that sleeps: what is to be done again, and what it has done already. */
  private asleep: { call: Call; again: Call; submitted: number; begin_ns: number; crossing: Crossing } | undefined;

  constructor(engine: Engine, task: number, app: App, transcript?: Transcript) {
    this.engine = engine;
    this.task = task;
    this.kernel = new SimKernel(engine, task);
    this.steps = app(this.kernel.memory);
    this.transcript = transcript;
  }

  /** A task may run: runs until the application sleeps or ends. */
  step(task = this.task): void {
    while (this.call(task));
  }

  /** The same as far as the next call: that one is made, and what the application does with its result. True: the turn goes on. */
  call(task = this.task): boolean {
    if (this.next) {
      const value = this.carryOut(this.next);
      return value === undefined ? this.rest() : this.goOn(value);
    }
    if (this.result !== undefined || this.waitsElsewhere(task)) {
      this.kernel.park(task);
      return false;
    }
    if (this.asleep) {
      const value = this.wake();
      return value !== undefined && this.goOn(value);
    }
    if (this.begun) throw new Error('an application that does not sleep was woken');
    this.begun = true;
    return this.goOn();
  }

  /** The application's own work, up to its next call. */
  private goOn(value?: number): boolean {
    const turn = value === undefined ? this.steps.next() : this.steps.next(value);
    if (!turn.done) {
      this.next = turn.value;
      return true;
    }
    this.result = turn.value;
    this.kernel.park();
    return this.rest();
  }
  private rest(): false {
    this.next = undefined;
    return false;
  }

  /** The application is not waiting for this task: it plays no part now. */
  private waitsElsewhere(task: number): boolean {
    return task !== (this.asleep ? this.kernel.taskOf(this.asleep.call) : this.task);
  }

  private carryOut(call: Call): number | undefined {
    // What another host's task does is none of this one's time.
    if (call.peer) this.kernel.park();
    const begin_ns = this.time();
    const crossing = this.transcript ? crossingOf(call) : NOTHING;
    const value = this.kernel.perform(call);
    if (value !== ERESTARTSYS) {
      this.note(call, begin_ns, value, crossing);
      return value;
    }
    if (call.call === 'enter') {
      // What was to be submitted has been: only the wait goes on.
      this.asleep = { call, again: { ...call, submit: 0 }, submitted: call.submit, begin_ns, crossing };
    } else this.asleep = { call, again: call, submitted: 0, begin_ns, crossing };
    // The application waits for another task.
    if (this.kernel.taskOf(call) !== this.task) this.kernel.park();
    return undefined;
  }

  private wake(): number | undefined {
    const a = this.asleep as NonNullable<typeof this.asleep>;
    const value = this.kernel.perform(a.again);
    if (value === ERESTARTSYS) return undefined;
    this.asleep = undefined;
    if (this.kernel.taskOf(a.call) !== this.task) this.kernel.park(this.kernel.taskOf(a.call));
    const result = a.call.call !== 'enter' || (value < 0 && a.submitted === 0) ? value : a.submitted;
    this.note(a.call, a.begin_ns, result, a.crossing);
    return result;
  }

  private note(call: Call, begin_ns: number, result: number, crossing: Crossing): void {
    this.transcript?.add({ task: this.kernel.taskOf(call), call, begin_ns, end_ns: this.time(), result, ...crossing });
  }

  private time(): number {
    return Number(this.engine.core.taskNs());
  }
}

/** Entries that an enter publishes, in hex. */
interface Crossing {
  readonly sqes: readonly string[];
  readonly rqes: readonly string[];
}
const NOTHING: Crossing = { sqes: [], rqes: [] };

function crossingOf(call: Call): Crossing {
  if (call.call !== 'enter') return NOTHING;
  return { sqes: (call.sqes?.() ?? []).map(hex), rqes: (call.rqes?.() ?? []).map(hex) };
}
