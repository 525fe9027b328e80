/** The road and the memory, by hand: the same drawing from both sides, and what is clicked is what is told. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath } from '../chromium.ts';
import { Site } from './site.ts';

describe.skipIf(chromiumPath() === undefined)('road and memory', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open();
  });
  afterAll(() => site?.close());

  /** Shows a step, and waits until the drawing has stood still. */
  async function at(page: Page, step: number): Promise<string> {
    await page.getByRole('slider', { name: 'Step', exact: true }).evaluate((slider: HTMLInputElement, value) => {
      slider.value = String(value);
      slider.dispatchEvent(new Event('input', { bubbles: true }));
    }, step);
    await expect.poll(async () => Number(await page.getByTestId('playhead').innerText())).toBe(step);
    return picture(page);
  }
  async function picture(page: Page): Promise<string> {
    const now = () => page.locator('canvas').first().evaluate((c: HTMLCanvasElement) => c.toDataURL());
    let last = await now();
    for (let same = 0; same < 2; ) {
      await page.waitForTimeout(80);
      const next = await now();
      same = next === last ? same + 1 : 0;
      last = next;
    }
    return last;
  }
  /** When the recording is as long as it will be, steps can be gone to. */
  async function opened(fragment: string): Promise<Page> {
    const page = await site.visit(fragment);
    const steps = async () => Number(await page.getByRole('slider', { name: 'Step', exact: true }).getAttribute('max'));
    await expect.poll(steps, { timeout: 60_000 }).toBeGreaterThan(4000);
    return page;
  }

  test.each(['road', 'memory'])('the %s is drawn the same, whichever side one comes from', async (view) => {
    const page = await opened(`#loss&v=${view}`);
    const first = await at(page, 3000);
    expect(await at(page, 3600)).not.toBe(first);
    expect(await at(page, 3000)).toBe(first);
    await at(page, 1000);
    expect(await at(page, 3000)).toBe(first);
    await page.close();
  });

  test('the keyboard walks over what is on the road, and the table tells the same', async () => {
    const page = await opened('#loss&at=3000&v=road');
    await picture(page);
    await page.getByRole('application', { name: /^Road/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.locator('.stage > .mark').waitFor();
    await page.getByRole('button', { name: 'Table', exact: true }).click();
    const rows = page.getByRole('region', { name: 'Road as a table' }).locator('tbody tr');
    expect(await rows.count()).toBeGreaterThan(20);
    expect(await page.locator('tr[aria-current=true]').count()).toBe(1);
    await page.close();
  });

  test('depths show more and less of the same', async () => {
    const page = await opened('#loss&at=3000&v=road');
    const heights: number[] = [];
    for (const depth of ['simple', 'normal', 'detailed']) {
      await page.getByRole('button', { name: depth, exact: true }).click();
      await picture(page);
      heights.push((await page.locator('canvas').first().boundingBox())?.height ?? 0);
    }
    expect(heights[0]).toBeLessThan(heights[1] as number);
    expect(heights[1]).toBeLessThan(heights[2] as number);
    await page.close();
  });

  test('a buffer that is clicked tells its life, and its causes can be gone to', async () => {
    const page = await opened('#loss&at=3000&v=memory');
    await picture(page);
    await page.locator('canvas').first().click({ position: { x: 40, y: 90 } });
    const life = page.getByRole('region', { name: /^Life of buffer \d+/ });
    await life.waitFor();
    expect(await life.getByRole('list', { name: 'Owners in their order' }).getByRole('listitem').count()).toBeGreaterThan(0);
    expect(await page.locator('.stage > .mark').count()).toBe(1);
    await page.getByRole('button', { name: 'ages of loans' }).click();
    await page.getByText(/oldest loan/).waitFor();
    await page.close();
  });
});
