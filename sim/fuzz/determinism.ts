/**
 * Determinism: a case runs the same twice, and on from a snapshot as it did without one. What is compared is every record of the trace and
 * the state at the end.
 */
import { type Core, type Engine, snapshotsOf, startScenario, type Scenario, type TraceBatch } from '../host/index.ts';
import type { Edit } from '../lab/index.ts';
import { allEdits, compiledCase, type FuzzCase, STEPS_MAX } from './case.ts';
import type { Broken } from './runner.ts';
import { tryEdit } from './try_edit.ts';

const INVARIANT = 'D1 the same again';
/** FNV-1a. */
const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/** What a stretch of a run came to. */
interface Tape {
  records: number;
  hash: number;
}

/** A world without applications in TypeScript: all that goes on is in its memory. */
class World {
  readonly engine: Engine;
  private readonly until_ns: number;
  private readonly edits: readonly Edit[];
  private tape: Tape = { records: 0, hash: OFFSET };

  constructor(core: Core, scenario: Scenario, edits: readonly Edit[]) {
    this.edits = edits;
    this.until_ns = scenario.run['run.until_ns'];
    this.engine = startScenario(core, scenario, { onTrace: (batch) => this.listen(batch) });
  }

  private listen(batch: TraceBatch): void {
    const { tape } = this;
    tape.records += batch.length;
    for (const word of batch.columns()) tape.hash = Math.imul(tape.hash ^ word, PRIME);
  }

  /** Runs up to a step, with what is done by hand on the way. */
  private to(step: number): void {
    const { engine } = this;
    const max_events = step - engine.eventCount();
    if (max_events > 0) engine.run(this.until_ns, { max_events });
  }

  /** Edits of the step that it stands at are made when it goes on. */
  runTo(step: number): Tape {
    this.tape = { records: 0, hash: OFFSET };
    for (const edit of this.edits) {
      if (edit.at < this.engine.eventCount() || edit.at >= step) continue;
      this.to(edit.at);
      if (this.engine.eventCount() === edit.at) tryEdit(this.engine, edit);
    }
    this.to(step);
    this.engine.drain();
    return this.tape;
  }
}

const differs = (a: Tape, b: Tape): boolean => a.records !== b.records || a.hash !== b.hash;

/** `part` of 1024: where in the run the snapshot is taken. undefined: it is the same each time, or has an application in TypeScript. */
export function undetermined(core: WebAssembly.Module, c: FuzzCase, part: number, bug?: string): Broken | undefined {
  const scenario = compiledCase(c, c.generator, bug);
  if (scenario.steps || scenario.hosts.some((h) => h.values['app.role'] === SCRIPT)) return undefined;
  const edits = allEdits(c);
  const first = new World(core, scenario, edits);
  const whole = first.runTo(STEPS_MAX);
  const steps = first.engine.eventCount();
  const hash = first.engine.stateHash();

  const again = new World(core, scenario, edits);
  const middle = Math.floor(steps * part / 1024);
  again.runTo(middle);
  const store = snapshotsOf(again.engine);
  const snapshot = store.take();
  const rest = again.runTo(STEPS_MAX);
  if (again.engine.stateHash() !== hash || again.engine.eventCount() !== steps)
    return { invariant: INVARIANT, text: `a second run ends in another state, after ${again.engine.eventCount()} steps and ${steps}` };
  store.restore(snapshot);
  const replayed = again.runTo(STEPS_MAX);
  if (differs(rest, replayed) || again.engine.stateHash() !== hash)
    return { invariant: INVARIANT, text: `from a snapshot at step ${middle} of ${steps} on the run goes another way` };
  const third = new World(core, scenario, edits).runTo(STEPS_MAX);
  return differs(whole, third) ? { invariant: INVARIANT, text: 'a second run leaves another trace' } : undefined;
}

/** app.role: script (sim/schema/scenario.ts). */
const SCRIPT = 4;
