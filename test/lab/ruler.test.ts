/** The rule under the scrubber, and the summary of a run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { compileCore, KIND, runScenario } from '../../sim/host/index.ts';
import { type Lab, openLab, QUERIES } from '../../sim/lab/index.ts';
import { roundest } from '../../sim/lab/views/ruler.ts';

let lab: Lab;
beforeAll(async () => {
  const core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
  lab = openLab(core, { name: 'loss', text: readFileSync(join(root, 'scenarios/loss.yaml'), 'utf8'), sets: [] });
});

test('the roundest time of an interval is the one with the largest unit', () => {
  expect(roundest(940_000, 1_040_000)).toBe(1_000_000);
  expect(roundest(1_120_000, 1_190_000)).toBe(1_150_000);
  expect(roundest(1_130_000, 1_149_000)).toBe(1_140_000);
  expect(roundest(17, 17)).toBe(17);
});

test('marks of time rise with the steps, and stand at the step where their time has come', () => {
  lab.branch(0).recording.advance(5);
  const early = QUERIES.ruler(lab.moment({ branch: 0, step: 0 }), { places: 10, buckets: 50 });
  const { recording } = lab.branch(0);
  recording.finish();
  const { ticks, steps, lost, again } = QUERIES.ruler(lab.moment({ branch: 0, step: 0 }), { places: 12, buckets: 100 });
  expect(early.steps).toBeLessThanOrEqual(steps);
  expect(ticks.length).toBeGreaterThan(5);
  ticks.forEach((tick, i) => {
    expect(tick.step).toBe(recording.steps.atTime(tick.time_ns));
    if (i > 0) expect(tick.step).toBeGreaterThan(ticks[i - 1]?.step ?? 0);
  });
  const records = recording.trace.batches.flatMap((b) => [...b.records()]);
  const of = (kind: number | undefined) => records.filter((r) => r.kind === kind).length;
  const sum = (counts: Uint16Array) => counts.reduce((a, b) => a + b, 0);
  expect(sum(again)).toBe(of(KIND.tcp_retransmit));
  expect(sum(lost)).toBe(of(KIND.drop) + of(KIND.cq_overflow));
  expect(sum(lost)).toBeGreaterThan(10);
});

test('the summary is that of the command line, wherever the playhead stands', () => {
  const { result } = runScenario(lab.core, lab.scenario);
  const summary = QUERIES.result(lab.moment({ branch: 0, step: 5 }), {});
  expect(summary).toMatchObject({
    state_hash: result.stateHash, dropped: result.dropped, expectations: result.expect, streams: result.streams, streams_total: 1,
  });
});
