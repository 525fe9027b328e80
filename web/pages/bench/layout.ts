/**
 * Which views the bench shows, and where: rows of panels, and a column at the side over all rows. As text, for links:
 *
 *     road;40/memory,rings*60;60:inspector;24
 *     rows by /, panels by comma, the side after the colon; a share in percent may follow: of a panel by *, of a row or the side by ;
 */
export interface Cell {
  readonly view: string;
  /** Its share of the row, or of the side's height. */
  readonly part: number;
}
export interface Row {
  readonly cells: readonly Cell[];
  /** Its share of the height. */
  readonly part: number;
}
export interface Layout {
  readonly rows: readonly Row[];
  readonly side: readonly Cell[];
  /** The side's share of the width. */
  readonly side_part: number;
}

const PART_MIN = 8;
const SIDE_PART = 26;
const CELLS_MAX = 3;

/** Shares that are positive and sum to 100. */
function whole<T extends { readonly part: number }>(list: readonly T[]): T[] {
  const sum = list.reduce((a, c) => a + c.part, 0);
  return list.map((c) => ({ ...c, part: (100 * c.part) / sum }));
}

/** `name*40`; without a number, an equal share. */
function part(text: string, share: number): [string, number] {
  const [, name = '', number] = /^(.*?)(?:\*(\d{1,3}))?$/.exec(text) ?? [];
  return [name, Math.max(PART_MIN, number === undefined ? share : Number(number))];
}
function cells(text: string, known: (view: string) => boolean, taken: Set<string>): Cell[] {
  const names = text.split(',');
  const found = names.map((t) => part(t, 100 / names.length)).filter(([view]) => known(view) && !taken.has(view));
  for (const [view] of found) taken.add(view);
  return whole(found.map(([view, p]) => ({ view, part: p })));
}

/** What a text says, without views that there are not; undefined when nothing is left. */
export function readLayout(text: string, known: (view: string) => boolean): Layout | undefined {
  const [main = '', side_text = ''] = text.split(':');
  const taken = new Set<string>();
  const lines = main.split('/');
  const rows = lines.flatMap((line): Row[] => {
    const [body, share] = rowPart(line, 100 / lines.length);
    const list = cells(body, known, taken);
    return list.length === 0 ? [] : [{ cells: list, part: share }];
  });
  const [side_body, side_part] = rowPart(side_text, SIDE_PART);
  const side = cells(side_body, known, taken);
  if (rows.length === 0 && side.length === 0) return undefined;
  if (rows.length === 0) return { rows: [{ cells: side, part: 100 }], side: [], side_part };
  return { rows: whole(rows), side, side_part: Math.min(60, side_part) };
}
/** A row's own share: `a*30,b*70;40`. */
function rowPart(text: string, share: number): [string, number] {
  const [body = '', number] = text.split(';');
  return [body, Math.max(PART_MIN, number === undefined || number === '' ? share : Number(number) || share)];
}

const share = (p: number, of: number): string => (Math.abs(p - 100 / of) < 1 ? '' : `*${Math.round(p)}`);
const writeCells = (list: readonly Cell[]): string => list.map((c) => `${c.view}${share(c.part, list.length)}`).join(',');

export function writeLayout({ rows, side, side_part }: Layout): string {
  const lines = rows.map((row) => {
    const own = Math.abs(row.part - 100 / rows.length) < 1 ? '' : `;${Math.round(row.part)}`;
    return `${writeCells(row.cells)}${own}`;
  });
  const right = side.length === 0 ? '' : `:${writeCells(side)}${Math.round(side_part) === SIDE_PART ? '' : `;${Math.round(side_part)}`}`;
  return `${lines.join('/')}${right}`;
}

export const viewsOf = ({ rows, side }: Layout): string[] => [...rows.flatMap((r) => r.cells), ...side].map((c) => c.view);

/** Without a view. The last one stays. */
export function withoutView(layout: Layout, view: string): Layout {
  if (viewsOf(layout).length <= 1) return layout;
  const rows = layout.rows
    .map((row) => ({ ...row, cells: whole(row.cells.filter((c) => c.view !== view)) }))
    .filter((row) => row.cells.length > 0);
  const side = whole(layout.side.filter((c) => c.view !== view));
  if (rows.length === 0) return { rows: [{ cells: side, part: 100 }], side: [], side_part: layout.side_part };
  return { ...layout, rows: whole(rows), side };
}

/** With a view more: in the last row while it has room, else in a row of its own. */
export function withView(layout: Layout, view: string): Layout {
  if (viewsOf(layout).includes(view)) return layout;
  const last = layout.rows.at(-1);
  if (last && last.cells.length < CELLS_MAX) {
    const grown = { ...last, cells: whole([...last.cells, { view, part: 100 / last.cells.length }]) };
    return { ...layout, rows: [...layout.rows.slice(0, -1), grown] };
  }
  return { ...layout, rows: whole([...layout.rows, { cells: [{ view, part: 100 }], part: 100 / Math.max(1, layout.rows.length) }]) };
}

/** Another view in the place of one; where that is shown already, the two change places. */
export function replaceView(layout: Layout, old: string, view: string): Layout {
  const swap = (c: Cell): Cell => (c.view === old ? { ...c, view } : c.view === view ? { ...c, view: old } : c);
  return { ...layout, rows: layout.rows.map((row) => ({ ...row, cells: row.cells.map(swap) })), side: layout.side.map(swap) };
}

/** Moves the border behind item `i` of a list by so many percent. */
function moved<T extends { readonly part: number }>(list: readonly T[], i: number, by: number): T[] {
  const [a, b] = [list[i], list[i + 1]];
  if (!a || !b) return [...list];
  const d = Math.max(PART_MIN - a.part, Math.min(by, b.part - PART_MIN));
  return list.map((c, n) => (n === i ? { ...c, part: c.part + d } : n === i + 1 ? { ...c, part: c.part - d } : c));
}
export const moveRow = (layout: Layout, row: number, by: number): Layout => ({ ...layout, rows: moved(layout.rows, row, by) });
export const moveCell = (layout: Layout, row: number, cell: number, by: number): Layout =>
  ({ ...layout, rows: layout.rows.map((r, n) => (n === row ? { ...r, cells: moved(r.cells, cell, by) } : r)) });
export const moveSideCell = (layout: Layout, cell: number, by: number): Layout => ({ ...layout, side: moved(layout.side, cell, by) });
export const moveSide = (layout: Layout, by: number): Layout =>
  ({ ...layout, side_part: Math.max(14, Math.min(60, layout.side_part - by)) });
