/** Two branches as a drawing: what is drawn of a level, how far apart they are, and the same in table and words. */
import { describe, expect, test } from 'vitest';
import { amountOf, amountText } from '../../../web/views/knobs/amount.ts';
import { DELTA_HEIGHT, deltaScene, type DeltaView } from '../../../web/views/branches/scene.ts';

const view = (over: Partial<DeltaView> = {}): DeltaView => ({
  width: 600, level: 'server received', about: 'bytes that applications have read', bytes: true, names: ['A base', 'B drop'],
  letters: ['A', 'B'], time_ns: 500, parts_ns: 300, ...over,
});
/** Spaces that do not break as those that one types. */
const plain = (text: unknown): string => String(text).replaceAll('\u202f', ' ');
const series = (a: number[], b: number[]) => ({ from_ns: 0, to_ns: 1000, a: Float64Array.from(a), b: Float64Array.from(b) });

describe('two branches side by side', () => {
  test('are two lines, of which the second is dashed, and bars where they are apart', () => {
    const { items, height } = deltaScene(series([0, 100, 200, 300], [0, 100, 150, 400]), view());
    const lines = items.filter((i) => i.kind === 'path' && (i.stroke === 'series-a' || i.stroke === 'series-c') && i.points.length > 4);
    expect(lines.map((l) => l.kind === 'path' && (l.dash?.length ?? 0) > 0)).toEqual([false, true]);
    const bars = items.filter((i) => i.kind === 'rect');
    // Less is hatched and below, more is filled and above.
    expect(bars.map((b) => b.kind === 'rect' && b.pattern)).toEqual(['hatch', 'plain']);
    const [less, more] = bars as { y: number; h: number }[];
    expect(more && less && more.y + more.h).toBe(less?.y);
    expect(height).toBe(DELTA_HEIGHT);
  });
  test('are told in words at the playhead, and in the table from the first time to the last', () => {
    const { narration, table } = deltaScene(series([0, 100, 200, 300], [0, 100, 150, 400]), view({ time_ns: 700 }));
    expect(plain(narration)).toBe('server received at 700 ns: A 200 B, B 150 B, −50 B.');
    expect(table.columns).toEqual(['time', 'A base', 'B drop', 'B less A']);
    expect(table.rows.map((r) => plain(r.cells.at(-1)))).toEqual(['0 B', '0 B', '−50 B', '+100 B']);
  });
  test('of which one is not recorded so far are drawn as far as both are known', () => {
    const { narration, table, items } = deltaScene(series([0, 100, 200], [0, 100, Number.NaN]), view({ time_ns: 1000 }));
    expect(narration).toBe('server received is not known of both branches here.');
    expect(table.rows.at(-1)?.cells.map(plain)).toEqual(['1000 ns', '200 B', '–', '–']);
    expect(items.some((i) => i.kind === 'path' && [...Array.from(i.points)].some(Number.isNaN))).toBe(false);
  });
  test('fit a phone: nothing lies outside of it', () => {
    const { items } = deltaScene(series([0, 5, 9], [0, 4, 12]), view({ width: 320, bytes: false, parts_ns: undefined }));
    for (const i of items) if (i.kind === 'rect') expect(i.x).toBeLessThanOrEqual(320);
  });
});

test('times and counts are read as people type them', () => {
  expect(['100us', '1.5 ms', '250', '2s', '7 µs'].map((t) => amountOf(t, 'ns'))).toEqual([100_000, 1_500_000, 250, 2e9, 7000]);
  expect(['64', '64us', 'many', ''].map((t) => amountOf(t, 'count'))).toEqual([64, undefined, undefined, undefined]);
  expect([100_000, 1_500_000, 7].map((v) => amountText(v, 'ns'))).toEqual(['100us', '1500us', '7ns']);
  expect(amountOf(amountText(123_000, 'ns'), 'ns')).toBe(123_000);
});
