/** A sweep as curves: a metric over an axis, a line for each value of the other one, knees marked. */
import type { SweepAnswer } from '../../../sim/lab/index.ts';
import type { Ink } from '../../draw/palette.ts';
import type { Item, Scene } from '../../draw/scene.ts';
import { narration, said, tableOf } from './map_scene.ts';
import { measured, nameOfCell, type Picked } from './picked.ts';
import { placesOf, scaleOf } from './scale.ts';

const HEIGHT = 280;
const TOP = 18;
const BOTTOM = 46;
const CHAR = 6.4;
const INKS: readonly Ink[] = ['series-a', 'series-b', 'series-c', 'series-d', 'ink', 'soft'];
const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [9, 3, 2, 3], [1, 5], [4, 6]];
/** More lines than these cannot be told from one another. */
export const LINES_MAX = INKS.length;

export function curveScene(answer: SweepAnswer, picked: Picked, width: number): Scene {
  const { x, y, m, rows, metric } = picked;
  const known = measured(answer, m);
  const scale = scaleOf(known.map((k) => k.value), 5);
  const names = y ? y.values : [''];
  const right = y ? Math.min(width * 0.3, Math.max(...names.map((n) => n.length)) * CHAR + 24) : 16;
  const tick_text = (v: number) => textOf(answer, m, v);
  const left = Math.max(40, Math.max(0, ...scale.ticks.map((t) => tick_text(t).length)) * CHAR + 12);
  const [w, h] = [Math.max(40, width - left - right), HEIGHT - TOP - BOTTOM];
  const places = placesOf(x.numbers, x.values.length, x.log);
  const px = (c: number) => left + 10 + (places[c] ?? 0) * (w - 20);
  const py = (v: number) => TOP + h - scale.at(v) * h;
  const items: Item[] = scale.ticks.flatMap((t): Item[] => [
    { kind: 'path', points: [left, py(t), left + w, py(t)], stroke: 'line' },
    { kind: 'text', x: left - 8, y: py(t) + 4, text: tick_text(t), fill: 'soft', size: 11, anchor: 'end' },
  ]);
  items.push({ kind: 'path', points: [left, TOP + h, left + w, TOP + h], stroke: 'soft' }, ...ticksBelow(x.values, px, TOP + h));
  items.push({ kind: 'text', x: left, y: HEIGHT - 6, text: `${x.key} →`, fill: 'soft', size: 12 });
  items.push(...kneeItems(answer, picked, px, h));
  const ends: { text: string; y: number; ink: Ink }[] = [];
  rows.forEach((row, r) => {
    const [ink, dash] = [INKS[r % INKS.length] as Ink, DASHES[r % DASHES.length] as readonly number[]];
    const points = row.flatMap((i, c) => {
      const cell = i === undefined ? undefined : answer.cells[i];
      const value = cell?.numbers[m];
      return cell?.outcome === 'measured' && typeof value === 'number' ? [{ i: i as number, x: px(c), y: py(value), cell }] : [];
    });
    if (points.length === 0) return;
    items.push({ kind: 'path', points: points.flatMap((p) => [p.x, p.y]), stroke: ink, width: 2, ...(dash.length > 0 ? { dash } : {}) });
    for (const p of points) items.push({ kind: 'circle', x: p.x, y: p.y, r: p.cell.front ? 5 : 3.5, fill: p.cell.complete ? ink : 'warm',
      stroke: 'card', width: 1, id: `cell:${p.i}`, label: `${nameOfCell(answer, p.cell)}: ${said(p.cell, m)}` });
    ends.push({ text: names[r] ?? '', y: points.at(-1)?.y ?? 0, ink });
  });
  if (y) items.push(...endLabels(ends, left + w + 4, right - 8));
  items.push({ kind: 'text', x: left, y: 11, text: y ? `${metric.name}, lines: ${y.key}` : metric.name, fill: 'soft', size: 12 });
  return { width, height: HEIGHT, items, table: tableOf(answer, picked), narration: narration(answer, picked) };
}

/** As the cells' own texts have it: a tick is a number like them. */
export function textOf(answer: SweepAnswer, m: number, value: number): string {
  const { unit } = answer.metrics[m] ?? { unit: 'count' };
  if (unit === 'bps') return short(value, [['Tbit/s', 1e12], ['Gbit/s', 1e9], ['Mbit/s', 1e6], ['kbit/s', 1e3]], 'bit/s');
  if (unit === 'ns') return short(value, [['s', 1e9], ['ms', 1e6], ['µs', 1e3]], 'ns');
  if (unit === 'share') return `${Number((100 * value).toPrecision(3))} %`;
  return short(value, [['G', 1e9], ['M', 1e6], ['k', 1e4]], '');
}
function short(value: number, units: readonly (readonly [string, number])[], plain: string): string {
  const [name, size] = units.find(([, s]) => Math.abs(value) >= s) ?? [plain, 1];
  return `${Number((value / size).toPrecision(3))}${name === '' ? '' : `\u202f${name}`}`;
}

export function ticksBelow(values: readonly string[], px: (c: number) => number, bottom: number): Item[] {
  let free = Number.NEGATIVE_INFINITY;
  return values.flatMap((value, c): Item[] => {
    const half = (value.length * CHAR) / 2 + 3;
    const mark: Item = { kind: 'path', points: [px(c), bottom, px(c), bottom + 4], stroke: 'soft' };
    if (px(c) - half < free) return [mark];
    free = px(c) + half;
    return [mark, { kind: 'text', x: px(c), y: bottom + 17, text: value, fill: 'ink', size: 11, mono: true, anchor: 'middle' }];
  });
}

function kneeItems(answer: SweepAnswer, { x, metric }: Picked, px: (c: number) => number, h: number): Item[] {
  const knee = answer.knees.find((k) => k.axis === x.key && k.metric === metric.name && (k.kind === 'knee' || k.kind === 'peak'));
  const c = x.values.findIndex((v) => v === knee?.at);
  if (!knee || c < 0) return [];
  return [
    { kind: 'path', points: [px(c), TOP, px(c), TOP + h], stroke: 'select', dash: [4, 3] },
    { kind: 'text', x: px(c) + 5, y: TOP + h - 6, text: knee.kind, fill: 'select', size: 12, weight: 600 },
  ];
}

/** Labels at the ends of lines, moved apart where they would lie on one another. */
function endLabels(ends: readonly { text: string; y: number; ink: Ink }[], x: number, room: number): Item[] {
  let free = 8;
  return [...ends].sort((a, b) => a.y - b.y).flatMap((end): Item[] => {
    const y = Math.max(end.y + 4, free);
    free = y + 13;
    return [{ kind: 'circle', x: x + 4, y: y - 4, r: 3, fill: end.ink },
      { kind: 'text', x: x + 11, y, text: end.text, fill: 'ink', size: 11, mono: true, room: room - 11 }];
  });
}
