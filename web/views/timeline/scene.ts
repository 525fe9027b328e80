/** The timeline: a row for each context of each core, each link and NIC, and each level; the way of what is selected across them. */
import { type Axis, clamped, place, timeAxis } from '../../draw/axis.ts';
import type { Ink } from '../../draw/palette.ts';
import { type Item, type Scene, sceneWith, type TableTwin } from '../../draw/scene.ts';
import { bytes, count, duration, percent } from '../../format.ts';
import { type CounterAnswer, HOSTS, type Row, type TimelineAnswer, type TrackAnswer } from './rows.ts';

export interface Mark {
  readonly from_ns: number;
  readonly to_ns: number;
}
export interface TimelineView {
  readonly width: number;
  readonly height: number;
  readonly rows: readonly Row[];
  readonly from_ns: number;
  readonly to_ns: number;
  readonly marks: readonly Mark[];
}
/** What changes while a run plays. */
export interface TimelineMoment {
  readonly time_ns: number;
  /** Levels by the ids of their counters. */
  readonly levels: Readonly<Record<string, number>>;
}

export const RIGHT = 8;
export const RULE = 18;
export const NARROW = 620;
/** What is narrower is drawn with its neighbours as one shape, and met when one has zoomed in. */
const ALONE = 1.5;
/** What does not fit the filter. */
const DIM = 0.22;
export const gutter = (width: number): number => (width < NARROW ? 104 : 148);

type Span = TrackAnswer['spans'][number];

const INKS: Readonly<Record<string, Ink>> = {
  hardirq: 'ctx-hardirq', softirq: 'ctx-softirq', task_work: 'ctx-task_work', syscall: 'ctx-syscall', user: 'ctx-user',
};
const inkOf = (t: TrackAnswer): Ink => (t.kind === 'link' ? 'header' : t.kind === 'nic' ? 'ack' : INKS[t.context] ?? 'soft');

const axisOf = (view: TimelineView): Axis => {
  const left = gutter(view.width);
  return { from: view.from_ns, to: view.to_ns, start: left, end: Math.max(left + 1, view.width - RIGHT) };
};

/** All that stays while a run plays. */
export function timelineGround(view: TimelineView): readonly Item[] {
  const x = axisOf(view);
  const bottom = view.height - RULE;
  const items: Item[] = [...timeAxis(x, 0, bottom, view.width < 620 ? 72 : 104)];
  for (const m of view.marks) items.push(...markItems(m, x, bottom));
  for (const row of view.rows) {
    if (row.kind === 'head') items.push(...headItems(row, view.width));
    else if (row.track) items.push(...trackItems(row, row.track, x));
    else if (row.counter) items.push(...counterItems(row, row.counter, x));
  }
  return items;
}

export function timelineScene(t: TimelineAnswer, ground: readonly Item[], view: TimelineView, moment: TimelineMoment): Scene {
  const x = axisOf(view);
  const bottom = view.height - RULE;
  const items: Item[] = [...ground];
  for (const row of view.rows) if (row.counter) items.push(levelText(row, row.counter, moment.levels[row.id] ?? 0, x));
  const at = clamped(x, moment.time_ns);
  if (at < x.end) items.push({ kind: 'rect', x: at, y: 0, w: x.end - at, h: bottom, fill: 'card', alpha: 0.5 });
  items.push(...flowItems(t, view.rows, x));
  if (moment.time_ns >= view.from_ns && moment.time_ns <= view.to_ns)
    items.push({ kind: 'path', points: [at, 0, at, bottom + 4], stroke: 'select', width: 1.5 });
  const narration = narrationOf(t, view, moment.time_ns);
  return sceneWith({ width: view.width, height: view.height, items, narration }, () => table(view, moment));
}

const headItems = (row: Row, width: number): Item[] => [
  { kind: 'text', x: 6, y: row.y + 16, text: row.text, fill: 'ink', weight: 640, size: 12 },
  { kind: 'path', points: [0, row.y + row.h - 1.5, width, row.y + row.h - 1.5], stroke: 'line' },
];

const label = (row: Row, x: Axis, y: number): Item =>
  ({ kind: 'text', x: 24, y, text: row.text, fill: 'soft', size: 11, room: x.start - 30 });

