/** The page as a visitor meets it, in Debian's Chromium. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { node, root } from '../../scripts/run_command.mjs';
import { serve } from '../../scripts/serve.mjs';
import { STAGES } from '../../sim/schema/stages.ts';
import { chromiumPath, launch } from '../chromium.ts';

const SHOTS = join(root, 'build/shots');
const scenarios = readdirSync(join(root, 'scenarios')).filter((f) => f.endsWith('.yaml')).map((f) => f.replace(/\.yaml$/, '')).sort();

describe.skipIf(chromiumPath() === undefined)('the page', () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof serve>>;
  const complaints: string[] = [];

  async function open(path: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1366, height: 900 }, reducedMotion: 'reduce', ...options });
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(`${path}: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(`${path}: ${error.message}`));
    await page.goto(server.address + path);
    return page;
  }
  const hashOf = (page: Page) => page.getByTestId('state-hash').textContent({ timeout: 60_000 });

  beforeAll(async () => {
    expect(existsSync(join(root, 'dist/web/index.html')), 'npm run build first').toBe(true);
    mkdirSync(SHOTS, { recursive: true });
    server = await serve(join(root, 'dist/web'), 0);
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test('runs bulk by itself and comes to the command line\'s state hash', async () => {
    const page = await open('');
    const hash = await hashOf(page);
    const { stdout } = await node(['build/cli.mjs', 'run', 'bulk', '--json']);
    expect(hash).toBe((JSON.parse(stdout) as { stateHash: string }).stateHash);
    await page.screenshot({ path: join(SHOTS, 'desktop-light.png'), fullPage: true });
    await page.close();
  });

  test('shows nine stages in order, a journey and a stream', async () => {
    const page = await open('#bulk');
    await hashOf(page);
    const names = await page.locator('.road h3').allTextContents();
    expect(names.map((n) => n.replace(/^Stage \d: ?/, ''))).toEqual(STAGES.map((s) => s.name));
    const journey = page.getByRole('heading', { name: 'Journey of the first byte' }).locator('..');
    expect(await journey.getByRole('listitem').count()).toBeGreaterThan(8);
    expect(await page.getByRole('row').count()).toBeGreaterThan(3);
    await page.close();
  });

  test('an application in TypeScript has its journey too', async () => {
    const page = await open('#http');
    await hashOf(page);
    const journey = page.getByRole('heading', { name: 'Journey of the first byte' }).locator('..');
    expect(await journey.getByRole('listitem').count()).toBeGreaterThan(8);
    await page.close();
  });

  test('a stream that never ends has no last byte', async () => {
    const page = await open('#refill-never');
    await hashOf(page);
    expect(await page.getByText('until the run stopped').count()).toBe(1);
    await page.close();
  });

  test('another seed is another run, and the address keeps it', async () => {
    const page = await open('#loss&seed=1');
    const first = await hashOf(page);
    await page.getByLabel('Seed').fill('2');
    await page.getByRole('button', { name: 'Run' }).click();
    const changed = (old: string | null) => document.querySelector('[data-testid=state-hash]')?.textContent !== old;
    await page.waitForFunction(changed, first, { timeout: 60_000 });
    expect(page.url()).toContain('#loss&seed=2');
    await page.close();
  });

  test.each(scenarios)('%s runs and keeps what it promises', async (name) => {
    const page = await open(`#${name}`);
    await hashOf(page);
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(await page.getByText('Broken:').count()).toBe(0);
    await page.close();
  });

  const SCREENS = [
    ['phone-light', 390, 'light'], ['phone-dark', 390, 'dark'], ['tablet-light', 820, 'light'], ['desktop-dark', 1366, 'dark'],
  ] as const;
  test.each(SCREENS)('%s needs no sideways scrolling', async (name, width, colorScheme) => {
    const page = await open('#loss', { viewport: { width, height: 844 }, colorScheme });
    await hashOf(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
    await page.close();
  });

  test('can be used by keyboard alone', async () => {
    const page = await open('#bulk');
    await hashOf(page);
    const reached: string[] = [];
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate(() => document.activeElement?.tagName ?? ''));
    }
    expect(reached).toEqual(['SELECT', 'INPUT', 'BUTTON']);
    await page.close();
  });

  test('says nothing in the console', () => {
    expect(complaints).toEqual([]);
  });
});
