/** Charts: what is drawn adds up to what the run itself counts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { compileCore, measureRun, memoryCounters } from '../../sim/host/index.ts';
import { type Lab, openLab } from '../../sim/lab/index.ts';
import { type Chart, charts, type ChartsAnswer } from '../../sim/lab/views/charts/index.ts';

let core: WebAssembly.Module;
const labs = new Map<string, Lab>();
const open = (name: string, sets: readonly string[] = []): Lab =>
  openLab(core, { name, text: readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8'), sets });
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
  for (const name of ['bulk', 'loss']) {
    const lab = open(name);
    lab.branch(0).recording.finish();
    labs.set(name, lab);
  }
});

const ALL = { from_ns: 0, to_ns: Number.MAX_SAFE_INTEGER, parts: 128, host: 1 } as const;
function chartsOf(lab: Lab, params = ALL as Parameters<typeof charts>[1]): ChartsAnswer {
  for (;;) {
    const answer = charts(lab.moment({ branch: 0, step: 0 }), params);
    if (answer.read === 1) return answer;
  }
}
const one = (a: ChartsAnswer, id: string): Chart => a.charts.find((c) => c.id === id) as Chart;
const total = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + (Number.isNaN(b) ? 0 : b), 0);

describe.each(['bulk', 'loss'])('%s', (name) => {
  test('the areas below throughput are the bytes of the streams', () => {
    const lab = labs.get(name) as Lab;
    const a = chartsOf(lab);
    const received = one(a, 'throughput').series.find((s) => s.name === 'server reads');
    const bytes = lab.branch(0).recording.result()?.streams.reduce((n, s) => n + s.bytes, 0);
    expect((total(received?.values ?? []) * a.width_ns) / 8e9).toBeCloseTo(bytes as number, 0);
  });

  test('the places of the buffers always sum to the area', () => {
    const { series } = one(chartsOf(labs.get(name) as Lab), 'buffers');
    const sums = Array.from({ length: series[0]?.values.length ?? 0 }, (_, i) => series.reduce((n, s) => n + (s.values[i] as number), 0));
    const known = sums.filter((n) => !Number.isNaN(n));
    expect(known.length).toBeGreaterThan(50);
    expect(new Set(known).size).toBe(1);
  });

  test('percentiles are in order, and lie about where the measurement has them', () => {
    const lab = labs.get(name) as Lab;
    const { series } = one(chartsOf(lab), 'latency');
    const [max, p99, p90, p50] = series.map((s) => s.values) as [Float64Array, Float64Array, Float64Array, Float64Array];
    for (let i = 0; i < p50.length; i++) {
      if (Number.isNaN(p50[i])) continue;
      const [a, b, c, d] = [p50, p90, p99, max].map((v) => v[i] as number) as [number, number, number, number];
      expect(a <= b && b <= c && c <= d).toBe(true);
    }
    const measured = measureRun(core, lab.scenario).measurement.latency_ns;
    expect(Math.max(...max.filter((v) => !Number.isNaN(v)))).toBeGreaterThanOrEqual(measured.max);
    const middle = p50.filter((v) => !Number.isNaN(v)).sort();
    expect((middle[middle.length >> 1] as number) / measured.p50).toBeCloseTo(1, 0);
  });
});

test('cycles per byte are those of the measurement, from the steady part', () => {
  const lab = labs.get('bulk') as Lab;
  const { measurement, from_ns, to_ns } = measureRun(core, lab.scenario);
  const steady = chartsOf(lab, { from_ns, to_ns, parts: 8, host: 1 });
  const drawn = total(one(steady, 'cycles').series.map((s) => total(s.values) / steady.slices));
  const measured = total(Object.values(measurement.server.cycles_per_byte));
  expect(drawn / measured).toBeGreaterThan(0.97);
  expect(drawn / measured).toBeLessThan(1.03);
});

test('busy cores are the cycles that were charged', () => {
  const lab = labs.get('loss') as Lab;
  const a = chartsOf(lab);
  const cycles = lab.branch(0).recording.result()?.server.charges.reduce((n, c) => n + c.cycles, 0) as number;
  const { series } = one(a, 'cores');
  const drawn = total(series.find((s) => s.name === 'server')?.values ?? []) * a.width_ns * lab.scenario.hosts[1].values['cpu.mhz'] / 1000;
  // What is charged after the last thing has moved is not drawn.
  expect(drawn / cycles).toBeGreaterThan(0.97);
  expect(drawn / cycles).toBeLessThanOrEqual(1.000001);
});

test('drops and retransmissions are all there', () => {
  const lab = labs.get('loss') as Lab;
  const result = lab.branch(0).recording.result();
  const { series } = one(chartsOf(lab), 'trouble');
  expect(total(series[0]?.values ?? [])).toBe(result?.dropped);
  expect(total(series[1]?.values ?? [])).toBe((result?.client.tcp.RetransSegs ?? 0) + (result?.server.tcp.RetransSegs ?? 0));
});

test('what the memory bus moved is sampled while it is recorded, and a fork keeps it', () => {
  const lab = open('bulk', ['server.mem.llc_bytes=1MiB', 'client.app.bytes=3MiB']);
  const { recording } = lab.branch(0);
  recording.finish();
  const bytes = memoryCounters(recording.engineAt(recording.length), 1)['total'] as number;
  const { meter } = recording;
  const end_ns = recording.steps.timeNs(recording.length);
  expect(meter.until(1, end_ns)).toBeLessThanOrEqual(bytes);
  expect(meter.until(1, end_ns)).toBeGreaterThan(bytes * 0.9);
  expect(meter.until(1, 0)).toBe(0);
  const fork = lab.branch(lab.fork({ branch: 0, step: Math.floor(recording.length / 2) }, 'same', [])).recording;
  const half_ns = recording.steps.timeNs(Math.floor(recording.length / 2));
  expect(fork.meter.until(1, half_ns * 0.9)).toBeCloseTo(meter.until(1, half_ns * 0.9), -4);
});

test('a stretch is a part of the whole, whichever was asked for first', () => {
  const lab = labs.get('loss') as Lab;
  const whole = chartsOf(lab);
  const stretch = { from_ns: whole.width_ns * 16, to_ns: whole.width_ns * 48, parts: 32, host: 1 } as const;
  const part = one(chartsOf(lab, stretch), 'throughput');
  for (const s of one(whole, 'throughput').series) {
    const own = part.series.find((other) => other.name === s.name)?.values ?? new Float64Array(32);
    expect(total(own)).toBeCloseTo(total(s.values.slice(16, 48)), -3);
  }
});
