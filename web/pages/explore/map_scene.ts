/** A sweep over two axes as a map: a cell for each pair of values, darker where there is more, with its number in it. */
import type { SweepAnswer, SweepCellAnswer } from '../../../sim/lab/index.ts';
import type { Item, Scene } from '../../draw/scene.ts';
import { measured, nameOfCell, type Picked } from './picked.ts';

const GAP = 2;
const CELL_H = 40;
const CELL_W_MAX = 132;
const CHAR = 6.7;
const TOP = 24;
const BOTTOM = 46;
const LEGEND = 34;
/** As dark as ink on it can be read in both themes. */
const DARKEST = 0.45;
const PALEST = 0.05;

const OUTCOMES = { measured: '', waiting: '…', refused: 'refused', failed: 'failed' } as const;

export function mapScene(answer: SweepAnswer, picked: Picked, width: number): Scene {
  const { x, y, m, metric, rows } = picked;
  const labels = y?.values ?? [''];
  const left = Math.min(width * 0.32, Math.max(...labels.map((l) => l.length), 4) * CHAR + 16);
  const cell_w = Math.max(14, Math.min(CELL_W_MAX, (width - left - 4) / x.values.length));
  const known = measured(answer, m).map((k) => k.value);
  const [least, most] = [Math.min(...known, Infinity), Math.max(...known, -Infinity)];
  const log = least > 0 && most / least >= 20;
  const share = (v: number) => (most <= least ? 0.5 : log ? Math.log(v / least) / Math.log(most / least) : (v - least) / (most - least));
  const best = metric.better === undefined ? undefined : metric.better === 'lower' ? least : most;
  const items: Item[] = [];
  rows.forEach((row, r) => {
    const top = TOP + r * (CELL_H + GAP);
    if (y) items.push({ kind: 'text', x: left - 8, y: top + CELL_H / 2 + 4, text: labels[r] ?? '', fill: 'ink', size: 11, mono: true,
      anchor: 'end', room: left - 10 });
    row.forEach((i, c) => {
      const cell = i === undefined ? undefined : answer.cells[i];
      if (i === undefined || !cell) return;
      items.push(...cellItems(cell, { x: left + c * cell_w, y: top, w: cell_w - GAP, h: CELL_H, id: `cell:${i}`, m,
        label: `${nameOfCell(answer, cell)}: ${said(cell, m)}`, alpha: PALEST + (DARKEST - PALEST) * share(Number(cell.numbers[m])),
        best: best !== undefined && cell.numbers[m] === best }));
    });
  });
  const below = TOP + rows.length * (CELL_H + GAP);
  const every = Math.max(1, Math.ceil((Math.max(...x.values.map((v) => v.length)) * CHAR + 6) / cell_w));
  x.values.forEach((value, c) => {
    const middle = left + c * cell_w + (cell_w - GAP) / 2;
    if (c % every !== 0) return;
    items.push({ kind: 'text', x: middle, y: below + 13, text: value, fill: 'ink', size: 11, mono: true, anchor: 'middle' });
  });
  items.push({ kind: 'text', x: left, y: below + 32, text: `${x.key} →`, fill: 'soft', size: 12 });
  if (y) items.push({ kind: 'text', x: 0, y: 13, text: `↓ ${y.key}`, fill: 'soft', size: 12 });
  items.push(...legend(answer, m, left, below + BOTTOM, Math.min(width - left - 4, 320), least, most));
  return { width, height: below + BOTTOM + LEGEND, items, table: tableOf(answer, picked), narration: narration(answer, picked) };
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly id: string;
  readonly m: number;
  readonly label: string;
  readonly alpha: number;
  readonly best: boolean;
}

export function said(cell: SweepCellAnswer, m: number): string {
  if (cell.outcome === 'waiting') return 'not measured yet';
  if (cell.outcome !== 'measured') return `${cell.outcome}: ${cell.problem}`;
  return `${cell.texts[m]}${cell.complete ? '' : ', it did not bring all bytes'}${cell.front ? ', on the front' : ''}`;
}

