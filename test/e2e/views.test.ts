/** Every view and every page: it opens, keeps quiet in the console, and is whole for readers and on a phone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { chromiumPath } from '../chromium.ts';
import { violations } from './axe.ts';
import { Site } from './site.ts';

/** The ids of a registry: its modules are Svelte's, and cannot be loaded here. */
const idsIn = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/^\s+(?:\{ )?id: '(\w+)'/gm)].map((m) => m[1] ?? '');
const VIEWS = idsIn('web/views/index.ts');
const PAGES = idsIn('web/pages/index.ts').filter((id) => id !== 'bench');

describe.skipIf(chromiumPath() === undefined)('views and pages', () => {
  let site: Site;
  let wide: Page;
  let phone: Page;
  beforeAll(async () => {
    site = await Site.open();
    wide = await site.visit('#loss&at=1500');
    const small = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme: 'dark' } as const;
    phone = await site.visit('#loss&at=1500', small);
  });
  afterAll(() => site?.close());

  /** Shows a view at a moment, and waits until it is drawn. */
  async function show(page: Page, fragment: string): Promise<void> {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, fragment);
    await page.waitForTimeout(150);
    await page.locator('.dial').first().waitFor({ state: 'detached', timeout: 60_000 });
    await page.waitForTimeout(350);
  }

  test('there are views', () => {
    expect(VIEWS.length).toBeGreaterThan(1);
  });

  test.each(VIEWS)('view %s opens, and axe finds nothing in it', async (id) => {
    await show(wide, `#loss&at=1500&v=${id}`);
    expect(await wide.locator(`#panel-${id} .body`).innerText()).not.toBe('');
    expect(await wide.locator('.state.bad').count()).toBe(0);
    expect(await violations(wide)).toEqual([]);
  });

  test.each(VIEWS)('view %s fits a phone', async (id) => {
    await show(phone, `#loss&at=1500&v=${id}`);
    expect(await phone.locator(`#panel-${id} .body`).innerText()).not.toBe('');
    expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  test.each(PAGES)('page %s opens, axe finds nothing in it, and it fits a phone', async (id) => {
    await show(wide, `#/${id}`);
    expect(await wide.locator('main').innerText()).not.toBe('');
    expect(await violations(wide)).toEqual([]);
    await show(phone, `#/${id}`);
    expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
});
