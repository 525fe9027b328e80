/** Pictures of runs: what the library shows before anything is opened. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { compileCore, loadScenario, STAGES } from '../../sim/host/index.ts';
import { PICTURE_COLUMNS, pictureOf } from '../../sim/lab/index.ts';

const core = compileCore(readFileSync(join(root, 'build/core.wasm')));
const draw = async (name: string) =>
  pictureOf(await core, loadScenario(readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8'), name, {}));
const row = (cells: Uint8Array, stage: string) => {
  const n = STAGES.findIndex((s) => s.name === stage);
  return [...cells.slice(n * PICTURE_COLUMNS, (n + 1) * PICTURE_COLUMNS)];
};

test('a run with losses has its crosses at the wire, one without has none', async () => {
  const loss = await draw('loss');
  expect(row(loss.drops, 'wire').filter((d) => d > 0).length).toBeGreaterThan(5);
  expect((await draw('tour')).drops.every((d) => d === 0)).toBe(true);
});

test('each stage that a byte passes has its bars', async () => {
  const tour = await draw('tour');
  for (const stage of STAGES) expect(row(tour.cells, stage.name).some((c) => c > 0), stage.name).toBe(true);
  expect(tour).toMatchObject({ streams: 1, cut: false });
});
