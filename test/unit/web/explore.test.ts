/** What the page to explore draws and says, from answers of the laboratory. */
import { describe, expect, test } from 'vitest';
import { sizePlan } from '../../../sim/host/index.ts';
import type { PathGroup, SweepAnswer, SweepCellAnswer } from '../../../sim/lab/index.ts';
import { hitAt, placeOf } from '../../../web/draw/hit.ts';
import { curveScene } from '../../../web/pages/explore/curve_scene.ts';
import { frontScene } from '../../../web/pages/explore/front_scene.ts';
import { axisOf, KNOB_NAMES, valuesFor } from '../../../web/pages/explore/knob_names.ts';
import { mapScene } from '../../../web/pages/explore/map_scene.ts';
import { pathsScene } from '../../../web/pages/explore/paths_scene.ts';
import { pick } from '../../../web/pages/explore/picked.ts';
import { EMPTY_PLAN, type Plan, readPlan, SUGGESTIONS, writePlan } from '../../../web/pages/explore/plan.ts';
import { scaleOf } from '../../../web/pages/explore/scale.ts';
import { sizesScene } from '../../../web/pages/explore/sizes_scene.ts';

const metrics = [
  { name: 'throughput_bps', about: 'payload bits per second', unit: 'bps', better: 'higher' },
  { name: 'latency_ns.p99', about: 'latency', unit: 'ns', better: 'lower' },
] as const;
const axis = (key: string, numbers: readonly number[]) => ({ key, values: numbers.map(String), numbers, log: false });

/** Two axes of three and two values; throughput is ten times the first plus the second, in Gbit/s. */
function sweep(more: (i: number) => Partial<SweepCellAnswer> = () => ({})): SweepAnswer {
  const axes = [axis('a', [1, 2, 3]), axis('b', [0, 5])];
  const cells = [1, 2, 3].flatMap((a) => [0, 5].map((b) => ({ a, b }))).map(({ a, b }, i): SweepCellAnswer => ({
    values: [String(a), String(b)], outcome: 'measured',
    numbers: [(10 * a + b) * 1e9, 1000 * a], texts: [`${10 * a + b} Gbit/s`, `${a} µs`],
    front: a === 1 || b === 5, complete: true, problem: '', sets: [`a=${a}`, `b=${b}`], state_hash: '', ...more(i),
  }));
  const goals = ['throughput_bps', 'latency_ns.p99'];
  return { name: 's', axes, metrics, goals, cells, done: cells.length, knees: [], sentences: [], command: '' };
}
const drawn = (answer: SweepAnswer, metric = 'throughput_bps', x = 'a', y = 'b') => {
  const picked = pick(answer, metric, x, y);
  if (!picked) throw new Error('nothing is picked');
  return picked;
};

describe('a map', () => {
  test('has a cell for each pair of values, where the pointer finds it', () => {
    const answer = sweep();
    const scene = mapScene(answer, drawn(answer), 600);
    const box = placeOf(scene, 'cell:5');
    expect(box).toBeDefined();
    expect(hitAt(scene, (box?.x ?? 0) + 5, (box?.y ?? 0) + 5)).toMatchObject({ id: 'cell:5', label: 'a=3, b=5: 35 Gbit/s, on the front' });
    expect(scene.table.rows).toHaveLength(6);
    expect(scene.narration).toBe('throughput_bps over a and b: from 10 Gbit/s at a=1, b=0 to 35 Gbit/s at a=3, b=5.');
  });

  test('turns when its axes are changed for one another', () => {
    const answer = sweep();
    const [one, other] = [mapScene(answer, drawn(answer), 600), mapScene(answer, drawn(answer, 'throughput_bps', 'b', 'a'), 600)];
    expect(placeOf(one, 'cell:1')?.y).toBeGreaterThan(placeOf(one, 'cell:0')?.y ?? 0);
    expect(placeOf(other, 'cell:1')?.y).toBe(placeOf(other, 'cell:0')?.y);
  });

  test('says in each cell what is missing, and why', () => {
    const missing: readonly Partial<SweepCellAnswer>[] = [{ outcome: 'waiting' }, { outcome: 'refused', problem: 'too small' }];
    const answer = { ...sweep((i) => missing[i] ?? {}), done: 5 };
    const scene = mapScene(answer, drawn(answer), 600);
    const label = (id: string) => scene.items.find((item) => item.id === id)?.label;
    expect(label('cell:0')).toBe('a=1, b=0: not measured yet');
    expect(label('cell:1')).toBe('a=1, b=5: refused: too small');
    expect(scene.narration).toContain('1 of 6 cells are not measured yet');
  });

  test('of a third axis takes the best', () => {
    const base = sweep();
    const cells = base.cells.flatMap((c) => [1, 2].map((n) => ({ ...c, values: [...c.values, String(n)],
      numbers: [Number(c.numbers[0]) * n, Number(c.numbers[1]) * n] })));
    const answer = { ...base, axes: [...base.axes, axis('c', [1, 2])], cells };
    expect(drawn(answer).rows).toEqual([[1, 5, 9], [3, 7, 11]]);
    expect(drawn(answer, 'latency_ns.p99').rows).toEqual([[0, 4, 8], [2, 6, 10]]);
  });

  test('where there is no room, a number keeps the letter of its unit', () => {
    const answer = sweep();
    const words = mapScene(answer, drawn(answer), 220).items.flatMap((item) => (item.kind === 'text' ? [item.text] : []));
    expect(words).toContain('35G');
  });
});

