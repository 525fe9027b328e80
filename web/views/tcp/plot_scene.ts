/** The sequence–time plot: what was sent, how far it is acknowledged, and how far the window and cwnd let it go. */
import type { Answer } from '../../../sim/lab/index.ts';
import { type Axis, byteTicks, clamped, place, timeAxis } from '../../draw/axis.ts';
import { type Item, type Scene, sceneWith, type TableTwin } from '../../draw/scene.ts';
import { bytes, count, duration } from '../../format.ts';

export type PlotAnswer = NonNullable<Answer<'tcp_plot'>>;
export interface PlotView {
  readonly width: number;
  readonly height: number;
  readonly from_ns: number;
  readonly to_ns: number;
  /** Where the playhead stands: what lies behind it is drawn as not yet happened. */
  readonly time_ns: number;
  /** Both ends, the data's sender first. */
  readonly names: readonly [string, string];
  readonly vantage: 'sender' | 'receiver';
}

export const LEFT = 58;
export const RIGHT = 10;
export const RULE = 20;
const TOP = 26;
/** What does not fit the filter. */
const DIM = 0.22;
const STRIP = 84;
const STRIP_FROM = 280;

/** Room of the plot in a scene: y of its upper and lower end, and of the strip's, if there is one. */
const areas = (height: number) => {
  const bottom = height - RULE;
  const strip = height >= STRIP_FROM ? { top: bottom - STRIP + 18, bottom } : undefined;
  return { top: TOP, bottom: strip ? strip.top - 18 : bottom, strip };
};

/** What is to be seen between: the data, and of the window's edge what does not make the data small. */
function seqAxis(p: PlotAnswer, top: number, bottom: number): Axis {
  const lows = [...p.data.map((d) => d.low), ...p.acks.map((a) => a.ack)];
  const highs = [...p.data.map((d) => d.high), ...p.acks.map((a) => a.ack)];
  let [low, high] = [Math.min(...lows), Math.max(...highs)];
  if (lows.length === 0) [low, high] = [0, 1];
  const edge = Math.max(high, ...p.acks.map((a) => a.edge));
  const span = Math.max(1, high - low);
  if (edge - low <= span * 2.2) high = edge;
  const margin = Math.max(1, high - low) * 0.05;
  return { from: low - margin, to: high + margin, start: bottom, end: top };
}

export function plotScene(p: PlotAnswer, view: PlotView): Scene {
  const { top, bottom, strip } = areas(view.height);
  const x: Axis = { from: view.from_ns, to: view.to_ns, start: LEFT, end: Math.max(LEFT + 1, view.width - RIGHT) };
  const y = seqAxis(p, top, bottom);
  const items: Item[] = [...timeAxis(x, top, view.height - RULE, view.width < 500 ? 72 : 96)];
  for (const { value, text } of byteTicks(y, 34)) {
    const at = Math.round(place(y, value)) + 0.5;
    items.push({ kind: 'path', points: [x.start, at, x.end, at], stroke: 'line' });
    items.push({ kind: 'text', x: LEFT - 6, y: at + 4, text, fill: 'soft', size: 11, anchor: 'end', room: LEFT - 8 });
  }
  items.push(...lines(p, x, y), ...marks(p, x, y, view));
  if (strip) items.push(...stripItems(p, x, strip.top, strip.bottom));
  items.push(...legend(p, view), ...playhead(x, view, top));
  return sceneWith({ width: view.width, height: view.height, items, narration: narration(p, view) }, () => table(p, view));
}

/** Steps: a value holds until the next one. */
function stepPath(x: Axis, y: Axis, points: readonly { readonly time_ns: number; readonly value: number }[]): number[] {
  const out: number[] = [];
  for (const [i, { time_ns, value }] of points.entries()) {
    const at = clamped(x, time_ns);
    if (i > 0) out.push(at, out[out.length - 1] as number);
    out.push(at, clamped(y, value));
  }
  const last = out.at(-1);
  if (last !== undefined) out.push(x.end, last);
  return out;
}

