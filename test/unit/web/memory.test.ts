/** The memory of an area as a scene: ten thousand cells, their ledger, and who is meant by a pointer. */
import { expect, test } from 'vitest';
import { AGES, BUFFER_STATES, type MemoryFrame } from '../../../sim/lab/index.ts';
import { hitAt, placeOf } from '../../../web/draw/hit.ts';
import type { CellsItem } from '../../../web/draw/scene.ts';
import { AGE_LOOKS, gridOf, memoryScene, STATE_LOOKS } from '../../../web/views/memory/scene.ts';

function frameOf(buffers: number, more: Partial<MemoryFrame> = {}): MemoryFrame {
  const states = Uint8Array.from({ length: buffers }, (_, n) => n % 7);
  const counts = BUFFER_STATES.map((_, s) => states.filter((v) => v === s).length);
  const live = counts.slice(3).reduce((a, b) => a + b, 0);
  return {
    areas: [{ host: 1, name: 'server, area 0', buffers, buffer_bytes: 4096, first: 100 }], shown: 0, time_ns: 5000, states, counts,
    ages: new Uint8Array(buffers), age_counts: AGES.map((_, i) => (i === 0 ? buffers : 0)), oldest: undefined,
    ledger: [counts[0] ?? 0, counts[1] ?? 0, counts[2] ?? 0, live], holds: true, zero_copy_bytes: 0, copied_bytes: 0, refused: [],
    refused_count: 0, pool_empty: 0, ...more,
  };
}
const cellsOf = (frame: MemoryFrame, width: number) =>
  memoryScene(frame, { width, mode: 'places' }).items.find((i): i is CellsItem => i.kind === 'cells') as CellsItem;

const ROOMS = [[16, 390], [4096, 690], [10_000, 1400], [10_000, 390]];
test.each(ROOMS)('%i buffers fit into a width of %i, each of its own', (buffers, width) => {
  const cells = cellsOf(frameOf(buffers), width);
  expect(cells.values.length).toBe(buffers);
  expect(cells.columns * (cells.size + cells.gap)).toBeLessThanOrEqual(width);
  expect(cells.size).toBeGreaterThanOrEqual(6);
});

test('cells are as large as the room allows', () => {
  expect(gridOf(690, 64).size).toBeGreaterThan(gridOf(690, 4096).size);
});

test('the cell under a pointer is the buffer that its state belongs to', () => {
  const frame = frameOf(500);
  const scene = memoryScene(frame, { width: 600, mode: 'places' });
  for (const niov of [100, 101, 350, 599]) {
    const box = placeOf(scene, `buffer:1:${niov}`);
    const hit = box && hitAt(scene, box.x + box.w / 2, box.y + box.h / 2);
    expect(hit?.id).toBe(`buffer:1:${niov}`);
    expect(hit?.label).toContain(BUFFER_STATES[frame.states[niov - 100] as number]?.name);
  }
});

test('the sum of the ledger is always there, and what does not hold is said', () => {
  const texts = (frame: MemoryFrame) =>
    memoryScene(frame, { width: 700, mode: 'places' }).items.flatMap((i) => (i.kind === 'text' ? [i.text.replaceAll('\u202f', ' ')] : []));
  expect(texts(frameOf(70))).toContain('10 free + 10 cache + 10 posted + 40 live = 70');
  expect(texts(frameOf(70))).toContain('✓ the ledger holds');
  expect(texts(frameOf(70, { holds: false })).some((t) => t.startsWith('✗'))).toBe(true);
});

test('no two places and no two ages look the same, even without colours', () => {
  for (const looks of [STATE_LOOKS, AGE_LOOKS]) {
    const all = looks.map((l) => `${l.fill} ${l.pattern}`);
    expect(new Set(all).size).toBe(looks.length);
  }
  // Those of a buffer that is on loan differ by pattern alone.
  const patterns = STATE_LOOKS.slice(3).map((l) => l.pattern);
  expect(new Set(patterns.slice(0, 4)).size).toBe(4);
});

test('words and table tell the same counts', () => {
  const scene = memoryScene(frameOf(70), { width: 700, mode: 'places' });
  expect(scene.narration).toContain('Of 70 buffers 10 free, 10 cache, 10 posted, 10 stack, 10 both, 10 lent, 10 refill.');
  expect(scene.table.rows.find((r) => r.cells[0] === 'lent')?.cells[1]).toBe(10);
  expect(scene.table.rows.filter((r) => r.id?.startsWith('buffer:1:')).length).toBe(40);
});
