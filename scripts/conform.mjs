/** npm run conform [-- --help]: bundles native-backend/lab/conform, since Node 20 does not run TypeScript, and runs it. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { checkNode, installModules } from './prepare.mjs';
import { root } from './run_command.mjs';

checkNode();
await installModules();
const errors = await build(['core'], { quiet: false });
if (errors.length > 0) {
  console.error(errors.join('\n'));
  process.exit(1);
}
const { rolldown } = await import('rolldown');
const file = join(root, 'build/conform.mjs');
const input = join(root, 'native-backend/lab/conform/main.ts');
const bundle = await rolldown({ input, cwd: root, platform: 'node', logLevel: 'silent' });
await bundle.write({ file, format: 'esm', codeSplitting: false });
await bundle.close();
await import(pathToFileURL(file).href);
