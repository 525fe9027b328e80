/** One chart: what it is called, its legend with the values at the cursor, axes, lines or a stack of areas, the playhead. */
import { type Axis, place, ticks, timeAxis } from '../../draw/axis.ts';
import type { Ink } from '../../draw/palette.ts';
import type { Item, Pattern, Scene, TableTwin } from '../../draw/scene.ts';
import { duration } from '../../format.ts';
import { type Chart, type ChartsAnswer, sliceAt, sliceStart, valueText } from './values.ts';

export const LEFT = 64;
export const RIGHT = 8;
export const RULE = 18;
const TOP = 46;
const LEGEND_LINE = 16;
const TABLE_ROWS = 40;

export interface ChartView {
  readonly width: number;
  readonly height: number;
  readonly from_ns: number;
  readonly to_ns: number;
  /** The playhead. */
  readonly time_ns: number;
  /** Where the pointer is, in whichever chart. */
  readonly hover_ns: number | undefined;
}

interface Style {
  readonly ink: Ink;
  readonly pattern: Pattern;
  readonly dash: readonly number[];
}
const INKS: readonly Ink[] = ['series-a', 'series-b', 'series-c', 'series-d'];
const PATTERNS: readonly Pattern[] = ['plain', 'hatch', 'dots', 'cross'];
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [9, 3, 2, 3]];
/** Areas that mean the same everywhere look the same everywhere. */
const KNOWN: Readonly<Record<string, Style>> = {
  live: { ink: 'place-live', pattern: 'plain', dash: [] }, 'at the NIC': { ink: 'place-nic', pattern: 'hatch', dash: [] },
  'in the pool': { ink: 'place-cache', pattern: 'dots', dash: [] }, free: { ink: 'place-free', pattern: 'plain', dash: [] },
};
/** Accounts keep their look whatever is zoomed to. */
const ORDER = ['tcpip', 'copy', 'driver', 'memory', 'scheduling', 'syscall', 'skb', 'netdevice', 'app', 'lock', 'other', 'the rest'];

function styleOf(name: string, i: number): Style {
  const at = ORDER.includes(name) ? ORDER.indexOf(name) : i;
  return KNOWN[name] ?? {
    ink: INKS[at % 4] as Ink, pattern: PATTERNS[Math.floor(at / 4) % 4] as Pattern, dash: DASHES[at % 4] as readonly number[],
  };
}

interface Frame {
  readonly x: Axis;
  readonly y: Axis;
  readonly first: number;
  readonly last: number;
}

/** Values to be seen. */
function most(chart: Chart, first: number, last: number): number {
  let max = 0;
  for (let i = first; i <= last; i++) {
    const values = chart.series.map((s) => s.values[i] ?? 0).map((v) => (Number.isNaN(v) ? 0 : v));
    max = Math.max(max, chart.stacked ? values.reduce((a, b) => a + b, 0) : Math.max(0, ...values));
  }
  return max;
}

/** A step line; where there is no value it breaks off. */
function lines(values: Float64Array, a: ChartsAnswer, f: Frame, style: Style): Item[] {
  const out: Item[] = [];
  let points: number[] = [];
  const end = () => {
    if (points.length > 2) out.push({ kind: 'path', points, stroke: style.ink, width: 1.5, dash: style.dash });
    points = [];
  };
  for (let i = f.first; i <= f.last; i++) {
    const value = values[i] as number;
    if (Number.isNaN(value)) {
      end();
      continue;
    }
    const y = place(f.y, value);
    points.push(within(f.x, sliceStart(a, i)), y, within(f.x, sliceStart(a, i + 1)), y);
  }
  end();
  return out;
}
const within = (x: Axis, time_ns: number): number => Math.max(x.start, Math.min(x.end, place(x, time_ns)));

function stack(chart: Chart, a: ChartsAnswer, f: Frame): Item[] {
  const below = new Float64Array(f.last - f.first + 1);
  return chart.series.flatMap((series, n): Item[] => {
    const upper: number[] = [];
    const lower: number[] = [];
    let any = false;
    for (let i = f.first; i <= f.last; i++) {
      const value = series.values[i] as number;
      const base = below[i - f.first] as number;
      const top = base + (Number.isNaN(value) ? 0 : value);
      any ||= top > base;
      const [x0, x1] = [within(f.x, sliceStart(a, i)), within(f.x, sliceStart(a, i + 1))];
      upper.push(x0, place(f.y, top), x1, place(f.y, top));
      lower.unshift(x1, place(f.y, base), x0, place(f.y, base));
      below[i - f.first] = top;
    }
    // Pairs of the way back stand in the wrong order after unshift: x1 comes first, as it must.
    const { ink, pattern } = styleOf(series.name, n);
    return any ? [{ kind: 'path', points: [...upper, ...lower], closed: true, fill: ink, pattern }] : [];
  });
}

/** Names with their values at the cursor, in as many columns as there is room for. Returns how many lines it took. */
function legend(chart: Chart, slice: number, width: number): { items: Item[]; lines: number } {
  const cell = chart.unit === 'bps' || chart.unit === 'ns' ? 204 : 150;
  const columns = Math.max(1, Math.floor((width - 12) / cell));
  const items = chart.series.flatMap((s, n): Item[] => {
    const [x, y] = [12 + (n % columns) * cell, 30 + Math.floor(n / columns) * LEGEND_LINE];
    const style = styleOf(s.name, n);
    const swatch: Item = chart.stacked
      ? { kind: 'rect', x, y: y - 3, w: 14, h: 10, fill: style.ink, pattern: style.pattern, stroke: 'line' }
      : { kind: 'path', points: [x, y + 2, x + 16, y + 2], stroke: style.ink, width: 2, dash: style.dash };
    return [
      swatch, { kind: 'text', x: x + 21, y: y + 6, text: s.name, fill: 'soft', size: 11, room: cell - (cell > 150 ? 108 : 78) },
      {
        kind: 'text', x: x + cell - 12, y: y + 6, text: valueText(chart.unit, s.values[slice] ?? Number.NaN), fill: 'ink', size: 11,
        mono: true, anchor: 'end',
      },
    ];
  });
  return { items, lines: Math.ceil(chart.series.length / columns) };
}

