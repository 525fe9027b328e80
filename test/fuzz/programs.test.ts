/** Programs of steps: each is a program, an action less is a program again, nothing that they do breaks the core, and all is given back. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { stepsOf } from '../../sim/fuzz/generate/programs/program.ts';
import { caseOf, compiledCase, generatorOf, GENERATORS, Runner, steadyProgram } from '../../sim/fuzz/index.ts';
import { compileCore, loadScenario, runScenario } from '../../sim/host/index.ts';
import type { UserMemory } from '../../uring-model/8-app/kernel.ts';
import type { Layout } from '../../uring-model/8-app/ring_layout.ts';
import { RingQueues } from '../../uring-model/8-app/ring_queues.ts';
import { IORING_CQE_F_SKIP } from '../../uring-model/8-app/uapi.gen.ts';

const PROGRAMS = GENERATORS.find((g) => g.name === 'programs') ?? generatorOf('ring', 1);
const FOLDER = 'test/fuzz/situations';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync('build/core.fuzz.wasm'));
});

test('programs of many seeds run, and break nothing', () => {
  const runner = new Runner(core);
  for (let seed = 1; seed <= 28; seed++) {
    const { refused, broken } = runner.run(caseOf(PROGRAMS, seed));
    expect({ seed, refused, broken }).toEqual({ seed, refused: undefined, broken: undefined });
  }
});

test('a program comes to its end, whatever it asked for', () => {
  for (let seed = 200; seed < 230; seed++) {
    const { result } = runScenario(core, compiledCase(caseOf(PROGRAMS, seed), 'program'));
    expect({ seed, complete: result.steps?.complete }).toEqual({ seed, complete: true });
  }
});

test('a program without one of its actions is a program', () => {
  const actions = Array.from({ length: 40 }, (_, i) => ({ what: i * 7919, genes: Array.from({ length: 12 }, (__,
    k) => (i + 3) * (k + 5) * 104_729) }));
  const limits = caseOf(PROGRAMS, 1).scenario.limits ?? {};
  for (let left_out = 0; left_out < actions.length; left_out++) {
    const steps = stepsOf({ features: 0x3fffffff, actions: actions.filter((_, i) => i !== left_out), ending: 0 }, false);
    expect(() => compiledCase({ generator: 'programs', scenario: { limits, steps }, edits: [], calm_at: 0 }, 'program')).not.toThrow();
  }
});

test('a program for a real kernel leaves no chain open, and drains nothing: a worker thread would do it, sooner or later', () => {
  const open: number[] = [];
  for (let seed = 1; seed <= 400; seed++) {
    const last = new Map<unknown, unknown>();
    for (const step of steadyProgram(seed) as Record<string, { ring?: number; flags?: string[] }>[]) {
      const [name, fields = {}] = Object.entries(step)[0] ?? [];
      if (name === 'sqe') last.set(fields.ring, fields.flags?.some((f) => f === 'IO_LINK' || f === 'IO_HARDLINK'));
      if (name === 'sqe' && fields.flags?.some((f) => f === 'IO_DRAIN' || f === 'ASYNC')) open.push(seed);
      if ((name === 'submit' || name === 'submit_wait') && last.get(fields.ring) === true) open.push(seed);
    }
  }
  expect(open).toEqual([]);
});

test.each(readdirSync(FOLDER).filter((f) => f.endsWith('.yaml')))('%s', (name) => {
  const { result } = runScenario(core, loadScenario(readFileSync(join(FOLDER, name), 'utf8'), name, { sets: ['run.verify=on'] }));
  expect(result.steps?.complete).toBe(true);
  expect(result.expect.length).toBeGreaterThan(1);
  expect(result.expect.filter((e) => !e.ok)).toEqual([]);
});

test('who reads a queue of fillers whose head was written over comes back', () => {
  const [entries, cqes] = [4, 64];
  const view = new DataView(new ArrayBuffer(256));
  const memory: UserMemory = { view: () => view, bytes: (at, n) => new Uint8Array(view.buffer, at, n), alloc: () => 0 };
  const layout: Layout = {
    sq_head: 0, sq_tail: 4, sq_flags: 8, sq_dropped: 12, sq_mask: 3, sq_entries: 4, sqes: 128, sqe_bytes: 64, cq_head: 16, cq_tail: 20,
    cq_flags: 24, cq_overflow: 28, cq_mask: entries - 1, cq_entries: entries, cqes, cqe_bytes: 16, setup: 0, features: 0,
  };
  for (let i = 0; i < entries; i++) view.setUint32(cqes + i * 16 + 12, IORING_CQE_F_SKIP, true);
  // The head is one beyond the tail: all of 2^32 - 1 places seem to be filled.
  view.setUint32(layout.cq_head, 8, true);
  view.setUint32(layout.cq_tail, 7, true);
  const ring = new RingQueues(memory, 3, layout);
  expect(ring.cqe).toBeUndefined();
  expect(view.getUint32(layout.cq_head, true)).toBe(8 + entries);
  view.setUint32(cqes + 12, 0, true);
  expect(ring.cqe?.address).toBe(cqes);
});
