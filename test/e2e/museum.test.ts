/** A bug of the museum on the page: it breaks where it broke, and the page says what always holds. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fragmentOf } from '../../sim/cli/fuzz/link.ts';
import { readRunFile } from '../../sim/lab/index.ts';
import { chromiumPath } from '../chromium.ts';
import { recorded, Site, standsAt } from './site.ts';

describe.skipIf(chromiumPath() === undefined)('a counterexample on the page', () => {
  let site: Site;
  let page: Page;
  const asked: string[] = [];
  beforeAll(async () => {
    site = await Site.open();
    page = await site.visit('#tour');
    page.on('request', (request) => asked.push(request.url()));
    await page.reload();
  });
  afterAll(() => site?.close());

  test('the fuzzing core is no part of the first load, nor of what is kept for later', async () => {
    await recorded(page);
    expect(asked.filter((url) => url.includes('core.fuzz'))).toEqual([]);
    expect(readFileSync('dist/web/service_worker.js', 'utf8')).not.toContain('core.fuzz');
  });

  const open = async (name: string) => {
    const file = `test/museum/found/${name}.run.json`;
    const run = readRunFile(readFileSync(file, 'utf8'), file);
    await page.goto(`${site.address}${await fragmentOf(run)}`);
    await standsAt(page, run.step ?? 0);
    return run;
  };
  const said = () => page.getByRole('alert', { name: 'What breaks' });
  const selected = () => page.locator('#panel-inspector').innerText();

  test('an assert of the core ends it at the moment before, where the buffer is selected that it is about', async () => {
    await open('zcrx-scrub-race');
    await expect.poll(() => said().innerText()).toMatch(/core: L3 .* breaks in the next step.*page_pool\.ts:\d+.*zcrx-scrub-race: /s);
    expect(await said().innerText()).toMatch(/Always: What an assert .*stack\/3-pool\/index\.ts/s);
    await expect.poll(selected).toMatch(/Buffer \d+/);
    expect(asked.some((url) => url.includes('core.fuzz'))).toBe(true);
  });

  test('one step on it breaks: what was seen, what always holds, the call of the program, and the record are there', async () => {
    const { invariant = '' } = await open('poll-mshot-overflow');
    await said().getByText('breaks in the next step').waitFor();
    await said().getByRole('button', { name: 'Make that step' }).click();
    await said().getByText('is broken').waitFor();
    await expect.poll(() => said().innerText()).toContain(invariant);
    expect(await said().innerText()).toMatch(/in step \d+ of the program, [\w.]+.*Always: A multishot request.*io_req_post_cqe/s);
    await expect.poll(selected).not.toMatch(/Nothing is selected/);
    await said().getByRole('button', { name: 'To the moment before' }).click();
    await said().getByText('breaks in the next step').waitFor();
  });

  test('from afar it is told where a run breaks; what cannot be drawn is shown in the log', async () => {
    const text = 'run: {verify: true, bug: tcp-window-scale-shrink}\nsteps: [{sock.pair: {}}, {syscall: {nr: 436, args: [0, 5]}}]\n';
    await page.goto(`${site.address}${await fragmentOf({ ringlab_run: 1, name: 'shrink', text, sets: [], edits: [], step: 0 })}`);
    await said().getByText(/breaks in step \d+ of the run, in step 1 of the program, syscall close_range\./).waitFor();
    expect(await page.locator('#panel-road').count()).toBe(1);
    await said().getByRole('button', { name: 'To the moment before' }).click();
    // Over loopback no segment is on a wire, and the plot of connections is empty.
    await expect.poll(() => page.locator('#panel-log').count()).toBe(1);
    expect(await page.locator('#panel-road').count()).toBe(0);
  });
});
