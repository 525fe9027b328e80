/**
 * Scenarios beside what real kernels said to the same programs: traces that the agent recorded (npm run conform -- --record). Every
 * line has to be equal, but for what native-backend/lab/compare/rules.ts declares; and a rule that no trace needs any more fails.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Comparison, type Golden, RULES } from '../../native-backend/lab/index.ts';
import { compareGolden, conformanceCells, conformancePage } from '../../native-backend/lab/conform/page.ts';
import { goldenPath, readGoldens, readPage } from '../../native-backend/lab/conform/library.ts';
import { compileCore, traceText } from '../../sim/host/index.ts';

const root = process.env.RINGLAB_ROOT ?? join(import.meta.dirname, '..', '..');
const CONTEXT = 3;
const goldens = readGoldens();
const needed = new Set<string>();
const compared = new Map<string, Comparison>();

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});

/** The page needs what the tests before it found. */
function compareOnce(golden: Golden): Comparison {
  const comparison = compared.get(goldenPath(golden)) ?? compareGolden(core)(golden);
  compared.set(goldenPath(golden), comparison);
  return comparison;
}

/** The first lines that differ, with what stands before them; '' when none do. */
function saidDifference({ difference, native }: Comparison): string {
  if (!difference) return '';
  const { at, native: want, simulated: got } = difference;
  const before = native.slice(Math.max(0, at - CONTEXT), at).map((r) => `   ${traceText(r.line)}\n`).join('');
  return `${difference.class}\n${before}kernel    ${want && traceText(want)}\nsimulator ${got && traceText(got)}`;
}

/** By target and kernel; Node 20 has no Map.groupBy. */
const byKernel = new Map<string, Golden[]>();
for (const g of goldens) byKernel.set(`${g.target} ${g.kernel}`, [...(byKernel.get(`${g.target} ${g.kernel}`) ?? []), g]);

describe.each([...byKernel])('Linux on %s', (_, files) => {
  test.each(files)('$scenario says what the kernel said', (golden) => {
    const comparison = compareOnce(golden);
    for (const { rule } of comparison.declared) needed.add(rule.name);
    expect(saidDifference(comparison)).toBe('');
  });
});

test('there are traces of every target, and of two kernels where it has them', () => {
  const kernels = ['host 6.18.44', 'nic 7.2.12', 'nic 7.3.4', 'uml 7.3.4', 'vm 7.2.12', 'vm 7.3.4'];
  expect([...byKernel.keys()].sort()).toEqual(kernels);
  for (const files of byKernel.values()) expect(files.length).toBeGreaterThan(25);
});

test('every declared difference is one of some trace still', () => {
  expect(RULES.map((r) => r.name).filter((name) => !needed.has(name))).toEqual([]);
});

test('the page on conformance says what the traces that are kept come to', () => {
  expect(readPage(), 'run npm run conform -- --page').toBe(conformancePage(conformanceCells(compareOnce)));
});
