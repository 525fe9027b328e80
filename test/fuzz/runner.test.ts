/** The fuzzer's engine: a seed is a case, a case is a run, and nothing of one run is left in the next. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import {
  caseOf, caseText, compiledCase, type FuzzCase, type Generator, generatorOf, GENERATORS, type Invariant, Runner,
} from '../../sim/fuzz/index.ts';
import { compileCore, loadScenario, playScenario, runScenario, Transcript } from '../../sim/host/index.ts';
import { PROGRAMS, StepMachine } from '../../sim/lab/index.ts';

let fuzzing: WebAssembly.Module;
let release: WebAssembly.Module;
beforeAll(async () => {
  fuzzing = await compileCore(readFileSync('build/core.fuzz.wasm'));
  release = await compileCore(readFileSync('build/core.wasm'));
});

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const cases = (): FuzzCase[] => GENERATORS.flatMap((g) => SEEDS.map((seed) => caseOf(g, seed)));

test('a seed is always the same case', () => {
  expect(cases()).toEqual(cases());
  expect(generatorOf('all', 5)).toBe(generatorOf('all', 5));
});

test('a world in an instance that others have used runs as in a new one', () => {
  const worn = new Runner(fuzzing);
  for (const c of cases()) {
    const once = worn.run(c, { hash: true });
    expect(once.refused).toBeUndefined();
    expect(once).toEqual(new Runner(fuzzing).run(c, { hash: true }));
  }
});

test('memory is looked at before each turn of a program, which may change what it shows', () => {
  const program = caseOf(GENERATORS.find((g) => g.name === 'areas') as Generator, 1);
  let looks = 0;
  let turns = 0;
  const counts: Invariant = {
    id: 'X1', name: 'looks', about: '', source: '', checker: () => ({ atRest: () => void looks++ }),
  };
  const played = new Runner(fuzzing).run(program, { invariants: [counts], rest_steps: 1_000_000 });
  playScenario(fuzzing, compiledCase(program, program.generator), { onTurn: () => void turns++ });
  expect(played.broken).toBeUndefined();
  expect(turns).toBeGreaterThan(1);
  // Once more at the end.
  expect(looks).toBe(turns + 1);
});

test('steps are those that the laboratory counts: events of the core, and calls of a program', () => {
  const program = caseOf(GENERATORS.find((g) => g.name === 'programs') as Generator, 1);
  const transcript = new Transcript();
  const scenario = compiledCase(program, program.generator);
  playScenario(fuzzing, scenario, { transcript });
  const { steps } = new Runner(fuzzing).run(program);
  expect(transcript.entries.length).toBeGreaterThan(20);
  expect(steps).toBeGreaterThan(transcript.entries.length);
  const machine = new StepMachine(fuzzing, scenario, [], {}, {}, PROGRAMS);
  while (machine.step());
  expect(machine.at).toBe(steps);
});

test('the text of a case is the same scenario', () => {
  for (const c of cases()) expect(loadScenario(caseText(c), c.generator).block).toEqual(compiledCase(c, c.generator).block);
});

test('the release core knows no bug of the museum', () => {
  const [c] = cases();
  const buggy = compiledCase(c as FuzzCase, 'buggy', 'zcrx-scrub-race');
  expect(() => runScenario(release, buggy)).toThrow(/only in the fuzzing build/);
});
