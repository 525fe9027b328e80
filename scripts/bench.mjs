/** npm run bench [-- --quick] [-- --json]: builds what is stale, compiles the C yardstick where there is a compiler, measures. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './run_command.mjs';

const step = (command, args) => spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status ?? 1;
const quiet = (command, args) => spawnSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] }).status ?? 1;

if (quiet('node', ['scripts/build.mjs']) !== 0) process.exit(1);
const bundle = [
  'node_modules/rolldown/bin/cli.mjs', 'test/bench/bench.ts', '--platform', 'node', '--format', 'esm', '--file', 'build/bench.mjs',
  '--log-level', 'silent',
];
if (quiet('node', bundle) !== 0) process.exit(1);
const baseline = join(root, 'build/bench_baseline');
const compiled = spawnSync('cc', ['-O2', 'scripts/bench_baseline.c', '-o', baseline], { cwd: root, stdio: 'ignore' }).status === 0;
if (!compiled) console.error('the ratio to C is left out: there is no C compiler');
process.exit(step('node', ['build/bench.mjs', ...process.argv.slice(2), ...(compiled ? [`--baseline=${baseline}`] : [])]));
