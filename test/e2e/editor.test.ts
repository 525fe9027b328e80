/** The editor and the library, by hand. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath } from '../chromium.ts';
import { hashOf, Site } from './site.ts';

describe.skipIf(chromiumPath() === undefined)('the editor', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open();
  });
  afterAll(() => site?.close());

  test('completes, explains and finds mistakes where they are', async () => {
    const page = await site.visit('#/editor');
    const text = page.getByLabel('Scenario as text');
    await page.getByText('ready to run').waitFor();
    await text.click();
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText('ring:\n  ');
    await page.keyboard.type('cq_en');
    const choices = page.getByRole('option', { name: /^cq_entries/ });
    await choices.waitFor();
    // The list takes no key while it is made anew, nor in its first moments.
    await page.locator('.cm-tooltip-autocomplete:not(.cm-tooltip-autocomplete-disabled)').waitFor();
    await page.waitForTimeout(150);
    await page.keyboard.press('Enter');
    await page.keyboard.type('many');
    const problem = page.getByLabel('Problems').getByText(/ring\.cq_entries: expected/);
    await problem.waitFor();
    expect(await problem.innerText()).toMatch(/^line 2/);
    await expect.poll(() => page.getByRole('button', { name: 'Run' }).isDisabled()).toBe(true);
    await page.locator('.cm-content').getByText('cq_entries').hover();
    await page.getByText(/ring\.cq_entries: .*Default/).waitFor();
    await page.close();
  });

  test('the form writes the text, and the text fills the form', async () => {
    const page = await site.visit('#/editor');
    await page.getByText('ready to run').waitFor();
    await page.getByLabel('Find a knob').fill('cq_entries');
    const knob = page.getByLabel('cq_entries', { exact: true });
    await knob.fill('64');
    await knob.press('Enter');
    await page.getByText('ring: { cq_entries: 64 }').or(page.getByText('cq_entries: 64')).first().waitFor();
    await page.getByRole('button', { name: 'Take cq_entries out of the text' }).click();
    await expect.poll(() => knob.inputValue()).toBe('');
    await expect.poll(() => knob.getAttribute('placeholder')).toMatch(/\d/);
    await page.close();
  });

  test('what was written is run, and is still there after a reload', async () => {
    const page = await site.visit('#/editor');
    await page.getByText('ready to run').waitFor();
    await page.getByLabel('Find a knob').fill('app bytes');
    await page.getByLabel('client', { exact: true }).check();
    const bytes = page.getByLabel('bytes', { exact: true });
    await bytes.fill('64KiB');
    await bytes.press('Enter');
    await page.getByText('bytes: 64KiB').waitFor();
    await page.reload();
    await page.getByText('bytes: 64KiB').waitFor();
    await page.getByText('ready to run').waitFor();
    await page.keyboard.press('Control+Enter');
    await page.getByLabel('Step').first().waitFor();
    await expect.poll(() => hashOf(page)).not.toMatch(/editor/);
    await page.close();
  });
});

describe.skipIf(chromiumPath() === undefined)('the library', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open();
  });
  afterAll(() => site?.close());

  test('draws what is in sight, and finds cases by their words', async () => {
    const page = await site.visit('#/library');
    await page.getByRole('img', { name: /^bulk: 1 stream, \d+ events$/ }).waitFor();
    await page.getByLabel('Search').fill('completion queue of eight');
    const names = () => page.locator('main li h2').allTextContents();
    await expect.poll(names).not.toContain('bulk');
    expect(await names()).toContain('pain/A1');
    await page.getByLabel('Search').fill('nothing has such words');
    await page.getByText('Try fewer').waitFor();
    await page.close();
  });
});
