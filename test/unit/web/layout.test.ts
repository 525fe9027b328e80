/** Layouts of the bench, as a link holds them. */
import { expect, test } from 'vitest';
import {
  type Layout, moveCell, moveRow, moveSide, readLayout, replaceView, viewsOf, withoutView, withView, writeLayout,
} from '../../../web/pages/bench/layout.ts';

const known = (view: string) => 'abcdef'.includes(view) && view.length === 1;
const read = (text: string): Layout => readLayout(text, known) as Layout;

const TEXTS = ['a', 'a/b,c', 'a;40/b*40,c*60;60:d;24', 'a,b,c/d', 'a*30,b*70:e', 'a/b/c:d*30,e*70;40'];
test.each(TEXTS)('%s is read, and written so that it is read the same', (text) => {
  const layout = read(text);
  expect(read(writeLayout(layout))).toEqual(layout);
});
test('shares sum to the whole', () => {
  for (const text of ['a*1,b*99', 'a;10/b;10/c;10', 'a*900,b']) {
    const { rows } = read(text);
    expect(rows.reduce((sum, r) => sum + r.part, 0)).toBeCloseTo(100);
    for (const r of rows) expect(r.cells.reduce((sum, c) => sum + c.part, 0)).toBeCloseTo(100);
  }
});
test('views that there are not, and those named twice, are left out', () => {
  expect(viewsOf(read('a,xyz/nothing/b,a:b,c'))).toEqual(['a', 'b', 'c']);
  expect(readLayout('xyz/nothing:no', known)).toBeUndefined();
  expect(viewsOf(read('xyz:a'))).toEqual(['a']);
});
test('a view comes into the last row while there is room, then into one of its own', () => {
  let layout = read('a:e');
  for (const view of ['b', 'c', 'd']) layout = withView(layout, view);
  expect(layout.rows.map((r) => r.cells.map((c) => c.view).join())).toEqual(['a,b,c', 'd']);
  expect(withView(layout, 'e')).toBe(layout);
});
test('a view goes, its row with its last one, and the last view stays', () => {
  const layout = read('a/b,c:d');
  expect(writeLayout(withoutView(layout, 'a'))).toBe('b,c:d');
  expect(viewsOf(withoutView(withoutView(withoutView(layout, 'a'), 'b'), 'c'))).toEqual(['d']);
  expect(viewsOf(withoutView(read('a'), 'a'))).toEqual(['a']);
});
test('a view that is shown already changes places with the one that it replaces', () => {
  expect(viewsOf(replaceView(read('a/b,c:d'), 'a', 'd'))).toEqual(['d', 'b', 'c', 'a']);
  expect(viewsOf(replaceView(read('a/b'), 'a', 'f'))).toEqual(['f', 'b']);
});
test('borders move, and no panel becomes too small to be seen', () => {
  expect(moveCell(read('a,b'), 0, 0, 20).rows[0]?.cells.map((c) => c.part)).toEqual([70, 30]);
  expect(moveRow(read('a/b'), 0, -500).rows.map((r) => r.part)).toEqual([8, 92]);
  expect(moveSide(read('a:b'), -500).side_part).toBe(60);
  expect(moveRow(read('a/b'), 1, 10)).toEqual(read('a/b'));
});
