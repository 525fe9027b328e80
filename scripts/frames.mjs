/** node scripts/frames.mjs: what a frame of the road and of the memory costs with 1,000 packets in flight and 10,000 buffers. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { rolldown } from 'rolldown';
import { root } from './run_command.mjs';

const at = (...parts) => join(root, ...parts);
async function bundle(input, format, file) {
  const built = await rolldown({ input: at(input), platform: format === 'esm' ? 'node' : 'browser', logLevel: 'silent' });
  await built.write({ format, file });
  await built.close();
}

await bundle('test/bench/frame_work.ts', 'esm', at('build/frame_work.mjs'));
await bundle('test/bench/frame_paint.ts', 'iife', at('build/frame_paint.js'));
const { measureFrames } = await import(at('build/frame_work.mjs'));
const scenes = await measureFrames(at('build/core.wasm'), at('scenarios/bulk.yaml'));

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(executablePath)) {
  console.log('painting is left out: there is no Chromium');
  process.exit(0);
}
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage();
await page.setContent(`<style>${readFileSync(at('web/tokens.css'), 'utf8')}</style>`);
await page.addScriptTag({ path: at('build/frame_paint.js') });
for (const ratio of [1, 2]) {
  const lines = await page.evaluate(([s, r]) => window.paintFrames(s, r), [JSON.parse(JSON.stringify(scenes)), ratio]);
  console.log(`${ratio} pixel${ratio > 1 ? 's' : ''} for each of CSS, without a GPU\n${lines.join('\n')}`);
}
await browser.close();
