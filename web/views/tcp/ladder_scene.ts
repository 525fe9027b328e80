/** The sequence diagram: two hosts as lines, time downwards row by row, what passed between them as bands and arrows. */
import type { Answer } from '../../../sim/lab/index.ts';
import type { Item, PathItem, Scene, TableTwin } from '../../draw/scene.ts';
import { bytes, count, duration, moment } from '../../format.ts';

export type LadderAnswer = NonNullable<Answer<'tcp_ladder'>>;
type Train = LadderAnswer['trains'][number];

export interface LadderView {
  readonly width: number;
  readonly height: number;
  readonly names: readonly [string, string];
  readonly selected: string | undefined;
}

export const ROW = 20;
const TOP = 34;
const NARROW = 620;

/** How many rows a height has room for. */
export const rowsIn = (height: number): number => Math.max(6, Math.floor((height - TOP - 8) / ROW));

interface Place {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly y: (row: number) => number;
}

export function ladderScene(l: LadderAnswer, view: LadderView): Scene {
  const narrow = view.width < NARROW;
  const left = narrow ? 70 : 150;
  const right = view.width - (narrow ? 20 : 150);
  const bottom = view.height - 6;
  const y = (row: number) => TOP + (row + 0.5) * ROW;
  const at: Place = { left, right, bottom, y };
  const items: Item[] = [];
  const now = TOP + l.past * ROW;
  if (now < bottom) items.push({ kind: 'rect', x: 0, y: now, w: view.width, h: bottom - now, fill: 'paper', alpha: 0.7 });
  for (const [x, name] of [[left, view.names[0]], [right, view.names[1]]] as const) {
    items.push({ kind: 'path', points: [x, TOP - 8, x, bottom], stroke: 'ink', width: 1.5 });
    const anchor = narrow ? (x === right ? 'end' : 'start') : 'middle';
    items.push({ kind: 'text', x: narrow && x === left ? 8 : x, y: 18, text: name, fill: 'ink', weight: 600, anchor, room: 220 });
  }
  items.push(...timeColumn(l, view, at, narrow));
  for (const t of l.trains) items.push(...trainItems(l, t, at, view, narrow));
  for (const n of l.notes) items.push(...noteItems(n, at, narrow, n.row >= l.past));
  items.push({ kind: 'path', points: [0, now, view.width, now], stroke: 'select', width: 1.5 });
  items.push({ kind: 'path', points: [0, now - 4, 7, now, 0, now + 4], closed: true, fill: 'select' });
  return { width: view.width, height: view.height, items, table: table(l, view), narration: narration(l, view) };
}

/** The time of each row: of the first in full, then what has gone by since the one above. */
function timeColumn(l: LadderAnswer, view: LadderView, at: Place, narrow: boolean): Item[] {
  return l.times.flatMap((time, row): Item[] => {
    const since = row === 0 ? 0 : time - (l.times[row - 1] as number);
    const full = narrow ? moment(time).replace(/\.\d+$/, ' µs') : `${moment(time)} µs`;
    const text = row === 0 || row === l.past ? full : `+${duration(since)}`;
    const y = at.y(row);
    return [
      { kind: 'path', points: [at.left, y, at.right, y], stroke: 'line', alpha: 0.6 },
      { kind: 'text', x: narrow ? 8 : 12, y: y + 4, text, fill: row === l.past ? 'select' : 'soft', size: 11, room: narrow ? 58 : 100 },
    ].slice(narrow && view.width < 300 ? 1 : 0) as Item[];
  });
}

function words(t: Train): string {
  const parts: string[] = [];
  if (t.flags !== '') parts.push(t.flags);
  if (t.high > t.low && !/^(SYN|FIN)/.test(t.flags)) parts.push(`${count(t.low)}–${count(t.high)}`);
  if (t.segments > 1) parts.push(`${t.segments} segments`);
  if (t.again) parts.push('again');
  if (t.lost > 0) parts.push(`${t.segments === 1 ? '' : `${t.lost} `}${t.arrives ? 'dropped' : 'lost'}${t.why === '' ? '' : `: ${t.why}`}`);
  if (t.ack >= 0 && (t.high === t.low || t.flags !== '')) parts.push(`ack ${count(t.ack)}`);
  if (t.high === t.low) parts.push(`win ${bytes(t.window)}`);
  for (const [from, to] of t.sacks) parts.push(`SACK ${count(from)}–${count(to)}`);
  return parts.join(' · ');
}

