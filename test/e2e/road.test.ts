/** The road and the memory, by hand: the same drawing from both sides, and what is clicked is what is told. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath } from '../chromium.ts';
import { recorded, Site, settled, standsAt } from './site.ts';

describe.skipIf(chromiumPath() === undefined)('road and memory', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open();
  });
  afterAll(() => site?.close());

  const drawing = (page: Page) => page.locator('canvas').first().evaluate((c: HTMLCanvasElement) => c.toDataURL());
  async function goTo(page: Page, step: number): Promise<void> {
    await page.getByRole('slider', { name: 'Step', exact: true }).evaluate((slider: HTMLInputElement, value) => {
      slider.value = String(value);
      slider.dispatchEvent(new Event('input', { bubbles: true }));
    }, step);
    await standsAt(page, step);
  }
  /** Goes to a step where the drawing is another one than before, and waits until that stands still. */
  async function at(page: Page, step: number): Promise<string> {
    const before = await drawing(page);
    await goTo(page, step);
    await expect.poll(() => drawing(page)).not.toBe(before);
    return picture(page);
  }
  async function picture(page: Page): Promise<string> {
    let last = await drawing(page);
    for (let same = 0; same < 2; ) {
      await page.waitForTimeout(80);
      const next = await drawing(page);
      same = next === last ? same + 1 : 0;
      last = next;
    }
    return last;
  }
  /** When the recording is as long as it will be, steps can be gone to. */
  async function opened(fragment: string): Promise<Page> {
    const page = await site.visit(fragment);
    await recorded(page);
    return page;
  }

  test.each(['road', 'memory'])('the %s is drawn the same, whichever side one comes from', async (view) => {
    const page = await opened(`#loss&v=${view}`);
    await goTo(page, 1000);
    await settled(page, 1000);
    const first = await at(page, 3000);
    for (const other of [3600, 1000]) {
      await at(page, other);
      await goTo(page, 3000);
      await expect.poll(() => drawing(page)).toBe(first);
    }
    await page.close();
  });

  test('the keyboard walks over what is on the road, and the table tells the same', async () => {
    const page = await opened('#loss&at=3000&v=road');
    await settled(page, 3000);
    await page.getByRole('application', { name: /^Road/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.locator('.stage > .mark').waitFor();
    await page.getByRole('button', { name: 'Table', exact: true }).click();
    const rows = page.getByRole('region', { name: 'Road as a table' }).locator('tbody tr');
    await expect.poll(() => rows.count()).toBeGreaterThan(20);
    await expect.poll(() => page.locator('tr[aria-current=true]').count()).toBe(1);
    await page.close();
  });

  test('depths show more and less of the same', async () => {
    const page = await opened('#loss&at=3000&v=road');
    const height = async () => (await page.locator('canvas').first().boundingBox())?.height ?? 0;
    // As it opens, it is at the depth in the middle.
    await settled(page, 3000);
    const normal = await height();
    for (const [depth, sign] of [['simple', -1], ['normal', 0], ['detailed', 1]] as const) {
      await page.getByRole('button', { name: depth, exact: true }).click();
      await expect.poll(async () => Math.sign(await height() - normal)).toBe(sign);
    }
    await page.close();
  });

  test('a buffer that is clicked tells its life, and its causes can be gone to', async () => {
    const page = await opened('#loss&at=3000&v=memory');
    await settled(page, 3000);
    await page.locator('canvas').first().click({ position: { x: 40, y: 90 } });
    const life = page.getByRole('region', { name: /^Life of buffer \d+/ });
    await life.getByRole('list', { name: 'Owners in their order' }).getByRole('listitem').first().waitFor();
    await expect.poll(() => page.locator('.stage > .mark').count()).toBe(1);
    await page.getByRole('button', { name: 'ages of loans' }).click();
    await page.getByText(/oldest loan/).waitFor();
    await page.close();
  });
});
