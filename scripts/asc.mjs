/** Compiles AssemblyScript under the core's rules: DECISIONS.md says why each flag is there. */
import { fork } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './run_command.mjs';
import { brokenRules } from './wasm_rules.mjs';

/** Static data begins where the memory map says (sim/core/memory_map.ts: STATE_END); 32 pages hold map and arena's start. */
const RULES = [
  '--runtime', 'stub', '--use', 'abort=sim/core/trap/onAbort', '--memoryBase', '131072', '--initialMemory', '32',
  '--enable', 'simd', '--disableWarning', '235',
];
const DIRTY_MAP = 'scripts/dirty_map.mjs';
const INLINE = 'scripts/inline.mjs';
const COVER = 'scripts/cover.mjs';

/**
 * The arguments of a build.
 * job: entry, out, and perhaps optimize (0: debug; 2: well enough, in a third of the time of 3), imports (modules that may be
 * imported), transform (dirty-page map), sourceMap (false: none), use (constants: NAME=value), cover (counters at branches)
 */
export function ascArgs(job) {
  const args = [...[job.entry].flat(), '--outFile', job.out, ...RULES];
  if (job.sourceMap !== false) args.push('--sourceMap');
  if (job.optimize) args.push('--optimizeLevel', String(job.optimize), '--shrinkLevel', '0');
  else args.push('--debug');
  for (const constant of job.use ?? []) args.push('--use', constant);
  if (job.transform) args.push('--transform', `./${DIRTY_MAP}`);
  if (job.cover) args.push('--transform', `./${COVER}`);
  if (job.optimize === 3) args.push('--transform', `./${INLINE}`);
  return args;
}

/** Files other than sources that a build follows from. */
export const ascInputs = () => ['scripts/asc.mjs', 'package-lock.json', DIRTY_MAP, INLINE, COVER, 'scripts/binaryen_tree.mjs'];

function startCompiler() {
  return fork(fileURLToPath(new URL('asc_worker.mjs', import.meta.url)), { cwd: root, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

/** Compiles one job in a worker. Writes to a folder beside the target first, so that a failed build leaves the old file. */
async function compileIn(worker, job) {
  const fresh = posix.join(dirname(job.out), `new-${process.pid}`, basename(job.out));
  mkdirSync(join(root, dirname(fresh)), { recursive: true });
  const reply = await new Promise((resolve) => {
    const lost = () => resolve({ failed: true, output: 'the compiler process ended' });
    worker.once('exit', lost);
    worker.once('message', (message) => {
      worker.off('exit', lost);
      resolve(message);
    });
    worker.send({ args: ascArgs({ ...job, out: fresh }) });
  });
  if (reply.failed) return { job, error: reply.output.trim() };
  const path = join(root, fresh);
  const broken = brokenRules(readFileSync(path), job.imports);
  if (broken.length > 0) {
    rmSync(path);
    return { job, error: `${job.out}\n  ${broken.join('\n  ')}` };
  }
  renameSync(path, join(root, job.out));
  if (existsSync(`${path}.map`)) renameSync(`${path}.map`, join(root, `${job.out}.map`));
  return { job, error: '', warnings: reply.output.trim() };
}

/** Compiles jobs, two at a time. `onStart` and `onEnd` see each one. Returns one result a job: { job, error }. */
export async function compileAll(jobs, { parallel = 2, onStart = () => {}, onEnd = () => {} } = {}) {
  const queue = [...jobs];
  const results = [];
  const work = async () => {
    if (queue.length === 0) return;
    const worker = startCompiler();
    for (let job = queue.shift(); job; job = queue.shift()) {
      onStart(job);
      const result = await compileIn(worker, job);
      results.push(result);
      onEnd(result);
    }
    worker.kill();
  };
  await Promise.all(Array.from({ length: Math.min(parallel, jobs.length) }, work));
  for (const job of jobs) rmSync(join(root, dirname(job.out), `new-${process.pid}`), { recursive: true, force: true });
  return results;
}
