/** One seed, one run: twice, in both builds, and whatever slices the host cuts it into. */
import { beforeAll, describe, expect, test } from 'vitest';
import { runScenario, TraceStore } from '../../sim/host/index.ts';
import { builtCore, endingOf, expectSame, library, load, type Run, runHere, SELECTED } from './runs.ts';

let release: WebAssembly.Module;
let debug: WebAssembly.Module;
beforeAll(async () => {
  release = await builtCore('core.wasm');
  debug = await builtCore('core.debug.wasm');
});

/** Programs of steps: two that use most of the kernel. */
const PROGRAMS = ['conform/shutdown', 'conform/zcrx-nodev'];

describe.each([...library, ...PROGRAMS])('%s', (name) => {
  test('twice gives the same state and the same trace', () => {
    expectSame(runHere(release, load(name)), runHere(release, load(name)), ['first', 'second']);
  });
  test('the debug build does what the optimised one does', () => {
    expectSame(runHere(release, load(name)), runHere(debug, load(name)), ['optimised', 'debug']);
  });
});

test.each(SELECTED)('%s: another seed is another run', (name) => {
  expect(runHere(release, load(name, ['run.seed=2'])).stateHash).not.toBe(runHere(release, load(name)).stateHash);
});

test.each([1, 7, 1000])('slices of %d events change nothing', (slice_events) => {
  const scenario = load('loss', ['run.until_ns=3ms']);
  const trace = new TraceStore();
  const { result } = runScenario(release, scenario, { slice_events, sinks: { onTrace: (batch) => trace.add(batch) } });
  const sliced: Run = { trace, ...endingOf(result) };
  expectSame(runHere(release, scenario), sliced, ['whole', 'sliced']);
});
