/** The frame as a visitor meets it: the first seconds, the time, links, keys, the phone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { node, root } from '../../scripts/run_command.mjs';
import { compileCore, loadScenario, startScenario } from '../../sim/host/index.ts';
import { packText } from '../../web/deflate.ts';
import { chromiumPath } from '../chromium.ts';
import { violations } from './axe.ts';
import { hashOf, recorded, Site, settled, standsAt } from './site.ts';

const playhead = async (page: Page): Promise<number> => Number(await page.getByTestId('playhead').textContent());
const proof = (page: Page, word: string) => page.getByTestId('proof').filter({ hasText: word }).waitFor();
const stateIn = (hash: string) => /&is=[0-9a-f]{8}\.([0-9a-f]{16})/.exec(hash)?.[1];

/** The state of a machine that nobody watches, after so many events. */
async function stateAfter(name: string, events: number): Promise<string> {
  const core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
  const scenario = loadScenario(readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8'), name, {});
  const engine = startScenario(core, scenario, {});
  for (let left = events; left > 0;) {
    const before = engine.eventCount();
    engine.core.run(BigInt(scenario.run['run.until_ns']), left);
    engine.drain();
    left -= engine.eventCount() - before;
  }
  return engine.stateHash();
}

describe.skipIf(chromiumPath() === undefined)('the frame', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open();
  });
  afterAll(() => site?.close());

  test('shows a first result by itself, says what happens, and what to do next', async () => {
    const page = await site.visit('', { reducedMotion: 'no-preference' });
    const moving = () => Number(document.querySelector('[data-testid=playhead]')?.textContent) > 3;
    await page.waitForFunction(moving);
    await page.getByRole('note').getByText('Space').waitFor();
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    const at = await playhead(page);
    await settled(page);
    expect(await playhead(page)).toBe(at);
    await page.close();
  });

  test('stops where it stands, and goes where it is sent, while an answer is under way', async () => {
    const page = await site.visit('#loss', {}, () => {
      const Prompt = Worker;
      window.Worker = class extends Prompt {
        override set onmessage(listener: ((message: MessageEvent) => void)) {
          super.onmessage = (message) => setTimeout(() => listener(message), 200);
        }
      };
    });
    await recorded(page);
    const beyond = (step: number) => page.waitForFunction(
      (s) => Number(document.querySelector('[data-testid=playhead]')?.textContent) > s, step,
    );
    await page.keyboard.type('++ ');
    await beyond(3);
    await page.keyboard.press(' ');
    const at = await playhead(page);
    await settled(page);
    expect(await playhead(page)).toBe(at);
    await page.keyboard.press(' ');
    await beyond(at);
    await page.keyboard.press('Home');
    await expect.poll(() => hashOf(page)).not.toContain('at=');
    expect(await playhead(page)).toBe(0);
    await page.close();
  });

  test('a key that comes while the run is being opened does what it does where the link leads', async () => {
    const page = await site.visit('#loss&at=500', {}, () => {
      const Prompt = Worker;
      let held: (() => void)[] | undefined = [];
      addEventListener('letgo', () => {
        for (const send of held ?? []) send();
        held = undefined;
      });
      window.Worker = class extends Prompt {
        override postMessage(message: unknown) {
          if (held) held.push(() => super.postMessage(message));
          else super.postMessage(message);
        }
      };
    });
    await page.getByTestId('playhead').waitFor();
    await page.keyboard.press('p');
    await page.evaluate(() => dispatchEvent(new Event('letgo')));
    await page.locator('#panel-inspector h3.title', { hasText: /^Packet/ }).waitFor();
    expect(await playhead(page)).toBeGreaterThan(500);
    await page.close();
  });

  test('plays by itself only where motion is welcome', async () => {
    const page = await site.visit('#bulk');
    await recorded(page);
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    expect(await playhead(page)).toBe(0);
    await page.close();
  });

  test('scrubs both ways to the states of a machine that nobody watches', async () => {
    const page = await site.visit('#loss');
    await recorded(page);
    const rule = page.getByLabel('Step', { exact: true });
    const seen = new Map<number, string | undefined>();
    for (const step of [3000, 1000, 5000, 1000]) {
      await rule.fill(String(step));
      const state = stateIn(await settled(page, step));
      expect(seen.get(step) ?? state).toBe(state);
      seen.set(step, state);
    }
    for (const [step, state] of seen) expect(state, `step ${step}`).toBe(await stateAfter('loss', step));
    await page.close();
  });

  test('ends with the command line\'s state, and with what the scenario promised', async () => {
    const page = await site.visit('#loss&seed=7&v=result');
    const hash = await page.getByTestId('end-hash').textContent();
    const { stdout } = await node(['build/cli.mjs', 'run', 'loss', '--seed', '7', '--json']);
    expect(hash).toBe((JSON.parse(stdout) as { stateHash: string }).stateHash);
    await page.getByText('✓ all held').waitFor();
    await page.close();
  });

  test('a link to a moment is computed again, and says that it is the same', async () => {
    const first = await site.visit('#loss&seed=3&set=client.wire.delay_ns=50us&at=700&sel=packet:40&f=event%20%3D%20drop');
    const hash = await settled(first);
    expect(hash).toMatch(/^#loss&seed=3&set=client\.wire\.delay_ns=50us&at=700&sel=packet:40&f=.*drop.*&is=/);
    expect(hash.length).toBeLessThan(180);
    await first.close();
    const second = await site.visit(hash);
    await proof(second, 'reproduced');
    expect(await playhead(second)).toBe(700);
    expect(await settled(second)).toBe(hash);
    await second.close();
    const spoilt = await site.visit(hash.replace('seed=3', 'seed=4'));
    await proof(spoilt, 'differs');
    await spoilt.getByTestId('proof').click();
    await spoilt.getByText(/computed here, it is [0-9a-f]{16}/).waitFor();
    await spoilt.close();
  });

  test('a link carries branches and a scenario of one\'s own', async () => {
    const text = readFileSync(join(root, 'scenarios/loss.yaml'), 'utf8').replace('4MiB', '1MiB');
    const edits = [{ at: 200, set: 'server.refill.delay_ns=30us' }];
    const branches = await packText(JSON.stringify([
      ['no loss', -1, 0, [], ['client.wire.loss_ppm=0']], ['slower', 0, 200, edits, []], ['later', 2, 300, [], []],
    ]));
    const page = await site.visit(`#mine&text=${await packText(text)}&b=${branches}&on=2&at=600`);
    const hash = await settled(page);
    const group = page.getByRole('group', { name: 'Branches' });
    await group.getByRole('button', { name: /slower/, pressed: true }).waitFor();
    expect(await group.getByRole('button', { name: /later/ }).getAttribute('title')).toBe('Leaves slower after step 300');
    expect(await group.getByRole('button', { name: /no loss/ }).getAttribute('title')).toBe('Begins anew: client.wire.loss_ppm=0');
    await page.close();
    const again = await site.visit(hash);
    await proof(again, 'reproduced');
    await again.getByRole('button', { name: /slower/, pressed: true }).waitFor();
    await again.close();
    // Without the change it is another state: the change is part of the run.
    const base = await site.visit(hash.replace('&on=2', ''));
    await proof(base, 'differs');
    await base.close();
  });

  test('another seed is another run, and the address keeps it', async () => {
    const page = await site.visit('#loss&seed=1&at=300');
    const one = stateIn(await settled(page));
    await page.getByRole('button', { name: 'seed 1' }).click();
    await page.getByRole('option', { name: /with seed 2/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'seed 2' }).waitFor();
    await page.waitForFunction(() => location.hash.startsWith('#loss&seed=2'));
    await recorded(page);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('step 300');
    await page.keyboard.press('Enter');
    const two = stateIn(await settled(page));
    expect(two).not.toBe(one);
    await page.close();
  });

  test('the dialog of links gives the link, a frame and a command', async () => {
    const page = await site.visit('#loss&seed=3&at=400');
    await settled(page);
    await page.keyboard.press('l');
    const dialog = page.getByRole('dialog', { name: 'Link to this moment' });
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('input[aria-label=Link]')?.value.includes('&is='));
    expect(await dialog.getByLabel('Command').inputValue()).toBe('npx ringlab run loss --seed 3');
    const src = /src="([^"]+)"/.exec(await dialog.getByLabel('Frame', { exact: true }).inputValue())?.[1];
    expect(src).toMatch(/&embed=\w+$/);
    await dialog.getByLabel('Name').fill('Here it is lost');
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('input[aria-label=Link]')?.value.includes('title='));
    expect(await violations(page)).toEqual([]);
    await page.close();
    const frame = await site.visit((src as string).replace(/^[^#]*/, ''), { viewport: { width: 720, height: 420 } });
    await proof(frame, 'reproduced');
    await frame.getByRole('link', { name: 'Open in Ringlab' }).waitFor();
    expect(await frame.getByRole('navigation', { name: 'Pages' }).count()).toBe(0);
    expect(await frame.locator('[id^=panel-]').count()).toBe(1);
    await frame.close();
  });

  test('links that name nothing say so, and the page goes on', async () => {
    const page = await site.visit('#nosuch');
    await page.getByRole('alert').getByText('There is no scenario called nosuch').waitFor();
    await page.keyboard.press('o');
    await page.getByLabel('Find a command').fill('scenario loss');
    await page.getByRole('option', { selected: true, name: /^Scenario loss/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await page.evaluate(() => {
      location.hash = '#/nowhere';
    });
    await page.getByText('There is no page called nowhere').waitFor();
    await page.getByRole('button', { name: 'To the bench' }).click();
    await page.getByTestId('playhead').waitFor();
    await page.close();
  });

  test('all of the time is done by keyboard', async () => {
    const page = await site.visit('#loss&v=overview,result');
    await recorded(page);
    for (const [key, step] of [['.', 1], ['.', 2], ['.', 3], [',', 2]] as const) {
      await page.keyboard.press(key);
      await standsAt(page, step);
    }
    await page.keyboard.press('Control+k');
    await page.keyboard.type('step 1200');
    await page.keyboard.press('Enter');
    await standsAt(page, 1200);
    await page.keyboard.press('?');
    const sheet = page.getByRole('dialog', { name: 'Keys' });
    await sheet.getByText('One event back').waitFor();
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'hidden' });
    await page.keyboard.press('F6');
    const panel = () => page.evaluate(() => document.activeElement?.id ?? '');
    await expect.poll(panel).toMatch(/^panel-/);
    const first = await panel();
    await page.keyboard.press('F6');
    await expect.poll(panel).not.toBe(first);
    await page.keyboard.press('Home');
    await standsAt(page, 0);
    await page.close();
  });

  test('borders of panels move with the arrow keys, and the link keeps them', async () => {
    const page = await site.visit('#loss&at=100&v=overview,result');
    await settled(page);
    const border = page.getByRole('separator').first();
    await border.focus();
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
    await expect.poll(() => border.getAttribute('aria-valuenow')).toBe('60');
    await page.waitForFunction(() => location.hash.includes('&v=overview*60,result*40'));
    await page.close();
  });

  const PHONES = [[390, 844], [320, 640]] as const;
  test.each(PHONES)('a screen of %i by %i needs no sideways scrolling, and shows one view at a time', async (width, height) => {
    const page = await site.visit('#loss&at=500', { viewport: { width, height }, hasTouch: true, isMobile: true });
    await settled(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const views = page.getByRole('navigation', { name: 'Views' });
    await views.getByRole('button', { name: 'Result' }).click();
    await page.locator('#panel-result').waitFor();
    expect(await page.locator('[id^=panel-]').count()).toBe(1);
    expect(await page.getByRole('button', { name: 'Play', exact: true }).isVisible()).toBe(true);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await page.close();
  });

  const THEMES = ['light', 'dark'] as const;
  test.each(THEMES)('axe finds nothing on the bench, in the palette and on the sheet of keys: %s', async (colorScheme) => {
    const page = await site.visit('#loss&at=500', { colorScheme });
    await settled(page);
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Control+k');
    await page.getByRole('listbox', { name: 'Found' }).getByRole('option').first().waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  test('the theme is chosen, and kept', async () => {
    const page = await site.visit('#loss', { colorScheme: 'light' });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.getByRole('button', { name: /^Theme/ }).click();
    await page.getByRole('button', { name: /^Theme/ }).click();
    await expect.poll(ground).not.toBe(light);
    const dark = await ground();
    await page.reload();
    await expect.poll(ground).toBe(dark);
    await page.close();
  });
});
