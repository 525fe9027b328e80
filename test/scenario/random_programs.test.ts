/**
 * Description: random programs, valid and invalid, never trap the core, hang or leave anything behind, and run alike twice. A program
 * is its seed (random_programs/program.ts).
 */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { compileCore } from '../../sim/host/engine.ts';
import { randomProgram } from './random_programs/genes.ts';
import { runProgram } from './random_programs/program.ts';

/** Seeds that once failed. */
const ONCE_FAILED = [8, 106, 308, 2128, 2193, 2202];
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 9];

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync('build/core.wasm'));
});

test.each([...ONCE_FAILED, ...SEEDS])('program %i', (seed) => {
  const { hash } = runProgram(core, randomProgram(seed), { verify: true });
  expect(hash).toMatch(/^[0-9a-f]{16}$/);
});

test('a program that runs twice ends in the same state', () => {
  for (const seed of [11, 12, 13]) expect(runProgram(core, randomProgram(seed)).hash).toBe(runProgram(core, randomProgram(seed)).hash);
});
