/**
 * Determinism: a case runs the same twice, and on from a snapshot as it did without one. What is compared is every record of the trace and
 * the state at the end.
 */
import { type Core, type Engine, type Recycler, snapshotsOf, startScenario, type Scenario, type TraceBatch } from '../host/index.ts';
import { type Edit, refusalOf } from '../lab/index.ts';
import { allEdits, compiledCase, type FuzzCase, STEPS_MAX } from './case.ts';
import type { Broken } from './runner.ts';

const INVARIANT = 'D1 the same again';
/** FNV-1a. */
const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/** What a run has written so far. */
interface Tape {
  readonly records: number;
  readonly hash: number;
}
const BLANK: Tape = { records: 0, hash: OFFSET };

/** A world without applications in TypeScript: all that goes on is in its memory. */
class World {
  readonly engine: Engine;
  private readonly until_ns: number;
  private readonly edits: readonly Edit[];
  private records = 0;
  private hash = 0;

  constructor(core: Core, scenario: Scenario, edits: readonly Edit[]) {
    this.edits = edits;
    this.until_ns = scenario.run['run.until_ns'];
    this.engine = startScenario(core, scenario, { onTrace: (batch) => this.listen(batch) });
  }

  private listen(batch: TraceBatch): void {
    this.records += batch.length;
    const words = batch.columns();
    for (let i = 0; i < words.length; i++) this.hash = Math.imul(this.hash ^ (words[i] as number), PRIME);
  }

  /** Runs up to a step, with what is done by hand on the way. */
  private to(step: number): void {
    const { engine } = this;
    const max_events = step - engine.eventCount();
    if (max_events > 0) engine.run(this.until_ns, { max_events });
  }

  /** Edits of the step that it stands at are made when it goes on. What it writes is put behind what it had written. */
  runTo(step: number, before = BLANK): Tape {
    ({ records: this.records, hash: this.hash } = before);
    for (const edit of this.edits) {
      if (edit.at < this.engine.eventCount() || edit.at >= step) continue;
      this.to(edit.at);
      if (this.engine.eventCount() === edit.at) refusalOf(this.engine, edit);
    }
    this.to(step);
    this.engine.drain();
    return { records: this.records, hash: this.hash };
  }
}

const differs = (a: Tape, b: Tape): boolean => a.records !== b.records || a.hash !== b.hash;

/** `part` of 1024: where in the run the snapshot is taken. undefined: it is the same each time, or has an application in TypeScript. */
export function undetermined(cores: Pick<Recycler, 'fresh'>, c: FuzzCase, part: number, bug?: string): Broken | undefined {
  const scenario = compiledCase(c, c.generator, bug);
  if (scenario.steps || scenario.hosts.some((h) => h.values['app.role'] === SCRIPT)) return undefined;
  const edits = allEdits(c);
  const first = new World(cores.fresh(), scenario, edits);
  const whole = first.runTo(STEPS_MAX);
  const steps = first.engine.eventCount();
  const hash = first.engine.stateHash();

  const again = new World(cores.fresh(), scenario, edits);
  const middle = Math.floor(steps * part / 1024);
  const before = again.runTo(middle);
  const store = snapshotsOf(again.engine, true);
  const snapshot = store.take();
  const second = again.runTo(STEPS_MAX, before);
  if (again.engine.stateHash() !== hash || again.engine.eventCount() !== steps)
    return { invariant: INVARIANT, text: `a second run ends in another state, after ${again.engine.eventCount()} steps and ${steps}` };
  if (differs(whole, second)) return { invariant: INVARIANT, text: 'a second run leaves another trace' };
  store.restore(snapshot);
  const replayed = again.runTo(STEPS_MAX, before);
  if (differs(second, replayed) || again.engine.stateHash() !== hash)
    return { invariant: INVARIANT, text: `from a snapshot at step ${middle} of ${steps} on the run goes another way` };
  return undefined;
}

/** app.role: script (sim/schema/scenario.ts). */
const SCRIPT = 4;
