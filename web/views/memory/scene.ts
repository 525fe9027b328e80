/** The memory of an area as a scene: the ledger as a strip, every buffer a cell. */
import { AGES, BUFFER_STATES, type MemoryFrame } from '../../../sim/lab/index.ts';
import type { Ink } from '../../draw/palette.ts';
import type { Item, Pattern, Scene } from '../../draw/scene.ts';
import { bytes, count, duration } from '../../format.ts';

export type Mode = 'places' | 'ages';
export interface MemoryOptions {
  readonly width: number;
  readonly mode: Mode;
  readonly selected?: string | undefined;
}

interface Look {
  readonly fill: Ink;
  readonly pattern: Pattern;
}
/** In the order of BUFFER_STATES. */
export const STATE_LOOKS: readonly Look[] = [
  { fill: 'place-free', pattern: 'plain' }, { fill: 'place-cache', pattern: 'dots' }, { fill: 'place-nic', pattern: 'hatch' },
  { fill: 'place-queue', pattern: 'bars' }, { fill: 'place-live', pattern: 'cross' }, { fill: 'place-user', pattern: 'plain' },
  { fill: 'place-user', pattern: 'hatch-back' }, { fill: 'select', pattern: 'cross' },
];
/** In the order of AGES. */
export const AGE_LOOKS: readonly Look[] = [
  { fill: 'place-free', pattern: 'plain' }, { fill: 'payload', pattern: 'bars' }, { fill: 'payload', pattern: 'plain' },
  { fill: 'place-user', pattern: 'hatch' }, { fill: 'warm', pattern: 'dots' }, { fill: 'warm', pattern: 'cross' },
];

const PAD = 4;
const STRIP_Y = 22;
const STRIP_H = 18;
const LEGEND_ROW = 19;
/** A grid is not higher than this while its cells are large enough to have a pattern. */
const GRID_H = 330;
const SIZES = [16, 14, 12, 10, 8, 7] as const;
const SMALLEST = 6;

/** The largest cells with which the grid is not too high; more buffers than that make it higher, not the cells smaller. */
export function gridOf(width: number, cells: number): { readonly size: number; readonly gap: number; readonly columns: number } {
  for (const size of SIZES) {
    const columns = Math.max(1, Math.floor((width - 2 * PAD) / (size + 1)));
    if (Math.ceil(cells / columns) * (size + 1) <= GRID_H) return { size, gap: 1, columns: rounded(columns) };
  }
  return { size: SMALLEST, gap: 1, columns: rounded(Math.max(1, Math.floor((width - 2 * PAD) / (SMALLEST + 1)))) };
}
/** Rows of a number that one can count in. */
const rounded = (columns: number): number => (columns >= 16 ? columns - (columns % 4) : columns);

interface Row {
  readonly name: string;
  readonly about: string;
  readonly count: number;
  readonly look: Look;
}
export function rowsOf(frame: MemoryFrame, mode: Mode): Row[] {
  const [kinds, counts, looks] = mode === 'places'
    ? [BUFFER_STATES.map((s) => ({ name: s.name, about: s.about })), frame.counts, STATE_LOOKS]
    : [AGES.map((a) => ({ name: a.name, about: a.name })), frame.age_counts, AGE_LOOKS];
  return kinds.map((k, i) => ({ ...k, count: counts[i] ?? 0, look: looks[i] as Look }))
    .filter((row) => row.name !== 'illegal' || row.count > 0);
}

/** One bar for the whole area: each place as long as its share, and at least to be seen. */
function strip(rows: readonly Row[], total: number, width: number): Item[] {
  const room = width - 2 * PAD;
  const shown = rows.filter((r) => r.count > 0);
  const least = 3;
  const spare = room - shown.length * least;
  let x = PAD;
  return shown.map((row): Item => {
    const w = least + (spare * row.count) / Math.max(1, total);
    const item: Item = {
      kind: 'rect', x, y: STRIP_Y, w: Math.max(1, w - 1), h: STRIP_H, fill: row.look.fill, pattern: row.look.pattern,
    };
    x += w;
    return item;
  });
}

function legend(rows: readonly Row[], width: number): { items: Item[]; height: number } {
  const items: Item[] = [];
  const room = width - 2 * PAD;
  const longest = Math.max(...rows.map((r) => r.name.length + count(r.count).length));
  const fitting = Math.max(1, Math.floor(room / (26 + 6.6 * longest)));
  const each = Math.min(120, room / Math.min(rows.length, fitting));
  const per_row = Math.max(1, Math.floor((width - 2 * PAD + 1) / each));
  rows.forEach((row, i) => {
    const x = PAD + (i % per_row) * each;
    const y = STRIP_Y + STRIP_H + 18 + Math.floor(i / per_row) * LEGEND_ROW;
    const { fill, pattern } = row.look;
    items.push({ kind: 'rect', x, y: y - 9, w: 10, h: 10, fill, pattern });
    const ink = row.count > 0 ? 'ink' : 'soft';
    items.push({ kind: 'text', x: x + 15, y, text: `${count(row.count)} ${row.name}`, fill: ink, size: 12, room: each - 18 });
  });
  return { items, height: Math.ceil(rows.length / per_row) * LEGEND_ROW };
}

