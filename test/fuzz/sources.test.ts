/** Who makes the next case of a guided search: what brings most for its work, lately. */
import { expect, test } from 'vitest';
import { Chance, Sources } from '../../sim/fuzz/index.ts';

const TURNS = 600;

/** How often each source is taken, when a turn of it brings so much for so much work. */
function taken(sources: Sources<string>, from: number, bring: (name: string) => readonly [number, number]): Map<string, number> {
  const times = new Map<string, number>();
  for (let turn = from; turn < from + TURNS; turn++) {
    const name = sources.choose(new Chance(turn), () => true);
    times.set(name, (times.get(name) ?? 0) + 1);
    sources.credit(name, ...bring(name));
  }
  return times;
}
const most = (times: Map<string, number>): string => [...times].reduce((a, b) => (b[1] > a[1] ? b : a))[0];

test('what brings most for its work is taken most, and all others now and then', () => {
  const sources = new Sources(['rich', 'poor', 'slow'], ['late']);
  // The slow one brings twice as much in ten times the work.
  const times = taken(sources, 1, (name) => (name === 'rich' ? [0.4, 1000] : name === 'slow' ? [0.8, 10_000] : [0.1, 1000]));
  expect(most(times)).toBe('rich');
  expect(times.get('rich')).toBeGreaterThan(TURNS * 0.6);
  expect([...times.keys()].sort()).toEqual(['late', 'poor', 'rich', 'slow']);
});

test('what brought much and brings nothing any more makes room', () => {
  const sources = new Sources(['first', 'second'], []);
  expect(most(taken(sources, 1, (name) => (name === 'first' ? [10, 1000] : [1, 1000])))).toBe('first');
  taken(sources, 1000, (name) => (name === 'first' ? [0, 1000] : [1, 1000]));
  expect(most(taken(sources, 2000, (name) => (name === 'first' ? [0, 1000] : [1, 1000])))).toBe('second');
});

test('what may not be taken is not', () => {
  const sources = new Sources(['one', 'other'], ['third']);
  for (let seed = 1; seed < 40; seed++) expect(sources.choose(new Chance(seed), (name) => name === 'third')).toBe('third');
});
