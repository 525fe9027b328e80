/** The road as a scene: a pure function of its frame, the room that there is, and how much is to be shown. */
import { placeOfCode, type RoadFrame } from '../../../sim/lab/index.ts';
import { STAGES } from '../../../sim/schema/stages.ts';
import type { Item, Scene } from '../../draw/scene.ts';
import { duration } from '../../format.ts';
import { moverItems, shownOf } from './glyphs.ts';
import { type Depth, type Layout, layoutOf, PITCH, type Point } from './layout.ts';
import { levelAt } from './levels.ts';
import { roadTable, roadWords } from './words.ts';

export interface RoadOptions {
  readonly width: number;
  readonly depth: Depth;
  readonly selected?: string | undefined;
  /** An event is seen at its station for this long. */
  readonly pulse_ns: number;
}

const NODE = 9;
const FALL_NS = 60_000;
const FALL_PX = 26;
const LINES = 15;

const line = (points: readonly Point[]): number[] => points.flatMap((p) => [p.x, p.y]);

function ground(layout: Layout, frame: RoadFrame): Item[] {
  const { hosts, wire, vertical } = layout;
  const items: Item[] = hosts.map((b): Item => ({ kind: 'rect', ...b, fill: 'paper', radius: 8 }));
  frame.hosts.forEach((host, n) => {
    const band = hosts[n as 0 | 1];
    const end = !vertical && n === 1;
    const y = vertical && n === 1 ? band.y + band.h - 8 : band.y + 17;
    const role = host.role === 'none' ? '' : ` · ${host.role}`;
    const [x, anchor] = end ? [band.x + band.w - 10, 'end' as const] : [band.x + 10, 'start' as const];
    items.push({ kind: 'text', x, y, text: `${host.name}${role}`, fill: 'ink', size: 13, weight: 600, anchor });
  });
  const { rate_bps, delay_ns } = frame.hosts[0]?.wire ?? { rate_bps: 0, delay_ns: 0 };
  const rate = rate_bps >= 1e9 ? `${Math.round(rate_bps / 1e8) / 10} Gbit/s` : `${Math.round(rate_bps / 1e5) / 10} Mbit/s`;
  const text = `1 wire · ${rate} · ${duration(delay_ns)}`;
  items.push(vertical
    ? { kind: 'text', x: wire.x + 10, y: wire.y + wire.h / 2 - 2, text: '1 wire', fill: 'soft', size: 12 }
    : { kind: 'text', x: wire.x + wire.w / 2, y: wire.y + 17, text, fill: 'soft', size: 12, anchor: 'middle', room: wire.w - 12 });
  if (vertical) items.push({ kind: 'text', x: wire.x + 10, y: wire.y + wire.h / 2 + 13, text: rate, fill: 'soft', size: 10.5 });
  return items;
}

function lanes(layout: Layout): Item[] {
  const items: Item[] = [];
  for (const lane of layout.lanes) items.push({ kind: 'path', points: line(lane), stroke: 'line', width: 3 });
  for (const link of layout.links) {
    const [from, to] = link;
    const [dx, dy] = [Math.sign(to.x - from.x), Math.sign(to.y - from.y)];
    items.push({ kind: 'path', points: line(link), stroke: 'line', width: 12, alpha: 0.6 });
    for (const end of [{ x: from.x - 12 * dx, y: from.y - 6 * dy }, { x: to.x + 18 * dx, y: to.y + 8 * dy }])
      items.push(chevron(end, dx, dy));
  }
  for (const back of layout.returns) {
    if (back.length === 0) continue;
    items.push({ kind: 'path', points: line(back), stroke: 'place-user', width: 1.5, dash: [2, 4], alpha: 0.8 });
  }
  return items;
}
const chevron = (p: Point, dx: number, dy: number): Item => ({
  kind: 'path', stroke: 'soft', width: 1.5,
  points: [p.x - 6 * dx - 4 * dy, p.y - 6 * dy - 4 * dx, p.x, p.y, p.x - 6 * dx + 4 * dy, p.y - 6 * dy + 4 * dx],
});

