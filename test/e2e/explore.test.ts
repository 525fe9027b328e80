/** The page to explore, files from outside, and what a run is saved as: by hand. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { chromiumPath } from '../chromium.ts';
import { violations } from './axe.ts';
import { hashOf, recorded, Site } from './site.ts';

const SMALL = 'set=client.app.bytes=256KiB';

describe.skipIf(chromiumPath() === undefined)('explore', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open();
  });
  afterAll(() => site?.close());

  test('a link carries a sweep; a cell of it opens as a run that ends in the cell\'s state', async () => {
    const page = await site.visit(`#/explore/sweep&${SMALL}&vary=server.refill.batch=1,8,64&vary=nic.mtu=1500,4000&show=throughput_bps`);
    await page.getByRole('button', { name: 'Measure 6 cells' }).click();
    await page.getByRole('heading', { name: 'Where more stops paying' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('application', { name: /^Sweep/ }).focus();
    await page.keyboard.press('ArrowRight');
    const hash = await page.getByTestId('cell-hash').filter({ hasText: /^[0-9a-f]{16}$/ }).textContent();
    await page.getByRole('button', { name: 'Open this run on the bench' }).click();
    await page.waitForFunction(() => location.hash.startsWith('#bulk&set='));
    const fragment = await hashOf(page);
    expect(decodeURIComponent(fragment)).toContain('server.refill.batch=1');
    await page.close();
    const run = await site.visit(`${fragment.replace(/&v=[^&]*/, '')}&v=result`);
    expect(await run.getByTestId('end-hash').textContent()).toBe(hash);
    await run.close();
  });

  test('a sweep shows what comes in, can be stopped, and goes on with the rest', async () => {
    const page = await site.visit('#/explore/sweep&vary=server.refill.batch=1..64*2&vary=client.app.bytes=1MiB,2MiB,64MiB');
    await page.getByRole('button', { name: 'Measure 21 cells' }).click();
    // The large ones take long enough to stop it among them.
    await page.getByText(/^([2-9]|1\d) of 21 cells/).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    const rest = page.getByRole('button', { name: /^Measure the other/ });
    await rest.waitFor();
    const left = Number(/\d+/.exec(await rest.innerText())?.[0]);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(21);
    await page.getByRole('button', { name: 'Table' }).first().click();
    await expect.poll(() => page.getByText('not measured yet', { exact: true }).count()).toBe(left);
    await page.close();
  });

  test('what cannot be said is refused where it is written', async () => {
    const page = await site.visit('#/explore/sweep&vary=server.refill.batch=64..1*2');
    await page.getByText('the range is empty').waitFor();
    await expect.poll(() => page.getByRole('button', { name: /^Measure/ }).isDisabled()).toBe(true);
    await page.getByLabel('Values of server.refill.batch').fill('1,2');
    await page.getByRole('button', { name: 'Measure 2 cells' }).waitFor();
    await expect.poll(() => hashOf(page)).toContain('vary=server.refill.batch=1,2');
    await page.close();
  });

  test('ways are laid beside each other, and each opens as a run', async () => {
    const page = await site.visit(`#/explore/paths&${SMALL}&ways=rx`);
    await page.getByRole('button', { name: /^Measure \d+ ways/ }).click();
    await page.getByRole('button', { name: 'All are measured' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Table' }).click();
    await page.getByRole('row', { name: /^zc \(as it is\)/ }).waitFor();
    await page.getByRole('button', { name: 'multishot', exact: true }).last().click();
    await page.getByRole('button', { name: 'Open this run on the bench' }).click();
    await page.waitForFunction(() => location.hash.includes('app.receive=multishot'));
    await page.close();
  });

  test('sizes follow the questions, with their derivation, and can be tried', async () => {
    const page = await site.visit('#/explore/sizes&q.rate=25Gbps&q.rtt=40us');
    await page.getByText('25 000 000 000 bit/s × 40.0 µs / 8 = 125 000 bytes').waitFor();
    await page.getByLabel('mtu', { exact: true }).fill('70');
    await page.getByText(/expected a size from 576B/).waitFor();
    await page.getByLabel('mtu', { exact: true }).fill('9000');
    await expect.poll(() => hashOf(page)).toContain('q.mtu=9000');
    await page.getByText(/rx_buf_len 16384 makes it one/).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Try these sizes on the bench' }).click();
    await page.waitForFunction(() => location.hash.includes('nic.mtu=9000'));
    await recorded(page);
    expect(await page.locator('.state.bad').count()).toBe(0);
    await page.close();
  });
});

