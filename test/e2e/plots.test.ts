/** The TCP view and the timeline in Chromium: keys, selection, search and the table, with an eye on the console. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath } from '../chromium.ts';
import { Site } from './site.ts';

describe.skipIf(chromiumPath() === undefined)('TCP and timeline', () => {
  let site: Site;
  let page: Page;
  beforeAll(async () => {
    site = await Site.open();
    page = await site.visit('#loss&at=1500&embed=timeline');
    await page.locator('[data-view="timeline"] canvas').waitFor();
    await page.locator('button[aria-label="Pin server core 0 softirq"]').waitFor();
  });
  afterAll(() => site?.close());

  const button = (name: string) => page.locator(`[data-view] button:text-is("${name}")`);
  const twin = () => page.locator('.twin caption').innerText();

  test('W shows less of the time, D goes on in it, 0 shows all', async () => {
    await page.locator('[data-view="timeline"] [role="application"]').focus();
    for (const key of ['w', 'w', 'w', 'w']) await page.keyboard.press(key);
    await button('Table').click();
    await expect.poll(twin).not.toContain('0\u202fns to');
    const near = await twin();
    await page.locator('.twin').focus();
    await page.keyboard.press('d');
    await expect.poll(twin).not.toBe(near);
    await page.keyboard.press('0');
    await expect.poll(twin).toMatch(/^0\sns to 2\d\.\d\sms$/);
    await button('Table').click();
  });

  test('a pinned track goes to the top', async () => {
    const pin = page.locator('button[aria-label="Pin server core 0 softirq"]');
    const before = (await pin.boundingBox())?.y ?? 0;
    await pin.click();
    await expect.poll(async () => (await pin.boundingBox())?.y).toBeLessThan(before);
    expect(await pin.getAttribute('aria-pressed')).toBe('true');
  });

  test('the search selects a record, and its span is told in detail', async () => {
    await page.locator('[data-view="timeline"] input').fill('event = tcp_retransmit');
    await page.locator('button[aria-label="Next that fits"]').click();
    await page.locator('.detail li[aria-current="true"]').waitFor();
    await page.locator('.detail li[aria-current="true"]').getByText('once more').waitFor();
    expect(await page.locator('.detail caption').innerText()).toContain('cycles');
  });

  test('the plot has a table with what was lost, and a row of it selects the packet', async () => {
    await page.goto(`${site.address}#loss&at=1500&embed=tcp`);
    await button('Table').click();
    const lost = page.locator('.twin tr', { hasText: 'lost' }).first();
    await lost.locator('button').click();
    await expect.poll(() => lost.getAttribute('aria-current')).toBe('true');
    await button('Table').click();
    await page.locator('[data-view="tcp"] .mark').waitFor();
  });

  test('the sequence diagram and the sockets are those of the moment', async () => {
    await button('Sequence').click();
    await page.getByLabel('Sequence diagram, in words').filter({ hasText: /^Last the (client|server) / }).waitFor({ state: 'attached' });
    await button('Sockets').click();
    const state = page.locator('.sockets tr', { hasText: 'of the connection' });
    await expect.poll(() => state.innerText()).toContain('ESTAB');
    await page.keyboard.press('Home');
    await expect.poll(() => state.innerText()).not.toContain('ESTAB');
  });
});
