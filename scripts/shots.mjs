/**
 * npm run shots [-- ID…]: screenshots of every view, workspace and page at 1440 and 390 pixels, light and dark, to build/shots.
 * They are there to be looked at; nothing compares them.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { checkNode, installModules, which } from './prepare.mjs';
import { root } from './run_command.mjs';
import { serve } from './serve.mjs';
import { say, step } from './terminal.mjs';

const FOLDER = join(root, 'build/shots');
const SCREENS = [['desktop', 1440, 900], ['phone', 390, 844]];
const THEMES = ['light', 'dark'];
/** A run in which something is lost, at a moment when much is under way. */
const MOMENT = 'loss&at=1500';

const idsIn = (file) => [...readFileSync(join(root, file), 'utf8').matchAll(/^\s+(?:\{ )?id: '(\w+)'/gm)].map((m) => m[1]);
const subjects = [
  ['first', '#bulk&at=1200'],
  ...idsIn('web/pages/bench/bench_state.svelte.ts').map((id) => [`workspace-${id}`, `#${MOMENT}&v=${id}`]),
  ...idsIn('web/views/index.ts').map((id) => [`view-${id}`, `#${MOMENT}&v=${id}`]),
  ...idsIn('web/pages/index.ts').filter((id) => id !== 'bench').map((id) => [`page-${id}`, `#/${id}`]),
  ['palette', `#${MOMENT}&do=palette`], ['keys', `#${MOMENT}&do=sheet`], ['link', `#${MOMENT}&do=share`],
  ['embed', `#${MOMENT}&embed=road`], ['nothing', '#nosuch'],
];

async function shoot(page, name, address) {
  await page.goto('about:blank');
  await page.goto(address);
  await page.waitForTimeout(400);
  await page.waitForFunction(() => !document.querySelector('.dial'), undefined, { timeout: 30_000 })
    .catch(() => say(`${name}: it is still loading`));
  await page.waitForTimeout(900);
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
}

checkNode();
await installModules();
const errors = await build(['core', 'fuzz', 'web']);
const executablePath = process.env.CHROMIUM ?? which('chromium');
if (errors.length > 0 || !executablePath) {
  console.error(errors.length > 0 ? errors.join('\n') : 'npm run shots: chromium is not installed (Debian: apt-get install chromium)');
  process.exit(1);
}
const wanted = process.argv.slice(2);
const shown = subjects.filter(([name]) => wanted.length === 0 || wanted.some((w) => name.endsWith(w)));
if (wanted.length === 0) rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const { chromium } = await import('playwright-core');
const server = await serve(join(root, 'dist/web'), 0);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
for (const [screen, width, height] of SCREENS) {
  for (const colorScheme of THEMES) {
    const progress = step(`${screen}, ${colorScheme}`);
    const phone = screen === 'phone';
    const context = await browser.newContext({
      viewport: { width, height }, colorScheme, reducedMotion: 'reduce', serviceWorkers: 'block', hasTouch: phone, isMobile: phone,
    });
    const page = await context.newPage();
    for (const [name, fragment] of shown) await shoot(page, `${name}-${screen}-${colorScheme}`, `${server.address}${fragment}`);
    progress.done(`${shown.length} screenshots`);
    await context.close();
  }
}
await browser.close();
await server.close();
say(`Look at them: ${FOLDER}`);
