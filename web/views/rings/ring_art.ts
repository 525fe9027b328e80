/** One ring as a drawing: slots as sectors from the top, clockwise, folded where nothing stands; marks around it; what is true below. */
import type { RingMark, RingView, SlotState } from '../../../sim/lab/index.ts';
import type { Ink } from '../../draw/palette.ts';
import { type Item, type Pattern, sectorPoint } from '../../draw/scene.ts';

export const OUTER = 62;
const INNER = 40;
const BAND = 35;
const TITLE = 20;
const NOTE = 34;
const RING_TOP = 42;
const ROW = 17;
const RING_ROOM = RING_TOP + 2 * OUTER + 40;
/** Labels of marks that are nearer than this push each other apart. */
const LABEL = 13;
const OVERFLOW_BOXES = 12;

const STYLES: Readonly<Record<SlotState, { fill: Ink; pattern: Pattern }>> = {
  free: { fill: 'ack', pattern: 'hollow' },
  queued: { fill: 'payload', pattern: 'plain' },
  hidden: { fill: 'warm', pattern: 'hatch' },
  posted: { fill: 'place-nic', pattern: 'dots' },
};
const STATE_WORDS: Readonly<Record<RingView['kind'], Readonly<Record<SlotState, string>>>> = {
  sq: { free: 'free', queued: 'waits for the kernel', hidden: 'not told, or taken and not said so', posted: '' },
  cq: { free: 'free', queued: 'waits for the application', hidden: 'filled, tail not published', posted: '' },
  rq: { free: 'free', queued: 'given back, not taken', hidden: 'taken, head not published', posted: '' },
  rxd: { free: 'no buffer', queued: 'filled, not polled', hidden: '', posted: 'empty, posted' },
  buf: { free: 'with the application', queued: 'to be picked', hidden: '', posted: '' },
};
export const stateWord = (ring: RingView, state: SlotState): string => STATE_WORDS[ring.kind][state];

/** Lines below the ring: a head line, a line for each mark, a line for each fact. */
const rowsOf = (ring: RingView): { what: string; seen: string; truth: string; differs: boolean; label: string }[] => [
  ...ring.marks.map((m) => ({
    what: `${m.name} (${m.by})`, seen: m.shared ? String(m.counter) : '–', truth: String(m.counter), differs: false,
    label: m.shared ? 'in shared memory' : 'only its owner knows it',
  })),
  ...ring.twice.map((t) => ({ what: t.what, seen: t.seen ?? '–', truth: t.truth, differs: t.differs, label: t.about })),
];
/** Where there is room, the facts stand beside the ring. */
const BESIDE = 400;
const RING_WIDTH = 2 * OUTER + 140;
const tableHeight = (ring: RingView): number => ROW * (1 + rowsOf(ring).length) + (ring.overflow ? 44 : 0);
export const ringHeight = (ring: RingView, width: number): number =>
  width < BESIDE ? RING_ROOM + tableHeight(ring) : Math.max(RING_ROOM, NOTE + 8 + tableHeight(ring));

type Point = [number, number];
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
}

/** What a filter does not let through is pale. */
export type Fits = (id: string) => boolean;

export function ringItems(ring: RingView, at: Place, selected: string | undefined, fits: Fits): Item[] {
  const beside = at.w >= BESIDE;
  // A ring is one thing with several queues: its submission queue stands for it.
  const whole = ring.kind === 'sq' ? { id: ring.id, label: `ring ${ring.id.slice(5)}` } : {};
  const own: Place = beside ? { ...at, w: RING_WIDTH } : at;
  const centre = { x: own.x + own.w / 2, y: at.y + RING_TOP + OUTER + 12 };
  const facts: Place = beside
    ? { x: at.x + RING_WIDTH + 16, y: at.y + NOTE + 8, w: at.w - RING_WIDTH - 16 } : { ...at, y: at.y + RING_ROOM };
  return [
    ...overflow(ring, { ...facts, y: facts.y + ROW * (1 + rowsOf(ring).length) + 8 }),
    { kind: 'text', x: at.x, y: at.y + TITLE - 6, text: ring.title, fill: 'ink', weight: 600, room: at.w, ...whole },
    { kind: 'text', x: at.x, y: at.y + NOTE - 2, text: ring.note, fill: 'soft', size: 12, room: at.w },
    ...sectors(ring, centre, selected, fits),
    ...band(ring, centre),
    { kind: 'text', ...centre, y: centre.y + 2, text: String(ring.used), fill: 'ink', size: 16, weight: 600, anchor: 'middle' },
    { kind: 'text', ...centre, y: centre.y + 16, text: `of ${ring.entries}`, fill: 'soft', size: 11, anchor: 'middle' },
    ...marks(ring, centre, own),
    ...table(ring, facts),
  ];
}

