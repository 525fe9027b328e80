import { expect, test } from 'vitest';
import { scaleOf } from '../../../sim/host/html/scale.ts';
import { PALETTE } from '../../../sim/host/html/style.ts';
import { pages } from '../../../sim/host/index.ts';

const axis = { label: 'x' };

test('ticks of a linear axis are round numbers that cover the values', () => {
  expect(scaleOf(axis, [3, 87]).ticks).toEqual([0, 20, 40, 60, 80, 100]);
  expect(scaleOf(axis, [0.0001, 0.3]).ticks).toEqual([0, 0.1, 0.2, 0.3]);
  expect(scaleOf(axis, [0, 0]).percent(0)).toBe(0);
  expect(scaleOf(axis, []).ticks).toContain(0);
  expect(scaleOf({ ...axis, whole: true }, [0, 1]).ticks).toEqual([0, 1]);
});

test('ticks of a logarithmic axis are powers of ten', () => {
  const scale = scaleOf({ ...axis, log: true }, [64, 65536]);
  expect(scale.ticks).toEqual([10, 100, 1000, 10000, 100000]);
  expect(scale.percent(10_000)).toBeCloseTo(75);
});

test('an axis of time ends where the values end', () => {
  const scale = scaleOf(axis, [0, 23], 4, true);
  expect(scale.percent(23)).toBe(100);
  expect(scale.ticks).toEqual([0, 10, 20]);
});

test('what others wrote cannot become markup, and numbers stand behind each plot', () => {
  const text = pages.page({
    title: '<script>', parts: [pages.bars({ title: 'a "quoted" & b', label: 'cycles', bars: [{ name: '<b>', value: 41 }] })],
  });
  expect(text).not.toMatch(/<script|<b>/);
  expect(text).toContain('a &quot;quoted&quot; &amp; b');
  expect(text).toMatch(/<details>.*<th scope="row">&lt;b&gt;<\/th><td class="right">41<\/td>/s);
});

test('a page asks for nothing from anywhere', () => {
  const series = [{ name: 's', points: [[0, 1], [10, 4]] as const }];
  const text = pages.page({ title: 't', parts: [pages.lineChart({ title: 'l', x: axis, y: axis, series })] });
  expect(text).not.toMatch(/https?:|src=|href=|@import|url\(/);
  expect(text).toContain('d="M0 750L1000 0"');
});

/** WCAG 2.2: relative luminance. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test('each colour of a plot can be seen on its card, in light and in dark', () => {
  for (const [light, dark] of PALETTE) {
    expect(1.05 / (luminance(light) + 0.05), light).toBeGreaterThanOrEqual(3);
    expect((luminance(dark) + 0.05) / (luminance('#151b20') + 0.05), dark).toBeGreaterThanOrEqual(3);
  }
});
