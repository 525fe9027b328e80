/** Axes, grids, fronts and knees of sweeps. */
import { describe, expect, test } from 'vitest';
import {
  type Axis, askedOf, type CellMeasurement, cellKey, choicesOf, DEFAULT_METRICS, InputError, kneeOf, knobOf, loadScenario, median,
  METRICS, paretoFront, parseAxis,
  parseValue, planGrid, setsOf,
} from '../../../sim/host/index.ts';
import { PATHS } from '../../../sim/schema/paths.ts';

const SCENARIO = 'hosts:\n  client:\n    app: { role: source, bytes: 1MiB }\n  server:\n    app: { role: sink, receive: recv }\n';
const plan = (...vary: string[]) => planGrid(SCENARIO, 'a.yaml', [], vary.map(parseAxis), 'core');

describe('the values of an axis', () => {
  test.each<[string, readonly string[]]>([
    ['refill.batch=1,8,64', ['1', '8', '64']],
    ['app.receive=zc,recv', ['zc', 'recv']],
    ['nic.rules=[{dst_port: 1, queue: 1}, {dst_port: 2, queue: 1}],[]', ['[{dst_port: 1, queue: 1}, {dst_port: 2, queue: 1}]', '[]']],
    ['server.refill.area_bytes=1MiB..64MiB:7', ['1MiB', '11776KiB', '22MiB', '33280KiB', '43MiB', '54784KiB', '64MiB']],
    ['server.refill.area_bytes=1MiB..64MiB:7:log', ['1MiB', '2MiB', '4MiB', '8MiB', '16MiB', '32MiB', '64MiB']],
    ['server.refill.area_bytes=1MiB..64MiB*4', ['1MiB', '4MiB', '16MiB', '64MiB']],
    ['refill.batch=1..10*2', ['1', '2', '4', '8']],
    ['wire.delay_ns=1us..2us:3', ['1us', '1500ns', '2us']],
    ['client.wire.loss_ppm=0..1%:3', ['0', '5000ppm', '1%']],
  ])('%s', (text, values) => {
    expect(parseAxis(text).values).toEqual(values);
  });
  test('words have no order, numbers have', () => {
    expect(parseAxis('app.receive=zc,recv').numbers).toBeUndefined();
    expect(parseAxis('app.chunk=1KiB,2KiB').numbers).toEqual([1024, 2048]);
  });
  test.each<[string, RegExp]>([
    ['refill.batch', /expected KEY=VALUES/],
    ['refill.batch=', /expected KEY=VALUES/],
    ['refill.batch=1,,2', /a value is empty/],
    ['refill.batch=1,1', /1 stands there twice/],
    ['refill.area_bytes=64MiB..1MiB:7', /the range is empty, since 64MiB is not less than 1MiB/],
    ['refill.batch=1..1:2', /the range is empty/],
    ['refill.batch=1..8', /a range is LO\.\.HI:STEPS/],
    ['refill.batch=1..8:1', /at least 2 steps/],
    ['refill.batch=1..3:7', /only 3 of the 7 values differ; take at most 3 steps/],
    ['refill.batch=0..8:3:log', /equal ratios cannot begin at 0/],
    ['refill.batch=1..8*1', /FACTOR times/],
    ['refill.batch=..8:3', /an end of the range is missing/],
    ['refill.batch=1..8Gbps:3', /8Gbps is no end of a range/],
    ['app.receive=zc..recv:2', /app\.receive has no range; name values/],
    ['refill.batch=1..1000000:1000000', /at most 10000 can be/],
  ])('%s is refused with a sentence', (text, sentence) => {
    expect(() => parseAxis(text)).toThrow(sentence);
    expect(() => parseAxis(text)).toThrow(InputError);
  });
});

describe('the cells of a sweep', () => {
  test('are all combinations, the last axis running fastest', () => {
    expect(plan('nic.mtu=1500,9000', 'app.chunk=1KiB,2KiB,4KiB').cells.map((c) => c.values.join(' '))).toEqual(
      ['1500 1KiB', '1500 2KiB', '1500 4KiB', '9000 1KiB', '9000 2KiB', '9000 4KiB']);
  });
  test('a key that does not exist is refused, with what is like it', () => {
    expect(() => plan('server.refill.bath=1,2')).toThrow(/--vary server\.refill\.bath: .*no such knob; did you mean 'batch'/);
    expect(() => plan('server.refill.bath=1..2:2')).toThrow(/no such knob/);
  });
  test('so is a value that no scenario has', () => {
    expect(() => plan('nic.mtu=1500,90')).toThrow(/--vary nic\.mtu: .*expected a size from 576B/);
  });
  test('a combination that this scenario cannot have is a cell that says why', () => {
    const cells = plan('nic.rx_ring=64,100').cells;
    expect(cells.map((c) => c.key === undefined)).toEqual([false, true]);
    expect(cells[1]?.problem).toMatch(/power of two/);
  });
  test('a path is a set of knobs', () => {
    const { axes, cells } = plan('path=read,send-zc', 'app.chunk=1KiB,2KiB');
    expect(cells.map((c) => c.values.join(' '))).toEqual(['read 1KiB', 'read 2KiB', 'send-zc 1KiB', 'send-zc 2KiB']);
    expect(setsOf(axes, ['send-zc', '1KiB'])).toEqual(['client.app.notify=each', 'client.app.send=zc', 'app.chunk=1KiB']);
    expect(parseAxis('path=tx').values).toContain('send-zc');
    expect(() => plan('path=reed')).toThrow(/there is no path reed; did you mean 'read'/);
    const echo = 'app: { role: echo }\n';
    expect(() => planGrid(echo, 'a.yaml', [], [parseAxis('path=zc')], 'core')).toThrow(/has this path; it takes app\.role: sink/);
  });
  test('paths have names of their own, and knobs that there are', () => {
    expect(new Set(PATHS.map((p) => p.name)).size).toBe(PATHS.length);
    const problems = PATHS.flatMap((p) => Object.entries(p.knobs).filter(([k, v]) => {
      const knob = knobOf(k);
      return !knob || parseValue(knob, v) === undefined;
    }).map(([k, v]) => `${p.name}: ${k}=${v}`));
    expect(problems).toEqual([]);
  });
  test('none at all is an error, and so are too many', () => {
    expect(() => plan('nic.rx_ring=100,101')).toThrow(/takes none of the 2 combinations/);
    expect(() => plan('run.seed=1..1000:1000', 'app.chunk=1..1000:1000')).toThrow(/1000 × 1000 are 1000000 cells, and at most 20000/);
    expect(() => plan('run.seed=1,2', 'run.seed=3,4')).toThrow(/varies twice/);
  });
  test('the same world has the same address, however it was written, and another seed or core another', () => {
    const key = (core: string, ...sets: string[]) => cellKey(core, loadScenario(SCENARIO, 'a.yaml', { sets }));
    expect(key('core', 'nic.mtu=1500', 'server.app.chunk=64KiB')).toBe(key('core', 'server.app.chunk=65536'));
    expect(new Set([key('core'), key('other'), key('core', 'run.seed=2'), key('core', 'nic.mtu=1501')]).size).toBe(4);
  });
});