test('curves have a line for each value of the other axis, and the knee is marked', () => {
  const answer = { ...sweep(), knees: [{ axis: 'a', metric: 'throughput_bps', kind: 'knee' as const, at: '2' }] };
  const scene = curveScene(answer, drawn(answer), 600);
  const lines = scene.items.filter((item) => item.kind === 'path' && item.width === 2);
  expect(lines).toHaveLength(2);
  expect(new Set(lines.map((l) => JSON.stringify('dash' in l ? l.dash : [])))).toHaveProperty('size', 2);
  const knee = scene.items.find((item) => item.kind === 'text' && item.text === 'knee');
  const cell = placeOf(scene, 'cell:2');
  expect(knee && 'x' in knee ? knee.x : 0).toBeCloseTo((cell?.x ?? 0) + (cell?.w ?? 0) / 2 + 5, 0);
});

test('the front has its cells as squares, and only these in its table', () => {
  const answer = sweep();
  const scene = frontScene(answer, 600);
  expect(scene?.table.rows.map((r) => r.id).sort()).toEqual(['cell:0', 'cell:1', 'cell:3', 'cell:5']);
  const kind = (id: string) => scene?.items.find((item) => item.id === id)?.kind;
  expect([kind('cell:0'), kind('cell:2')]).toEqual(['rect', 'circle']);
  expect(scene?.narration).toContain('4 of 6 cells are on the front');
  expect(frontScene({ ...answer, goals: [] }, 600)).toBeUndefined();
});

test('ways that were not measured yet are drawn as such, and take no part in what is said', () => {
  const row = {
    own: false, outcome: 'measured' as const, cells: [], sentence: '', throughput_bps: 2e9, throughput: '2 Gbit/s', bottleneck: 'link',
    sets: [], command: '',
  };
  const group: PathGroup = {
    title: 'Ways to receive', host: 'server', columns: [], accounts: ['copy', 'tcpip'], refused: [], note: '',
    rows: [
      { ...row, path: 'read', cycles: [1, 0.5] },
      { ...row, path: 'zc', cycles: [0, 0.5], throughput_bps: 3e9, throughput: '3 Gbit/s' },
      { ...row, path: 'later', cycles: [0, 0], outcome: 'waiting' },
    ],
  };
  const scene = pathsScene(group, 800);
  expect(scene.narration).toBe('Ways to receive: zc takes the fewest cycles, 0.500 a byte; zc is the fastest with 3 Gbit/s.');
  expect(scene.items.filter((item) => item.kind === 'text' && item.text === 'not measured yet')).toHaveLength(1);
  expect(placeOf(scene, 'path:zc')).toBeDefined();
});

test('the parts of an area are as wide as they are large', () => {
  const plan = sizePlan({ rate_bps: 25e9, rtt_ns: 40_000, hold_ns: 200_000 });
  const parts = plan.rows.find((r) => r.parts)?.parts ?? [];
  const sum = parts.reduce((n, p) => n + p.value, 0);
  const scene = sizesScene(parts, 800);
  for (const part of parts) expect(placeOf(scene, `part:${part.name}`)?.w ?? 0).toBeCloseTo((part.value / sum) * 800, 5);
  const area = plan.rows.find((r) => r.name === 'area')?.value ?? 0;
  expect(area - sum).toBeGreaterThanOrEqual(0);
  expect(area - sum).toBeLessThan(4096);
});

describe('a plan', () => {
  const plan: Plan = {
    part: 'sweep', scenario: 'loss', text: undefined, sets: ['nic.mtu=4000'], axes: ['server.refill.batch=1..64*2', 'path=rx'],
    metric: 'latency_ns.p99', goals: ['throughput_bps', 'latency_ns.p99'], direction: 'rx', sizes: { rate: '25Gbps', ipv6: 'yes' },
  };
  test('stands in the address as it is read from it', () => {
    expect(readPlan(writePlan(plan)).plan).toEqual(plan);
    expect(writePlan(EMPTY_PLAN)).toBe('sweep');
    expect(readPlan('').plan).toEqual(EMPTY_PLAN);
    expect(readPlan(writePlan(plan, 'packed-text')).packed).toBe('packed-text');
  });

  test.each(SUGGESTIONS)('that is suggested is one that can be: $title', ({ axes }) => {
    for (const said of axes) {
      const at = said.indexOf('=');
      expect(axisOf(said.slice(0, at), said.slice(at + 1))).toMatchObject({ problem: '' });
    }
  });
});

test('every knob that is offered has values to begin with', () => {
  for (const { key } of KNOB_NAMES) expect([key, axisOf(key, valuesFor(key)).problem]).toEqual([key, '']);
});

test('a scale begins at 0 where that wastes little, and goes by ratio where values are far apart', () => {
  expect(scaleOf([10, 20, 30], 3).at(0)).toBe(0);
  expect(scaleOf([100, 101], 3).at(0)).toBeLessThan(0);
  const log = scaleOf([1, 10, 100, 1000], 3);
  expect(log.at(10) - log.at(1)).toBeCloseTo(log.at(1000) - log.at(100));
  expect(log.ticks).toEqual([1, 10, 100, 1000]);
});
