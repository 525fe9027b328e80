import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileCore } from '../../sim/host/index.ts';
import { type Comparison, compare } from './compare.ts';
import pending from './pending.json' with { type: 'json' };
import { KERNELS, PROBES } from './probes.ts';

const root = join(import.meta.dirname, '..', '..');
/** Traces that cannot be equal yet, with the reason. One that has become equal must leave the list. */
const PENDING: Readonly<Record<string, string>> = pending;
const results: { probe: string; kernel: string; comparison: Comparison }[] = [];
let core: WebAssembly.Module;

beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});

/** For the table that npm test prints. */
afterAll(() => {
  mkdirSync(join(root, 'build/results'), { recursive: true });
  writeFileSync(join(root, 'build/results/conform-table.json'), JSON.stringify(results));
});

describe.each(KERNELS)('Linux $profile', (kernel) => {
  test.each(PROBES)('$name says what the kernel said', (probe) => {
    const comparison = compare(core, probe, kernel);
    results.push({ probe: probe.name, kernel: kernel.profile, comparison });
    const reason = PENDING[`${probe.name} ${kernel.profile}`];
    if (reason === undefined) expect(comparison.first).toBe('');
    else expect(comparison.first, `it is equal now: take it out of pending.json (${reason})`).not.toBe('');
  });
});

test('the list of what is pending names probes and kernels that there are', () => {
  const all = KERNELS.flatMap((k) => PROBES.map((p) => `${p.name} ${k.profile}`));
  expect(Object.keys(PENDING).filter((name) => !all.includes(name))).toEqual([]);
});