describe('the front', () => {
  const goals = [{ name: 'a', better: 'higher' }, { name: 'b', better: 'lower' }] as const;
  test('has what nothing beats', () => {
    expect(paretoFront(goals, [[10, 5], [10, 4], [9, 3], [8, 3], [11, 9], undefined, [9, 3]])).toEqual([1, 2, 4, 6]);
  });
  test('goals are metrics or axes with numbers', () => {
    const axes = [parseAxis('refill.batch=1,2'), parseAxis('app.receive=zc,recv')];
    expect(askedOf(DEFAULT_METRICS, ['throughput_bps', 'refill.batch'], axes).goals).toEqual([
      { name: 'throughput_bps', better: 'higher' }, { name: 'refill.batch', better: 'lower' },
    ]);
    expect(askedOf(['bottleneck', 'requests_per_s'], undefined, axes).goals).toEqual([{ name: 'requests_per_s', better: 'higher' }]);
    expect(() => askedOf(DEFAULT_METRICS, ['bottleneck'], axes)).toThrow(/neither more nor less/);
    expect(() => askedOf(['throughput'], undefined, axes)).toThrow(/there is no metric throughput; did you mean 'throughput_bps'/);
  });
});

test('cells that differ in their seed alone are one choice, by the median', () => {
  const axes = [parseAxis('refill.batch=1,2'), parseAxis('run.seed=1,2,3')];
  const cell = (batch: string, seed: string, throughput_bps: number) => ({
    set: { 'refill.batch': batch, 'run.seed': seed }, measurement: { throughput_bps } as CellMeasurement,
  });
  const refused = { set: { 'refill.batch': '2', 'run.seed': '2' } };
  const cells = [cell('1', '1', 5), cell('1', '2', 1), cell('1', '3', 2), cell('2', '1', 4), refused];
  const choices = choicesOf(axes, cells);
  expect(choices.map((c) => [c.cells, c.number('refill.batch'), c.number('throughput_bps')])).toEqual([[[0, 1, 2], 1, 2], [[3], 2, 4]]);
  expect(median([1, 2])).toBe(1.5);
});

describe('the knee', () => {
  const axis: Axis = parseAxis('server.refill.batch=1..64*2');
  const metric = (name: string) => METRICS.find((m) => m.name === name) ?? METRICS[0]!;
  const knee = (name: string, ys: readonly number[]) => kneeOf(axis, metric(name), ys.map((y, i) => ({ x: 2 ** i, y })), false);
  test('is where more stops paying', () => {
    expect(knee('throughput_bps', [1e9, 4e9, 9e9, 9.6e9, 9.8e9, 9.9e9, 10e9])).toMatchObject({ kind: 'knee', at: '4' });
    expect(knee('throughput_bps', [1e9, 4e9, 9e9, 9.6e9, 9.8e9, 9.9e9, 10e9])?.text).toBe('throughput_bps has its knee at'
      + ' server.refill.batch=4 (9.00 Gbit/s): going on to 64, 16 times as much, brings 11 % more.');
  });
  test('of a cost is where it has fallen', () => {
    expect(knee('server.cycles_per_byte', [1, 0.6, 0.4, 0.39, 0.38, 0.37, 0.37])).toMatchObject({ kind: 'knee', at: '4' });
  });
  test('is missing where a curve is flat or even, and a peak is one', () => {
    expect(knee('throughput_bps', [100, 100, 100, 101, 100, 100, 100])?.kind).toBe('flat');
    expect(knee('throughput_bps', [1, 2, 3, 4, 5, 6, 7])?.kind).toBe('even');
    expect(knee('throughput_bps', [1, 5, 9, 9, 7, 6, 5])).toMatchObject({ kind: 'peak', at: '4' });
    expect(knee('throughput_bps', [1, 9, 2, 8, 3, 9, 4])).toMatchObject({ kind: 'uneven', at: '2' });
    expect(knee('bottleneck', [1, 2, 3])).toBeUndefined();
  });
});
