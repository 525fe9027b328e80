/** Files on any host: under a folder of it, small at first, without a network afterwards, and never in the visitor's way. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { serve } from '../../scripts/serve.mjs';
import { chromiumPath } from '../chromium.ts';
import { recorded, Site, standsAt } from './site.ts';

const FIRST_LOAD_MAX = 400_000;
/** The page's own promise. */
const BLOCKED_MAX_MS = 50;

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Time of the processor that it took, in microseconds. */
  readonly tdur?: number;
  readonly args: { readonly data?: { readonly frames?: readonly { readonly processId: number }[] } };
}
/** Tasks of the page's own thread, by Chromium's trace: a long one is a page that does not answer. */
function tasksOf(trace: Buffer): number[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: readonly TraceEvent[] };
  const page = traceEvents.find((e) => e.name === 'TracingStartedInBrowser')?.args.data?.frames?.[0]?.processId;
  // A process begins with its main thread.
  return traceEvents.filter((e) => e.name === 'RunTask' && e.pid === page && e.tid === page).map((e) => (e.tdur ?? 0) / 1000);
}

const weight = (url: string): Promise<number> => new Promise((resolve, reject) => {
  const headers = { 'accept-encoding': 'br' };
  request(url, { method: 'HEAD', headers }, (response) => resolve(Number(response.headers['content-length']))).on('error', reject).end();
});

describe.skipIf(chromiumPath() === undefined)('dist/web on a host of files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringlab-static-'));
  let site: Site;
  let server: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    symlinkSync(join(root, 'dist/web'), join(folder, 'deep'));
    server = await serve(folder, 0);
    site = await Site.open();
  });
  afterAll(async () => {
    await server?.close();
    rmSync(folder, { recursive: true });
    await site?.close();
  });

  test('a folder of a host will do, and afterwards there need be no host', async () => {
    const context = await site.visitor({ serviceWorkers: 'allow' });
    const page = await context.newPage();
    await page.goto(`${server.address}deep/#loss&at=300`);
    const kept = async () => (await navigator.serviceWorker.ready).active?.state === 'activated';
    await page.waitForFunction(kept);
    await server.close();
    await page.goto('about:blank');
    await page.goto(`${server.address}deep/#loss&at=700&v=result`);
    await page.getByTestId('end-hash').waitFor();
    expect(await page.getByTestId('playhead').textContent()).toBe('700');
    await context.close();
  });

  test('ringlab serve does the same', async () => {
    const child = spawn(process.execPath, [join(root, 'build/cli.mjs'), 'serve', 'loss', '--port', '0']);
    const said = await new Promise<string>((resolve) => child.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString())));
    const address = /http:\S+#loss/.exec(said)?.[0] ?? '';
    const context = await site.visitor();
    const page = await context.newPage();
    await page.goto(address);
    await page.getByTestId('playhead').waitFor();
    await context.close();
    child.kill();
  });

  test('the first visit loads less than 400 kB', async () => {
    const fresh = await site.visitor();
    const loaded = new Set<string>();
    fresh.on('requestfinished', (sent) => loaded.add(sent.url().replace(/#.*$/, '')));
    const visitor = await fresh.newPage();
    await visitor.goto(`${site.address}#bulk`);
    await recorded(visitor);
    const files = [...loaded].map((url) => url.replace(/^.*\//, ''));
    for (const part of ['core', 'worker', 'index']) expect(files.some((f) => f.startsWith(part)), part).toBe(true);
    // A browser does not say what a worker's files weighed on the way: they are asked for once more.
    const bytes = (await Promise.all([...loaded].map(weight))).reduce((a, b) => a + b, 0);
    expect(bytes).toBeLessThan(FIRST_LOAD_MAX);
    await fresh.close();
  });

  test('the page is never blocked while a run is recorded, played, scrubbed and shown', async () => {
    const context = await site.visitor({ viewport: { width: 1440, height: 900 }, reducedMotion: 'no-preference' });
    const page = await context.newPage();
    // What happens while the scripts are read for the first time is the browser's compiling.
    await page.goto(`${site.address}#loss`);
    await recorded(page);
    // Who shares the machine holds the page up: what is measured is the processor's time.
    await site.browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline'] });
    await page.goto(`${site.address}#bulk`);
    await page.waitForFunction(() => document.title.startsWith('bulk'));
    await recorded(page);
    await page.waitForFunction(() => Number(document.querySelector('[data-testid=playhead]')?.textContent) > 20);
    for (let i = 0; i <= 20; i++) await page.getByLabel('Step', { exact: true }).fill(String(i * 500));
    await standsAt(page, 10_000);
    const tasks = tasksOf(await site.browser.stopTracing());
    expect(tasks.filter((ms) => ms > 1).length).toBeGreaterThan(20);
    expect(Math.max(...tasks)).toBeLessThanOrEqual(BLOCKED_MAX_MS);
    await context.close();
  });
});
