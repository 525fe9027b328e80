/** What runs reach, and the search that is guided by it. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import {
  caseOf, caseOfFile, Coverage, coverRows, type FuzzCase, generatorOf, Guided, memberFile, minimised, mutated, Runner, RunFeatures,
} from '../../sim/fuzz/index.ts';
import { compileCore } from '../../sim/host/index.ts';
import { readRunFile, runFileText } from '../../sim/lab/index.ts';

let core: WebAssembly.Module;
let release: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync('build/core.fuzz.wasm'));
  release = await compileCore(readFileSync('build/core.wasm'));
});

const caseAt = (seed: number): FuzzCase => caseOf(generatorOf('tcp', seed), seed);

test('only the fuzzing core counts branches', () => {
  expect(coverRows(core).length).toBeGreaterThan(1000);
  expect(() => coverRows(release)).toThrow(/counts no branches/);
});

test('a run reaches the same, whatever ran before it', () => {
  const sides = new Coverage(coverRows(core)).sides;
  const [first, again] = [new RunFeatures(sides), new RunFeatures(sides)];
  const runner = new Runner(core);
  runner.run(caseAt(1), { features: first });
  runner.run(caseAt(2), { features: again });
  expect(again.bits).not.toEqual(first.bits);
  runner.run(caseAt(1), { features: again });
  expect(again.bits).toEqual(first.bits);
});

test('a case that is run again reaches nothing new', () => {
  const g = new Guided(new Runner(core), coverRows(core), 'tcp');
  expect(g.learn(caseAt(1)).gain.fresh).toBeGreaterThan(1000);
  expect(g.learn(caseAt(1)).gain.fresh).toBe(0);
  expect(g.corpus.length).toBe(1);
});

test('a changed case is the same for the same seed, and some seed changes it', () => {
  const [a, b] = [caseAt(1), caseAt(2)];
  expect(mutated(a, b, 7)).toEqual(mutated(a, b, 7));
  expect([1, 2, 3, 4, 5, 6, 7, 8].some((seed) => JSON.stringify(mutated(a, b, seed)) !== JSON.stringify(a))).toBe(true);
});

test('a search is the same for the same seeds, and its smallest corpus reaches all that it did', () => {
  const search = () => {
    const g = new Guided(new Runner(core), coverRows(core), 'all');
    for (let seed = 1; seed <= 60; seed++) g.turn(seed);
    return g;
  };
  const g = search();
  expect(search().coverage.reached()).toBe(g.coverage.reached());
  const rows = coverRows(core);
  const small = minimised(new Runner(core), rows, g.corpus.map((k) => k.c));
  expect(small.length).toBeLessThan(g.corpus.length);
  const reached = (cases: readonly FuzzCase[]): number => {
    const again = new Guided(new Runner(core), rows, 'all');
    for (const c of cases) again.learn(c);
    return again.coverage.reached();
  };
  expect(reached(small.map((m) => m.c))).toBe(reached(g.corpus.map((k) => k.c)));
});

test('a case of a corpus is the same when it was a file', () => {
  const c = { ...caseAt(3), edits: [{ at: 40, fault: 'hold_softirq', host: 1 as const, args: [0, 1000] }] };
  const file = memberFile({ c, reaches: ['stack/5-tcp/ack/tcpAck'] });
  expect(file.about).toContain('stack/5-tcp/ack/tcpAck');
  const back = caseOfFile(readRunFile(runFileText(file), 'case'));
  expect(back).toEqual({ ...c, generator: file.name });
});
