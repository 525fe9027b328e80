/** The drawings of rings and of lives: everything within its room, each thing with an id and a row, what is odd said in words. */
import { expect, test } from 'vitest';
import type { Lifeline, RingView } from '../../../sim/lab/index.ts';
import { hitAt, placeOf } from '../../../web/draw/hit.ts';
import { sectorPoint } from '../../../web/draw/scene.ts';
import { idOfText } from '../../../web/views/inspector/ids.ts';
import { lifelineScene } from '../../../web/views/inspector/lifeline_scene.ts';
import { scene } from '../../../web/views/rings/scene.ts';

const ring = (key: string, host: number): RingView => ({
  key, id: `ring:${host}`, slots: `slot:${host}:cq`, kind: 'cq', host, title: 'Completion queue', entries: 8, used: 3,
  marks: [
    { name: 'head', counter: 9, by: 'application', shared: true }, { name: 'tail', counter: 11, by: 'kernel', shared: true },
    { name: 'cached_cq_tail', counter: 12, by: 'kernel', shared: false },
  ],
  spans: [{ from: 9, to: 11, state: 'queued' }, { from: 11, to: 12, state: 'hidden' }],
  pieces: Array.from({ length: 8 }, (_, index) => ({
    index, state: index === 1 || index === 2 ? 'queued' as const : index === 3 ? 'hidden' as const : 'free' as const,
    text: index >= 1 && index <= 3 ? 'user_data 5, res 0' : '', holds: index === 2 ? ['cqe:77'] : [],
  })),
  twice: [{ what: 'koverflow', seen: '0', truth: '4', differs: true, about: 'counts only what was lost' }],
  overflow: { count: 20, first: ['user_data 5, res -28 (ENOSPC)'] }, note: 'Full.',
});
const frame = { rings: [ring('a', 0), ring('b', 1)], idle_queues: 0 };

test.each([340, 520, 1400])('rings stay within %d pixels, and what differs is said in table and narration', (width) => {
  const drawn = scene(frame, width);
  for (const item of drawn.items) {
    if (item.kind === 'sector') expect(item.x + item.outer).toBeLessThanOrEqual(width + 1);
    if (item.kind === 'text') expect(item.x).toBeLessThanOrEqual(width + 1);
    if (item.kind === 'text') expect(item.y).toBeLessThanOrEqual(drawn.height);
  }
  expect(drawn.narration).toContain('the application sees koverflow 0, true is 4');
  expect(drawn.table.rows.filter((r) => r.cells.includes('koverflow')).length).toBe(2);
  const ids = drawn.table.rows.flatMap((r) => r.id ?? []);
  expect(ids).toEqual(expect.arrayContaining(['slot:0:cq:1', 'slot:1:cq:3']));
  expect(new Set(ids).size).toBe(ids.length);
});

test('a slot is found under the pointer, by its own box', () => {
  const drawn = scene(frame, 340);
  for (const item of drawn.items) {
    if (item.kind !== 'sector' || item.id === undefined) continue;
    const [x, y] = sectorPoint(item, (item.inner + item.outer) / 2, (item.from + item.to) / 2);
    expect(hitAt(drawn, x, y)?.id).toBe(item.id);
    const box = placeOf(drawn, item.id);
    expect(box && x >= box.x && x <= box.x + box.w && y >= box.y && y <= box.y + box.h).toBe(true);
    expect(box?.w).toBeLessThan(item.outer * 2);
  }
});

test('a slot is marked by its own id and by what it holds', () => {
  const marked = (selected: string) => scene(frame, 340, selected).items.filter((i) => i.kind === 'sector' && i.stroke === 'select').length;
  expect([marked('slot:0:cq:1'), marked('cqe:77'), marked('cqe:78')]).toEqual([1, 2, 0]);
});

test('a slot whose thing the filter does not let through is pale', () => {
  const pale = (fits: boolean) => {
    const { items } = scene(frame, 340, undefined, () => fits);
    return items.filter((i) => i.kind === 'sector' && i.alpha === 0.25).length;
  };
  expect([pale(true), pale(false)]).toEqual([0, 2]);
});

const life: Lifeline = {
  title: 'RECV_ZC, user_data 5', from_ns: 1000, to_ns: 9000, hidden: 12, ended: true, state: 'Ended with -28 (ENOSPC).',
  events: [
    { kind: 'taken', record: 1, time_ns: 1000, text: 'RECV_ZC', alarm: false },
    { kind: 'armed', record: 2, time_ns: 1100, text: 'waits for socket 2', alarm: false },
    { kind: 'completion', record: 3, time_ns: 2000, text: 'res 1448, F_MORE', alarm: false },
    { kind: 'terminal', record: 9, time_ns: 8000, text: 'res -28 (ENOSPC), 0', alarm: true },
    { kind: 'unarmed', record: 9, time_ns: 8000, text: '2896 bytes came while nothing was armed', alarm: true },
    { kind: 'again', record: 12, time_ns: 9000, text: 'a new request takes its place', alarm: false },
  ],
};
test('the line of a life ends with its terminal completion, and is broken after it', () => {
  const drawn = lifelineScene(life, 340);
  const lines = drawn.items.filter((i) => i.kind === 'path' && i.points.length === 4 && i.stroke !== 'card');
  expect(lines.map((l) => 'dash' in l && l.dash !== undefined)).toEqual([false, true]);
  expect(drawn.items.some((i) => i.kind === 'text' && i.text === '12 more completions')).toBe(true);
  expect(drawn.table.rows.map((r) => r.id)).toEqual(['request:1', 'record:2', 'cqe:3', 'cqe:9', 'record:9', 'request:12']);
  expect(drawn.narration).toContain('ENOSPC');
});

test('a thing is found by what somebody types', () => {
  const typed = ['packet 12', 'p12', 'server buffer 7', 'buffer 0 9', 'sock 2', 'ring:0', 'record 100', '100', 'slot:1:cq:3'];
  expect(typed.map(idOfText)).toEqual([
    'packet:12', 'packet:12', 'buffer:1:7', 'buffer:0:9', 'sock:2', 'ring:0', 'record:100', 'record:100', 'slot:1:cq:3',
  ]);
  expect(idOfText('the third one')).toBeUndefined();
});
