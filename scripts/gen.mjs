/** npm run gen [-- --check]: bundles the generator, since Node 20 does not run TypeScript, and runs it. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { root } from './run_command.mjs';

const file = join(root, 'build/generate.mjs');
const bundle = await rolldown({ input: join(root, 'sim/gen/generate.ts'), cwd: root, platform: 'node', logLevel: 'silent' });
await bundle.write({ file, format: 'esm' });
await bundle.close();
process.chdir(root);
await import(pathToFileURL(file).href);