/** Where each place of the ring lies in turns; folded ones get room by the logarithm of their number. */
function turnsOf(ring: RingView): (index: number) => number {
  const weights = ring.pieces.map((p) => ('folded' in p ? 2 + Math.log2(p.folded) : 1));
  const total = weights.reduce((a, b) => a + b, 0);
  const begins: number[] = [0];
  for (const w of weights) begins.push((begins.at(-1) as number) + w / total);
  return (index) => {
    const n = ring.pieces.findLastIndex((p) => p.index <= index);
    const piece = ring.pieces[n];
    const [from, to] = [begins[n] ?? 0, begins[n + 1] ?? 1];
    const span = piece && 'folded' in piece ? piece.folded : 1;
    return from + ((to - from) * (index - (piece?.index ?? 0))) / span;
  };
}

function sectors(ring: RingView, centre: { x: number; y: number }, selected: string | undefined, fits: Fits): Item[] {
  const turn = turnsOf(ring);
  const gap = ring.pieces.length > 40 ? 0.001 : 0.002;
  return ring.pieces.flatMap((p): Item[] => {
    const size = 'folded' in p ? p.folded : 1;
    const [from, to] = [turn(p.index) + gap, (p.index + size === ring.entries ? 1 : turn(p.index + size)) - gap];
    const shape = { kind: 'sector' as const, ...centre, from, to };
    if ('folded' in p) {
      const middle = sectorPoint(centre, (INNER + OUTER) / 2, (from + to) / 2);
      return [
        {
          ...shape, inner: INNER + 5, outer: OUTER - 5, ...(p.state === 'free' ? {} : STYLES[p.state]), alpha: 0.5, stroke: 'ack',
          dash: [3, 3],
          id: `${ring.slots}:${p.index}`, label: `${p.folded} slots: ${stateWord(ring, p.state)}`,
        },
        { kind: 'text', x: middle[0], y: middle[1] + 4, text: `${p.folded}`, fill: 'ink', size: 10, anchor: 'middle' },
      ];
    }
    const id = `${ring.slots}:${p.index}`;
    const chosen = selected !== undefined && (selected === id || (p.holds ?? []).includes(selected));
    return [{
      ...shape, inner: INNER, outer: OUTER, ...STYLES[p.state], id,
      stroke: chosen ? 'select' : p.state === 'free' ? 'ack' : 'card', width: chosen ? 3 : 1,
      ...((p.holds ?? []).length > 0 && !p.holds?.some(fits) ? { alpha: 0.25 } : {}),
      label: `slot ${p.index}: ${p.text === '' ? stateWord(ring, p.state) : `${p.text} — ${stateWord(ring, p.state)}`}`,
    }];
  });
}

/** The whole ring in its true proportions. */
function band(ring: RingView, centre: { x: number; y: number }): Item[] {
  const piece = (from: number, to: number, state: SlotState): Item => ({
    kind: 'sector', ...centre, inner: BAND - 3, outer: BAND, from, to, fill: STYLES[state].fill, pattern: 'plain',
  });
  return [
    piece(0, 0.9999, 'free'),
    ...ring.spans.flatMap((s) => {
      const length = Math.min(((s.to - s.from) >>> 0) / ring.entries, 0.9999);
      const from = (s.from % ring.entries) / ring.entries;
      return length === 0 ? [] : [piece(from, from + length, s.state)];
    }),
  ];
}

