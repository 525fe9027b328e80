/** Rings and inspector in Chromium: a slot under the pointer, a packet beside its bytes, causes, and what had been without one. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath } from '../chromium.ts';
import { violations } from './axe.ts';
import { hashOf, Site } from './site.ts';

describe.skipIf(chromiumPath() === undefined)('rings and inspector', () => {
  let site: Site;
  let page: Page;
  beforeAll(async () => {
    site = await Site.open();
    page = await site.visit('#cq-too-small&at=600&v=rings:inspector');
    await page.locator('#panel-rings canvas').waitFor();
  });
  afterAll(() => site?.close());
  const inspector = () => page.locator('#panel-inspector');
  async function select(name: string) {
    await inspector().locator('.find input').fill(name);
    await inspector().locator('.find input').press('Enter');
  }

  test('the table of the rings leads to a slot, and the inspector shows its struct with bytes', async () => {
    await page.locator('#panel-rings').getByRole('button', { name: 'Table' }).click();
    await page.locator('#panel-rings').getByRole('button', { name: /^slot \d+$/ }).first().click();
    await expect.poll(() => inspector().locator('.struct code').first().innerText()).toMatch(/^io_uring_(sqe|cqe|zcrx_rqe)$/);
    expect(await inspector().locator('.bytes').first().innerText()).toMatch(/^[0-9a-f]{2} /);
    await page.locator('#panel-rings').getByRole('button', { name: 'Table' }).click();
  });

  test('a slot under the pointer shows its struct where the pointer is not', async () => {
    const box = await page.locator('#panel-rings canvas').boundingBox();
    if (!box) throw new Error('no canvas');
    const shown = page.locator('#panel-rings aside');
    // The pointer's shape changes at once over a slot, and there it stays until its struct has come.
    const pointing = page.locator('#panel-rings canvas.pointing');
    for (let x = 20; x < box.width && (await pointing.count()) === 0; x += 24) {
      await page.mouse.move(box.x + x, box.y + 130);
      await page.evaluate(() => new Promise(requestAnimationFrame));
    }
    await expect.poll(() => shown.count()).toBe(1);
    await page.mouse.move(2, 2);
    await expect.poll(() => shown.count()).toBe(0);
  });

  test('bytes of a packet are marked with the header that is pointed at', async () => {
    await select('packet 4');
    const tcp = inspector().locator('summary', { hasText: 'TCP' }).first();
    await tcp.hover();
    await expect.poll(() => inspector().locator('.byte.marked').count()).toBeGreaterThanOrEqual(20);
  });

  test('why goes back to the root, by the keyboard, and a cause that is taken away makes a branch', async () => {
    await page.locator('#panel-inspector h3').first().click();
    await page.keyboard.press('y');
    const chain = page.locator('.why');
    await expect.poll(() => chain.locator('li').count()).toBeGreaterThan(3);
    const more = chain.getByRole('button', { name: /back to the root/ });
    if (await more.count()) await more.click();
    expect(await chain.locator('.root').innerText()).toContain('first time');
    expect(await violations(page)).toEqual([]);
    await chain.getByRole('button', { name: /What if not\? Drop this packet/ }).first().click();
    await expect.poll(() => hashOf(page)).toContain('&on=1');
    expect(await inspector().locator('[role="alert"]').count()).toBe(0);
  });

  test('a request shows its life; what is not there says so', async () => {
    await select('ring 1');
    await inspector().locator('dd button.link').last().click();
    await expect.poll(() => inspector().getByRole('application', { name: /Life of the request/ }).count()).toBe(1);
    expect(await violations(page)).toEqual([]);
    await select('packet 999999');
    await expect.poll(() => inspector().locator('.state').innerText()).toContain('does not tell of it yet');
    await select('nonsense');
    expect(await inspector().locator('[role="alert"]').innerText()).toContain('Expected');
  });
});
