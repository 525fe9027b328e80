/** The log, breakpoints and charts, by hand. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath } from '../chromium.ts';
import { recorded, Site } from './site.ts';

describe.skipIf(chromiumPath() === undefined)('log, breakpoints, charts', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open();
  });
  afterAll(() => site?.close());
  const step = async (page: Page) => Number(await page.getByTestId('playhead').innerText());
  /** The line under the list, once something fits: it is said in a line above as long as nothing does. */
  const drops = (page: Page) => page.getByRole('status').filter({ hasText: /^\s*[1-9][\d\s\u202f]* of [\d\s\u202f]+ records fit/ });

  test('a filter is completed, what is wrong with it is said, and it chooses the rows', async () => {
    const page = await site.visit('#loss&v=log');
    const rows = page.locator('.row[role=row]');
    await rows.nth(5).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('dro');
    await page.getByRole('option', { name: /^drop/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.type('and reson = 1 ');
    await page.getByText('there is no field or event “reson”: did you mean “reason”?').waitFor();
    await expect.poll(() => page.getByRole('combobox', { name: 'Filter' }).getAttribute('aria-invalid')).toBe('true');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('drop and reason = SIM_WIRE_LOSS');
    await page.keyboard.press('Escape');
    await drops(page).waitFor();
    await expect.poll(() => rows.locator('.event').evaluateAll((all) => [...new Set(all.map((e) => e.textContent))])).toEqual(['drop']);
    await page.close();
  });

  test('the keyboard goes from one record that fits to the next, and to any row', async () => {
    const page = await site.visit('#loss&v=log&f=drop');
    await recorded(page);
    await drops(page).waitFor();
    const at: number[] = [];
    for (const key of ['n', 'n', 'N']) {
      await page.keyboard.press(key);
      await expect.poll(() => step(page)).not.toBe(at.at(-1) ?? 0);
      at.push(await step(page));
    }
    expect(at[1]).toBeGreaterThan(at[0] as number);
    expect(at[2]).toBe(at[0]);
    const grid = page.getByRole('grid');
    await grid.focus();
    await page.keyboard.press('End');
    const last = page.locator('.row[role=row][aria-selected=true]');
    await last.waitFor();
    const rows = Number(await grid.getAttribute('aria-rowcount'));
    await expect.poll(async () => Number(await last.getAttribute('aria-rowindex'))).toBe(rows);
    await page.keyboard.press('Enter');
    await expect.poll(() => step(page)).toBeGreaterThan(at[1] as number);
    await page.close();
  });

  test('play stops where a condition is met, and at the same steps on its way back', async () => {
    const page = await site.visit('#loss&v=breakpoints');
    await page.getByRole('button', { name: 'a packet is dropped' }).click();
    const stopped = page.getByText(/^Stopped at/);
    for (let i = 0; i < 8; i++) await page.keyboard.press('+');
    const at: number[] = [];
    for (const name of ['Play', 'Play', 'Play backward']) {
      const before = await step(page);
      await page.getByRole('button', { name, exact: true }).click();
      await expect.poll(() => step(page)).not.toBe(before);
      await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
      await stopped.waitFor();
      at.push(await step(page));
    }
    expect(at[1]).toBeGreaterThan(at[0] as number);
    expect(at[2]).toBe(at[0]);
    await page.getByRole('button', { name: 'On to drop' }).click();
    await expect.poll(() => step(page)).toBe(at[1]);
    await page.close();
  });

  test('the palette runs to a condition, and says when it is met nowhere', async () => {
    const page = await site.visit('#loss&v=breakpoints&stop=drop&stop=-cq_overflow');
    const on = () => page.getByRole('checkbox').evaluateAll((all) => all.map((c) => (c as HTMLInputElement).checked));
    await expect.poll(on).toEqual([true, false]);
    const run = async (text: string) => {
      await page.keyboard.press('Control+k');
      await page.keyboard.type(text);
      await page.keyboard.press('Enter');
    };
    await run('run to drop');
    await expect.poll(() => step(page)).toBeGreaterThan(0);
    await run('run to cq_overflow');
    await page.getByText('cq_overflow is met nowhere after this.').first().waitFor();
    await run('back to dorp');
    await page.getByText(/did you mean “drop”/).first().waitFor();
    await page.close();
  });

  test('a link with a filter that is ill said tells so', async () => {
    const page = await site.visit('#loss&v=log&f=dorp');
    await page.getByText(/No records are chosen: there is no field or event “dorp”/).waitFor();
    await page.getByRole('button', { name: 'Show all records' }).click();
    await page.locator('.row[role=row]').first().waitFor();
    await page.close();
  });

  test('each chart has a file and a table', async () => {
    const page = await site.visit('#loss&v=charts');
    await page.getByRole('figure', { name: 'Throughput' }).waitFor();
    for (const name of ['Buffers of the server', 'Receive queues', 'Cycles per byte of the server', 'Latency', 'Drops and retransmissions'])
      await page.getByRole('figure', { name }).waitFor();
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Throughput as CSV' }).click()]);
    const [head, ...rows] = readFileSync(await file.path(), 'utf8').trimEnd().split('\n');
    expect(head).toBe('time_ns,client writes (bit/s),server reads (bit/s)');
    expect(rows.length).toBeGreaterThan(50);
    expect(file.suggestedFilename()).toBe('loss-throughput.csv');
    await page.locator('[data-view=charts]').getByRole('button', { name: 'Table' }).click();
    await expect.poll(() => page.getByRole('table').count()).toBeGreaterThan(5);
    await page.close();
  });
});