describe.skipIf(chromiumPath() === undefined)('files', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open();
  });
  afterAll(() => site?.close());

  /** Drops a file on the page, as a hand does. */
  async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
    const data = await page.evaluateHandle(([file, base64]) => {
      const transfer = new DataTransfer();
      const raw = Uint8Array.from(atob(base64 as string), (c) => c.charCodeAt(0));
      transfer.items.add(new File([raw], file as string));
      return transfer;
    }, [name, bytes.toString('base64')]);
    await page.dispatchEvent('body', 'dragenter', { dataTransfer: data });
    await page.getByText('Drop it here.').waitFor();
    await page.dispatchEvent('body', 'drop', { dataTransfer: data });
  }
  const file = (path: string) => readFileSync(join(root, path));

  test('a golden trace is laid beside the simulator, with the doctor\'s verdict', async () => {
    const page = await site.visit('#/file');
    await drop(page, 'x.jsonl', file('test/fixtures/golden/host/6.18.44/cq-overflow.jsonl'));
    await page.getByText(/told to be that kernel, has the same \d+ lines/).waitFor();
    await page.getByRole('heading', { name: /ended-with-data/ }).waitFor();
    await page.getByLabel('Search the lines').fill('overflow');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Open this program on the bench' }).click();
    await page.waitForFunction(() => location.hash.startsWith('#conform/cq-overflow'));
    await page.close();
  });

  test('a capture is replayed: its stream has the digest that the capture has', async () => {
    const { sha256 } = JSON.parse(file('test/fixtures/captures/small-messages-ipv4.streams.jsonl').toString()) as { sha256: string };
    const page = await site.visit('#bulk');
    await drop(page, 'small.pcap', file('test/fixtures/captures/small-messages-ipv4.pcap'));
    await page.getByText('every stream arrived whole').waitFor();
    await page.getByText(sha256).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  test('a log that is pasted gets a verdict; what is nothing of ours, a sentence', async () => {
    const page = await site.visit('#/file');
    await page.getByLabel('Or paste').fill('user_data=7 res=64 flags=0x2\nuser_data=7 res=-105 flags=0x0\n');
    await page.getByRole('button', { name: 'Read it' }).click();
    await page.getByRole('heading', { name: /^The doctor has/ }).waitFor();
    await drop(page, 'letter.txt', Buffer.from('Dear reader,\n'));
    await page.getByRole('alert').getByText(/letter\.txt: this is no scenario/).waitFor();
    await page.close();
  });

  test('a scenario goes to the bench, and one with mistakes to the editor', async () => {
    const page = await site.visit('#/library');
    await drop(page, 'mine.yaml', Buffer.from('about: Mine.\nclient:\n  app: {}\n'));
    await page.getByText(/did you mean 'hosts\.client'/).first().waitFor();
    await drop(page, 'mine.yaml', file('scenarios/jumbo.yaml'));
    await page.waitForFunction(() => location.hash.startsWith('#mine&text='));
    await page.close();
  });

  test('a run that is saved and dropped again is reproduced, at its step', async () => {
    const page = await site.visit('#loss&seed=5&at=321');
    await page.waitForFunction(() => location.hash.includes('&is='));
    await page.keyboard.press('E');
    const save = async (name: string) => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name, exact: true }).click()]);
      return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
    };
    const run = await save('Run file');
    expect(JSON.parse(run.bytes.toString())).toMatchObject({ ringlab_run: 1, name: 'loss', seed: 5, step: 321 });
    expect((await save('Packets')).bytes.readUInt32LE(0)).toBe(0x0a0d0d0a);
    expect((await save('Road as SVG')).bytes.toString()).toContain('<title>');
    expect((await save('Road as PNG')).bytes.subarray(1, 4).toString()).toBe('PNG');
    expect(await violations(page)).toEqual([]);
    await page.close();
    const other = await site.visit('#/file');
    await drop(other, run.name, run.bytes);
    await other.getByTestId('proof').getByText(/reproduced/).waitFor();
    expect(await other.getByTestId('playhead').innerText()).toBe('321');
    await other.close();
  });
});
