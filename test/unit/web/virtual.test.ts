/** Lists that are longer than a page can be high. */
import { describe, expect, test } from 'vitest';
import { firstAt, HEIGHT_MAX, heightOf, lastFirst, scrollOf } from '../../../web/views/log/virtual.ts';

describe.each([[100], [20_000], [5_000_000]])('%d rows', (rows) => {
  const extent = { rows, row_px: 24, view_px: 480 };
  test('both ends of the scroll bar are both ends of the list', () => {
    expect(firstAt(extent, 0)).toBe(0);
    expect(firstAt(extent, heightOf(extent) - extent.view_px)).toBe(rows - 20);
    expect(heightOf(extent)).toBeLessThanOrEqual(HEIGHT_MAX);
  });
  test('a row that was scrolled to is the one that is shown', () => {
    for (const share of [0, 0.1, 0.5, 0.97, 1]) {
      const first = Math.round(share * lastFirst(extent));
      expect(firstAt(extent, scrollOf(extent, first))).toBe(first);
    }
  });
});

test('a list that has room does not scroll', () => {
  const extent = { rows: 3, row_px: 24, view_px: 480 };
  expect([heightOf(extent), firstAt(extent, 50), scrollOf(extent, 2)]).toEqual([480, 0, 0]);
});
