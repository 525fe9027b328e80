/** What a filter leaves out stands back in every drawing. */
import { expect, test } from 'vitest';
import { dimmed, thingsIn } from '../../../web/draw/dim.ts';
import type { CellsItem, Scene } from '../../../web/draw/scene.ts';

const styles = [{ fill: 'ink', pattern: 'plain', label: 'a' }, { fill: 'soft', pattern: 'hatch', label: 'b' }] as const;
const cells: CellsItem = {
  kind: 'cells', id: 'buffer:1', x: 0, y: 0, columns: 4, size: 8, gap: 1, first: 13, down: true, values: Uint8Array.of(0, 1, 1, 0), styles,
};
const scene: Scene = {
  width: 100, height: 50,
  items: [
    { kind: 'circle', id: 'packet:3', x: 1, y: 1, r: 2, fill: 'ink' }, { kind: 'circle', id: 'packet:4', x: 9, y: 1, r: 2, alpha: 0.5 },
    { kind: 'rect', id: 'sock:1', x: 0, y: 0, w: 1, h: 1 }, { kind: 'rect', x: 0, y: 0, w: 1, h: 1 }, cells,
  ],
  table: { caption: '', columns: [], rows: [] }, narration: '',
};
const fits = { faint: new Set(['packet:3', 'packet:4']), cells: [{ host: 1, first: 10, count: 4, fits: Uint8Array.of(1, 0, 0, 1) }] };

test('a filter is asked about packets and buffers, and about cells as runs of numbers', () => {
  expect(thingsIn(scene)).toEqual({ ids: ['packet:3', 'packet:4'], cells: [{ host: 1, first: 10, count: 4 }] });
});

test('what does not fit is faint, but for what is selected', () => {
  const { items } = dimmed(scene, fits, 'packet:3');
  expect(items[0]).toBe(scene.items[0]);
  expect(items[1]?.alpha).toBeLessThan(0.2);
  expect(items.slice(2, 4)).toEqual(scene.items.slice(2, 4));
});

test('cells are drawn twice, each cell once: those that fit as they are, the others faintly', () => {
  const [faint, bright] = dimmed(scene, fits, undefined).items.slice(4) as CellsItem[];
  // Numbers go down: cell 0 is buffer 13, which fits.
  expect([...(bright as CellsItem).values]).toEqual([0, 255, 255, 0]);
  expect([...(faint as CellsItem).values]).toEqual([255, 1, 1, 255]);
  expect((faint as CellsItem).alpha).toBeLessThan(0.5);
  expect((bright as CellsItem).alpha).toBeUndefined();
});
