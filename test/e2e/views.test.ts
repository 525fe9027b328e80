/** Every view and every page: it opens, keeps quiet in the console, and is whole for readers and on a phone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { chromiumPath } from '../chromium.ts';
import { violations } from './axe.ts';
import { hashOf, Site } from './site.ts';

/** Ids and titles of a registry: its modules are Svelte's, and cannot be loaded here. */
const entriesOf = (file: string): [id: string, title: string][] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/^\s+(?:\{ )?id: '(\w+)', title: '([^']+)'/gm)].map((m) => [m[1] ?? '', m[2] ?? '']);
const VIEWS = entriesOf('web/views/index.ts').map(([id]) => id);
const PAGES = entriesOf('web/pages/index.ts').filter(([id]) => id !== 'bench');

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

  async function go(page: Page, fragment: string): Promise<void> {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, fragment);
  }
  const filled = async (page: Page, place: string) => {
    await expect.poll(() => page.locator('.dial').count()).toBe(0);
    await expect.poll(() => page.locator(place).innerText()).not.toBe('');
  };
  /** Shows a view at a moment, and waits until it is drawn: the page writes the moment's state into its address when all stands still. */
  async function showView(page: Page, id: string): Promise<void> {
    await go(page, `#loss&at=1500&v=${id}`);
    await expect.poll(() => hashOf(page)).toMatch(new RegExp(`&v=${id}&is=`));
    await filled(page, `#panel-${id} .body`);
  }
  async function showPage(page: Page, id: string, title: string): Promise<void> {
    await go(page, `#/${id}`);
    await expect.poll(() => page.title()).toContain(title);
    await filled(page, 'main');
  }

  test('there are views', () => {
    expect(VIEWS.length).toBeGreaterThan(1);
  });

  test.each(VIEWS)('view %s opens, and axe finds nothing in it', async (id) => {
    await showView(wide, id);
    expect(await wide.locator('.state.bad').count()).toBe(0);
    expect(await violations(wide)).toEqual([]);
  });

  test.each(VIEWS)('view %s fits a phone', async (id) => {
    await showView(phone, id);
    expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  test.each(PAGES)('page %s opens, axe finds nothing in it, and it fits a phone', async (id, title) => {
    await showPage(wide, id, title);
    expect(await violations(wide)).toEqual([]);
    await showPage(phone, id, title);
    expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
});