function trackItems(row: Row, t: TrackAnswer, x: Axis): Item[] {
  const [top, h] = [row.y + 2, row.h - 4];
  const items: Item[] = [label(row, x, row.y + row.h / 2 + 4)];
  const ink = inkOf(t);
  const shade = t.kind === 'nic' ? 0.55 : 0.8;
  // Columns of many spans are one shape: how high it is says how much of the time it worked.
  let area: number[] = [];
  const flush = () => {
    if (area.length > 0) items.push({ kind: 'path', points: area, closed: true, fill: ink, alpha: dim ? shade * DIM : shade });
    area = [];
  };
  let dim = false;
  for (const s of t.spans) {
    const [from, to] = [clamped(x, s.from_ns), clamped(x, s.to_ns)];
    const alone = s.count === 1 && (t.kind === 'nic' ? s.drop : to - from >= ALONE);
    if (alone) items.push(...spanItems(s, t, ink, from, to, top, h));
    else {
      const tall = Math.max(1, h * (t.kind === 'nic' ? Math.min(1, 0.35 + s.count / 12) : s.share));
      const wide = Math.max(from + 1, to);
      if (s.dim !== dim) flush();
      dim = s.dim;
      area.push(from, top + h, from, top + h - tall, wide, top + h - tall, wide, top + h);
      if (s.drop) items.push({ kind: 'path', points: [from, top, from + 6, top, from + 3, top + 6], closed: true, fill: 'warm' });
      if (area.length > 800) flush();
    }
  }
  flush();
  return items;
}

/** Said when it is pointed at. */
function labelOf(s: Span, t: TrackAnswer): string {
  const what = s.text || (t.kind === 'link' ? `packet ${s.pkt}` : t.kind === 'nic' ? 'dropped' : t.name);
  return `${HOSTS[t.host]} ${t.kind === 'core' ? `core ${t.core} ${t.name}` : t.name}: ${what}, ${duration(s.to_ns - s.from_ns)}`;
}

function spanItems(s: Span, t: TrackAnswer, ink: Ink, from: number, to: number, top: number, h: number): Item[] {
  const id = t.kind === 'link' ? `packet:${s.pkt}` : `record:${s.record}`;
  const w = Math.max(t.kind === 'nic' ? 2 : 1, to - from - (to - from > 3 ? 0.5 : 0));
  const alpha = s.dim ? DIM : 1;
  const fill = s.drop ? 'warm' : ink;
  const items: Item[] = [{
    kind: 'rect', x: from, y: top, w, h, fill, radius: w > 6 ? 2 : 0, id, alpha,
    get label() {
      return labelOf(s, t);
    },
  }];
  if (s.text === '' || w <= 44 || s.dim) return items;
  return [...items, { kind: 'text', x: from + 4, y: top + h / 2 + 4, text: s.text, fill: 'card', size: 11, room: w - 8 }];
}

const written = (c: CounterAnswer, n: number): string => (c.bytes ? bytes(n) : count(n));

const levelText = (row: Row, c: CounterAnswer, now: number, x: Axis): Item => (
  { kind: 'text', x: 24, y: row.y + 27, text: `${written(c, now)} of ≤ ${written(c, c.top)}`, fill: 'ink', size: 11, room: x.start - 30 }
);

function counterItems(row: Row, c: CounterAnswer, x: Axis): Item[] {
  const base = row.y + row.h - 4;
  const y: Axis = { from: 0, to: c.top, start: base, end: row.y + 5 };
  const items: Item[] = [
    label(row, x, row.y + 14),
    { kind: 'path', points: [x.start, base + 0.5, x.end, base + 0.5], stroke: 'line' },
  ];
  const line: number[] = [];
  for (const p of c.points) {
    const at = clamped(x, p.time_ns);
    if (line.length > 0) line.push(at, line.at(-1) as number);
    if (p.low !== p.high) line.push(at, place(y, p.high), at, place(y, p.low));
    line.push(at, place(y, p.value));
  }
  const last = line.at(-1);
  if (last === undefined) return items;
  line.push(x.end, last);
  const area = [line[0] as number, base, ...line, x.end, base];
  items.push({ kind: 'path', points: area, closed: true, fill: 'series-b', alpha: 0.18 });
  items.push({ kind: 'path', points: line, stroke: 'series-b', width: 1.25 });
  return items;
}

