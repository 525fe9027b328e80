/**
 * npm run build [-- TARGET…] [--force]: builds what is stale.
 *
 *     core     build/core.wasm          the simulator, optimised
 *     debug    build/core.debug.wasm    the same with names, for tests and debuggers
 *     fuzz     build/core.fuzz.wasm     the same with the museum's bugs as switches and branches counted, for the fuzzer
 *     wasi     build/core.wasi.wasm     the same as a WASI command
 *     cli      build/cli.mjs            the command line, and what its worker threads run: build/cell_worker.mjs, build/fuzz_worker.mjs
 *     package  build/ringlab.mjs        what `import 'ringlab'` gets, with its types
 *     web      dist/web                 the page: any static host serves it
 *
 * A target is stale when its outputs are missing or a byte of its inputs has changed since they were made.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { closure, filesUnder } from './as_sources.mjs';
import { ascInputs } from './asc.mjs';
import { root } from './run_command.mjs';
import { size, step } from './terminal.mjs';

const tsTree = () => [
  ...[
    'sim/host', 'sim/lab', 'sim/cli', 'sim/fuzz', 'sim/schema', 'sim/gen', 'sim/validation', 'scenarios', 'lessons', 'test/packetdrill',
    'native-backend/lab',
  ].flatMap((dir) => filesUnder(dir)),
  ...filesUnder('uring-model/8-app', (f) => !f.includes('/builtin/')),
];
const core = (out, entry, extra) => ({
  outputs: [out],
  inputs: () => [...ascInputs(), ...closure(entry)],
  job: { entry, out, transform: true, ...extra },
});

export const TARGETS = {
  core: core('build/core.wasm', 'sim/world/index.ts', { optimize: 3 }),
  debug: core('build/core.debug.wasm', 'sim/world/index.ts', {}),
  fuzz: core('build/core.fuzz.wasm', 'sim/world/index.ts', { optimize: 2, cover: true, use: ['MUSEUM=1'] }),
  wasi: core('build/core.wasi.wasm', 'sim/world/wasi.ts', { optimize: 3, imports: ['wasi_snapshot_preview1'] }),
  cli: {
    outputs: ['build/cli.mjs', 'build/cell_worker.mjs', 'build/fuzz_worker.mjs'],
    inputs: () => ['scripts/build.mjs', 'package-lock.json', 'web/address.ts', 'web/deflate.ts', ...tsTree()],
    make: bundleCli,
  },
  package: {
    outputs: ['build/ringlab.mjs', 'build/types/sim/package/index.d.ts'],
    inputs: () => ['scripts/build.mjs', 'package-lock.json', 'tsconfig.package.json', ...filesUnder('sim/package'), ...tsTree()],
    make: bundlePackage,
  },
  web: {
    outputs: ['dist/web/index.html'],
    inputs: () => [
      'vite.config.ts', 'scripts/service_worker.mjs', 'package-lock.json', 'build/core.wasm', 'build/core.fuzz.wasm', ...filesUnder('web'),
      ...tsTree(),
    ],
    make: buildWeb,
  },
};

/** Packages that are loaded when a command asks for them: they start threads of their own files, or are large. */
const external = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies);

async function bundleNode(input, file) {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({ input: join(root, input), cwd: root, platform: 'node', logLevel: 'silent', external });
  await bundle.write({ file: join(root, file), format: 'esm', sourcemap: true, codeSplitting: false });
  await bundle.close();
}
async function bundleCli() {
  await bundleNode('sim/cli/main.ts', 'build/cli.mjs');
  await bundleNode('sim/cli/sweep/cell_worker.ts', 'build/cell_worker.mjs');
  await bundleNode('sim/cli/fuzz/fuzz_worker.ts', 'build/fuzz_worker.mjs');
}

/** JavaScript for Node, and declarations for the editor and the compiler. */
async function bundlePackage() {
  await bundleNode('sim/package/index.ts', 'build/ringlab.mjs');
  const tsc = join(root, 'node_modules/@typescript/native/bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, '-p', 'tsconfig.package.json'], { cwd: root });
}

async function buildWeb() {
  const { build } = await import('vite');
  await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'error' });
}

