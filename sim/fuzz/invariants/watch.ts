/** Every invariant over one run: its records in their order, and its memory where it rests. */
import { type Engine, KIND, type Scenario, type TraceBatch } from '../../host/index.ts';
import { BufferTables } from './buffer_tables.ts';
import { type Checker, type Invariant, type OnRecord, type RunEnd, Violation } from './form.ts';

/** Records that only a run with run.verify has: who compares with them what other records say must not be asked in another run. */
const OF_VERIFY = ['tcp_heard', 'tcp_said'];

export class Watch {
  private readonly checkers: readonly Checker[];
  /** By kind of event. */
  private readonly handlers: (OnRecord[] | undefined)[] = [];
  private readonly at_rest: readonly NonNullable<Checker['atRest']>[];
  private buffers: BufferTables | undefined;

  constructor(scenario: Scenario, invariants: readonly Invariant[]) {
    const shared = new Map<string, unknown>();
    const all = invariants.map(({ id, name, checker }) => checker({
      scenario, shared,
      violated: (text) => {
        throw new Violation(`${id} ${name}`, text);
      },
    }));
    this.checkers = scenario.run['run.verify'] !== 0 ? all : all.filter(({ on = {} }) => !OF_VERIFY.some((event) => event in on));
    for (const { on } of this.checkers) {
      for (const [event, handler] of Object.entries(on ?? {})) {
        const handlers = this.handlers[KIND[event] as number] ??= [];
        // What several checkers follow together sees a record once.
        if (!handlers.includes(handler)) handlers.push(handler);
      }
    }
    this.at_rest = this.checkers.flatMap(({ atRest }) => atRest ?? []);
  }

  /** Looks at records; throws a Violation. `from`, `to`: only these of the batch. */
  see(batch: TraceBatch, from = 0, to = batch.length): void {
    for (let i = from; i < to; i++) {
      const handlers = this.handlers[batch.kind(i)];
      if (handlers) for (const handler of handlers) handler(batch, i);
    }
  }
  /** The run rests between two events, and all of its records were seen. */
  rest(engine: Engine): void {
    const buffers = this.look(engine);
    for (const atRest of this.at_rest) atRest(engine, buffers);
  }
  end(engine: Engine, end: RunEnd): void {
    const buffers = this.look(engine);
    for (const { atRest, atEnd } of this.checkers) {
      atRest?.(engine, buffers);
      atEnd?.(engine, end, buffers);
    }
  }

  /** The containers of buffers, as they are now: who needs them counted has them counted, once for all. */
  private look(engine: Engine): BufferTables {
    this.buffers ??= new BufferTables(engine);
    this.buffers.forget();
    return this.buffers;
  }
}
