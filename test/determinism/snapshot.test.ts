/** A snapshot is the whole machine: going back to one and running on is the straight run. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Engine, snapshotsOf, TraceStore } from '../../sim/host/index.ts';
import { builtCore, expectSame, load, type Run, runHere, SELECTED } from './runs.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await builtCore('core.wasm');
});

class Recorder {
  readonly engine: Engine;
  readonly until: number;
  trace = new TraceStore();

  constructor(name: string) {
    const scenario = load(name);
    this.until = scenario.run['run.until_ns'];
    const config = { block: scenario.block, seed: scenario.run['run.seed'] };
    this.engine = new Engine(core, config, { onTrace: (batch) => this.trace.add(batch) });
  }
  /** Runs on; returns all that was traced so far. */
  finish(): Run {
    this.engine.run(this.until);
    const { engine, trace } = this;
    return { trace, stateHash: engine.stateHash(), virtualTimeNs: engine.clockNs(), events: engine.eventCount() };
  }
}

const copyOf = (trace: TraceStore): TraceStore => {
  const copy = new TraceStore();
  for (const batch of trace.batches) copy.add(batch);
  return copy;
};

describe.each(SELECTED)('%s', (name) => {
  test.each([0.1, 0.5, 0.9])('from a snapshot at %d of its events', (share) => {
    const straight = runHere(core, load(name));
    const r = new Recorder(name);
    const store = snapshotsOf(r.engine);
    store.take();
    r.engine.run(r.until, { max_events: Math.floor(straight.events * share) });
    const snapshot = store.take();
    const before = copyOf(r.trace);
    const hash = r.engine.stateHash();

    expectSame(straight, r.finish(), ['straight', 'with a snapshot taken']);
    for (const turn of ['first', 'second']) {
      store.restore(snapshot);
      expect(r.engine.stateHash(), 'restoring gives the state of that moment').toBe(hash);
      r.trace = copyOf(before);
      expectSame(straight, r.finish(), ['straight', `${turn} replay`]);
    }
  });
});

test('every moment of a run can be gone back to, in any order', () => {
  const r = new Recorder('loss');
  const store = snapshotsOf(r.engine);
  const moments = Array.from({ length: 20 }, () => {
    const moment = { snapshot: store.take(), hash: r.engine.stateHash() };
    r.engine.run(r.until, { max_events: 300 });
    return moment;
  });
  for (const i of [19, 0, 7, 7, 13, 1, 18]) {
    const moment = moments[i];
    if (!moment) throw new Error('no such moment');
    store.restore(moment.snapshot);
    expect(r.engine.stateHash()).toBe(moment.hash);
  }
});
