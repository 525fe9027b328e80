/** npm run mutation [-- --help]: bundles test/mutation, since Node 20 does not run TypeScript, and runs it. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkNode, installModules } from './prepare.mjs';
import { root } from './run_command.mjs';

checkNode();
await installModules();
const { rolldown } = await import('rolldown');
async function bundle(input, file) {
  const made = await rolldown({
    input: join(root, input), cwd: root, platform: 'node', logLevel: 'silent', external: ['typescript', 'assemblyscript/asc', 'rolldown'],
  });
  await made.write({ file: join(root, file), format: 'esm', codeSplitting: false });
  await made.close();
}
// Of this process: a campaign that goes on must not find the tests of another one.
const made = ['worker', 'main'].map((name) => `build/mutation_${name}_${process.pid}.mjs`);
await bundle('test/mutation/worker.ts', made[0]);
await bundle('test/mutation/main.ts', made[1]);
process.on('exit', () => {
  for (const file of made) rmSync(join(root, file), { force: true });
});
// Bundled, the tests find scenarios and traces by this.
process.env.RINGLAB_ROOT = root;
await import(pathToFileURL(join(root, made[1])).href);