function lines(p: PlotAnswer, x: Axis, y: Axis): Item[] {
  if (p.acks.length === 0) return [];
  const ack = stepPath(x, y, p.acks.map((a) => ({ time_ns: a.time_ns, value: a.ack })));
  const edge = stepPath(x, y, p.acks.map((a) => ({ time_ns: a.time_ns, value: a.edge })));
  const back: number[] = [];
  for (let i = edge.length - 2; i >= 0; i -= 2) back.push(edge[i] as number, edge[i + 1] as number);
  const items: Item[] = [
    { kind: 'path', points: [...ack, ...back], closed: true, fill: 'payload-wash', alpha: 0.55 },
    { kind: 'path', points: edge, stroke: 'series-b', width: 1.25, dash: [6, 3], label: 'the end of the window' },
    { kind: 'path', points: ack, stroke: 'ink', width: 1.25, label: 'acknowledged' },
  ];
  const limit = cwndEdge(p);
  if (limit.length > 0) items.push({ kind: 'path', points: stepPath(x, y, limit), stroke: 'series-d', width: 1.25, dash: [1.5, 3] });
  return items;
}

/** How far cwnd lets the sender go: from what is acknowledged. */
function cwndEdge(p: PlotAnswer): { time_ns: number; value: number }[] {
  const out: { time_ns: number; value: number }[] = [];
  let c = 0;
  for (const a of p.acks) {
    while (c + 1 < p.cwnd.length && (p.cwnd[c + 1]?.time_ns ?? 0) <= a.time_ns) c++;
    const now = p.cwnd[c];
    if (now && now.time_ns <= a.time_ns) out.push({ time_ns: a.time_ns, value: a.ack + now.cwnd });
  }
  return out;
}

function marks(p: PlotAnswer, x: Axis, y: Axis, view: PlotView): Item[] {
  const items: Item[] = [];
  const pixel = (view.to_ns - view.from_ns) / Math.max(1, x.end - x.start);
  const again = new Set(p.again.map((s) => s.pkt));
  for (const d of p.data) {
    if (d.count === 1 && again.has(d.pkt)) continue;
    const [upper, lower] = [place(y, d.high), place(y, d.low)];
    const tall = Math.max(1.5, lower - upper);
    const alpha = d.dim ? DIM : 1;
    const id = `packet:${d.pkt}`;
    items.push({
      kind: 'rect', x: place(x, d.time_ns) - 1, y: lower - tall, w: 2, h: tall, fill: 'payload', alpha, id,
      // Said when it is pointed at, and not of each of a thousand.
      get label() {
        const what = d.count === 1 ? `packet ${d.pkt}` : `${d.count} segments from packet ${d.pkt} on`;
        return `${what}: bytes ${count(d.low)} to ${count(d.high)}, ${duration(d.time_ns)}`;
      },
    });
    // Alone in its place a segment has ends, so that it reads as a length.
    if (tall > 7 && pixel < 400 && !d.dim) {
      const at = place(x, d.time_ns);
      items.push({ kind: 'path', points: [at - 3, upper, at + 3, upper], stroke: 'payload' });
      items.push({ kind: 'path', points: [at - 3, lower, at + 3, lower], stroke: 'payload' });
    }
  }
  for (const s of p.sacks) {
    const [upper, lower] = [clamped(y, s.high), clamped(y, s.low)];
    if (lower - upper < 0.5) continue;
    const label = `SACK: bytes ${count(s.low)} to ${count(s.high)} have come, ${duration(s.time_ns)}`;
    items.push({
      kind: 'rect', x: place(x, s.time_ns), y: upper, w: 3, h: Math.max(1.5, lower - upper), fill: 'place-user', pattern: 'hatch',
      id: `packet:${s.pkt}`, label,
    });
  }
  for (const s of p.again) items.push(...againMark(place(x, s.time_ns), place(y, s.high), place(y, s.low), s));
  for (const s of p.lost) items.push(...lostMark(place(x, s.time_ns), place(y, s.low) / 2 + place(y, s.high) / 2, s));
  return items;
}

type Spot = PlotAnswer['again'][number];

