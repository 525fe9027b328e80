/** Scenes of the TCP view and the timeline, and the axes under them. */
import { describe, expect, test } from 'vitest';
import { byteTicks, place, ticks, timeTicks } from '../../../web/draw/axis.ts';
import type { Item, Scene } from '../../../web/draw/scene.ts';
import { type LadderAnswer, ladderScene } from '../../../web/views/tcp/ladder_scene.ts';
import { type PlotAnswer, plotScene } from '../../../web/views/tcp/plot_scene.ts';
import { type TimelineAnswer, timelineRows } from '../../../web/views/timeline/rows.ts';
import { timelineGround, timelineScene } from '../../../web/views/timeline/scene.ts';

const axis = { from: 0, to: 1000, start: 100, end: 600 };

describe('an axis', () => {
  test('has round ticks that are as far apart as asked for', () => {
    const { values, step } = ticks(axis, 90);
    expect(step).toBe(200);
    expect(values).toEqual([0, 200, 400, 600, 800, 1000]);
    expect(place(axis, 500)).toBe(350);
  });
  test('tells two times apart with as few decimals as that takes', () => {
    const texts = timeTicks({ ...axis, from: 1_230_000, to: 1_231_000 }, 90).map((t) => t.text);
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts[0]).toBe('1230.0 µs');
    expect(timeTicks({ ...axis, to: 5_000_000 }, 90).map((t) => t.text).slice(0, 2)).toEqual(['0 ms', '1 ms']);
  });
  test('writes bytes in the unit that fits, and none that is not whole', () => {
    expect(byteTicks({ ...axis, to: 3_000_000 }, 90).map((t) => t.text)).toEqual(['0', '1 MB', '2 MB', '3 MB']);
    expect(byteTicks({ ...axis, to: 1 }, 90).map((t) => t.text)).toEqual(['0', '1 B']);
  });
});

const kinds = <K extends Item['kind']>(scene: Scene, kind: K) =>
  scene.items.filter((i): i is Extract<Item, { kind: K }> => i.kind === kind);
/** Every second number of all paths: their x, or their y. */
const numbers = (scene: Scene, which: 0 | 1) =>
  kinds(scene, 'path').flatMap((p) => Array.from(p.points).filter((_, i) => i % 2 === which));

const plot: PlotAnswer = {
  data: [
    { time_ns: 100, low: 1, high: 1449, count: 1, pkt: 4, dim: false },
    { time_ns: 500, low: 1449, high: 9000, count: 5, pkt: 5, dim: false },
  ],
  acks: [{ time_ns: 50, ack: 1, edge: 20_000, pkt: 2 }, { time_ns: 700, ack: 1449, edge: 21_000, pkt: 9 }],
  sacks: [{ time_ns: 700, low: 2897, high: 9000, pkt: 9 }], again: [{ time_ns: 800, low: 1449, high: 2897, pkt: 11 }],
  lost: [{ time_ns: 500, low: 1449, high: 2897, pkt: 5 }], cwnd: [{ time_ns: 60, cwnd: 14_480, ssthresh: Infinity }],
  flight: [{ time_ns: 0, bytes: 0 }, { time_ns: 900, bytes: 7551 }], left_out: 0,
};
const look = {
  width: 700, height: 400, from_ns: 0, to_ns: 1000, time_ns: 600, names: ['client', 'server'] as const, vantage: 'sender' as const,
};

describe('the sequence–time plot', () => {
  test('marks what was sent again and what was lost by shape, not by colour alone', () => {
    const scene = plotScene(plot, look);
    const again = kinds(scene, 'path').find((i) => i.id === 'packet:11');
    expect(again?.closed).toBe(true);
    expect(again?.label).toContain('sent again');
    expect(kinds(scene, 'path').filter((i) => i.id === 'packet:5' && i.label?.includes('lost'))).toHaveLength(1);
    expect(kinds(scene, 'rect').find((i) => i.id === 'packet:9')?.pattern).toBe('hatch');
  });
  test('veils what is behind the playhead, and says only what is past', () => {
    const scene = plotScene(plot, look);
    const veil = kinds(scene, 'rect').find((i) => i.fill === 'card' && i.h > 100);
    expect(veil?.x).toBeCloseTo(58 + 0.6 * (700 - 10 - 58));
    expect(scene.narration).toContain('1 lost and 0 sent again');
    expect(plotScene(plot, { ...look, time_ns: 900 }).narration).toContain('1 lost and 1 sent again');
  });
  test('stays within its room at the width of a phone', () => {
    const scene = plotScene(plot, { ...look, width: 340, height: 260 });
    expect(Math.min(...numbers(scene, 0))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers(scene, 0))).toBeLessThanOrEqual(340);
  });
  test('has everything in its table, in the order of time', () => {
    const { rows } = plotScene(plot, look).table;
    expect(rows.map((r) => r.cells[2])).toEqual(['ACK', 'data', 'data, 5 segments', 'lost', 'SACK', 'ACK', 'sent again']);
  });
  test('draws an empty stretch', () => {
    const empty = { data: [], acks: [], sacks: [], again: [], lost: [], cwnd: [], flight: [], left_out: 0 };
    expect(plotScene(empty, look).items.length).toBeGreaterThan(0);
  });
});

