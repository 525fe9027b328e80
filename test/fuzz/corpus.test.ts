/** The corpus: cases that the guided search kept, each for a branch that hardly any other takes. They break nothing, and reach it still. */
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { caseOfFile, coverRows, type FuzzCase, Guided, Runner } from '../../sim/fuzz/index.ts';
import { compileCore } from '../../sim/host/index.ts';
import { readRunFile, type RunFile } from '../../sim/lab/index.ts';

const FOLDER = 'test/fuzz/corpus';
const files: readonly RunFile[] = readdirSync(FOLDER).sort().map((f) => readRunFile(readFileSync(`${FOLDER}/${f}`, 'utf8'), f));
/** Of the sides of branches that the model has, so many are in reach of the corpus at least. */
const LEAST_SHARE = 0.5;

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync('build/core.fuzz.wasm'));
});

test('each case has a sentence', () => {
  expect(files.length).toBeGreaterThan(20);
  for (const { about = '' } of files) expect(about).toMatch(/^(A program|Built-in applications).*\.$/);
});

test('no case breaks anything, and together they reach half of all branches', () => {
  const search = new Guided(new Runner(core), coverRows(core), 'all');
  const run = (c: FuzzCase) => search.learn(c).result;
  for (const file of files) {
    const { broken } = run(caseOfFile(file));
    expect({ name: file.name, broken }).toEqual({ name: file.name });
  }
  expect(search.coverage.reached() / search.coverage.sides).toBeGreaterThan(LEAST_SHARE);
});