function yAxis(chart: Chart, f: Frame): Item[] {
  return ticks(f.y, 34).values.filter((v) => chart.unit !== 'count' || Number.isInteger(v)).flatMap((value): Item[] => {
    const y = Math.round(place(f.y, value)) + 0.5;
    const text = valueText(chart.unit, value);
    return [
      { kind: 'path', points: [f.x.start, y, f.x.end, y], stroke: 'line' },
      { kind: 'text', x: f.x.start - 5, y: y + 4, text, fill: 'soft', size: 11, anchor: 'end', room: LEFT - 8 },
    ];
  });
}

/** Slices as one: the mean of what is so much a time, the most of what there is. */
function join(unit: Chart['unit'], values: Float64Array): number {
  const known = values.filter((v) => !Number.isNaN(v));
  if (known.length === 0) return Number.NaN;
  const level = unit === 'count' || unit === 'bytes' || unit === 'ns';
  return level ? Math.max(...known) : known.reduce((x, y) => x + y, 0) / known.length;
}

function tableOf(chart: Chart, a: ChartsAnswer, first: number, last: number): TableTwin {
  const every = Math.max(1, Math.ceil((last - first + 1) / TABLE_ROWS));
  const rows = [];
  for (let i = first; i <= last; i += every) {
    const joined = chart.series.map((s) => valueText(chart.unit, join(chart.unit, s.values.subarray(i, Math.min(last + 1, i + every)))));
    rows.push({ cells: [duration(sliceStart(a, i)), ...joined] });
  }
  const how = every === 1 ? '' : ` ${every} slices a row.`;
  return { caption: `${chart.title}. ${chart.about}${how}`, columns: ['from', ...chart.series.map((s) => s.name)], rows };
}

function narrationOf(chart: Chart, slice: number, time_ns: number, peak: number): string {
  const values = chart.series.map((s) => `${s.name} ${valueText(chart.unit, s.values[slice] ?? Number.NaN)}`).join(', ');
  return `${chart.title} at ${duration(time_ns)}: ${values}. The most of what is shown: ${valueText(chart.unit, peak)}.`;
}

interface Plot {
  readonly key: string;
  readonly items: readonly Item[];
  readonly table: TableTwin;
}
/** Axes, values and table do not move with the cursor: made once for each stretch and size. */
const PLOTS = new WeakMap<Chart, Plot>();
function plot(chart: Chart, a: ChartsAnswer, f: Frame): Plot {
  const key = [f.x.from, f.x.to, f.x.end, f.y.start, f.y.end].join();
  const known = PLOTS.get(chart);
  if (known?.key === key) return known;
  const [top, bottom] = [f.y.end, f.y.start];
  const items: Item[] = [
    ...timeAxis(f.x, top, bottom, 66), ...yAxis(chart, f),
    ...(chart.stacked ? stack(chart, a, f) : chart.series.flatMap((s, n) => lines(s.values, a, f, styleOf(s.name, n)))),
    { kind: 'path', points: [LEFT, bottom + 0.5, f.x.end, bottom + 0.5], stroke: 'soft' },
  ];
  const made = { key, items, table: tableOf(chart, a, f.first, f.last) };
  PLOTS.set(chart, made);
  return made;
}

export function chartScene(chart: Chart, a: ChartsAnswer, view: ChartView): Scene {
  const cursor_ns = view.hover_ns ?? view.time_ns;
  const [first, last] = [sliceAt(a, view.from_ns), sliceAt(a, view.to_ns)];
  const slice = sliceAt(a, cursor_ns);
  const peak = most(chart, first, last);
  const keys = legend(chart, slice, view.width);
  const top = TOP + (keys.lines - 1) * LEGEND_LINE + 6;
  const bottom = view.height - RULE;
  const f: Frame = {
    x: { from: view.from_ns, to: view.to_ns, start: LEFT, end: Math.max(LEFT + 1, view.width - RIGHT) },
    y: { from: 0, to: peak > 0 ? peak * 1.06 : 1, start: bottom, end: top },
    first, last,
  };
  const drawn = plot(chart, a, f);
  const items: Item[] = [
    { kind: 'text', x: 12, y: 17, text: chart.title, fill: 'ink', size: 13, weight: 620, room: Math.max(40, view.width - 110) },
    ...keys.items, ...drawn.items, ...cursors(f, view, top, bottom),
  ];
  return {
    width: view.width, height: view.height, items, table: drawn.table,
    narration: narrationOf(chart, slice, cursor_ns, peak),
  };
}

function cursors(f: Frame, view: ChartView, top: number, bottom: number): Item[] {
  const line = (time_ns: number | undefined, stroke: Ink, dash: readonly number[]): Item[] => {
    if (time_ns === undefined || time_ns < view.from_ns || time_ns > view.to_ns) return [];
    const x = Math.round(place(f.x, time_ns)) + 0.5;
    return [{ kind: 'path', points: [x, top, x, bottom], stroke, width: 1.25, dash }];
  };
  return [...line(view.hover_ns, 'soft', [2, 2]), ...line(view.time_ns, 'select', [])];
}
