/** One level of two branches over the same time, and below how far apart the two are. */
import type { Answer } from '../../../sim/lab/index.ts';
import { type Axis, byteTicks, place, ticks, timeAxis } from '../../draw/axis.ts';
import type { Ink } from '../../draw/palette.ts';
import type { Item, Scene, TableTwin } from '../../draw/scene.ts';
import { bytes, count, duration } from '../../format.ts';

export type Series = Answer<'compare_series'>;
export interface DeltaView {
  readonly width: number;
  readonly level: string;
  readonly about: string;
  readonly bytes: boolean;
  /** What the two sides are called, and in short. */
  readonly names: readonly [string, string];
  readonly letters: readonly [string, string];
  readonly time_ns: number;
  /** Where the two part; undefined: nowhere. */
  readonly parts_ns: number | undefined;
}

const LEFT = 58;
const RIGHT = 10;
const TOP = 24;
const LINES = 130;
const GAP = 22;
const STRIP = 56;
const RULE = 18;
export const DELTA_HEIGHT = TOP + LINES + GAP + STRIP + RULE;
const TABLE_ROWS = 24;
const INKS: readonly [Ink, Ink] = ['series-a', 'series-c'];

const lessText = ({ letters: [first, second] }: DeltaView): string => `${second} less ${first}`;
const finite = (values: Float64Array): number[] => [...values].filter((v) => !Number.isNaN(v));
const text = (value: number, view: DeltaView): string => (view.bytes ? bytes(value) : count(value));
const signedText = (value: number, view: DeltaView): string => `${value < 0 ? '−' : value > 0 ? '+' : ''}${text(Math.abs(value), view)}`;

export function deltaScene(s: Series, view: DeltaView): Scene {
  const x: Axis = { from: s.from_ns, to: s.to_ns, start: LEFT, end: Math.max(LEFT + 1, view.width - RIGHT) };
  const most = Math.max(1, ...finite(s.a), ...finite(s.b));
  const y: Axis = { from: 0, to: most * 1.05, start: TOP + LINES, end: TOP };
  const strip = TOP + LINES + GAP;
  const items: Item[] = [
    ...timeAxis(x, TOP, DELTA_HEIGHT - RULE, view.width < 500 ? 72 : 110), ...valueAxis(y, x, view),
    ...line(s.a, s, x, y, 0), ...line(s.b, s, x, y, 1), ...legend(view), ...deltas(s, x, strip, view), ...marks(x, view),
  ];
  return { width: view.width, height: DELTA_HEIGHT, items, table: table(s, view), narration: narration(s, view) };
}

function valueAxis(y: Axis, x: Axis, view: DeltaView): Item[] {
  const whole = ticks(y, 34).values.filter((v) => Number.isInteger(v)).map((value) => ({ value, text: count(value) }));
  return (view.bytes ? byteTicks(y, 34) : whole).flatMap(({ value, text: label }): Item[] => {
    const level = Math.round(place(y, value)) + 0.5;
    return [
      { kind: 'path', points: [x.start, level, x.end, level], stroke: 'line' },
      { kind: 'text', x: LEFT - 6, y: level + 4, text: label, fill: 'soft', size: 11, anchor: 'end', room: LEFT - 8 },
    ];
  });
}

const timeOf = (s: Series, i: number): number => s.from_ns + ((s.to_ns - s.from_ns) * i) / Math.max(1, s.a.length - 1);

/** Steps, since a level holds until the next one. The second is dashed: where the two run together both are seen. */
function line(values: Float64Array, s: Series, x: Axis, y: Axis, side: 0 | 1): Item[] {
  const points: number[] = [];
  values.forEach((v, i) => {
    if (Number.isNaN(v)) return;
    const at = place(x, timeOf(s, i));
    if (points.length > 0) points.push(at, points.at(-1) as number);
    points.push(at, place(y, v));
  });
  if (points.length < 4) return [];
  return [{ kind: 'path', points, stroke: INKS[side], width: side === 0 ? 1.5 : 2, ...(side === 0 ? {} : { dash: [5, 3] }) }];
}

