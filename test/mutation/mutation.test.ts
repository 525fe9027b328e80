/** The mutator on a small file: what it changes, that the rest stays, and that a test which looks is one that sees. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileMutated, type Mutated, mutatedFiles } from './compile.ts';
import { fuzzChecks, parting } from './fuzz_checks.ts';
import { readExplained, explains } from './page.ts';
import { keysOf } from './results.ts';
import { type Mutant, schemata } from './schemata.ts';
import { Switch } from './switch.ts';

const SAMPLE = 'test/mutation/sample.as.ts';
const turned = new Switch();
const STEPS = 10_000;

interface Sample {
  push(value: number): number;
  pop(): number;
  holds(value: number): number;
}
let made: Mutated;
let core: WebAssembly.Module;
beforeAll(async () => {
  made = await compileMutated({ files: [SAMPLE], entries: [SAMPLE], units: [] });
  core = new WebAssembly.Module(made.wasm);
  turned.install();
}, 60_000);

function sampleWith(mutant: number): Sample {
  turned.set({ mutant, steps: STEPS });
  return new WebAssembly.Instance(core, {}).exports as unknown as Sample;
}
const find = (original: string, mutated: string): Mutant => {
  const found = made.mutants.find((m) => m.original === original && m.mutated === mutated);
  if (!found) throw new Error(`no mutant ${original} -> ${mutated}`);
  return found;
};

/** What a careful test would find: '' when the ring does as it says. */
function seen(ring: Sample): string {
  const steps: [string, () => number, number][] = [
    ['empty', () => ring.pop(), -1], ['holds nothing', () => ring.holds(5), 0],
    ...Array.from({ length: 8 }, (_, i): [string, () => number, number] => [`push ${i}`, () => ring.push(i + 5), 0]),
    ['full', () => ring.push(9), -28], ['holds its first', () => ring.holds(5), 1], ['holds a later one', () => ring.holds(9), 1],
    ['holds no other', () => ring.holds(4), 0], ['pop', () => ring.pop(), 5], ['pop again', () => ring.pop(), 6],
    ['room again', () => ring.push(13), 0], ['then holds it', () => ring.holds(13), 1],
  ];
  try {
    return steps.find(([, call, want]) => call() !== want)?.[0] ?? '';
  } catch (error) {
    return String(error);
  }
}

test('with no mutant switched on the file does what it did', () => {
  expect(seen(sampleWith(0))).toBe('');
  expect(turned.used()).toBeGreaterThan(50);
});

describe('mutants that a careful test sees', () => {
  test.each([
    ['relation', 'tail - head >= ENTRIES', 'tail - head > ENTRIES', 'full'], ['errno', '-ENOSPC', '-1', 'full'],
    ['statement', 'store<u32>(AT, tail + 1, 4)', '', 'full'], ['arithmetic', 'tail + 1', 'tail - 1', ''],
    ['bits', 'i & (ENTRIES - 1)', 'i | (ENTRIES - 1)', ''], ['condition', 'head == load<u32>(AT, 4)', 'true', 'pop'],
    ['constant', '0', '1', 'push 0'], ['result', 'return load<u32>(slot(head))', 'return 0', 'pop'],
  ])('%s: %s is %s', (operator, original, mutated, where) => {
    const mutant = find(original, mutated);
    expect(mutant.operator).toBe(operator);
    const found = seen(sampleWith(mutant.id));
    expect(found).not.toBe('');
    if (where !== '') expect(found).toBe(where);
  });
  test('one that runs in circles is ended', () => {
    expect(seen(sampleWith(find('i != load<u32>(AT, 4)', 'i == load<u32>(AT, 4)').id))).not.toBe('');
    const ring = sampleWith(find('tail + 1', 'tail - 1').id);
    ring.push(1);
    expect(() => ring.holds(3)).toThrow('unreachable');
  });
});

test('what no test can see survives, and what is only watched is left alone', () => {
  expect(seen(sampleWith(find('break', '').id))).toBe('');
  expect(made.mutants.filter((m) => m.original.includes('more entries') || m.original.includes('<= ENTRIES'))).toEqual([]);
  expect(made.mutants.every((m) => m.name !== '')).toBe(true);
  expect(sampleWith(find('break', '').id).push(1)).toBe(0);
  const ids = made.mutants.filter((m) => m.name === 'push').map((m) => m.id);
  expect([...turned.reached(made.mutants.length)].filter((id) => ids.includes(id)).length).toBeGreaterThan(5);
});

test('lines stay where they were, and a mutant is known again when others have come', () => {
  const text = readFileSync(SAMPLE, 'utf8');
  const written = schemata(SAMPLE, text, { first: 1, probe: './mutant.as', mutate: true });
  expect(written.text.split('\n').length).toBe(text.split('\n').length);
  const longer = text.replace('/** The oldest', 'export function one(): u32 {\n  return 1;\n}\n\n/** The oldest');
  const later = schemata(SAMPLE, longer, { first: 1, probe: './mutant.as', mutate: true });
  const keys = new Set(keysOf(later.mutants, () => longer).values());
  expect(later.mutants.length).toBe(written.mutants.length + 1);
  expect([...keysOf(written.mutants, () => text).values()].filter((key) => !keys.has(key))).toEqual([]);
});

test('every explanation is of a mutant that there is, and says something', () => {
  const explained = readExplained();
  const files = mutatedFiles().filter((file) => explained.some((e) => e.file === file));
  const mutants = files.flatMap((file) => schemata(file, readFileSync(file, 'utf8'), { first: 1, probe: './x', mutate: true }).mutants);
  const idle = explained.filter((e) => !mutants.some((m) => explains(e, m)) || e.why.length < 15);
  expect(idle).toEqual([]);
});

test('a run of the fuzzer that ends otherwise is told by its first other line', () => {
  expect(parting(['a', 'b'], ['a', 'b'])).toBe('');
  expect(parting(['a', 'b'], ['a', 'c'])).toBe('the run differs: c, not b');
  expect(parting(['a', 'b'], ['a'])).toBe('the run differs: nothing, not b');
  expect(parting(['a'], ['a', 'b'])).toBe('the run differs: b, not nothing');
});

test('what a run comes to is the same each time, and is not nothing', () => {
  const fuzzing = new WebAssembly.Module(readFileSync('build/core.fuzz.wasm'));
  turned.set({ mutant: 0, steps: 0xffff_ffff });
  for (const check of fuzzChecks().filter(({ name }) => /^fuzz (programs|worlds) 7$/.test(name))) {
    const { broken, lines } = check.outcome(fuzzing);
    expect(broken, check.name).toBe('');
    expect(lines.length, check.name).toBeGreaterThan(1);
    expect(check.outcome(fuzzing).lines, check.name).toEqual(lines);
  }
});
