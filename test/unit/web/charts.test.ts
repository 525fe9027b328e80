/** One chart as a scene, and as a file. */
import { expect, test } from 'vitest';
import { chartScene, LEFT, RIGHT } from '../../../web/views/charts/scene.ts';
import { type Chart, type ChartsAnswer, csvOf, sliceAt, valueText } from '../../../web/views/charts/values.ts';

const values = (...v: number[]): Float64Array => Float64Array.from(v);
const lines: Chart = {
  id: 'throughput', title: 'Throughput', about: 'about', unit: 'bps', stacked: false,
  series: [{ name: 'server receives', values: values(0, 2e9, Number.NaN, 4e9) }, { name: 'a, "b"', values: values(1e9, 1e9, 1e9, 1e9) }],
};
const stacked: Chart = { ...lines, id: 'buffers', unit: 'count', stacked: true, series: [
  { name: 'live', values: values(1, 2, 3, 4) }, { name: 'free', values: values(9, 8, 7, 6) },
] };
const answer: ChartsAnswer = { from_ns: 0, width_ns: 1000, slices: 4, read: 1, end_ns: 4000, charts: [lines, stacked] };
const view = { width: 400, height: 240, from_ns: 0, to_ns: 4000, time_ns: 1500, hover_ns: undefined };

test('a line breaks off where there is no value', () => {
  const paths = chartScene(lines, answer, view).items.filter((i) => i.kind === 'path' && i.stroke === 'series-a' && i.points.length > 4);
  expect(paths).toHaveLength(1);
  const single = chartScene(lines, answer, view).items.filter((i) => i.kind === 'path' && i.stroke === 'series-a');
  // The legend's, and one for each stretch of values.
  expect(single.map((i) => (i.kind === 'path' ? i.points.length : 0)).sort()).toEqual([4, 4, 8].sort());
});

test('areas lie on each other, within the axes, and are told apart without colour', () => {
  const scene = chartScene(stacked, answer, view);
  const areas = scene.items.flatMap((i) => (i.kind === 'path' && i.closed ? [i] : []));
  expect(areas).toHaveLength(2);
  const tops = areas.map((a) => Math.min(...Array.from(a.points).filter((_, n) => n % 2 === 1)));
  expect(tops[1]).toBeLessThan(tops[0] as number);
  for (const a of areas) for (let n = 0; n < a.points.length; n += 2) {
    expect(a.points[n]).toBeGreaterThanOrEqual(LEFT);
    expect(a.points[n]).toBeLessThanOrEqual(400 - RIGHT);
  }
  expect(areas[0]?.fill).not.toBe(areas[1]?.fill);
});

test('the legend, the words and the cursor say the same moment', () => {
  const scene = chartScene(lines, answer, view);
  const texts = scene.items.flatMap((i) => (i.kind === 'text' ? [i.text] : []));
  expect(texts).toContain(valueText('bps', 2e9));
  expect(scene.narration).toContain(`server receives ${valueText('bps', 2e9)}`);
  const hovered = chartScene(lines, answer, { ...view, hover_ns: 3500 });
  expect(hovered.narration).toContain(valueText('bps', 4e9));
  expect(hovered.items.length).toBe(scene.items.length + 1);
});

test('the table has the slices that are to be seen', () => {
  expect(chartScene(lines, answer, view).table.rows).toHaveLength(4);
  expect(chartScene(lines, answer, { ...view, from_ns: 1000, to_ns: 2999 }).table.rows).toHaveLength(2);
});

test('where slices are joined to a row, rates are means and levels the most', () => {
  const many = (of: (i: number) => number) => Float64Array.from({ length: 80 }, (_, i) => of(i));
  const long = { ...answer, slices: 80 };
  const all = { ...view, to_ns: 79_999 };
  const rates = chartScene({ ...lines, series: [{ name: 'x', values: many((i) => (i % 2 === 0 ? 4e9 : 0)) }] }, long, all).table;
  expect(rates.rows).toHaveLength(40);
  expect(rates.rows[7]?.cells[1]).toBe(valueText('bps', 2e9));
  const levels = chartScene({ ...stacked, series: [{ name: 'live', values: many((i) => i % 2) }] }, long, all).table;
  expect(levels.rows[7]?.cells[1]).toBe('1');
});

test('a file has a row a slice, times in ns, and nothing where there is no value', () => {
  expect(csvOf(answer, lines)).toBe([
    'time_ns,server receives (bit/s),"a, ""b"" (bit/s)"', '0,0,1000000000', '1000,2000000000,1000000000', '2000,,1000000000',
    '3000,4000000000,1000000000', '',
  ].join('\n'));
});

test('times before and behind the slices fall in the first and the last one', () => {
  expect([-5, 0, 999, 1000, 9999].map((t) => sliceAt(answer, t))).toEqual([0, 0, 0, 1, 3]);
});
