/** The page as a visitor meets it: dist/web from a static host, in Debian's Chromium, with an eye on the console. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { serve } from '../../scripts/serve.mjs';
import { launch } from '../chromium.ts';

/** The machine may have other work: what is waited for comes late then. As long as vitest.config.ts lets expect.poll wait. */
const PATIENCE_MS = 60_000;

/** Waits until the run is recorded to its end. */
export const recorded = (page: Page) => page.getByTestId('recorded').filter({ hasText: /^of \d+$/ }).waitFor();

export const hashOf = (page: Page): Promise<string> => page.evaluate(() => location.hash);

/** The address, once the page has written the state of the moment into it: it does when all has stood still for a while. */
export async function settled(page: Page, step?: number): Promise<string> {
  const moment = step === undefined ? '' : `&at=${step}(&.*)?`;
  await expect.poll(() => hashOf(page)).toMatch(new RegExp(`${moment}&is=[0-9a-f]{8}\\.[0-9a-f]{16}`));
  return hashOf(page);
}

/** Waits until the playhead is at a step. */
export const standsAt = (page: Page, step: number) => page.getByTestId('playhead').filter({ hasText: new RegExp(`^${step}$`) }).waitFor();

export class Site {
  /** What the console said that it should not have. */
  readonly complaints: string[] = [];
  readonly browser: Browser;
  readonly address: string;
  readonly #close: () => Promise<void>;

  private constructor(browser: Browser, address: string, close: () => Promise<void>) {
    this.browser = browser;
    this.address = address;
    this.#close = close;
  }

  static async open(): Promise<Site> {
    expect(existsSync(join(root, 'dist/web/index.html')), 'npm run build first').toBe(true);
    const [server, browser] = await Promise.all([serve(join(root, 'dist/web'), 0), launch()]);
    return new Site(browser, server.address, async () => {
      await browser.close();
      await server.close();
    });
  }

  /** A browser that knows nothing of earlier visits. */
  async visitor(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.browser.newContext({
      viewport: { width: 1366, height: 900 }, reducedMotion: 'reduce', serviceWorkers: 'block', ...options,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    return context;
  }

  /** A visitor's page at a fragment; `first` runs in it before the page's own scripts. */
  async visit(fragment: string, options: BrowserContextOptions = {}, first?: () => void): Promise<Page> {
    const context = await this.visitor(options);
    const page = await context.newPage();
    if (first) await page.addInitScript(first);
    page.on('console', (message) => {
      // Tests have no service worker, but for those that are about it.
      if (message.text().includes('registration blocked by Playwright')) return;
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(`${fragment}: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.complaints.push(`${fragment}: ${error.message}`));
    await page.goto(this.address + fragment);
    return page;
  }

  async close(): Promise<void> {
    await this.#close();
    expect(this.complaints).toEqual([]);
  }
}