const train = {
  side: 0 as const, pkt: 7, segments: 1, lost: 0, why: '', dim: false,
  again: false, flags: '', low: 1, high: 1449, ack: 1, window: 65_536, sacks: [],
};
const ladder: LadderAnswer = {
  times: [100, 200, 300, 400], past: 2, notes: [{ side: 1, row: 1, record: 12, text: 'socket 1: LISTEN' }],
  trains: [
    { ...train, leaves: [0, 0], arrives: [2, 2] }, { ...train, pkt: 8, segments: 4, leaves: [1, 2], arrives: [30, 31] },
    { ...train, pkt: 9, lost: 1, why: 'SIM_WIRE_LOSS', leaves: [3, 3], arrives: undefined },
  ],
};

describe('the sequence diagram', () => {
  test('cuts at its edges what goes on beyond them', () => {
    const scene = ladderScene(ladder, { width: 800, height: 300, names: ['client', 'server'], selected: undefined });
    expect(Math.max(...numbers(scene, 1))).toBeLessThanOrEqual(300);
    expect(kinds(scene, 'path').find((i) => i.id === 'packet:8')?.points[2]).toBeLessThan(650);
  });
  test('says why a segment did not come, and pales what is to come', () => {
    const scene = ladderScene(ladder, { width: 800, height: 300, names: ['client', 'server'], selected: undefined });
    expect(kinds(scene, 'path').find((i) => i.id === 'packet:9')?.alpha).toBeLessThan(1);
    expect(scene.table.rows.find((r) => r.id === 'packet:9')?.cells).toContain('1–1\u202f449 · lost: SIM_WIRE_LOSS');
    expect(scene.narration).toContain('packet 8');
  });
});

const span = { share: 1, count: 1, record: 5, pkt: 0, text: '', drop: false, dim: false };
const answer: TimelineAnswer = {
  tracks: [
    {
      id: 'core/0/1/4', kind: 'core', host: 0, core: 1, context: 'syscall', name: 'syscall', busy: 0.4,
      spans: [{ ...span, from_ns: 100, to_ns: 500, text: 'io_uring_enter' }, { ...span, from_ns: 600, to_ns: 620, share: 0.5, count: 9 }],
    },
    { id: 'link/0/255/0', kind: 'link', host: 0, core: 255, context: 'hardware', name: 'link to the server', busy: 0, spans: [] },
  ],
  counters: [{
    id: 'counter/1/rq', host: 1, name: 'rq', about: 'refill entries', bytes: false, top: 8,
    points: [{ time_ns: 10, low: 0, high: 4, value: 4 }, { time_ns: 800, low: 3, high: 8, value: 3 }],
  }],
  flow: { points: [{ time_ns: 300, track: 'core/0/1/4', record: 5 }, { time_ns: 700, track: 'link/0/255/0', record: 9 }] },
  begin_ns: 0, end_ns: 1000, whole: true,
};
const timeline = (pinned: readonly string[], counters = true) => {
  const { rows, height } = timelineRows(answer, new Set(pinned), counters, false);
  const view = { width: 900, height, rows, from_ns: 0, to_ns: 1000, marks: [{ from_ns: 100, to_ns: 500 }] };
  return { rows, scene: timelineScene(answer, timelineGround(view), view, { time_ns: 450, levels: { 'counter/1/rq': 3 } }) };
};

describe('the timeline', () => {
  test('puts what is pinned first, once, and with its host', () => {
    const { rows } = timeline(['counter/1/rq']);
    expect(rows.map((r) => r.text)).toEqual(['pinned', 'server refill ring', 'client', 'core 1 syscall', 'link to the server', 'server']);
    expect(timeline([]).rows.map((r) => r.text).slice(-3)).toEqual(['server', 'levels of the server', 'refill ring']);
    expect(timeline([], false).rows.some((r) => r.kind === 'counter')).toBe(false);
  });
  test('leads what is selected from track to track', () => {
    const { scene } = timeline([]);
    expect(kinds(scene, 'circle')).toHaveLength(2);
    expect(kinds(scene, 'path').filter((i) => i.stroke === 'select' && i.points.length === 4)).toHaveLength(2);
  });
  test('says who works at the playhead, and for how long a mark is', () => {
    const { scene } = timeline([]);
    expect(scene.narration).toContain('client core 1 in syscall works');
    expect(kinds(scene, 'text').some((i) => i.fill === 'warm' && i.text === '400\u202fns')).toBe(true);
  });
  test('has a row in its table for each track and each span that stands alone', () => {
    const { rows } = timeline([]).scene.table;
    const tracks = ['client core 1 syscall', 'client core 1 syscall', 'client link to the server', 'server refill ring'];
    expect(rows.map((r) => r.cells[0])).toEqual(tracks);
    expect(rows[1]?.id).toBe('record:5');
  });
});
