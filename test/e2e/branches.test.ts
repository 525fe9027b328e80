/** Changes by hand on the page: a fault on what is selected, a knob, a run begun anew, taken back and made again, compared. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath } from '../chromium.ts';
import { recorded, Site } from './site.ts';

const plain = (text: string): string => text.replaceAll('\u202f', ' ');

describe.skipIf(chromiumPath() === undefined)('changes by hand', () => {
  let site: Site;
  let page: Page;
  beforeAll(async () => {
    site = await Site.open();
    page = await site.visit('#tour');
    await recorded(page);
  });
  afterAll(() => site?.close());
  const faults = () => page.locator('[data-knobs]');
  const branches = () => page.locator('[data-branches]');
  const tree = () => branches().getByRole('list', { name: 'Branches' });

  test('p goes to the next packet that arrives and selects it; P goes back', async () => {
    const at = () => page.getByTestId('playhead').innerText();
    const selected = page.locator('#panel-inspector h3.title');
    expect(await at()).toBe('0');
    await page.keyboard.press('p');
    const first = await selected.innerText();
    expect(first).toMatch(/^Packet \d+/);
    const step = await at();
    expect(step).not.toBe('0');
    await page.keyboard.press('p');
    await expect.poll(() => selected.innerText()).not.toBe(first);
    expect(await at()).not.toBe(step);
    await page.keyboard.press('P');
    await expect.poll(() => selected.innerText()).toBe(first);
    expect(await at()).toBe(step);
  });

  test('x offers what can be done to the packet that is selected, names it, and makes a branch of it', async () => {
    await page.keyboard.press('x');
    const drop = faults().locator('[data-fault="drop"]');
    await drop.locator('button.head').click();
    await drop.getByText(/packet \d+/).first().waitFor();
    await drop.locator('button.primary').click();
    await faults().locator('.said').filter({ hasText: 'what differs first' }).waitFor();
    expect(plain(await faults().locator('.said').innerText())).toMatch(/dropped|falls|SIM_WIRE_FAULT/);
  });

  test('the branch is in the tree, and what differs first is told of both sides', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('branches');
    await page.keyboard.press('Enter');
    await branches().waitFor();
    await branches().getByText('numbers differ').waitFor();
    expect(await tree().getByRole('listitem').count()).toBe(2);
    await expect.poll(async () => plain(await branches().innerText())).toMatch(/The first [\d ]+ records are the same/);
    expect(await branches().getByRole('button', { name: 'Go there' }).count()).toBe(2);
    await branches().getByRole('button', { name: 'Table' }).click();
    await expect.poll(() => branches().locator('.twin tbody tr').count()).toBeGreaterThan(5);
  });

  test('Ctrl+Z takes it back, Ctrl+Y makes it again', async () => {
    await page.locator('body').click({ position: { x: 2, y: 2 } });
    await page.keyboard.press('Control+z');
    await expect.poll(() => tree().getByRole('listitem').count()).toBe(1);
    await page.keyboard.press('Control+y');
    await expect.poll(() => tree().getByRole('listitem').count()).toBe(2);
  });

  test('a branch is given a name', async () => {
    await tree().getByRole('button', { name: 'Rename' }).last().click();
    await tree().getByRole('textbox').fill('without it');
    await page.keyboard.press('Enter');
    await tree().getByText('without it').waitFor();
  });

  test('a knob that may change is turned from here; one that may not begins the run anew', async () => {
    await page.keyboard.press('k');
    const search = faults().getByRole('searchbox');
    await search.fill('wire.delay_ns');
    await faults().locator('.value').first().click();
    await faults().getByRole('textbox', { name: 'client delay_ns' }).fill('1ms');
    await faults().getByRole('button', { name: 'Turn it here' }).click();
    await faults().locator('.value.turned').waitFor();
    await search.fill('nic.rx_ring');
    await faults().locator('.value').nth(1).click();
    await faults().getByRole('textbox', { name: 'server rx_ring' }).fill('64');
    await faults().getByRole('button', { name: 'Begin anew' }).click();
    // Four branches, and the button that compares them.
    await expect.poll(() => page.locator('.branches button').count()).toBe(5);
  });

  test('what is refused is said where it was asked, and makes no branch', async () => {
    const before = await page.locator('.branches button').count();
    await page.keyboard.press('Escape');
    const search = faults().getByRole('searchbox');
    await search.fill('loss_ppm');
    await faults().locator('.value').first().click();
    await faults().getByRole('textbox', { name: 'client loss_ppm' }).fill('much');
    await faults().getByRole('button', { name: 'Turn it here' }).click();
    await faults().getByRole('alert').getByText('expected a share').waitFor();
    expect(await page.locator('.branches button').count()).toBe(before);
  });
});