function trainItems(l: LadderAnswer, t: Train, at: Place, view: LadderView, narrow: boolean): Item[] {
  const [from, to] = t.side === 0 ? [at.left, at.right] : [at.right, at.left];
  const [leave0, leave1] = [at.y(t.leaves[0]), at.y(t.leaves[1])];
  const gone = t.arrives === undefined;
  const end = gone ? from + (to - from) * 0.55 : to;
  const [come0, come1] = t.arrives ? [at.y(t.arrives[0]), at.y(t.arrives[1])] : [leave0 + ROW * 0.8, leave1 + ROW * 0.8];
  const data = t.high > t.low;
  const ink: 'warm' | 'payload' | 'ack' = t.again || t.lost > 0 ? 'warm' : data ? 'payload' : 'ack';
  const id = `packet:${t.pkt}`;
  const label = `${view.names[t.side]}: packet ${t.pkt}, ${words(t)}`;
  const alpha = (t.leaves[0] >= l.past ? 0.45 : 1) * (t.dim ? 0.35 : 1);
  const items: Item[] = [];
  const line = (y0: number, y1: number, more: Partial<PathItem>): void => {
    const points = clippedLine(from, y0, end, y1, at.bottom);
    if (points) items.push({ kind: 'path', points, stroke: ink, alpha, ...more });
  };
  if (t.segments > 1) {
    const band = clippedShape([from, leave0, end, come0, end, come1, from, leave1], at.bottom);
    items.push({ kind: 'path', points: band, closed: true, fill: ink, alpha: alpha * 0.16 });
    line(leave1, come1, {});
  }
  line(leave0, come0, { id, label, ...(data ? { width: 1.75 } : { width: 1.25, dash: [5, 3] }) });
  // What is still under way has no end yet.
  const ends = t.lost > 0 || !gone;
  if (ends && come1 <= at.bottom && come1 >= TOP) items.push(...head(from, leave1, end, come1, ink, alpha, t.lost > 0));
  // The words stand where the train leaves, above its line; of one that left before, nothing is said twice.
  if (leave0 < TOP) return items;
  const anchor = t.side === 0 ? 'start' : 'end';
  const x = from + (t.side === 0 ? 1 : -1) * (narrow ? 8 : 14);
  const said = words(t);
  const room = Math.abs(to - from) * 0.86;
  const wide = Math.min(room, said.length * 5.9 + 6);
  const y = leave0 - 3 + (8 / Math.max(1, Math.abs(end - from))) * (come0 - leave0);
  items.push({ kind: 'rect', x: t.side === 0 ? x - 3 : x - wide + 3, y: y - 10, w: wide, h: 13, fill: 'card', alpha: 0.72 });
  items.push({ kind: 'text', x, y, text: said, fill: ink === 'ack' ? 'soft' : ink, size: 11, room, alpha, anchor });
  return items;
}

/** The part of a line that is between the upper edge and the lower one. */
function clippedLine(x0: number, y0: number, x1: number, y1: number, bottom: number): number[] | undefined {
  if (Math.max(y0, y1) < TOP || Math.min(y0, y1) > bottom) return undefined;
  const at = (y: number): [number, number] => [x0 + ((y - y0) / (y1 - y0)) * (x1 - x0), y];
  const cut = (x: number, y: number): [number, number] => (y < TOP ? at(TOP) : y > bottom ? at(bottom) : [x, y]);
  return [...cut(x0, y0), ...cut(x1, y1)];
}
/** A shape cut at the upper edge, then at the lower one (Sutherland and Hodgman). */
function clippedShape(points: readonly number[], bottom: number): number[] {
  let shape = points;
  for (const [edge, keeps] of [[TOP, (y: number) => y >= TOP], [bottom, (y: number) => y <= bottom]] as const) {
    const out: number[] = [];
    for (let i = 0; i < shape.length; i += 2) {
      const j = (i + shape.length - 2) % shape.length;
      const [x0, y0, x1, y1] = [shape[j] as number, shape[j + 1] as number, shape[i] as number, shape[i + 1] as number];
      if (keeps(y0) !== keeps(y1)) out.push(x0 + ((edge - y0) / (y1 - y0)) * (x1 - x0), edge);
      if (keeps(y1)) out.push(x1, y1);
    }
    shape = out;
  }
  return [...shape];
}