function marks(ring: RingView, centre: { x: number; y: number }, at: Place): Item[] {
  const turn = turnsOf(ring);
  const by_place = new Map<number, RingMark[]>();
  for (const m of ring.marks) {
    const place = (m.counter >>> 0) % ring.entries;
    by_place.set(place, [...(by_place.get(place) ?? []), m]);
  }
  const labels = [...by_place].map(([place, here]) => {
    const t = turn(place);
    const [x, y] = sectorPoint(centre, OUTER + 9, t);
    const hint = here.map((m) => `${m.name} ${m.counter}`).join(', ');
    return { t, x, y, right: t < 0.5, text: here.map((m) => m.name).join(' = '), hint };
  });
  for (const right of [true, false]) {
    const side = labels.filter((l) => l.right === right).sort((a, b) => a.y - b.y);
    side.forEach((l, i) => {
      const above = side[i - 1];
      if (above) l.y = Math.max(l.y, above.y + LABEL);
    });
  }
  return labels.flatMap(({ t, x, y, right, text, hint }): Item[] => {
    const [a, b, c] = [[OUTER - 2, t], [OUTER + 6, t - 0.012], [OUTER + 6, t + 0.012]].map(([r, turn]) =>
      sectorPoint(centre, r as number, turn as number)) as [Point, Point, Point];
    const room = right ? at.x + at.w - x - 2 : x - at.x - 2;
    return [
      { kind: 'path', points: [...a, ...b, ...c], closed: true, fill: 'ink' },
      {
        kind: 'text', x: right ? x + 2 : x - 2, y: y + 4, text, fill: 'ink', size: 11, anchor: right ? 'start' : 'end', room, label: hint,
      },
    ];
  });
}

function table(ring: RingView, at: Place): Item[] {
  const [seen_x, truth_x] = [at.x + at.w * 0.74, at.x + at.w];
  const line = (n: number) => at.y + ROW * (n + 1) - 5;
  const head = (x: number, text: string): Item => ({ kind: 'text', x, y: line(0), text, fill: 'soft', size: 11, anchor: 'end' });
  return [
    head(seen_x, 'application sees'), head(truth_x, 'true'),
    { kind: 'path', points: [at.x, line(0) + 4, at.x + at.w, line(0) + 4], stroke: 'line' },
    ...rowsOf(ring).flatMap((r, n): Item[] => {
      const y = line(n + 1) + 2;
      const fill: Ink = r.differs ? 'warm' : 'ink';
      const weight = r.differs ? 600 : 400;
      return [
        {
          kind: 'text', x: at.x, y, text: r.differs ? `≠ ${r.what}` : r.what, fill: r.differs ? 'warm' : 'soft', size: 12, weight,
          room: at.w * 0.52,
        },
        { kind: 'text', x: seen_x, y, text: r.seen, fill, size: 12, weight, anchor: 'end', room: at.w * 0.26 },
        { kind: 'text', x: truth_x, y, text: r.truth, fill, size: 12, weight, anchor: 'end', room: at.w * 0.24 },
      ];
    }),
  ];
}

function overflow(ring: RingView, at: Place): Item[] {
  const list = ring.overflow;
  if (!list) return [];
  const boxes = Math.min(list.count, OVERFLOW_BOXES);
  return [
    { kind: 'text', x: at.x, y: at.y + 10, text: `overflow list: ${list.count}`, fill: 'warm', size: 12, weight: 600 },
    ...Array.from({ length: boxes }, (_, i): Item => ({
      kind: 'rect', x: at.x + i * 18, y: at.y + 16, w: 14, h: 12, radius: 2, fill: 'warm', pattern: 'hatch', stroke: 'warm',
      id: `overflow:${ring.id.slice(5)}:${i}`, label: list.first[i] ?? 'a completion that waits',
    })),
    ...(list.count > boxes ? [{
      kind: 'text' as const, x: at.x + boxes * 18 + 2, y: at.y + 27, text: `+${list.count - boxes}`, fill: 'warm' as const, size: 12,
    }] : []),
  ];
}
