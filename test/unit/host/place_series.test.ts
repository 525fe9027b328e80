/** The curve of places is thinned, so what must be exact is said apart: greatest values, moves, and the end. */
import { expect, test } from 'vitest';
import { PlaceSeries } from '../../../sim/host/place_series.ts';
import { KIND, RECORD_BYTES, TraceBatch } from '../../../sim/host/trace.ts';

const FREE = 0;
const CACHE = 1;
const NIC = 2;
const LIVE = 3;

function batch(moves: readonly (readonly [time_ns: number, from: number, to: number, host?: number])[]): TraceBatch {
  const buffer = new ArrayBuffer(moves.length * RECORD_BYTES);
  const view = new DataView(buffer);
  moves.forEach(([time_ns, from, to, host = 1], i) => {
    view.setBigUint64(i * RECORD_BYTES, BigInt(time_ns), true);
    view.setUint32(i * RECORD_BYTES + 8, (KIND.ledger ?? 0) | (host << 8), true);
    view.setUint32(i * RECORD_BYTES + 20, from, true);
    view.setUint32(i * RECORD_BYTES + 24, to, true);
  });
  return new TraceBatch(buffer, 0, buffer.byteLength);
}

test('places add up to the area at every sample, and the end is the end', () => {
  const series = new PlaceSeries(1);
  series.add(batch([[0, FREE, CACHE], [0, FREE, CACHE], [5, CACHE, NIC], [9, NIC, LIVE]]));
  const samples = series.samples(10);
  for (const s of samples) expect(s.counts.reduce((a, b) => a + b)).toBe(10);
  expect(samples.at(-1)).toEqual({ time_ns: 9, counts: [8, 1, 0, 1] });
  expect(series.moves('posted', 'live')).toBe(1);
});

test('another host\'s areas are not counted', () => {
  const series = new PlaceSeries(1);
  series.add(batch([[0, FREE, LIVE, 0]]));
  expect(series.moves('free', 'live')).toBe(0);
});

test('a long run keeps few samples, and a peak between two of them is not lost', () => {
  const series = new PlaceSeries(1);
  const moves: [number, number, number][] = [];
  for (let t = 0; t < 100_000; t++) moves.push([t * 10, t % 2 === 0 ? FREE : LIVE, t % 2 === 0 ? LIVE : FREE]);
  moves.push([1_000_000, FREE, LIVE], [1_000_000, FREE, LIVE], [1_000_000, FREE, LIVE], [1_000_000, LIVE, FREE]);
  series.add(batch(moves));
  expect(series.samples(10).length).toBeLessThanOrEqual(1025);
  expect(series.most('live', 10)).toBe(3);
  const times = series.samples(10).map((s) => s.time_ns);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});
