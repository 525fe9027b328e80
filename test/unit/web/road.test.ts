/** The road as a scene: from a frame to what is drawn, told and pointed at. */
import { expect, test } from 'vitest';
import { GAUGE_NAMES, MOVES, type Movers, placeCode, type RoadFrame, type RoadHost } from '../../../sim/lab/index.ts';
import { hitAt, placeOf } from '../../../web/draw/hit.ts';
import type { Item, Scene } from '../../../web/draw/scene.ts';
import { along, layoutOf } from '../../../web/views/road/layout.ts';
import { roadScene } from '../../../web/views/road/scene.ts';

const CLIENT = 0;
const SERVER = 1;
interface Thing {
  readonly kind: number;
  readonly id: number;
  readonly came: number;
  readonly at: number;
  readonly way?: number;
  readonly nth?: number;
}

function moversOf(things: readonly Thing[]): Movers {
  return {
    length: things.length, kind: Uint8Array.from(things, (t) => t.kind), host: Uint8Array.from(things, (t) => t.at >> 5),
    id: Uint32Array.from(things, (t) => t.id), came: Uint8Array.from(things, (t) => t.came), at: Uint8Array.from(things, (t) => t.at),
    way: Float32Array.from(things, (t) => t.way ?? 1), bytes: Uint32Array.from(things, () => 1514),
    nth: Uint16Array.from(things, (t) => t.nth ?? MOVES),
  };
}
const host = (name: string, has_area: boolean): RoadHost => ({
  name, role: 'sink', has_area, area_open: has_area, built_in: true,
  gauges: Object.fromEntries(GAUGE_NAMES.map((g) => [g, 0])) as RoadHost['gauges'],
  sizes: { cq: 4096, rq: 4096, area: 4096, rx_ring: 1024 }, wire: { rate_bps: 25e9, delay_ns: 10_000 },
  last: Array.from({ length: 9 }, () => undefined),
});
const frameOf = (things: readonly Thing[], more: Partial<RoadFrame> = {}): RoadFrame => ({
  time_ns: 1_000_000, step: 10, movers: moversOf(things), waiting: [], on_wire: [0, 0],
  hosts: [host('client', false), host('server', true)], drops: [], lost: [], ...more,
});
const draw = (frame: RoadFrame, width = 1100, selected?: string): Scene =>
  roadScene(frame, { width, depth: 'normal', selected, pulse_ns: 1000 });
const wire = placeCode(CLIENT, false, 1);
const nic = placeCode(CLIENT, false, 2);

test.each([1100, 390])('a frame on the link moves from the client to the server, at a width of %i', (width) => {
  const at = (way: number) => placeOf(draw(frameOf([{ kind: 0, id: 7, came: nic, at: wire, way }]), width), 'packet:7');
  const [a, b] = [at(0.2), at(0.8)];
  const forward = width > 760 ? (b?.x ?? 0) - (a?.x ?? 0) : (b?.y ?? 0) - (a?.y ?? 0);
  expect(forward).toBeGreaterThan(40);
});

test('a buffer goes from the refill ring back to the pool by its own way, and not over the road', () => {
  const [refill, pool] = [placeCode(SERVER, true, 9), placeCode(SERVER, true, 3)];
  const scene = draw(frameOf([{ kind: 3, id: 40, came: refill, at: pool, way: 0.5 }]));
  const layout = layoutOf({ width: 1100, depth: 'normal', areas: [false, true] });
  const half = along(layout.returns[1], 0.5);
  const box = placeOf(scene, 'buffer:1:40');
  expect(box?.y).toBeCloseTo(half.y - 3.5);
  expect(half.y).toBeGreaterThan((layout.at(pool)?.y ?? 0) + 20);
});

test.each([1100, 820, 390, 320])('all that is drawn lies inside of the drawing, at a width of %i', (width) => {
  const stages = [2, 3, 4, 5, 6, 7, 8, 9];
  const things = [
    ...stages.map((s, i) => ({ kind: 0, id: i + 1, came: placeCode(SERVER, true, s), at: placeCode(SERVER, true, s), nth: i })),
    { kind: 2, id: 90, came: wire, at: placeCode(SERVER, false, 1), way: 0.99 },
  ];
  const scene = draw(frameOf(things, { waiting: [{ at: placeCode(SERVER, true, 9), count: 500, bytes: 1 }] }), width);
  const outside = scene.items.filter((item: Item) => {
    if (item.kind === 'rect') return item.x < 0 || item.y < 0 || item.x + item.w > scene.width || item.y + item.h > scene.height;
    return item.kind === 'circle' && (item.x - item.r < 0 || item.x + item.r > scene.width || item.y + item.r > scene.height);
  });
  expect(outside).toEqual([]);
});

test('a long queue is drawn in part, and says how much longer it is', () => {
  const at = placeCode(SERVER, true, 6);
  const things = Array.from({ length: 90 }, (_, nth) => ({ kind: 0, id: nth + 1, came: at, at, nth }));
  const scene = draw(frameOf(things, { waiting: [{ at, count: 240, bytes: 240 * 1514 }] }));
  const drawn = scene.items.filter((i) => i.id?.startsWith('packet:')).length;
  const more = scene.items.find((i) => i.kind === 'text' && i.text.startsWith('+'));
  expect(drawn).toBeGreaterThan(5);
  expect(more).toMatchObject({ text: `+${240 - drawn}` });
});

test('what was lost is seen, named, and told in words and in the table', () => {
  const at = placeCode(SERVER, true, 2);
  const about = 'the RX queue had no posted descriptor';
  const scene = draw(frameOf([], {
    lost: [{ at, reason: 'SIM_NIC_NO_DESC', about, count: 3, last_record: 55 }],
    drops: [{ id: 'packet:12', at, reason: 'SIM_NIC_NO_DESC', about, age_ns: 1000 }],
  }));
  expect(scene.narration).toContain(`3 dropped so far: ${about}`);
  expect(scene.table.rows.some((r) => r.cells.includes('3 SIM_NIC_NO_DESC'))).toBe(true);
  const cross = placeOf(scene, 'packet:12');
  expect(cross && hitAt(scene, cross.x + 4, cross.y + 4)?.label).toContain('dropped');
  expect(scene.items.some((i) => i.kind === 'text' && i.text === '3 dropped')).toBe(true);
});

test('what is followed is named where it is', () => {
  const frame = frameOf([{ kind: 0, id: 7, came: nic, at: wire, way: 0.5 }]);
  const named = (selected?: string) => draw(frame, 1100, selected).items.some((i) => i.kind === 'text' && i.text === 'packet 7');
  expect(named('packet:7')).toBe(true);
  expect(named()).toBe(false);
  const words = draw(frame, 1100, 'packet:99').items.flatMap((i) => (i.kind === 'text' ? [i.text] : []));
  expect(words).toContain('packet 99 is not on the road now');
});

test('every station that has a level says it in the table too', () => {
  const scene = draw(frameOf([]));
  const cells = scene.table.rows.map((r) => r.cells.join(' '));
  expect(cells.some((c) => c.startsWith('server 9 refill, receiving') && c.includes('0 to refill'))).toBe(true);
  expect(cells.filter((c) => c.startsWith('client')).length).toBe(13);
});
