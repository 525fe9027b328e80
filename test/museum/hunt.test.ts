/**
 * Description: the fuzzer finds what it found before, from seeds that nobody has chosen. These are the exhibits that are found fastest; npm
 * run museum hunts for all of them. Each run of the tests takes other seeds: what is not found in its runs names them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { Runner, runStretch, SEEDS } from '../../sim/fuzz/index.ts';
import { compileCore } from '../../sim/host/index.ts';
import { BUG_NAMES } from '../../sim/schema/museum.ts';

const RESULTS = 'test/museum/results.json';
/** All hunts together, on two threads, at their medians. */
const BUDGET_S = 12;
/** Times the median, and no fewer runs than this: chance has a long tail. In runs, since a busy machine makes fewer in a minute. */
const MEDIANS = 40;
const RUNS_LEAST = 1000;

interface Result {
  readonly found: number;
  readonly of: number;
  readonly seconds?: number;
  readonly runs?: number;
}
const results = existsSync(RESULTS) ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as Record<string, Result>) : {};

function fastest(): string[] {
  const known = Object.entries(results).filter(([name, r]) => BUG_NAMES.includes(name) && r.found === r.of && r.seconds !== undefined);
  const sorted = known.sort(([, a], [, b]) => (a.seconds as number) - (b.seconds as number)).slice(0, Math.ceil(BUG_NAMES.length / 2));
  let left = BUDGET_S;
  return sorted.filter(([, r]) => {
    left -= r.seconds as number;
    return left >= 0;
  }).map(([name]) => name);
}

let runner: Runner;
beforeAll(async () => {
  runner = new Runner(await compileCore(readFileSync('build/core.fuzz.wasm')));
});

const QUICK = fastest();
test('there are hunts', () => {
  expect(QUICK.length).toBeGreaterThan(0);
});

test.each(QUICK)('%s is found from any seed', (bug) => {
  const first = Math.floor(Math.random() * SEEDS);
  const most = Math.max(RUNS_LEAST, MEDIANS * (results[bug]?.runs ?? 0));
  const { found, runs } = runStretch(runner, { n: 0, aim: 'all', first, runs: most, bug, keep_going: false });
  const own = found.filter((f) => !f.also_without);
  expect(own.length, `${bug} was not found in ${runs} runs from seed ${first}`).toBe(1);
});