function stations(layout: Layout, frame: RoadFrame, o: RoadOptions): Item[] {
  const items: Item[] = [];
  for (const s of layout.stations) {
    const { host, stage } = placeOfCode(s.code);
    if (stage === 1) continue;
    const last = frame.hosts[host]?.last[stage - 1];
    const awake = last !== undefined && last.age_ns <= o.pulse_ns;
    const name = STAGES[stage - 1]?.name;
    const label = last ? `${name}: ${last.text}` : `${name}: nothing happened here yet`;
    items.push({
      kind: 'circle', x: s.x, y: s.y, r: NODE, fill: awake ? 'payload-wash' : 'card', stroke: awake ? 'payload' : 'soft',
      width: awake ? 2 : 1.25, ...(last ? { id: `record:${last.record}` } : {}), label,
    });
    const fill = awake ? 'payload' : 'soft';
    items.push({ kind: 'text', x: s.x, y: s.y + 4, text: String(stage), fill, size: 11, weight: 600, anchor: 'middle' });
  }
  for (const n of layout.names) {
    const name = STAGES[n.stage - 1]?.name ?? '';
    const [size, anchor] = layout.vertical ? [12, 'start' as const] : [11.5, 'middle' as const];
    items.push({ kind: 'text', x: n.x, y: n.y, text: name, fill: 'soft', size, anchor, room: n.room });
  }
  return items;
}

function levels(layout: Layout, frame: RoadFrame, depth: Depth): Item[] {
  if (depth === 'simple') return [];
  const items: Item[] = [];
  for (const s of layout.stations) {
    const level = levelAt(s.code, frame);
    if (!level) continue;
    const { x, y, room, anchor } = s.words;
    if (layout.vertical) {
      items.push({ kind: 'text', x, y: y + 5, text: `${level.value} ${level.word}`, fill: level.bad ? 'warm' : 'soft', size: 11, room });
    } else {
      items.push({ kind: 'text', x, y: y + 2, text: level.value, fill: level.bad ? 'warm' : 'ink', size: 12.5, weight: 600, anchor, room });
      items.push({ kind: 'text', x, y: y + 15, text: level.word, fill: 'soft', size: 10.5, anchor, room });
    }
    if (level.share !== undefined) items.push(...bar(layout, s.words, level.share, level.bad === true));
  }
  return items;
}
function bar(layout: Layout, words: { x: number; y: number; room: number }, share: number, bad: boolean): Item[] {
  const w = Math.min(words.room, layout.vertical ? 56 : 44);
  const [x, y] = layout.vertical ? [words.x, words.y + 9] : [words.x - w / 2, words.y + 20];
  return [
    { kind: 'rect', x, y, w, h: 3, fill: 'line', radius: 1.5 },
    { kind: 'rect', x, y, w: share === 0 ? 0 : Math.max(2, w * share), h: 3, fill: bad ? 'warm' : 'place-nic', radius: 1.5 },
  ];
}

/** What stands longer than there is room for. */
function overflows(layout: Layout, frame: RoadFrame): Item[] {
  return frame.waiting.flatMap(({ at, count }): Item[] => {
    const s = layout.at(at);
    if (!s || count <= s.queue.most) return [];
    const shown = shownOf(s.queue, true);
    const row = Math.floor(shown / s.queue.per_row);
    const x = s.queue.x + (shown % s.queue.per_row) * PITCH;
    const y = s.queue.y + s.queue.down * row * PITCH + 7;
    return [{ kind: 'text', x, y, text: `+${count - shown}`, fill: 'soft', size: 10.5, weight: 600 }];
  });
}

function losses(layout: Layout, frame: RoadFrame): Item[] {
  const items: Item[] = [];
  for (const drop of frame.drops) {
    const s = layout.at(drop.at);
    if (!s) continue;
    const fallen = drop.age_ns / FALL_NS;
    // Beside the number of its station.
    const [x, y] = layout.vertical ? [s.x - fallen * FALL_PX, s.y] : [s.x + 18, s.y + fallen * FALL_PX];
    items.push({
      kind: 'path', points: [x - 4, y - 4, x + 4, y + 4, x, y, x - 4, y + 4, x + 4, y - 4], stroke: 'warm', width: 2, alpha: 1 - fallen,
      id: drop.id, label: `${drop.id.replace(':', ' ')} dropped: ${drop.about}`,
    });
  }
  const by_place = new Map<number, { n: number; reason: string; about: string; record: number }>();
  for (const lost of frame.lost) {
    const before = by_place.get(lost.at);
    const reason = before ? 'and other reasons' : lost.reason;
    by_place.set(lost.at, { n: (before?.n ?? 0) + lost.count, reason, about: lost.about, record: lost.last_record });
  }
  for (const [at, { n, reason, about, record }] of by_place) {
    const s = layout.at(at);
    if (!s) continue;
    const text = `${n} dropped`;
    const w = 14 + text.length * 6.4;
    const [x, y] = layout.vertical ? [layout.width - 8 - w, s.y - 14] : [s.words.x - w / 2, s.words.y + 24];
    const id = `record:${record}`;
    items.push({ kind: 'rect', x, y, w, h: 16, radius: 8, fill: 'warm-wash', stroke: 'warm', id, label: `${text}: ${about} (${reason})` });
    items.push({ kind: 'text', x: x + w / 2, y: y + 12, text, fill: 'warm', size: 11, weight: 600, anchor: 'middle' });
  }
  return items;
}

