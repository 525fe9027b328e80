/** Lessons in a browser: each is done to its end on the page, handed in, and read back by the teacher's page. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../../scripts/run_command.mjs';
import { chromiumPath } from '../chromium.ts';
import { violations } from './axe.ts';
import { Site } from './site.ts';

const FILES = readdirSync(join(root, 'lessons')).filter((f) => f.endsWith('.yaml')).sort();
const LESSONS = FILES.map((f) => f.replace(/^\d+-|\.yaml$/g, ''));
const titleOf = (id: string): string => {
  const file = FILES[LESSONS.indexOf(id)] ?? '';
  return (parse(readFileSync(join(root, 'lessons', file), 'utf8')) as { title: string }).title;
};

describe.skipIf(chromiumPath() === undefined)('lessons', () => {
  let site: Site;
  let page: Page;
  const codes: string[] = [];
  beforeAll(async () => {
    site = await Site.open();
    page = await site.visit('#/lessons');
  });
  afterAll(() => site?.close());

  const button = (name: string) => page.getByRole('button', { name, exact: true });
  /** Opens a lesson, and waits until it is this one that is shown. */
  async function open(id: string, rest: string): Promise<void> {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, `#/lessons/${id}/${rest}`);
    await page.getByRole('article', { name: titleOf(id), exact: true }).locator('.steps button[aria-current="step"]').waitFor();
  }
  /** Whether one stands at a step. */
  async function entered(n: number): Promise<void> {
    await page.locator(`.steps li:nth-child(${n}) button[aria-current="step"]:enabled`).waitFor();
    await page.locator('.story > h2').waitFor();
  }

  test('the list has all of them, in their order', async () => {
    await page.locator('ol h2').first().waitFor();
    const links = await page.locator('ol a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
    expect(links).toEqual(LESSONS.map((l) => `#/lessons/${l}`));
    expect(await violations(page)).toEqual([]);
  });

  test.each(LESSONS)('%s can be done to its end', async (id) => {
    await open(id, '1?for=week%204');
    const count = await page.locator('.steps li').count();
    for (let n = 1; n <= count; n++) {
      await entered(n);
      expect(await page.locator('.story [role="alert"]').allTextContents()).toEqual([]);
      if (await page.locator('section.task').count() > 0) {
        await button('Show me').click();
        await page.locator('.task.solved .after p').first().waitFor();
        expect(await page.locator('.said li:not(.ok)').allTextContents()).toEqual([]);
      }
      if (n < count) await button('Next').click();
    }
    await page.getByRole('heading', { name: 'All solved' }).waitFor();
    const code = page.getByLabel('Your result');
    await expect.poll(() => code.inputValue()).toMatch(/^RL1\./);
    codes.push(await code.inputValue());
  });

  test('is done by keyboard: an answer that is wrong, one that is right, a knob, and back', async () => {
    await page.evaluate(() => localStorage.clear());
    await open('header-split', '2');
    await page.getByRole('textbox', { name: /Which errno/ }).focus();
    await page.keyboard.type('5');
    await page.keyboard.press('Enter');
    await page.locator('.said li:not(.ok)').waitFor();
    expect(await page.locator('.said').innerText()).toContain('found 5');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('22');
    await page.keyboard.press('Enter');
    await page.locator('.task.solved').waitFor();
    await page.locator('.story h2').first().focus();
    await page.keyboard.press(']');
    await entered(3);
    await page.keyboard.press(']');
    await entered(4);
    const knob = page.getByLabel('server.nic.header_split');
    await expect.poll(() => knob.inputValue()).toBe('off');
    await knob.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('.task.solved').waitFor();
    expect(await page.locator('.after').innerText()).toMatch(/^\d[\d\u202f]+ frames were split/);
    await page.locator('.story h2').first().focus();
    await page.keyboard.press('[');
    await entered(3);
    expect(await page.locator('.steps li:nth-child(2) button.done').count()).toBe(1);
  });

  test('a step that is loaded anew is where it was, with what was solved', async () => {
    await page.reload();
    await entered(3);
    await expect.poll(() => page.locator('.steps button.done').count()).toBe(2);
    expect(await violations(page)).toEqual([]);
  });

  test('the teacher reads results back, and a broken line is said to be one', async () => {
    const picked = [codes[0] ?? '', codes[6] ?? '', 'RL1.abc.def'];
    await page.evaluate(() => {
      location.hash = '#/lessons/teacher';
    });
    await page.getByLabel(/Lines that students handed in/).fill(picked.join('\n'));
    await button('Read and prove').click();
    await button('Read and prove').waitFor();
    const rows = page.locator('tbody tr');
    await expect.poll(() => rows.count()).toBe(3);
    await page.getByText('Line 3: it is not whole').waitFor();
    await expect.poll(() => rows.nth(0).innerText()).toContain('3 of 3 proved');
    expect(await rows.nth(0).innerText()).toContain('week 4');
    await expect.poll(() => rows.nth(1).innerText()).toContain('Everything came out the same.');
    expect(await page.getByLabel('The same as CSV').inputValue()).toContain('"week 4","The life of one byte","3","3"');
    expect(await violations(page)).toEqual([]);
  });

  test('a link assigns a lesson', async () => {
    await page.getByLabel('Called').fill('Networks');
    await page.getByRole('combobox', { name: /^Lesson/ }).selectOption('steering');
    const link = `${site.address}#/lessons/steering?for=Networks`;
    await expect.poll(() => page.getByLabel('Link for students').inputValue()).toBe(link);
    await page.goto(link);
    await page.getByText('Assigned: Networks').waitFor();
  });

  test('a lesson fits a phone', async () => {
    const small = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const;
    const phone = await site.visit('#/lessons/closing-window/5', small);
    await phone.getByRole('button', { name: 'Run with this' }).waitFor();
    expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    const main = await phone.locator('main').evaluate((m) => m.scrollWidth);
    expect(main).toBeLessThanOrEqual(390);
    await phone.getByRole('button', { name: 'Next' }).click();
    await phone.getByText('6 of 6').waitFor();
    await phone.context().close();
  });
});
