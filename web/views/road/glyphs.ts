/** What moves, as shapes: frames have a header before their payload, buffers are squares, ACKs are rings. */
import { type Movers, MOVES, moverId, placeOfCode, ROAD_KINDS, type RoadFrame } from '../../../sim/lab/index.ts';
import type { Item } from '../../draw/scene.ts';
import { bytes } from '../../format.ts';
import { along, type Layout, PITCH, type Point, type Station } from './layout.ts';

const LAST = { 3: 3, 8: 8, 9: 9 } as const;
const WIRE = 1;

const NAMES = { frame: 'frame', packet: 'packet, uncut', ack: 'no payload', buffer: 'buffer', write: 'bytes written' } as const;

export const idAt = (m: Movers, i: number): string => moverId(m.kind[i] as number, m.host[i] as number, m.id[i] as number);
export function labelAt(m: Movers, i: number): string {
  const kind = ROAD_KINDS[m.kind[i] as number] ?? 'frame';
  const number = kind === 'write' ? '' : `${kind === 'buffer' ? 'buffer' : 'packet'} ${m.id[i]}, `;
  return `${number}${kind === 'buffer' ? '' : `${NAMES[kind]}, `}${bytes(m.bytes[i] as number)}`;
}

/** The middle of a thing; undefined when the queue it stands in is longer than what is drawn of it. */
function pointOf(m: Movers, i: number, layout: Layout, long: ReadonlySet<number>): Point | undefined {
  const at = m.at[i] as number;
  const to = layout.at(at);
  if (!to) return undefined;
  if (m.nth[i] !== MOVES) return slot(to, m.nth[i] as number, long.has(at));
  const { stage, receives, host } = placeOfCode(at);
  const way = m.way[i] as number;
  if (stage === WIRE) {
    const [a, b] = layout.links[host as 0 | 1];
    return { x: a.x + (b.x - a.x) * way, y: a.y + (b.y - a.y) * way };
  }
  const from = layout.at(m.came[i] as number);
  if (!from) return to;
  const came = placeOfCode(m.came[i] as number);
  if (receives && stage === LAST[3] && came.stage === LAST[9]) return along(layout.returns[host as 0 | 1], way);
  const start = came.stage === WIRE ? layout.links[came.host as 0 | 1][1] : from;
  return { x: start.x + (to.x - start.x) * way, y: start.y + (to.y - start.y) * way };
}

function slot({ queue }: Station, nth: number, long: boolean): Point | undefined {
  // The last row of a long queue says how much longer it is.
  if (nth >= shownOf(queue, long)) return undefined;
  return { x: queue.x + (nth % queue.per_row) * PITCH + 3.5, y: queue.y + queue.down * Math.floor(nth / queue.per_row) * PITCH + 3.5 };
}

/** Share of the link that a frame covers: its bits are on it one behind the other. */
function wireLength(m: Movers, i: number, frame: RoadFrame, layout: Layout): number {
  const { host } = placeOfCode(m.at[i] as number);
  const { rate_bps, delay_ns } = frame.hosts[host]?.wire ?? { rate_bps: 1, delay_ns: 1 };
  const own_ns = ((m.bytes[i] as number) * 8e9) / rate_bps;
  const [a, b] = layout.links[host as 0 | 1];
  return (own_ns / (own_ns + delay_ns)) * Math.hypot(b.x - a.x, b.y - a.y);
}

/** The items of one thing. */
function glyph(m: Movers, i: number, frame: RoadFrame, layout: Layout, at: Point): Item[] {
  const id = idAt(m, i);
  const label = labelAt(m, i);
  const kind = ROAD_KINDS[m.kind[i] as number];
  if (kind === 'ack') return [{ kind: 'circle', x: at.x, y: at.y, r: 2.5, fill: 'card', stroke: 'ack', width: 1.5, id, label }];
  if (kind === 'buffer') return [{ kind: 'rect', x: at.x - 3.5, y: at.y - 3.5, w: 7, h: 7, fill: 'place-user', id, label }];
  if (kind === 'write')
    return [{ kind: 'rect', x: at.x - 3.5, y: at.y - 3.5, w: 7, h: 7, radius: 2, fill: 'payload-wash', stroke: 'payload', id, label }];
  if (kind === 'packet')
    return [{ kind: 'rect', x: at.x - 3.5, y: at.y - 3.5, w: 7, h: 7, fill: 'payload', pattern: 'bars', stroke: 'payload', id, label }];
  const onWire = placeOfCode(m.at[i] as number).stage === WIRE && m.nth[i] === MOVES;
  if (!onWire) return [
    { kind: 'rect', x: at.x - 3.5, y: at.y - 3.5, w: 7, h: 7, fill: 'payload', id, label },
    { kind: 'rect', x: at.x - 3.5, y: at.y - 3.5, w: 2, h: 7, fill: 'header' },
  ];
  return onLink(m, i, frame, layout, at, id, label);
}

/** On the link a frame is as long as its bits, and its header goes first. */
function onLink(m: Movers, i: number, frame: RoadFrame, layout: Layout, head: Point, id: string, label: string): Item[] {
  const [a, b] = layout.links[placeOfCode(m.at[i] as number).host as 0 | 1];
  const whole = Math.hypot(b.x - a.x, b.y - a.y);
  const [dx, dy] = [(b.x - a.x) / whole, (b.y - a.y) / whole];
  const gone = Math.hypot(head.x - a.x, head.y - a.y);
  const long = Math.max(2, Math.min(gone, Math.max(3, wireLength(m, i, frame, layout) - 1)));
  const box = (from: number, to: number) => {
    const [x0, x1] = [head.x - dx * from, head.x - dx * to];
    const [y0, y1] = [head.y - dy * from, head.y - dy * to];
    return dy === 0 ? { x: Math.min(x0, x1), y: head.y - 4, w: Math.abs(x1 - x0), h: 8 }
      : { x: head.x - 4, y: Math.min(y0, y1), w: 8, h: Math.abs(y1 - y0) };
  };
  const body: Item = { kind: 'rect', ...box(0, long), fill: 'payload', id, label };
  // Too short for two parts.
  return long < 5 ? [body] : [body, { kind: 'rect', ...box(0, 2), fill: 'header' }];
}

/** How many of a queue are drawn. */
export const shownOf = (queue: Station['queue'], long: boolean): number =>
  (long ? Math.max(queue.per_row - 3, queue.most - queue.per_row) : queue.most);

export function moverItems(frame: RoadFrame, layout: Layout): Item[] {
  const { movers } = frame;
  const items: Item[] = [];
  const headers: Item[] = [];
  const long = new Set(frame.waiting.filter((w) => w.count > (layout.at(w.at)?.queue.most ?? Infinity)).map((w) => w.at));
  for (let i = 0; i < movers.length; i++) {
    const at = pointOf(movers, i, layout, long);
    if (!at) continue;
    const [body, header] = glyph(movers, i, frame, layout, at);
    if (body) items.push(body);
    if (header) headers.push(header);
  }
  // Things that look the same one behind the other are painted at once.
  return [...items, ...headers];
}
