/** Sweeps and paths in the page: the same numbers as the command line, however the cells come in. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type CellRecord, compileCore, loadScenario, measureCell, runScenario } from '../../sim/host/index.ts';
import { CELLS_IN_PAGE, PathComparison, Sweep, type SweepAsk, withNews } from '../../sim/lab/index.ts';
import { ringlab, root } from '../scenario/cli.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});
const text = (name: string) => readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8');
const SMALL = ['client.app.bytes=256KiB'];
const AXES = ['server.refill.batch=1..64*8', 'nic.mtu=1500,4000'];
const ask = (more: Partial<SweepAsk> = {}): SweepAsk => ({ name: 'bulk', text: text('bulk'), sets: SMALL, axes: AXES, ...more });

describe('a sweep', () => {
  const records = new Map<string, CellRecord>();
  const whole = () => {
    const sweep = new Sweep(ask(), 'core', records);
    for (const job of sweep.jobs().reverse()) sweep.put(measureCell(core, job));
    return sweep;
  };

  test('waits for all of its cells, and says how many are known', () => {
    const sweep = new Sweep(ask(), 'core');
    const [first] = sweep.jobs();
    expect(sweep.answer()).toMatchObject({ done: 0, sentences: [] });
    expect(sweep.answer().cells.every((c) => c.outcome === 'waiting' && c.texts.every((t) => t === ''))).toBe(true);
    const before = sweep.answer();
    if (first) sweep.put(measureCell(core, first));
    const news = sweep.news();
    expect(news.done).toBe(1);
    expect(news.cells).toHaveLength(1);
    expect(withNews(before, news)).toEqual(sweep.answer());
    expect(sweep.news().cells).toEqual([]);
    expect(sweep.jobs()).toHaveLength(5);
  });

  test('has the command line\'s numbers, front and sentences', () => {
    const sweep = whole();
    const said = JSON.parse(ringlab('sweep', 'bulk', '--set', SMALL[0] as string, ...AXES.flatMap((a) => ['--vary', a]), '--json').out);
    const own = JSON.parse(sweep.file('json'));
    const facts = (c: { values: unknown; front: boolean; stateHash: string }) => [c.values, c.front, c.stateHash];
    expect(own.cells.map(facts)).toEqual(said.cells.map(facts));
    expect(own.knees).toEqual(said.knees);
    expect(sweep.command()).toBe(`ringlab sweep bulk --set ${SMALL[0]} --vary '${AXES[0]}' --vary ${AXES[1]}`);
  });

  test('knows what it has measured before', () => {
    whole();
    const again = new Sweep(ask({ metrics: ['latency_ns.p99'], axes: [...AXES].reverse() }), 'core', records);
    expect(again.jobs()).toEqual([]);
    const [cell] = again.answer().cells;
    expect(cell?.numbers).toHaveLength(1);
    expect(cell?.outcome).toBe('measured');
  });

  test('has in each cell what opens it: a run with that very state', () => {
    const cell = whole().answer().cells[3];
    expect(cell?.values).toEqual(['8', '4000']);
    const { result } = runScenario(core, loadScenario(text('bulk'), 'bulk', { sets: cell?.sets ?? [] }));
    expect(result.stateHash).toBe(cell?.state_hash);
  });

  test('shows why a scenario refuses a combination, and goes on', () => {
    const { done, cells } = new Sweep(ask({ axes: ['server.refill.area_bytes=4MiB,4097'] }), 'core').answer();
    expect(cells.map((c) => c.outcome)).toEqual(['waiting', 'refused']);
    expect(done).toBe(1);
    expect(cells[1]?.problem).toContain('multiple of refill.rx_buf_len');
  });

  test.each([
    [[], 'Nothing varies yet'],
    [['nic.mtu=1..9000:1100'], `at most ${CELLS_IN_PAGE}`],
    [['nic.mut=1500,4000'], 'nic.mut'],
  ])('that cannot be is refused with a sentence: %s', (axes, said) => {
    expect(() => new Sweep(ask({ axes }), 'core')).toThrow(said);
  });
});

test('paths have the command line\'s numbers and words', () => {
  const paths = new PathComparison({ name: 'bulk', text: text('bulk'), sets: SMALL, directions: ['rx'] }, 'core');
  expect(paths.answer().groups[0]?.rows.some((r) => r.outcome === 'waiting')).toBe(true);
  for (const job of paths.jobs()) paths.put(measureCell(core, job));
  const answer = paths.answer();
  expect(answer.done).toBe(answer.all);
  const said = JSON.parse(ringlab('compare-paths', 'bulk', '--direction', 'rx', '--set', SMALL[0] as string, '--json').out);
  const rows = answer.groups.flatMap((g) => g.rows);
  expect(rows.map((r) => [r.path, r.outcome, r.own])).toEqual(
    said.paths.map((p: { path: string; outcome: string; own: boolean }) => [p.path, p.outcome, p.own]));
  expect(rows.map((r) => r.throughput_bps)).toEqual(
    said.paths.map((p: { measurement?: { throughput_bps: number } }) => p.measurement?.throughput_bps ?? 0));
  const zc = rows.findLast((r) => r.outcome === 'measured');
  expect(zc?.sentence).toContain('Here:');
  expect(zc?.cells).toHaveLength(answer.groups[0]?.columns.length ?? 0);
});
