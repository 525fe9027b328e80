/** Two goals against each other: every cell a point, those that nothing beats joined by a line. */
import type { SweepAnswer } from '../../../sim/lab/index.ts';
import type { Item, Scene } from '../../draw/scene.ts';
import { textOf } from './curve_scene.ts';
import { nameOfCell } from './picked.ts';
import { type Scale, scaleOf } from './scale.ts';

const HEIGHT = 300;
const TOP = 18;
const BOTTOM = 44;
const CHAR = 6.4;

interface Goal {
  readonly name: string;
  readonly of: (cell: number) => number;
  readonly text: (value: number) => string;
  /** As it is written, of a cell. */
  readonly said: (cell: number) => string;
  /** Of an axis: its values are the ticks. */
  readonly ticks: readonly number[] | undefined;
}

function goalOf(answer: SweepAnswer, name: string): Goal | undefined {
  const m = answer.metrics.findIndex((k) => k.name === name);
  if (m >= 0) return { name, of: (i) => Number(answer.cells[i]?.numbers[m]), text: (v) => textOf(answer, m, v),
    said: (i) => answer.cells[i]?.texts[m] ?? '', ticks: undefined };
  const a = answer.axes.findIndex((k) => k.key === name);
  const axis = answer.axes[a];
  if (!axis?.numbers) return undefined;
  const value = (i: number) => answer.cells[i]?.values[a] ?? '';
  const { numbers, values } = axis;
  return { name, of: (i) => numbers[values.indexOf(value(i))] ?? Number.NaN, text: (v) => values[numbers.indexOf(v)] ?? '', said: value,
    ticks: numbers };
}

function scaleFor(goal: Goal, cells: readonly number[], wanted: number): Scale {
  const scale = scaleOf(cells.map(goal.of), wanted, goal.ticks ? LOG_OF_AXES : undefined);
  return goal.ticks ? { ...scale, ticks: goal.ticks } : scale;
}
const LOG_OF_AXES = 8;

export function frontScene(answer: SweepAnswer, width: number): Scene | undefined {
  const [gx, gy] = answer.goals.map((name) => goalOf(answer, name));
  if (!gx || !gy) return undefined;
  const known = (i: number) => Number.isFinite(gx.of(i)) && Number.isFinite(gy.of(i));
  const cells = answer.cells.flatMap((c, i) => (c.outcome === 'measured' && known(i) ? [i] : []));
  const [sx, sy] = [scaleFor(gx, cells, Math.max(2, Math.floor(width / 130))), scaleFor(gy, cells, 5)];
  const left = Math.max(44, Math.max(0, ...sy.ticks.map((t) => gy.text(t).length)) * CHAR + 12);
  const [w, h] = [Math.max(40, width - left - 16), HEIGHT - TOP - BOTTOM];
  const [px, py] = [(v: number) => left + sx.at(v) * w, (v: number) => TOP + h - sy.at(v) * h];
  const items: Item[] = [
    ...sy.ticks.flatMap((t): Item[] => [
      { kind: 'path', points: [left, py(t), left + w, py(t)], stroke: 'line' },
      { kind: 'text', x: left - 8, y: py(t) + 4, text: gy.text(t), fill: 'soft', size: 11, anchor: 'end' },
    ]),
    ...sx.ticks.flatMap((t): Item[] => [
      { kind: 'path', points: [px(t), TOP, px(t), TOP + h], stroke: 'line' },
      { kind: 'text', x: px(t), y: TOP + h + 15, text: gx.text(t), fill: 'soft', size: 11, anchor: 'middle' },
    ]),
    { kind: 'text', x: left, y: 11, text: gy.name, fill: 'soft', size: 12 },
    { kind: 'text', x: left + w, y: HEIGHT - 8, text: `${gx.name} →`, fill: 'soft', size: 12, anchor: 'end' },
  ];
  const front = cells.filter((i) => answer.cells[i]?.front).sort((a, b) => gx.of(a) - gx.of(b) || gy.of(a) - gy.of(b));
  const line = front.flatMap((i) => [px(gx.of(i)), py(gy.of(i))]);
  if (front.length > 1) items.push({ kind: 'path', points: line, stroke: 'payload', dash: [5, 3] });
  const label = (i: number) => {
    const cell = answer.cells[i];
    const numbers = `${gx.name} ${gx.said(i)}, ${gy.name} ${gy.said(i)}`;
    return cell ? `${nameOfCell(answer, cell)}: ${numbers}${cell.front ? ', on the front' : ''}` : '';
  };
  for (const i of cells) {
    const [x, y] = [px(gx.of(i)), py(gy.of(i))];
    if (!answer.cells[i]?.front) items.push({ kind: 'circle', x, y, r: 4, fill: 'card', stroke: 'soft', id: `cell:${i}`, label: label(i) });
  }
  for (const i of front) items.push({ kind: 'rect', x: px(gx.of(i)) - 5, y: py(gy.of(i)) - 5, w: 10, h: 10, fill: 'payload', stroke: 'card',
    id: `cell:${i}`, label: label(i) });
  return {
    width, height: HEIGHT, items,
    table: {
      caption: `On the front of ${answer.goals.join(' and ')}`,
      columns: [...answer.axes.map((a) => a.key), ...answer.metrics.map((k) => k.name)],
      rows: front.map((i) => ({ id: `cell:${i}`, cells: [...(answer.cells[i]?.values ?? []), ...(answer.cells[i]?.texts ?? [])] })),
    },
    narration: `${front.length} of ${cells.length} cells are on the front of ${answer.goals.join(' and ')}: nothing is better in one of`
      + ' them without being worse in another.',
  };
}