function cellItems(cell: SweepCellAnswer, p: Place): Item[] {
  const box = { kind: 'rect' as const, x: p.x, y: p.y, w: p.w, h: p.h, radius: 2 };
  const text = cell.outcome === 'measured' ? cell.texts[p.m] ?? '' : OUTCOMES[cell.outcome];
  const room = p.w - 6;
  const middle = { x: p.x + p.w / 2, y: p.y + p.h / 2 + 4, anchor: 'middle' as const, size: 12, room };
  const fits = room >= Math.min(text.length, 5) * CHAR || text.length <= 1;
  const ink = cell.outcome === 'measured' ? 'ink' as const : 'soft' as const;
  const words: Item[] = fits ? [{ kind: 'text', ...middle, text: short(text, room), fill: ink, weight: p.best ? 700 : 400 }] : [];
  if (cell.outcome === 'waiting')
    return [{ ...box, stroke: 'line', dash: [3, 3] }, { ...box, fill: 'card', alpha: 0, id: p.id, label: p.label }, ...words];
  if (cell.outcome !== 'measured') {
    const [edge, pattern] = cell.outcome === 'failed' ? ['warm', 'cross'] as const : ['line', 'hatch'] as const;
    return [{ ...box, fill: edge, pattern, alpha: 0.5 }, { ...box, stroke: edge, id: p.id, label: p.label },
      { kind: 'rect', x: p.x + 3, y: p.y + 10, w: p.w - 6, h: p.h - 20, fill: 'card' }, ...words];
  }
  const marks: Item[] = [];
  if (p.best) marks.push({ ...box, stroke: 'ink', width: 1.5 });
  // Of those on the front the corner is folded.
  const right = p.x + p.w;
  if (cell.front) marks.push({ kind: 'path', points: [right - 11, p.y, right, p.y, right, p.y + 11], closed: true, fill: 'payload' });
  if (!cell.complete) marks.push({ kind: 'rect', x: p.x, y: p.y + p.h - 5, w: p.w, h: 5, fill: 'warm', pattern: 'hatch' });
  return [{ ...box, fill: 'payload', alpha: p.alpha }, { ...box, stroke: 'line', id: p.id, label: p.label }, ...marks, ...words];
}

/** Where there is no room, 61.5 Gbit/s is 61.5G. */
const short = (text: string, room: number): string =>
  (text.length * CHAR <= room ? text : text.replace(/[\s\u202f]([a-zA-Zµ%]+)(?:\/s)?$/, (_, unit: string) => unit.replace(/bit$/, '')));

function legend(answer: SweepAnswer, m: number, x: number, y: number, width: number, least: number, most: number): Item[] {
  const text = (value: number) => answer.cells.find((c) => c.numbers[m] === value)?.texts[m] ?? '';
  if (!(most > least)) return [];
  const steps = 9;
  const room = Math.max(text(least).length, text(most).length) * CHAR + 8;
  const w = Math.max(40, width - 2 * room) / steps;
  const ramp = Array.from({ length: steps }, (_, i): Item => ({ kind: 'rect', x: x + room + i * w, y, w, h: 10, fill: 'payload',
    alpha: PALEST + ((DARKEST - PALEST) * i) / (steps - 1) }));
  return [
    { kind: 'text', x: x + room - 6, y: y + 9, text: text(least), fill: 'soft', size: 11, anchor: 'end' }, ...ramp,
    { kind: 'rect', x: x + room, y, w: w * steps, h: 10, stroke: 'line' },
    { kind: 'text', x: x + room + w * steps + 6, y: y + 9, text: text(most), fill: 'soft', size: 11 },
  ];
}

/** All cells, whatever is drawn of them: made when somebody looks at it. */
export function tableOf(answer: SweepAnswer, { metric }: Picked): Scene['table'] {
  let rows: Scene['table']['rows'] | undefined;
  return {
    caption: `${metric.name} of ${answer.name}: every cell`,
    columns: [...answer.axes.map((a) => a.key), ...answer.metrics.map((k) => k.name), 'front'],
    get rows() {
      rows ??= answer.cells.map((c, i) => {
        const numbers = answer.metrics.map((_, m) => (c.outcome === 'measured' ? c.texts[m] ?? '' : m === 0 ? said(c, m) : ''));
        return { id: `cell:${i}`, cells: [...c.values, ...numbers, c.front ? 'yes' : ''] };
      });
      return rows;
    },
  };
}

export function narration(answer: SweepAnswer, { m, metric, x, y, others }: Picked): string {
  const known = measured(answer, m);
  const over = y ? `${x.key} and ${y.key}` : x.key;
  if (known.length === 0) return `${metric.name} over ${over}: nothing is measured yet.`;
  const sorted = [...known].sort((a, b) => a.value - b.value);
  const ends = [sorted[0], sorted.at(-1)].flatMap((k) => (k ? answer.cells[k.i] ?? [] : []));
  const at = ends.map((c) => `${c.texts[m]} at ${nameOfCell(answer, c)}`);
  const left = answer.cells.length - answer.done;
  return `${metric.name} over ${over}${others ? ', of the other axes the best' : ''}: from ${at[0]} to ${at[1]}.`
    + `${left > 0 ? ` ${left} of ${answer.cells.length} cells are not measured yet.` : ''}`;
}
