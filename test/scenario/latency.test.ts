/** Latencies from the trace: of every completion with data, and of every request. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { percentile, LatencyMeter } from '../../sim/host/latency.ts';
import { compileCore, loadScenario, runScenario } from '../../sim/host/index.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});

function latencies(name: string, host: 0 | 1, sets: readonly string[] = []) {
  const file = join('scenarios', `${name}.yaml`);
  const scenario = loadScenario(readFileSync(join(root, file), 'utf8'), file, { sets });
  const meter = new LatencyMeter(scenario, host);
  const { result } = runScenario(core, scenario, { sinks: { onTrace: (batch) => meter.add(batch) } });
  return { sorted: [...meter.sorted(0, Infinity)], result };
}

test.each(['bulk', 'hw-gro', 'many-flows', 'reorder', 'duplicates', 'plain-recv'])('every completion of %s has a latency', (name) => {
  const { sorted, result } = latencies(name, 1);
  expect(sorted.length).toBe(result.server.events.app_read);
  // The NIC takes 300 ns to say that it has written something, and an interrupt comes at most 8 µs later.
  expect(percentile(sorted, 0)).toBeGreaterThan(300);
  if (name === 'bulk') expect(percentile(sorted, 1)).toBeLessThan(15_000);
});

test('bytes behind a hole are older when the hole is filled', () => {
  const { sorted } = latencies('loss', 1);
  expect(percentile(sorted, 1) / percentile(sorted, 0.5)).toBeGreaterThan(10);
});

test('every request of an rpc client has a latency, which is more than the way there and back', () => {
  const { sorted, result } = latencies('rpc', 0);
  expect(sorted.length).toBe(4 * Math.ceil(800_000 / 8192));
  expect(result.dropped).toBe(0);
  expect(percentile(sorted, 0)).toBeGreaterThan(20_000);
  expect(percentile(latencies('rpc', 0, ['wire.delay_ns=100us']).sorted, 0)).toBeGreaterThan(200_000);
});

test('a percentile is a value that was measured', () => {
  expect([0.5, 0.9, 0.99, 1].map((p) => percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], p))).toEqual([5, 9, 10, 10]);
  expect(percentile([], 0.5)).toBe(0);
});
