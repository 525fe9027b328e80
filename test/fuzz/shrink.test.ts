/** Description: a case is made small without losing what it shows, and what is left is a scenario. */
import { expect, test } from 'vitest';
import { type FuzzCase, NO_CALM, type Runner, shrink, type ShrinkOptions, sizeOf } from '../../sim/fuzz/index.ts';
import { fewest } from '../../sim/fuzz/shrink/fewest.ts';
import { at, placesOf, put } from '../../sim/fuzz/shrink/plain_edit.ts';
import type { Plain } from '../../sim/host/index.ts';

const BUDGET: ShrinkOptions = { budget_ms: 20_000 };
const BROKEN = { invariant: 'Z1 x', text: 'y' };

/** Breaks where a predicate says so. */
const runnerOf = (breaks: (c: FuzzCase) => boolean): Runner =>
  ({ run: (c: FuzzCase) => ({ steps: 1, records: 0, time_ns: 0, ...(breaks(c) ? { broken: BROKEN } : {}) }) }) as unknown as Runner;

const has = (c: FuzzCase, text: string): boolean => JSON.stringify(c.scenario).includes(text);

const PROGRAM: FuzzCase = {
  generator: 'programs', calm_at: 100,
  edits: [{ at: 1, set: 'wire.loss_ppm=5' }, { at: 2, set: 'wire.loss_ppm=6' }],
  scenario: {
    run: { verify: true, seed: 12_345 }, limits: { socks: 64 }, nic: { mtu: 4000 },
    steps: [
      { 'ring.init': { sq: 8 } }, { 'mem.bytes': { name: 'm', n: 64 } }, { sqe: { op: 'NOP', ud: 1 } }, { submit: {} },
      { sqe: { op: 'SEND', fd: 'f', addr: 'm', len: 64, ud: 2 } }, { sqe: { op: 'NOP', ud: 77 } }, { submit: {} }, { drain: {} },
    ],
  },
};

test('only what shows it is left', () => {
  const { c, tried } = shrink(runnerOf((x) => has(x, '"op":"NOP","ud":77')), PROGRAM, BROKEN, BUDGET);
  expect(c.scenario).toEqual({ run: { verify: true }, steps: [{ sqe: { op: 'NOP', ud: 77 } }] });
  expect(c).toMatchObject({ edits: [], calm_at: NO_CALM });
  expect(sizeOf(c)).toMatchObject({ steps: 1, edits: 0 });
  expect(tried).toBeGreaterThan(5);
});

test('an edit, a calm phase and a knob stay when they are what shows it', () => {
  const shows = (x: FuzzCase) => x.edits.some((e) => 'set' in e && e.set.endsWith('6')) && x.calm_at !== NO_CALM && has(x, '"mtu"');
  const { c } = shrink(runnerOf(shows), PROGRAM, BROKEN, BUDGET);
  expect(c.edits).toEqual([{ at: 2, set: 'wire.loss_ppm=6' }]);
  expect(c.calm_at).toBeLessThanOrEqual(100);
  expect(c.scenario).toEqual({ run: { verify: true }, nic: { mtu: 0 }, steps: [] });
});

/** Breaks always, after a number of steps that a predicate knows. */
const longRunner = (steps: (c: FuzzCase) => number): Runner =>
  ({ run: (c: FuzzCase) => ({ steps: steps(c), records: 0, time_ns: 0, broken: BROKEN }) }) as unknown as Runner;
const bare = (scenario: FuzzCase['scenario']): FuzzCase => ({ generator: 'worlds', calm_at: NO_CALM, edits: [], scenario });

test('a line stays where the run would take many steps without it, and goes where it would take a few', () => {
  const receive = (quiet?: Plain): FuzzCase['scenario'] =>
    ({ run: { verify: true }, steps: [{ 'zcrx.receive': { fds: 'a', ...(quiet === undefined ? {} : { quiet }) } }] });
  const steps = (few: number, many: number) => (c: FuzzCase) => (has(c, 'fds') ? (has(c, 'quiet') ? few : many) : 1000 * many);
  expect(shrink(longRunner(steps(40, 15_000)), bare(receive('500ms')), BROKEN, BUDGET).c.scenario).toEqual(receive('1ms'));
  expect(shrink(longRunner(steps(40, 60)), bare(receive('500ms')), BROKEN, BUDGET).c.scenario).toEqual(receive());
});

test('what makes a run long by default is made less, and that is worth a line', () => {
  const world = (app: Plain): FuzzCase['scenario'] => ({ run: { verify: true }, hosts: { client: { app } } });
  const steps = (c: FuzzCase) => (has(c, 'source') ? (has(c, 'bytes') ? 100 : 5000) : 5_000_000);
  const { c } = shrink(longRunner(steps), bare(world({ role: 'source' })), BROKEN, BUDGET);
  expect(c.scenario).toEqual(world({ role: 'source', bytes: 0 }));
});

test('what breaks without the bug too is no smaller case of it', () => {
  const runner = { run: (c: FuzzCase, { bug }: { bug?: string }) => ({ steps: 1, ...(bug || !has(c, 'mtu') ? { broken: BROKEN } : {}) }) };
  const { c } = shrink(runner as unknown as Runner, PROGRAM, BROKEN, { ...BUDGET, bug: 'some' });
  expect(has(c, 'mtu')).toBe(true);
});

test('delta debugging finds the two of a hundred', () => {
  let asked = 0;
  const both = (kept: readonly number[]) => {
    asked++;
    return kept.includes(17) && kept.includes(80) ? kept : undefined;
  };
  expect(fewest(Array.from({ length: 100 }, (_, i) => i), both)).toEqual([17, 80]);
  expect(asked).toBeLessThan(100);
  expect(fewest([1, 2], () => undefined)).toEqual([1, 2]);
  expect(fewest([], (kept) => kept)).toEqual([]);
});

test('a place of a plain value is changed, or left out, and the rest stays in its order', () => {
  const value: Plain = { a: [1, { b: 2, c: 3 }], d: 'x' };
  expect(at(value, ['a', 1, 'b'])).toBe(2);
  expect(put(value, ['a', 1, 'b'], 5)).toEqual({ a: [1, { b: 5, c: 3 }], d: 'x' });
  expect(put(value, ['a', 0], undefined)).toEqual({ a: [{ b: 2, c: 3 }], d: 'x' });
  expect(Object.keys(put(value, ['a', 1, 'c'], undefined) as object)).toEqual(['a', 'd']);
  expect(put(value, ['a', 1, 'e'], 7)).toEqual({ a: [1, { b: 2, c: 3, e: 7 }], d: 'x' });
  expect(placesOf(value).map((p) => p.join('.'))).toEqual(['a', 'd', 'a.0', 'a.1', 'a.1.b', 'a.1.c']);
});
