/**
 * Scenarios beside what real kernels said to the same programs: traces that the agent recorded (npm run conform -- --record). Every
 * line has to be equal, but for what native-backend/lab/compare/rules.ts declares; and a rule that no trace needs any more fails.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Comparison, RULES } from '../../native-backend/lab/index.ts';
import { compileCore, traceText } from '../../sim/host/index.ts';
import { compareGolden, type GoldenFile, goldenFiles } from './goldens.ts';

const root = process.env.RINGLAB_ROOT ?? join(import.meta.dirname, '..', '..');
const CONTEXT = 3;
const goldens = goldenFiles();
const needed = new Set<string>();

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});

/** The first lines that differ, with what stands before them; '' when none do. */
function saidDifference({ difference, native }: Comparison): string {
  if (!difference) return '';
  const { at, native: want, simulated: got } = difference;
  const before = native.slice(Math.max(0, at - CONTEXT), at).map((r) => `   ${traceText(r.line)}\n`).join('');
  return `${difference.class}\n${before}kernel    ${want && traceText(want)}\nsimulator ${got && traceText(got)}`;
}

/** By target and kernel; Node 20 has no Map.groupBy. */
const byKernel = new Map<string, GoldenFile[]>();
for (const g of goldens) byKernel.set(`${g.target} ${g.kernel}`, [...(byKernel.get(`${g.target} ${g.kernel}`) ?? []), g]);

describe.each([...byKernel])('Linux on %s', (_, files) => {
  test.each(files)('$scenario says what the kernel said', (golden) => {
    const { comparison } = compareGolden(core, golden);
    for (const { rule } of comparison.declared) needed.add(rule.name);
    expect(golden.path).toBe(`test/fixtures/golden/${golden.target}/${golden.kernel}/${golden.scenario.replace(/^conform\//, '')}.jsonl`);
    expect(saidDifference(comparison)).toBe('');
  });
});

test('there are traces of a host and of other kernels', () => {
  expect(byKernel.size).toBeGreaterThan(1);
});

test('every declared difference is one of some trace still', () => {
  expect(RULES.map((r) => r.name).filter((name) => !needed.has(name))).toEqual([]);
});
