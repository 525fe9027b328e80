/** The names that expect lines may use are those that results have: every one, and no other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compileCore, loadScenario, runScenario } from '../../sim/host/index.ts';
import { RESULT_SHAPE, type Shape } from '../../sim/host/result_shape.ts';
import { root } from './cli.ts';

const read = (path: string) => readFileSync(join(root, path));

/** Maps that leave out what did not occur. */
const SPARSE = ['drops'];

/** Where a result and its shape differ. */
/** What only some runs have. */
const OPTIONAL = ['result.steps'];

function differences(value: unknown, shape: Shape, path: string): string[] {
  if (shape.kind === 'value') return typeof value === 'object' ? [`${path} is more than one value`] : [];
  if (shape.kind === 'named') return [];
  if (shape.kind === 'list') {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((v, i) => differences(v, shape.of, `${path}[${i}]`));
  }
  if (typeof value !== 'object' || value === null) return [`${path} is no map`];
  const names = Object.keys(shape.of);
  const found = Object.keys(value);
  const sparse = SPARSE.some((s) => path.endsWith(s));
  const missing = names.filter((name) => !OPTIONAL.includes(`${path}.${name}`) && !found.includes(name));
  return [
    ...found.filter((name) => !names.includes(name)).map((name) => `${path}.${name} has no shape`),
    ...(sparse ? [] : missing.map((name) => `${path}.${name} is not in the result`)),
    ...found.flatMap((name) => {
      const of = shape.of[name];
      return of ? differences((value as Record<string, unknown>)[name], of, `${path}.${name}`) : [];
    }),
  ];
}

test.each(['tour', 'loss', 'header-split-off', 'plain-recv'])('%s', async (name) => {
  const core = await compileCore(read('build/core.wasm'));
  const scenario = loadScenario(read(`scenarios/${name}.yaml`).toString(), `${name}.yaml`);
  const { expect: _, ...result } = runScenario(core, scenario).result;
  expect(differences(result, RESULT_SHAPE, 'result')).toEqual([]);
});