const stampFile = join(root, 'build/stamps.json');
const readStamps = () => {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return {};
  }
};
function writeStamp(name, stamp) {
  mkdirSync(join(root, 'build'), { recursive: true });
  const fresh = `${stampFile}.${process.pid}`;
  writeFileSync(fresh, JSON.stringify({ ...readStamps(), [name]: stamp }, null, 1));
  renameSync(fresh, stampFile);
}

/** Two signatures of a target's inputs: by size and time, which is cheap, and by content, which is true. */
function signature(files, of) {
  const hash = createHash('sha256');
  for (const file of [...new Set(files)].sort()) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(`${file}\0${of(path)}\0`);
  }
  return hash.digest('hex');
}
const byTime = (path) => {
  const { size: bytes, mtimeMs } = statSync(path);
  return `${bytes} ${mtimeMs}`;
};
const byContent = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** Whether a target must be made again; its stamp either way. */
function examine(name, stamps) {
  const target = TARGETS[name];
  const files = target.inputs();
  const old = stamps[name];
  const made = target.outputs.every((f) => existsSync(join(root, f)));
  const fast = signature(files, byTime);
  if (made && old?.fast === fast) return { stale: false };
  const stamp = { fast, content: signature(files, byContent) };
  const stale = !made || old?.content !== stamp.content;
  if (!stale) writeStamp(name, stamp);
  return { stale, stamp };
}

const outputText = (target) => target.outputs.map((f) => `${f} ${size(statSync(join(root, f)).size)}`).join(', ');

async function makeCores(names, quiet) {
  const { compileAll } = await import('./asc.mjs');
  const errors = [];
  const steps = new Map();
  const stamps = new Map(names.map((name) => [TARGETS[name].job.out, { name, stamp: examine(name, {}).stamp }]));
  await compileAll(names.map((name) => TARGETS[name].job), {
    onStart: (job) => {
      if (!quiet) steps.set(job.out, step(stamps.get(job.out).name));
    },
    onEnd: ({ job, error }) => {
      const { name, stamp } = stamps.get(job.out);
      if (error) errors.push(error);
      else writeStamp(name, stamp);
      if (error) steps.get(job.out)?.failed();
      else steps.get(job.out)?.done(outputText(TARGETS[name]));
    },
  });
  return errors;
}

async function makeOne(name, quiet) {
  const { stamp } = examine(name, {});
  const progress = quiet ? undefined : step(name);
  try {
    await TARGETS[name].make();
  } catch (error) {
    progress?.failed();
    return [String(error?.message ?? error)];
  }
  writeStamp(name, stamp);
  progress?.done(outputText(TARGETS[name]));
  return [];
}

/** Builds the stale ones of the named targets, in order. Returns the errors: an empty list when all is built. */
export async function build(names = Object.keys(TARGETS), { force = false, quiet = false, onStale = () => {} } = {}) {
  const stamps = readStamps();
  const stale = (name) => {
    const found = force || examine(name, stamps).stale;
    if (found) onStale(name);
    return found;
  };
  // The longest first: two are made at a time.
  const effort = (name) => TARGETS[name].job?.optimize ?? 0;
  const cores = names.filter((name) => TARGETS[name].job && stale(name)).sort((a, b) => effort(b) - effort(a));
  const errors = cores.length > 0 ? await makeCores(cores, quiet) : [];
  for (const name of names) {
    if (!TARGETS[name].make || errors.length > 0 || !stale(name)) continue;
    errors.push(...(await makeOne(name, quiet)));
  }
  return errors;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const args = process.argv.slice(2);
  const names = args.filter((a) => !a.startsWith('-'));
  const unknown = names.find((n) => !(n in TARGETS));
  if (unknown !== undefined) {
    console.error(`npm run build: no target ${unknown}; there are ${Object.keys(TARGETS).join(', ')}`);
    process.exit(2);
  }
  const { checkNode, installModules } = await import('./prepare.mjs');
  checkNode();
  await installModules();
  const errors = await build(names.length > 0 ? names : undefined, { force: args.includes('--force') });
  for (const error of errors) console.error(error);
  process.exitCode = errors.length > 0 ? 1 : 0;
}