function againMark(x: number, upper: number, lower: number, s: Spot): Item[] {
  const label = `packet ${s.pkt}: bytes ${count(s.low)} to ${count(s.high)} sent again, ${duration(s.time_ns)}`;
  const tall = Math.max(3, lower - upper);
  return [
    { kind: 'rect', x: x - 1.5, y: lower - tall, w: 3, h: tall, fill: 'warm' },
    {
      kind: 'path', points: [x, upper - 3, x - 4, upper - 10, x + 4, upper - 10], closed: true, fill: 'warm', id: `packet:${s.pkt}`, label,
    },
  ];
}
function lostMark(x: number, y: number, s: Spot): Item[] {
  const label = `packet ${s.pkt}: bytes ${count(s.low)} to ${count(s.high)} lost, ${duration(s.time_ns)}`;
  return [
    { kind: 'path', points: [x - 4, y - 4, x + 4, y + 4], stroke: 'warm', width: 2 },
    { kind: 'path', points: [x - 4, y + 4, x + 4, y - 4], stroke: 'warm', width: 2, id: `packet:${s.pkt}`, label },
  ];
}

/** Below: cwnd, ssthresh and what is in flight, as bytes over time. */
function stripItems(p: PlotAnswer, x: Axis, top: number, bottom: number): Item[] {
  const limits = p.cwnd.flatMap((c) => [c.cwnd, ...(Number.isFinite(c.ssthresh) ? [c.ssthresh] : [])]);
  const high = Math.max(1, ...limits, ...p.flight.map((f) => f.bytes));
  const y: Axis = { from: 0, to: high * 1.08, start: bottom, end: top };
  const items: Item[] = [];
  for (const { value, text } of byteTicks(y, 22)) {
    const at = Math.round(place(y, value)) + 0.5;
    items.push({ kind: 'path', points: [x.start, at, x.end, at], stroke: 'line' });
    items.push({ kind: 'text', x: LEFT - 6, y: at + 4, text, fill: 'soft', size: 11, anchor: 'end', room: LEFT - 8 });
  }
  const flight = stepPath(x, y, p.flight.map((f) => ({ time_ns: f.time_ns, value: f.bytes })));
  const area = [flight[0] ?? x.start, bottom, ...flight, flight.at(-2) ?? x.start, bottom];
  items.push({ kind: 'path', points: area, closed: true, fill: 'payload', alpha: 0.22 });
  items.push({ kind: 'path', points: flight, stroke: 'payload', label: 'in flight' });
  const ssthresh = p.cwnd.filter((c) => Number.isFinite(c.ssthresh)).map((c) => ({ time_ns: c.time_ns, value: c.ssthresh }));
  items.push({ kind: 'path', points: stepPath(x, y, ssthresh), stroke: 'soft', dash: [2, 3], label: 'ssthresh' });
  const cwnd = stepPath(x, y, p.cwnd.map((c) => ({ time_ns: c.time_ns, value: c.cwnd })));
  items.push({ kind: 'path', points: cwnd, stroke: 'series-d', width: 1.5, dash: [1.5, 3], label: 'cwnd' });
  const key = `bytes in flight${p.cwnd.length > 0 ? ' (area), cwnd (dotted), ssthresh (dashed)' : ''}`;
  items.push({ kind: 'text', x: x.start + 4, y: top - 5, text: key, fill: 'soft', size: 11, room: x.end - x.start });
  return items;
}

