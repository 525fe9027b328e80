/** A report in a browser: on a phone and on a screen, in light and in dark. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { chromiumPath, launch } from '../chromium.ts';

describe.skipIf(chromiumPath() === undefined)('a report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringlab-report-'));
  const file = join(folder, 'report.html');
  let browser: Browser;
  beforeAll(async () => {
    const { status } = spawnSync(process.execPath, [join(root, 'build/cli.mjs'), 'run', 'refill-never', '--report', file]);
    expect(status).toBe(0);
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  const SCREENS = [[1200, 'light'], [390, 'dark'], [320, 'light']] as const;
  test.each(SCREENS)('%i pixels, %s: nothing is wider than the screen', async (width, colorScheme) => {
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    const asked: string[] = [];
    page.on('request', (r) => asked.push(r.url()));
    await page.goto(pathToFileURL(file).href);
    expect(asked).toEqual([pathToFileURL(file).href]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    // Each plot is an image with a name, and has its numbers behind it.
    const plots = await page.locator('svg.plot[role=img]').count();
    expect(plots).toBeGreaterThan(5);
    expect(await page.locator('svg.plot > title').count()).toBe(plots);
    expect(await page.locator('figure details table').count()).toBe(plots);
    await page.close();
  });
});