/** The arrow's head, or the cross of what did not come. */
function head(x0: number, y0: number, x1: number, y1: number, ink: 'warm' | 'payload' | 'ack', alpha: number, lost: boolean): Item[] {
  if (lost) {
    return [
      { kind: 'path', points: [x1 - 4, y1 - 4, x1 + 4, y1 + 4], stroke: 'warm', width: 2, alpha },
      { kind: 'path', points: [x1 - 4, y1 + 4, x1 + 4, y1 - 4], stroke: 'warm', width: 2, alpha },
    ];
  }
  const angle = Math.atan2(y1 - y0, x1 - x0);
  const point = (turn: number): [number, number] => [x1 - 8 * Math.cos(angle + turn), y1 - 8 * Math.sin(angle + turn)];
  return [{ kind: 'path', points: [x1, y1, ...point(0.4), ...point(-0.4)], closed: true, fill: ink, alpha }];
}

function noteItems(n: LadderAnswer['notes'][number], at: Place, narrow: boolean, future: boolean): Item[] {
  const y = at.y(n.row);
  const x = n.side === 0 ? at.left : at.right;
  const id = `record:${n.record}`;
  const alpha = future ? 0.45 : 1;
  const inward = narrow && n.side === 1;
  const room = narrow ? at.right - at.left - 20 : n.side === 0 ? (at.right - at.left) * 0.6 : 136;
  const text: Item = {
    kind: 'text', x: inward ? x - 8 : x + 9, y: y + 4, text: n.text, fill: 'series-d', size: 11, room, alpha,
    anchor: inward ? 'end' : 'start',
  };
  return [{ kind: 'rect', x: x - 4, y: y - 4, w: 8, h: 8, fill: 'series-d', alpha, id, label: n.text }, text];
}

function table(l: LadderAnswer, view: LadderView): TableTwin {
  const time = (row: number) => {
    const ns = l.times[row];
    return ns === undefined ? (row < 0 ? 'before' : 'after') : `${moment(ns)} µs`;
  };
  const rows = [
    ...l.trains.map((t) => ({
      at: t.leaves[0], id: `packet:${t.pkt}`,
      cells: [`packet ${t.pkt}`, time(t.leaves[0]), t.arrives ? time(t.arrives[1]) : 'never', view.names[t.side] as string, words(t)],
    })),
    ...l.notes.map((n) => (
      { at: n.row, id: `record:${n.record}`, cells: [`record ${n.record}`, time(n.row), '', view.names[n.side] as string, n.text] }
    )),
  ];
  rows.sort((a, b) => a.at - b.at);
  return { caption: `Between ${view.names[0]} and ${view.names[1]}`, columns: ['What', 'Leaves', 'Arrives', 'From', 'Says'], rows };
}

function narration(l: LadderAnswer, view: LadderView): string {
  const gone = l.trains.filter((t) => t.leaves[0] < l.past).sort((a, b) => a.leaves[0] - b.leaves[0]).at(-1);
  const under_way = l.trains.filter((t) => t.leaves[0] < l.past && t.arrives !== undefined && t.arrives[1] >= l.past).length;
  if (!gone) return 'Nothing was sent yet.';
  return `Last the ${view.names[gone.side]} sent packet ${gone.pkt}: ${words(gone)}. ${under_way} under way.`;
}