function markItems(m: Mark, x: Axis, bottom: number): Item[] {
  const [from, to] = [clamped(x, m.from_ns), clamped(x, m.to_ns)];
  if (to <= x.start || from >= x.end) return [];
  const text = m.to_ns > m.from_ns ? duration(m.to_ns - m.from_ns) : duration(m.from_ns);
  return [
    { kind: 'rect', x: from, y: 0, w: Math.max(1, to - from), h: bottom, fill: 'warm-wash', alpha: 0.7 },
    { kind: 'path', points: [from, 0, from, bottom], stroke: 'warm', dash: [3, 3] },
    { kind: 'path', points: [to, 0, to, bottom], stroke: 'warm', dash: [3, 3] },
    { kind: 'text', x: from + 4, y: 12, text, fill: 'warm', size: 11 },
  ];
}

/** From track to track, as time goes. */
function flowItems(t: TimelineAnswer, rows: readonly Row[], x: Axis): Item[] {
  const middles = new Map(rows.map((r) => [r.id, r.y + r.h / 2]));
  const points = (t.flow?.points ?? []).flatMap((p) => {
    const y = middles.get(p.track);
    return y === undefined ? [] : [{ x: clamped(x, p.time_ns), y, inside: p.time_ns >= x.from && p.time_ns <= x.to }];
  });
  const items: Item[] = [];
  for (const [i, p] of points.entries()) {
    const before = points[i - 1];
    if (!before || !(before.inside || p.inside)) continue;
    items.push({ kind: 'path', points: [before.x, before.y, p.x, p.y], stroke: 'select', width: 1.5 });
  }
  for (const p of points) if (p.inside) items.push({ kind: 'circle', x: p.x, y: p.y, r: 3, fill: 'card', stroke: 'select', width: 1.5 });
  return items;
}

function table(view: TimelineView, moment: TimelineMoment): TableTwin {
  const rows = view.rows.flatMap((row): TableTwin['rows'][number][] => {
    if (row.counter) {
      const [now, top] = [moment.levels[row.id] ?? 0, row.counter.top];
      return [{ cells: [row.full, '', '', `now ${written(row.counter, now)}, at most ${written(row.counter, top)}`] }];
    }
    const t = row.track;
    if (!t) return [];
    const busy = { cells: [row.full, '', percent(t.busy, 1), `${count(t.spans.reduce((sum, s) => sum + s.count, 0))} spans`] };
    const single = t.spans.filter((s) => s.count === 1 && t.kind !== 'nic').slice(0, 100);
    return [busy, ...single.map((s) => ({
      id: t.kind === 'link' ? `packet:${s.pkt}` : `record:${s.record}`,
      cells: [row.full, duration(s.from_ns), duration(s.to_ns - s.from_ns), s.text || (s.pkt > 0 ? `packet ${s.pkt}` : '')],
    }))];
  });
  return { caption: `${duration(view.from_ns)} to ${duration(view.to_ns)}`, columns: ['Track', 'Begins', 'Lasts', 'What'], rows };
}

/** Who works at the playhead, and how busy each core is in what is shown. */
function narrationOf(t: TimelineAnswer, view: TimelineView, time_ns: number): string {
  if (time_ns < view.from_ns || time_ns > view.to_ns) return `The playhead at ${duration(time_ns)} is outside of what is shown.`;
  const works = (s: Span) => s.count === 1 && s.from_ns <= time_ns && time_ns < s.to_ns;
  const working = t.tracks.filter((k) => k.kind === 'core' && k.spans.some(works));
  const now = working.map((k) => `${HOSTS[k.host]} core ${k.core} in ${k.name}`);
  const most = t.tracks.filter((k) => k.kind === 'core').sort((a, b) => b.busy - a.busy)[0];
  const busiest = most ? ` Of what is shown, ${HOSTS[most.host]} core ${most.core} ${most.name} takes most: ${percent(most.busy, 1)}.` : '';
  const who = now.length === 0 ? 'no core works' : `${now.join(', ')} ${now.length === 1 ? 'works' : 'work'}`;
  return `At ${duration(time_ns)} ${who}.${busiest}`;
}
