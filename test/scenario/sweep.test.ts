/** ringlab sweep and compare-paths, as a user has them: what is killed half-way goes on, and comes to the same files. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PathResult, SweepResult } from '../../sim/host/index.ts';
import { bundle, ringlab, root } from './cli.ts';

const base = mkdtempSync(join(tmpdir(), 'ringlab-sweep-'));
afterAll(() => rmSync(base, { recursive: true }));
const at = (name: string) => join(base, name);
const AXES = ['--vary', 'server.refill.area_bytes=2MiB..16MiB*2', '--vary', 'server.refill.batch=1,64'];
const SWEEP = ['sweep', 'bulk', '--set', 'client.app.bytes=256KiB', ...AXES];
const CELLS = 8;
const FILES = ['sweep.csv', 'sweep.html', 'sweep.json'];
const cells = (dir: string) => (existsSync(join(dir, 'cells')) ? readdirSync(join(dir, 'cells')).filter((f) => f.endsWith('.json')) : []);
const files = (dir: string) => [...FILES, ...cells(dir).sort().map((f) => join('cells', f))];
const contents = (dir: string) => files(dir).map((f) => [f, readFileSync(join(dir, f), 'utf8')]);

/** Starts a sweep and ends it by a signal when some cells are there, but not all. */
function killed(dir: string, signal: NodeJS.Signals): Promise<{ cells: number; err: string }> {
  return new Promise((resolve) => {
    const args = [bundle, ...SWEEP, '--threads', '1', '--out', dir];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    child.stderr.on('data', (d: Buffer) => {
      err += d.toString();
    });
    const timer = setInterval(() => {
      if (cells(dir).length < 3) return;
      clearInterval(timer);
      child.kill(signal);
    }, 2);
    child.on('close', () => {
      clearInterval(timer);
      resolve({ cells: cells(dir).length, err });
    });
  });
}

