/** What the fuzzer once found in the model: each run breaks nothing any more. */
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { caseOfFile, Runner } from '../../sim/fuzz/index.ts';
import { compileCore } from '../../sim/host/index.ts';
import { readRunFile } from '../../sim/lab/index.ts';

const FOLDER = 'test/fuzz/found';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync('build/core.fuzz.wasm'));
});

test.each(readdirSync(FOLDER).sort())('%s', (file) => {
  const c = caseOfFile(readRunFile(readFileSync(`${FOLDER}/${file}`, 'utf8'), file));
  const { broken, refused, steps } = new Runner(core).run(c);
  expect({ broken, refused }).toEqual({});
  expect(steps).toBeGreaterThan(0);
});