/** The ledger's sum, always: each buffer is in one place, and together they are the area. */
function sum(frame: MemoryFrame, total: number, width: number): Item[] {
  const [free = 0, cache = 0, posted = 0, live = 0] = frame.ledger;
  const text = `${count(free)} free + ${count(cache)} cache + ${count(posted)} posted + ${count(live)} live = ${count(total)}`;
  const verdict = frame.holds ? '✓ the ledger holds' : '✗ the cells say otherwise';
  const narrow = width < 640;
  const room = width - 2 * PAD - (narrow ? 18 : 130);
  return [
    { kind: 'text', x: PAD, y: 14, text, fill: 'ink', size: width < 400 ? 10 : narrow ? 11 : 12.5, weight: 600, room },
    {
      kind: 'text', x: width - PAD, y: 14, text: narrow ? verdict.slice(0, 1) : verdict, fill: frame.holds ? 'payload' : 'warm', size: 12,
      weight: 600, anchor: 'end',
    },
  ];
}

export function memoryScene(frame: MemoryFrame, o: MemoryOptions): Scene {
  const width = Math.max(280, o.width);
  const info = frame.areas[frame.shown];
  const rows = rowsOf(frame, o.mode);
  const total = info?.buffers ?? 0;
  const names = legend(rows, width);
  const top = STRIP_Y + STRIP_H + 14 + names.height;
  const grid = gridOf(width, total);
  // The end of the area first: its free list is a stack, and hands out the last buffer first.
  const values = (o.mode === 'places' ? frame.states : frame.ages).slice().reverse();
  const looks = o.mode === 'places' ? STATE_LOOKS : AGE_LOOKS;
  const labels = o.mode === 'places' ? BUFFER_STATES.map((s) => `${s.name}: ${s.about}`) : AGES.map((a) => `lent ${a.name}`);
  const cells: Item = {
    kind: 'cells', id: `buffer:${info?.host ?? 0}`, x: PAD, y: top, columns: grid.columns, size: grid.size, gap: grid.gap,
    first: (info?.first ?? 0) + total - 1, down: true, values, styles: looks.map((look, i) => ({ ...look, label: labels[i] ?? '' })),
  };
  return {
    width, height: top + Math.ceil(total / grid.columns) * (grid.size + grid.gap) + 6,
    items: [...sum(frame, total, width), ...strip(rows, total, width), ...names.items, cells],
    table: memoryTable(frame, rows, o), narration: memoryWords(frame),
  };
}

/** The table tells each group, then the buffers that are on loan. */
function memoryTable(frame: MemoryFrame, rows: readonly Row[], o: MemoryOptions) {
  const info = frame.areas[frame.shown];
  const total = Math.max(1, info?.buffers ?? 0);
  const groups = rows.map((r) => ({ cells: [r.name, r.count, `${((100 * r.count) / total).toFixed(1)} %`, r.about] }));
  const live = [...frame.states].flatMap((s, n) => (s >= 3 ? [n] : [])).slice(0, 300);
  const buffers = live.map((n) => {
    const number = (info?.first ?? 0) + n;
    const age = o.mode === 'ages' ? (AGES[frame.ages[n] ?? 0]?.name ?? '') : '';
    const state = BUFFER_STATES[frame.states[n] as number]?.name ?? '';
    return { id: `buffer:${info?.host}:${number}`, cells: [`buffer ${number}`, state, age, ''] };
  });
  const caption = `Buffers of the ${info?.name ?? 'area'} at ${duration(frame.time_ns)}`;
  return { caption, columns: ['what', 'buffers', 'share', 'about'], rows: [...groups, ...buffers] };
}

export function memoryWords(frame: MemoryFrame): string {
  const info = frame.areas[frame.shown];
  if (!info) return 'There is no zero-copy area.';
  const parts = BUFFER_STATES.flatMap((s, i) => ((frame.counts[i] ?? 0) > 0 ? [`${count(frame.counts[i] ?? 0)} ${s.name}`] : []));
  const oldest = frame.oldest ? ` The oldest loan is ${duration(frame.oldest.age_ns)} old.` : '';
  const copied = frame.copied_bytes > 0 ? ` ${bytes(frame.copied_bytes)} were copied.` : '';
  return `Of ${count(info.buffers)} buffers ${parts.join(', ')}.${oldest}${copied}${frame.holds ? '' : ' The ledger does not hold.'}`;
}