describe('a sweep', () => {
  let through: SweepResult;
  beforeAll(() => {
    const { code, out, err } = ringlab(...SWEEP, '--out', at('through'), '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    through = JSON.parse(out) as SweepResult;
  });

  test('measures every combination', () => {
    expect(through.cells.length).toBe(CELLS);
    expect(through.cells.every((c) => c.outcome === 'measured' && c.complete)).toBe(true);
    expect(through.cells.every((c) => Number(c.values.throughput_bps) > 1e9)).toBe(true);
    expect(through.cells.some((c) => c.front)).toBe(true);
    expect(cells(at('through')).length).toBe(CELLS);
  });
  test('a cell is the run that its command makes', () => {
    const cell = through.cells[5];
    const run = JSON.parse(ringlab(...(cell?.command.split(' ').slice(1) ?? []), '--json').out) as { stateHash: string };
    expect(run.stateHash).toBe(cell?.stateHash);
  });
  test('a page that needs nothing but itself', () => {
    const page = readFileSync(join(at('through'), 'sweep.html'), 'utf8');
    expect(page).toContain('<svg');
    expect(page).toContain(through.cells[0]?.command);
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
  });
  test('a line of CSV for each cell', () => {
    const [head, ...lines] = readFileSync(join(at('through'), 'sweep.csv'), 'utf8').trimEnd().split('\n');
    expect(head).toMatch(/^server\.refill\.area_bytes,server\.refill\.batch,outcome,throughput_bps,/);
    expect(lines.length).toBe(CELLS);
  });
  test.each(['SIGKILL', 'SIGINT'] as const)('ended by %s goes on where it was, and comes to the same bytes', async (signal) => {
    const dir = at(signal);
    const before = await killed(dir, signal);
    expect(before.cells).toBeGreaterThanOrEqual(3);
    expect(before.cells).toBeLessThan(CELLS);
    expect(existsSync(join(dir, 'sweep.json'))).toBe(false);
    const sentence = /^ringlab: interrupted: \d+ of 8 cells are kept; the same command goes on from there\.\n$/;
    if (signal === 'SIGINT') expect(before.err).toMatch(sentence);
    expect(ringlab(...SWEEP, '--out', dir).code).toBe(0);
    expect(contents(dir)).toEqual(contents(at('through')));
  });
  test('takes no cell that is not whole', () => {
    const dir = at('through');
    const before = contents(dir);
    const [first = '', second = ''] = cells(dir).map((f) => join(dir, 'cells', f));
    writeFileSync(first, readFileSync(first, 'utf8').slice(0, 100));
    writeFileSync(second, readFileSync(second, 'utf8').replace(/"key": "./, '"key": "x'));
    expect(ringlab(...SWEEP, '--out', dir).code).toBe(0);
    expect(contents(dir)).toEqual(before);
  });
});

describe('what cannot be swept is one sentence', () => {
  beforeAll(() => {
    mkdirSync(at('full'));
    writeFileSync(join(at('full'), 'thesis.txt'), '');
  });
  const vary = ['--vary', 'server.refill.batch=1,2'];
  test.each<[string, readonly string[], RegExp]>([
    ['no such knob', ['--vary', 'server.refill.bath=1,2'], 
      /--vary server\.refill\.bath: key 'hosts\.server\.refill\.bath': no such knob; did you mean/],
    ['too many cells', ['--vary', 'run.seed=1..9999:9999', '--vary', 'nic.mtu=1500,9000', '--vary', 'app.depth=1,2'],
      /are 39996 cells, and at most 20000/],
    ['no such metric', [...vary, '--metric', 'speed'], /--metric: there is no metric speed/],
    ['a folder of other things', [...vary, '--out', at('full')], /--out .*full: the folder has other things in it/],
    ['a folder in nothing', [...vary, '--out', at('none/such')], /--out .*such: there is no folder .*none; make it first/],
    ['a folder that cannot be', [...vary, '--out', '/proc/sweep'], /--out \/proc\/sweep: it cannot be written/],
  ])('%s', (_, args, sentence) => {
    const { code, out, err } = ringlab('sweep', 'bulk', ...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(sentence);
    expect(err.trimEnd().split('\n').length).toBe(1);
  });
});

describe('compare-paths', () => {
  test('runs a scenario on each path, with the same bytes in the end', () => {
    const { code, out } = ringlab('compare-paths', 'plain-recv', '--set', 'client.app.bytes=128KiB', '--json');
    const { paths } = JSON.parse(out) as { paths: PathResult[] };
    expect(code).toBe(0);
    expect(paths.filter((p) => p.outcome !== 'measured' || !p.complete).map((p) => `${p.path}: ${p.problem}`)).toEqual([]);
    const of = (name: string) => paths.find((p) => p.path === name);
    expect(of('multishot')?.own).toBe(true);
    expect(of('read')?.measurement?.server.copied_per_byte).toBeCloseTo(1, 1);
    expect(of('zc')?.measurement?.server.copied_per_byte).toBe(0);
    expect(of('zc')?.differs).toMatch(/^no copies, \d+ % fewer cycles/);
    expect(of('send-zc')?.direction).toBe('tx');
  });
  test('says what a path cannot be had for, and compares the others', () => {
    const { code, out } = ringlab('compare-paths', 'bulk', '--direction', 'rx', '--set', 'client.app.bytes=64KiB', '--set',
      'server.app.receive=recv', '--set', 'server.app.waitall=on');
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}multishot +refused$/m);
    expect(out.replaceAll(/\s+/g, ' ')).toMatch(/ multishot, pbuf, .* refused: .*MSG_WAITALL/);
  });
  test('refuses a scenario whose applications have no paths', () => {
    const { code, err } = ringlab('compare-paths', 'http');
    expect(code).toBe(2);
    expect(err).toBe('ringlab: scenarios/http.yaml: compare-paths: no application has paths to choose from: the client\'s is script, the'
      + ' server\'s is script; it takes app.role: sink to receive, or app.role: source to send, or a built-in application that uses a'
      + ' ring.\n');
  });
});