/** In words, for the deepest view: what happened last at each stage of each host. */
function happened(layout: Layout, frame: RoadFrame): { items: Item[]; height: number } {
  const items: Item[] = [];
  const wide = !layout.vertical;
  const column = wide ? layout.width / 2 : layout.width;
  let most = 0;
  let top = layout.height + 18;
  frame.hosts.forEach((host, n) => {
    const x = wide ? n * column + 10 : 10;
    let y = wide ? layout.height + 18 : top;
    items.push({ kind: 'text', x, y, text: `Last at each stage of the ${host.name}`, fill: 'soft', size: 11.5, weight: 600 });
    host.last.forEach((last, stage) => {
      if (!last) return;
      y += LINES + 2;
      const id = `record:${last.record}`;
      items.push({ kind: 'text', x, y, text: `${stage + 1} ${STAGES[stage]?.name}`, fill: 'payload', size: 11.5, id, label: last.text });
      items.push({ kind: 'text', x: x + 62, y, text: last.text, fill: 'ink', size: 11.5, room: column - 150 });
      const ago = last.age_ns <= 0 ? 'now' : `${duration(last.age_ns)} ago`;
      items.push({ kind: 'text', x: x + column - 20, y, text: ago, fill: 'soft', size: 11, anchor: 'end' });
    });
    most = Math.max(most, y);
    top = y + 26;
  });
  return { items, height: most + 12 };
}

function followed(scene_items: readonly Item[], selected: string | undefined, layout: Layout): Item[] {
  if (selected === undefined) return [];
  if (!selected.startsWith('packet:') && !selected.startsWith('buffer:')) return [];
  const item = scene_items.find((i) => i.id === selected);
  const text = selected.startsWith('buffer:') ? `buffer ${selected.split(':')[2]}` : selected.replace(':', ' ');
  if (!item || (item.kind !== 'rect' && item.kind !== 'circle')) {
    const { x, y, w, h } = layout.wire;
    const [at, anchor] = layout.vertical ? [x + w - 10, 'end' as const] : [x + w / 2, 'middle' as const];
    const low = layout.vertical ? y + h - 10 : y + h - 8;
    const absent = selected.startsWith('buffer:') ? 'is not on loan now' : 'is not on the road now';
    return [{ kind: 'text', x: at, y: low, text: `${text} ${absent}`, fill: 'select', size: 11, anchor, room: w - 16 }];
  }
  const w = text.length * 6.6 + 10;
  const x = Math.max(4, Math.min(layout.width - w - 4, item.x - w / 2));
  const y = item.y - 24;
  return [
    { kind: 'rect', x, y, w, h: 16, radius: 3, fill: 'select' },
    { kind: 'text', x: x + w / 2, y: y + 12, text, fill: 'card', size: 11, weight: 600, anchor: 'middle' },
  ];
}

export function roadScene(frame: RoadFrame, o: RoadOptions): Scene {
  const areas = [frame.hosts[0]?.has_area ?? false, frame.hosts[1]?.has_area ?? false] as const;
  const layout = layoutOf({ width: Math.max(320, o.width), depth: o.depth, areas });
  const movers = moverItems(frame, layout);
  const last = o.depth === 'detailed' ? happened(layout, frame) : { items: [], height: layout.height };
  return {
    width: layout.width, height: last.height,
    items: [
      ...ground(layout, frame), ...lanes(layout), ...stations(layout, frame, o), ...levels(layout, frame, o.depth), ...movers,
      ...overflows(layout, frame), ...losses(layout, frame), ...followed(movers, o.selected, layout), ...last.items,
    ],
    table: roadTable(frame), narration: roadWords(frame),
  };
}
