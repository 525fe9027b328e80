/** Sweeps over a real Redis: workers that are lost, cells that somebody has computed already, a queue that is not there. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bundle, type Ended, ringlab, root } from './cli.ts';

/** Half of the cells are large: somebody can be killed among them. */
const SWEEP = ['sweep', 'bulk', '--vary', 'server.refill.batch=1..8*2', '--vary', 'client.app.bytes=512KiB,16MiB'];
const CELLS = 8;

function installed(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

const running = new Set<ChildProcess>();
interface Started {
  readonly child: ChildProcess;
  /** Ends when its output matches. */
  readonly said: (what: RegExp) => Promise<void>;
  readonly ended: Promise<Ended>;
}

function start(command: string, args: readonly string[]): Started {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let [out, err] = ['', ''];
  let look = () => {};
  child.stdout.on('data', (d: Buffer) => {
    out += d.toString();
    look();
  });
  child.stderr.on('data', (d: Buffer) => {
    err += d.toString();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code, out, err });
    });
  });
  const said = (what: RegExp) => new Promise<void>((resolve, reject) => {
    look = () => what.test(out) && resolve();
    look();
    void ended.then(() => reject(new Error(`it ended without saying ${what}: ${out}${err}`)));
  });
  return { child, said, ended };
}
const node = (...args: readonly string[]) => start(process.execPath, [bundle, ...args]);

describe.skipIf(!installed())('with Redis', () => {
  const dir = mkdtempSync(join(tmpdir(), 'ringlab-redis-'));
  let port = 0;
  let url = '';
  let local = '';
  const redisCli = (...args: readonly string[]) => execFileSync('redis-cli', ['-p', String(port), ...args], { encoding: 'utf8' }).trim();

  beforeAll(async () => {
    port = await freePort();
    url = `redis://127.0.0.1:${port}`;
    const settings = { port, bind: '127.0.0.1', save: '', appendonly: 'no', dir };
    await start('redis-server', Object.entries(settings).flatMap(([k, v]) => [`--${k}`, String(v)])).said(/Ready to accept/);
    local = ringlab(...SWEEP, '--json').out;
  });
  afterEach(() => {
    redisCli('flushall');
  });
  afterAll(() => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  });
  /** Waits until so many cells are computed: over a connection of its own, since a command takes longer than a cell. */
  async function completed(cells: number): Promise<void> {
    const redis = new Redis(port);
    const sorted = async () => redis.zcard((await redis.keys('ringlab:*:completed'))[0] ?? 'none');
    await expect.poll(sorted, { interval: 10 }).toBeGreaterThanOrEqual(cells);
    redis.disconnect();
  }
  const worker = (...args: readonly string[]) => node('worker', '--redis', url, '--threads', '1', '--lease', '1s', ...args);

  test('cells of a worker that is killed go to another, and the result is that of one machine', async () => {
    const lost = worker();
    await lost.said(/cells of core/);
    const out = join(dir, 'sweep');
    const sweep = node(...SWEEP, '--engine', 'redis', '--redis', url, '--json', '--out', out);
    await completed(2);
    lost.child.kill('SIGKILL');
    await lost.ended;
    const other = worker();
    const { code, out: result, err } = await sweep.ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(result).toBe(local);
    expect(readFileSync(join(out, 'sweep.json'), 'utf8')).toBe(local);
    other.child.kill('SIGTERM');
    const ended = await other.ended;
    expect(ended.code).toBe(0);
    const computed = Number(/(\d+) cells? computed/.exec(ended.out)?.[1]);
    expect(computed).toBeGreaterThan(0);
    expect(computed).toBeLessThan(CELLS);
  });

  test('what somebody has computed before is there without a worker', async () => {
    const busy = worker();
    expect((await node(...SWEEP, '--engine', 'redis', '--redis', url, '--json').ended).out).toBe(local);
    busy.child.kill('SIGTERM');
    await busy.ended;
    const again = await node(...SWEEP, '--engine', 'redis', '--redis', url, '--json').ended;
    expect(again).toEqual({ code: 0, out: local, err: '' });
  });
});

describe('a queue that cannot be', () => {
  const vary = ['--vary', 'server.refill.batch=1,2'];
  test.each<[string, readonly string[], RegExp]>([
    ['nobody listens', ['sweep', 'bulk', ...vary, '--engine', 'redis', '--redis', 'redis://127.0.0.1:1'],
      /^ringlab: --redis redis:\/\/127\.0\.0\.1:1: no Redis answers there \(connection refused\); start redis-server, or name another\.$/],
    ['nobody listens to a worker', ['worker', '--redis', 'redis://:secret@127.0.0.1:1'],
      /redis:\/\/:\*\*\*@127\.0\.0\.1:1: no Redis answers/],
    ['no address', ['worker', '--redis', 'localhost'], /^ringlab: --redis localhost: expected an address such as redis:\/\/127/],
    ['no such engine', ['sweep', 'bulk', ...vary, '--engine', 'cloud'], /^ringlab: --engine cloud: expected local or redis\.$/],
    ['a queue without its engine', ['sweep', 'bulk', ...vary, '--redis', 'redis://127.0.0.1:1'],
      /^ringlab: --redis: only the redis engine/],
    ['threads of others', ['sweep', 'bulk', ...vary, '--engine', 'redis', '--threads', '2'], /^ringlab: --threads: workers have threads/],
    ['a lease without its unit', ['worker', '--lease', '30'], /^ringlab: --lease 30: expected a time from 100ms to 24h, such as 30s\.$/],
  ])('%s: one sentence', (_, args, sentence) => {
    const { code, out, err } = ringlab(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err.trimEnd()).toMatch(sentence);
    expect(err.trimEnd().split('\n').length).toBe(1);
  });
});
