/** Benchmarks of the agent, and what becomes of them. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { agentBinary } from '../../native-backend/lab/agent.ts';
import { type Bench, benchesOf, knobsOf, machineOf, ROWS, unsourcedBut } from '../../native-backend/lab/calibration.ts';
import type { TraceLine } from '../../sim/host/index.ts';
import { COSTS } from '../../sim/schema/costs.ts';
import { lacking } from './lacking.ts';

const bench = (name: string, ns: number, spread = 0): Bench => ({ name, method: '', ns, low_ns: ns - spread, high_ns: ns + spread });

test('a knob is what remains of its benchmarks, and its spread is the worst that theirs can make', () => {
  const knobs = knobsOf([bench('clock', 0.5), bench('syscall', 100, 10), bench('recv_empty', 150, 5)]);
  expect(knobs.map((k) => [k.knob, k.value, k.low, k.high])).toEqual([
    ['cpu.mhz', 2000, 2000, 2000], ['cost.syscall', 200, 180, 220], ['cost.recv', 100, 70, 130],
  ]);
});

test('a call and its requests are told apart by calls of one and of many', () => {
  // 200 ns a call, 30 ns a NOP, of which 10 ns are its completion, with 2 ns for the look at it.
  const knobs = knobsOf([bench('clock', 1), bench('nop_1', 230), bench('nop', 30 + 200 / 32), bench('nop_silent', 20 + 200 / 32),
    bench('look', 2)]);
  expect(Object.fromEntries(knobs.map((k) => [k.knob, k.value]))).toMatchObject({ 'cost.enter': 200, 'cost.sqe': 20, 'cost.cqe': 8 });
});

test('every knob is one of the model', () => {
  expect(ROWS.map((r) => r.cost).filter((name) => !COSTS.some((c) => c.name === name))).toEqual([]);
});

test('without a clock there are no cycles, and what cannot be measured is named', () => {
  expect(knobsOf([bench('syscall', 100)])).toEqual([]);
  expect(unsourcedBut([])).toContain('napi_poll');
  for (const name of unsourcedBut([])) expect(COSTS.find((c) => c.name === name)?.source).toBe('unsourced');
});

const AGENT = { path: '' };
const why = await lacking(async () => {
  AGENT.path = await agentBinary({ progress: () => {}, signal: new AbortController().signal });
});

describe.skipIf(why !== undefined)('on this machine', () => {
  const run = (name: string): TraceLine[] => {
    const { status, stdout } = spawnSync(AGENT.path, [`--calibrate=${name}`], { encoding: 'utf8', timeout: 60_000 });
    expect(status).toBe(0);
    return stdout.trim().split('\n').map((l) => JSON.parse(l) as TraceLine);
  };

  test('a benchmark has a median between its quartiles, and a system call takes less than 10 µs', () => {
    const lines = ['clock', 'syscall', 'copy_l1'].flatMap(run);
    const benches = benchesOf(lines);
    expect(benches.map((b) => b.name)).toEqual(['clock', 'syscall', 'copy_l1']);
    for (const { ns = 0, low_ns = 0, high_ns = 0 } of benches) {
      expect(low_ns).toBeGreaterThan(0);
      expect(ns).toBeGreaterThanOrEqual(low_ns);
      expect(high_ns).toBeGreaterThanOrEqual(ns);
    }
    expect(benches[1]?.ns).toBeLessThan(10_000);
    const knobs = knobsOf(benches);
    const about = { kernel: '7.3', architecture: '', cpu: 'x', cpus: 2, virtual: false, load: 0 };
    const machine = machineOf({ ...about, benches, knobs, unsourced: [] });
    expect(machine.values.every((v) => v.by === 'calibrated' && v.source.startsWith('ringlab calibrate: '))).toBe(true);
  });

  test('a name that is none measures nothing', () => {
    expect(run('nothing').map((l) => l.e)).toEqual(['calibrate', 'end']);
  });
});