function legend(p: PlotAnswer, view: PlotView): Item[] {
  const narrow = view.width < 560;
  const entries: { text: string; draw: (x: number) => Item[] }[] = [
    { text: 'sent', draw: (x) => [{ kind: 'rect', x: x + 5, y: 6, w: 2, h: 11, fill: 'payload' }] },
    { text: narrow ? 'ack' : 'acknowledged', draw: (x) => [{ kind: 'path', points: [x, 12, x + 12, 12], stroke: 'ink', width: 1.25 }] },
    { text: 'window', draw: (x) => [{ kind: 'path', points: [x, 12, x + 12, 12], stroke: 'series-b', width: 1.25, dash: [6, 3] }] },
  ];
  const dotted = { kind: 'path', stroke: 'series-d', width: 1.25, dash: [1.5, 3] } as const;
  if (p.cwnd.length > 0) entries.push({ text: 'cwnd', draw: (x) => [{ ...dotted, points: [x, 12, x + 12, 12] }] });
  if (p.sacks.length > 0)
    entries.push({ text: 'SACK', draw: (x) => [{ kind: 'rect', x: x + 4, y: 6, w: 4, h: 11, fill: 'place-user', pattern: 'hatch' }] });
  if (p.again.length > 0)
    entries.push({
      text: narrow ? 'again' : 'sent again',
      draw: (x) => [{ kind: 'path', points: [x + 6, 16, x + 2, 8, x + 10, 8], closed: true, fill: 'warm' }],
    });
  if (p.lost.length > 0) {
    entries.push({
      text: 'lost',
      draw: (x) => [
        { kind: 'path', points: [x + 2, 8, x + 10, 16], stroke: 'warm', width: 2 },
        { kind: 'path', points: [x + 2, 16, x + 10, 8], stroke: 'warm', width: 2 },
      ],
    });
  }
  let x = LEFT;
  const items: Item[] = [];
  for (const { text, draw } of entries) {
    const wide = 16 + text.length * 6.4 + 12;
    if (x + wide > view.width) break;
    items.push(...draw(x), { kind: 'text', x: x + 16, y: 16, text, fill: 'soft', size: 11 });
    x += wide;
  }
  return items;
}

/** What comes after the playhead is veiled: it has not happened yet. */
function playhead(x: Axis, view: PlotView, top: number): Item[] {
  const bottom = view.height - RULE;
  const at = clamped(x, view.time_ns);
  const items: Item[] = [];
  if (at < x.end) items.push({ kind: 'rect', x: at, y: top, w: x.end - at, h: bottom - top, fill: 'card', alpha: 0.62 });
  if (view.time_ns < view.from_ns || view.time_ns > view.to_ns) return items;
  items.push({ kind: 'path', points: [at, top - 4, at, bottom + 4], stroke: 'select', width: 1.5 });
  items.push({ kind: 'path', points: [at - 4, top - 8, at + 4, top - 8, at, top - 2], closed: true, fill: 'select' });
  return items;
}

function table(p: PlotAnswer, view: PlotView): TableTwin {
  type Row = { readonly at: number; readonly id: string; readonly cells: readonly (string | number)[] };
  const row = (what: string, s: { time_ns: number; low: number; high: number; pkt: number }): Row =>
    ({ at: s.time_ns, id: `packet:${s.pkt}`, cells: [`packet ${s.pkt}`, duration(s.time_ns), what, s.low, s.high, ''] });
  const rows: Row[] = [
    ...p.data.map((d) => row(d.count === 1 ? 'data' : `data, ${d.count} segments`, d)),
    ...p.sacks.map((s) => row('SACK', s)), ...p.again.map((s) => row('sent again', s)), ...p.lost.map((s) => row('lost', s)),
    ...p.acks.map((a): Row => (
      { at: a.time_ns, id: `packet:${a.pkt}`, cells: [`packet ${a.pkt}`, duration(a.time_ns), 'ACK', a.ack, a.ack, a.edge - a.ack] }
    )),
  ];
  rows.sort((a, b) => a.at - b.at);
  return {
    caption: `${view.names[0]} to ${view.names[1]}, as the ${view.vantage} sees it, ${duration(view.from_ns)} to ${duration(view.to_ns)}`,
    columns: ['Packet', 'Time', 'What', 'First byte', 'End', 'Window'], rows: rows.slice(0, 2000),
  };
}

function narration(p: PlotAnswer, view: PlotView): string {
  const past = <T extends { readonly time_ns: number }>(list: readonly T[]) => list.filter((e) => e.time_ns <= view.time_ns);
  const [data, acks] = [past(p.data), past(p.acks)];
  const sent = data.reduce((most, d) => Math.max(most, d.high), 0);
  const last = acks.at(-1);
  const parts = [`At ${duration(view.time_ns)} the ${view.names[0]} has sent up to byte ${count(sent)}`];
  if (last) parts.push(`${count(last.ack)} is acknowledged, the window is ${bytes(last.edge - last.ack)}`);
  const [again, lost] = [past(p.again).length, past(p.lost).length];
  if (lost > 0 || again > 0) parts.push(`${lost} lost and ${again} sent again so far`);
  return `${parts.join('; ')}.`;
}
