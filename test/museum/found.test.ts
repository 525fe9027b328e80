/** Description: the smallest counterexample of each exhibit still is one: with the bug it breaks as it did, and without it all holds. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { placed, reproOf } from '../../sim/fuzz/index.ts';
import { compileCore } from '../../sim/host/index.ts';
import { BUG_NAMES } from '../../sim/schema/museum.ts';

const FOUND = 'test/museum/found';
const FILES = existsSync(FOUND) ? readdirSync(FOUND).sort() : [];

/** A run that ends well may be long: it is followed to well behind where it broke, with fewer looks at memory. */
const beyond = (step: number) => ({ rest_steps: 64, steps_max: 2 * step + 500 });

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync('build/core.fuzz.wasm'));
});

const repro = (file: string, sets: readonly string[] = []) =>
  reproOf(readFileSync(`${FOUND}/${file}`, 'utf8'), { file, library: () => undefined, sets });

test('each file is that of an exhibit', () => {
  expect(FILES.map((f) => f.replace('.run.json', '')).filter((name) => !BUG_NAMES.includes(name))).toEqual([]);
});

test.each(FILES)('%s breaks where it says, and not without its bug', (file) => {
  const { run, invariant, step } = repro(file);
  const { broken, step: at } = placed(core, run);
  expect(broken?.invariant).toBe(invariant);
  expect(at).toBe(step);
  expect(placed(core, repro(file, ['run.bug=none']).run, beyond(at)).broken).toBeUndefined();
});
