/** The memory of an area: places and holders of every buffer at an instant, as the ledger has them, forward and backward. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { compileCore, KIND } from '../../sim/host/index.ts';
import { AGES, BUFFER_STATES, type Lab, openLab } from '../../sim/lab/index.ts';
import { bufferLife } from '../../sim/lab/views/memory/life.ts';
import { ILLEGAL, LENT, REFILL, stateOf } from '../../sim/lab/views/memory/states.ts';
import { memory } from '../../sim/lab/views/memory.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});
const open = (name: string, sets: readonly string[]) =>
  openLab(core, { name, text: readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8'), sets });
const KNOWN = new Map<string, Lab>();
/** Each scenario is recorded once. */
function recorded(name: string, sets: readonly string[] = []) {
  const key = [name, ...sets].join(' ');
  const lab = KNOWN.get(key) ?? open(name, sets);
  KNOWN.set(key, lab);
  return { lab, recording: lab.branch(0).recording.finish() };
}
const frameAt = (lab: Lab, step: number) => memory(lab.moment({ branch: 0, step }), { area: 0, ages: true });
const spread = (length: number, n: number): number[] => Array.from({ length: n }, (_, i) => Math.floor(((i + 0.5) * length) / n));

describe.each(['bulk', 'area-too-small', 'refill-never'])('%s', (name) => {
  test('every buffer is in one place, their sum is the area, and the ledger agrees', () => {
    const { lab, recording } = recorded(name);
    for (const step of spread(recording.length, 14)) {
      const frame = frameAt(lab, step);
      const [area] = frame.areas;
      if (!area) continue;
      expect(frame.counts.reduce((a, b) => a + b, 0)).toBe(area.buffers);
      expect(frame.ledger.reduce((a, b) => a + b, 0)).toBe(area.buffers);
      expect(frame.holds, `step ${step}`).toBe(true);
      expect(frame.counts[ILLEGAL]).toBe(0);
    }
  });

  test('going back shows what was shown going on', () => {
    const { lab, recording } = recorded(name);
    const steps = spread(recording.length, 10);
    const forward = steps.map((step) => frameAt(lab, step));
    for (let i = steps.length - 1; i >= 0; i--) expect(frameAt(lab, steps[i] as number)).toEqual(forward[i]);
  });
});

test('who never gives back holds all in the end, and the oldest loan grows older', () => {
  const { lab, recording } = recorded('refill-never');
  const [half, end] = [frameAt(lab, Math.floor(recording.length / 2)), frameAt(lab, recording.length)];
  expect(end.counts[LENT]).toBe(end.areas[0]?.buffers);
  expect(end.age_counts[AGES.length - 1]).toBe(end.areas[0]?.buffers);
  expect(end.oldest?.age_ns).toBeGreaterThan(half.oldest?.age_ns ?? Infinity);
  expect(end.oldest?.niov).toBe(half.oldest?.niov);
  expect(end.pool_empty).toBeGreaterThan(0);
});

test('what was put into the refill ring and not read is told apart from what the application holds', () => {
  const { lab, recording } = recorded('bulk');
  const frame = frameAt(lab, Math.floor(recording.length / 2));
  const given = [...frame.states].flatMap((s, n) => (s === REFILL ? [n + (frame.areas[0]?.first ?? 0)] : []));
  expect(given.length).toBeGreaterThan(0);
  for (const niov of given) {
    const { steps } = bufferLife(lab.moment({ branch: 0, step: Math.floor(recording.length / 2) }), { niov, most: 100 });
    expect(steps.at(-1)?.text, `buffer ${niov}`).toContain('into the refill ring');
  }
});

test('the life of a buffer is a chain: each owner begins where the one before it ended', () => {
  const { lab, recording } = recorded('bulk');
  const step = Math.floor(recording.length * 0.8);
  const moment = lab.moment({ branch: 0, step });
  const lent = recording.trace.filter((b, i) => b.kind(i) === KIND.zc_deliver);
  const niov = lent[Math.floor(lent.length / 2)]?.niov_idx ?? 0;
  const life = bufferLife(moment, { niov, most: 200 });
  const states = life.steps.filter((s) => s.state >= 0);
  expect(states.length).toBeGreaterThan(4);
  for (const [i, s] of states.entries()) {
    const next = states[i + 1];
    if (next) expect(next.time_ns).toBe(s.time_ns + (s.lasted_ns ?? Number.NaN));
    else expect(s.lasted_ns).toBeUndefined();
  }
  expect(states.map((s) => BUFFER_STATES[s.state]?.name)).toEqual(expect.arrayContaining(['posted', 'stack', 'lent', 'refill', 'cache']));
  const now = memory(moment, { area: 0, ages: false });
  expect(now.states[niov - (now.areas[0]?.first ?? 0)]).toBe(states.at(-1)?.state);
  // A life tells nothing of the future.
  expect(life.steps.every((s) => s.record < moment.records)).toBe(true);
});

test('refill entries that the kernel refuses are told, those of the future are not', () => {
  const { lab, recording } = recorded('conform/zcrx-double-returns');
  const { trace, steps } = recording;
  const refused = Array.from({ length: trace.length }, (_, i) => i).filter((i) => trace.kind(i) === KIND.rqe_take && trace.b(i) >= 2);
  const all = [...spread(recording.length, 12), recording.length].map((step) => frameAt(lab, step).refused_count);
  expect(all.at(-1)).toBe(refused.length);
  expect(frameAt(lab, steps.ofRecord(refused[0] as number) - 1).refused_count).toBe(0);
  expect(all).toEqual([...all].sort((a, b) => a - b));
});

test('references that do not fit a place are illegal', () => {
  expect(stateOf(0, 0, 0, false)).toBe(0);
  expect(stateOf(0, 1, 1, false)).toBe(ILLEGAL);
  expect(stateOf(2, 1, 1, false)).toBe(ILLEGAL);
  expect(stateOf(3, 0, 0, false)).toBe(ILLEGAL);
  expect(stateOf(3, 1, 2, false)).toBe(ILLEGAL);
  expect(stateOf(3, 1, 1, false)).toBe(LENT);
  expect(stateOf(3, 1, 1, true)).toBe(REFILL);
});
