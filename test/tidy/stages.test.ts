/** The nine stages: folders in order, each with a card that says what it is. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { STAGES } from '../../sim/schema/stages.ts';
import { filesUnder, none, read, root } from './sources.ts';

/** The stage before and after on the receive path; the road is a circle through the pool. */
const previous = (n: number) => STAGES[(n + 7) % 9];
const next = (n: number) => STAGES[n % 9];

test('stages are numbered 1 to 9 without a gap, and folders in the listing follow the packet', () => {
  expect(STAGES.map((s) => s.n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const listed = ['nic-model', 'stack', 'uring-model'].flatMap((parent) =>
    readdirSync(join(root, parent)).filter((f) => /^\d-/.test(f)).sort().map((f) => `${parent}/${f}`),
  );
  expect(listed).toEqual(STAGES.map((s) => s.folder));
});

describe.each(STAGES.map((s) => [s.folder, s] as const))('%s', (folder, stage) => {
  const index = `${folder}/index.ts`;

  test('its index.ts opens with its card', () => {
    expect(existsSync(join(root, index)), `${index} is missing`).toBe(true);
    const [open, first, second] = read(index).split('\n');
    expect(open).toBe('/**');
    expect(first).toBe(` * Stage ${stage.n} of 9 · ${stage.name}`);
    expect(second).toMatch(/^ \* From .+: .+\. {3}To .+: .+\.$/);
  });

  test('its card names neighbours that exist', () => {
    const [, , second = ''] = read(index).split('\n');
    const names = STAGES.map((s) => `${s.n}-${s.name}`);
    const [from = '', to = ''] = second.replace(' * From ', '').split(/ {3}To /);
    for (const [side, text] of [['From', from], ['To', to]] as const) {
      const cited = text.split(':')[0]?.split(/, | and /) ?? [];
      for (const name of cited) expect(names, `${index}: ${side} ${name}`).toContain(name);
    }
    expect(from.split(':')[0], `${index}: from`).not.toBe(`${stage.n}-${stage.name}`);
    const road = [previous(stage.n), next(stage.n)].map((s) => `${s?.n}-${s?.name}`);
    expect(road.some((name) => second.includes(name)), `${index}: the card names no neighbour on the road (${road.join(', ')})`).toBe(true);
  });

  test('its card says what it owns, what it does not do, its drops and its invariants', () => {
    const card = read(index).split('*/')[0] ?? '';
    expect(card, `${index}: names no Linux source`).toContain('Linux 7.3');
    for (const line of ['Owns', 'Does not', 'Drops', 'Invariants']) expect(card, `${index}: no line "${line}"`).toContain(` * ${line} `);
  });

  test('asserts quote an invariant of the card, or say what is wrong', () => {
    const card = read(index).split('*/')[0] ?? '';
    const named = new Set([...card.matchAll(/\b([A-Z]\d+)\b/g)].map((m) => m[1]));
    const quoted: string[] = [];
    for (const file of filesUnder(folder, (f) => f.endsWith('.ts') && !f.includes('.gen.'))) {
      for (const match of read(file).matchAll(/assert\([^;]*?'([A-Z]\d+) /g)) {
        if (match[1] !== undefined && !named.has(match[1])) quoted.push(`${file}: ${match[1]} is not in the card of ${index}`);
      }
    }
    none(quoted);
  });
});