function legend(view: DeltaView): Item[] {
  const room = Math.max(60, (view.width - LEFT - RIGHT) / 2 - 34);
  return ([0, 1] as const).flatMap((side): Item[] => {
    const from = LEFT + side * (room + 34);
    return [
      {
        kind: 'path', points: [from, 12, from + 22, 12], stroke: INKS[side], width: 2, ...(side === 0 ? {} : { dash: [5, 3] }),
      },
      { kind: 'text', x: from + 27, y: 16, text: view.names[side], fill: 'ink', size: 11, room },
    ];
  });
}

/** The second less the first: up is more, filled; down is less, hatched. */
function deltas(s: Series, x: Axis, top: number, view: DeltaView): Item[] {
  const differences = s.b.map((v, i) => v - (s.a[i] as number));
  const most = Math.max(1, ...finite(differences).map(Math.abs));
  const zero = top + STRIP / 2;
  const width = Math.max(1, (x.end - x.start) / Math.max(1, s.a.length - 1));
  const items: Item[] = [];
  for (let i = 0; i < differences.length; i++) {
    const d = differences[i] as number;
    if (Number.isNaN(d) || d === 0) continue;
    const h = Math.max(1, (Math.abs(d) / most) * (STRIP / 2 - 2));
    items.push({
      kind: 'rect', x: place(x, timeOf(s, i)), y: d > 0 ? zero - h : zero, w: width, h, fill: d > 0 ? 'series-c' : 'series-a',
      pattern: d > 0 ? 'plain' : 'hatch',
    });
  }
  const peak = `±${text(most, view)}`;
  return [
    ...items,
    { kind: 'path', points: [x.start, zero + 0.5, x.end, zero + 0.5], stroke: 'soft' },
    {
      kind: 'text', x: LEFT, y: top - 6, text: `${lessText(view)}, at most ${peak}`, fill: 'soft', size: 11,
      room: view.width - LEFT - RIGHT,
    },
  ];
}

function marks(x: Axis, view: DeltaView): Item[] {
  const now = Math.round(place(x, Math.min(view.time_ns, x.to))) + 0.5;
  const items: Item[] = [{ kind: 'path', points: [now, TOP - 4, now, DELTA_HEIGHT - RULE], stroke: 'select', width: 1.5 }];
  if (view.parts_ns === undefined) return items;
  const at = Math.round(place(x, view.parts_ns)) + 0.5;
  items.push({ kind: 'path', points: [at, TOP - 4, at, DELTA_HEIGHT - RULE], stroke: 'ink', dash: [2, 3] });
  const left = at > view.width / 2;
  items.push({
    kind: 'text', x: at + (left ? -5 : 5), y: TOP + 8, text: 'they part', fill: 'ink', size: 11, anchor: left ? 'end' : 'start',
  });
  return items;
}

const at = (s: Series, time_ns: number): number =>
  Math.max(0, Math.min(s.a.length - 1, Math.floor(((time_ns - s.from_ns) / Math.max(1, s.to_ns - s.from_ns)) * (s.a.length - 1))));

function table(s: Series, view: DeltaView): TableTwin {
  const shown = Math.min(TABLE_ROWS, s.a.length);
  const rows = Array.from({ length: shown }, (_, n) => {
    const i = Math.round((n * (s.a.length - 1)) / Math.max(1, shown - 1));
    const [a, b] = [s.a[i] as number, s.b[i] as number];
    const cell = (v: number) => (Number.isNaN(v) ? '–' : text(v, view));
    return { cells: [duration(timeOf(s, i)), cell(a), cell(b), Number.isNaN(b - a) ? '–' : signedText(b - a, view)] };
  });
  return { caption: `${view.level}: ${view.about}`, columns: ['time', ...view.names, lessText(view)], rows };
}

function narration(s: Series, view: DeltaView): string {
  const i = at(s, view.time_ns);
  const [a, b] = [s.a[i] as number, s.b[i] as number];
  if (Number.isNaN(a) || Number.isNaN(b)) return `${view.level} is not known of both branches here.`;
  const less = b === a ? 'the same' : `${signedText(b - a, view)}`;
  const [first, second] = view.letters;
  return `${view.level} at ${duration(view.time_ns)}: ${first} ${text(a, view)}, ${second} ${text(b, view)}, ${less}.`;
}
