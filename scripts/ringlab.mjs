#!/usr/bin/env node
/** npx ringlab …: builds what is stale, silently when nothing is, and runs the command line. */
import { build } from './build.mjs';
import { checkNode, modulesFresh } from './prepare.mjs';

checkNode();
if (!modulesFresh()) {
  console.error('Ringlab: the npm packages are missing or old. Run npm ci, or npm start, first.');
  process.exit(1);
}
// Standard output belongs to the command.
const onStale = (name) => process.stderr.isTTY && console.error(`building ${name}, because its sources have changed …`);
const TARGETS = { serve: ['core', 'fuzz', 'cli', 'web'], fuzz: ['fuzz', 'cli'] };
const errors = await build(TARGETS[process.argv[2]] ?? ['core', 'cli'], { quiet: true, onStale });
if (errors.length > 0) {
  console.error(errors.join('\n'));
  process.exit(1);
}
process.argv[1] = new URL('../build/cli.mjs', import.meta.url).pathname;
await import('../build/cli.mjs');
