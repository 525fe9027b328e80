/**
 * npm run museum [-- NAME…] [--seeds N] [--shrunk N] [--time 60s] [--replace]: the fuzzer hunts for each bug of the museum, from random
 * seeds, on two threads.
 *
 * What came of it goes to test/museum/results.json, the smallest counterexample of each to test/museum/found, and docs/museum.md is
 * made of them. Named ones only: the others keep what they had; and so does one that was hunted more often before, unless --replace says
 * otherwise.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { root } from './run_command.mjs';

const THREADS = 2;
const SHRINK = '12s';
const RESULTS = join(root, 'test/museum/results.json');
const FOUND = join(root, 'test/museum/found');
const WORK = join(root, 'build/museum');

function options() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        seeds: { type: 'string', default: '10' },
        // So many of the findings are made smaller; the smallest of them is kept.
        shrunk: { type: 'string', default: '2' },
        time: { type: 'string', default: '60s' },
        replace: { type: 'boolean', default: false },
      },
    });
    const [seeds, shrunk] = ['seeds', 'shrunk'].map((key) => {
      const n = Number(values[key]);
      if (!Number.isInteger(n) || n < 1) throw new Error(`--${key} ${values[key]}: expected a whole number from 1 on`);
      return n;
    });
    return { names: positionals, seeds, shrunk, time: values.time, replace: values.replace };
  } catch (error) {
    console.error(`npm run museum: ${error.message}; npm run museum -- zcrx-scrub-race --seeds 3 hunts for one bug.`);
    process.exit(2);
  }
}

const cli = (...args) =>
  spawnSync(process.execPath, [join(root, 'build/cli.mjs'), ...args], { encoding: 'utf8', cwd: root, maxBuffer: 2 ** 26 });
const byNumber = (a, b) => a - b;
const median = (numbers) => numbers.sort(byNumber)[Math.floor(numbers.length / 2)];

/** One hunt, as results.json keeps it, and the file of what was found. */
function hunt(name, time, shrink) {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const args = ['--bug', name, '--time', time, '--seed', seed, '--jobs', THREADS, '--shrink', shrink, '--out', WORK, '--json'].map(String);
  const { status, stdout, stderr } = cli('fuzz', ...args);
  if (status !== 0 && status !== 1) {
    console.error(stderr);
    process.exit(1);
  }
  const finding = JSON.parse(stdout).findings.find((f) => !f.alsoWithoutBug);
  if (!finding) return { run: { seed, found: false } };
  const { seconds, runs, steps, invariant, size, step, files = [] } = finding;
  return { run: { seed, found: true, seconds, runs, steps, invariant }, size, step, file: files.find((f) => f.endsWith('.run.json')) };
}

/** The run file without what only one build of the core can prove. */
function keep(name, file) {
  const { core_hash: _, state_hash: __, ...run } = JSON.parse(readFileSync(file, 'utf8'));
  mkdirSync(FOUND, { recursive: true });
  writeFileSync(join(FOUND, `${name}.run.json`), `${JSON.stringify({ ...run, name }, null, 2)}\n`);
}

function exhibit(name, { seeds, shrunk: few, time }) {
  const hunts = [];
  for (let i = 0; i < seeds; i++) {
    const one = hunt(name, time, i < few ? SHRINK : '0s');
    hunts.push(one);
    const { found, seconds, invariant } = one.run;
    console.log(`${name}  seed ${one.run.seed}: ${found ? `${seconds} s, ${invariant}` : `not found within ${time}`}`);
  }
  const shrunk = hunts.slice(0, few).filter((h) => h.file).sort((a, b) => a.size.bytes - b.size.bytes)[0];
  const found = hunts.filter((h) => h.run.found).map((h) => h.run);
  const result = {
    found: found.length, of: hunts.length,
    ...(found.length === 0 ? {} : {
      seconds: median(found.map((r) => r.seconds)), runs: median(found.map((r) => r.runs)), steps: median(found.map((r) => r.steps)),
    }),
    ...(shrunk ? { smallest: { ...shrunk.size, broke_at: shrunk.step, invariant: shrunk.run.invariant } } : {}),
    hunts: hunts.map((h) => h.run),
  };
  return { result, file: shrunk?.file };
}

const asked = options();
const { names } = asked;
const errors = await build(['fuzz', 'cli']);
if (errors.length > 0) {
  console.error(errors.join('\n'));
  process.exit(1);
}
const { stderr } = cli('fuzz', '--bug', '?');
const all = /it has (.*)\./.exec(stderr)?.[1].split(', ') ?? [];
const unknown = names.find((n) => !all.includes(n));
if (unknown !== undefined) {
  console.error(`npm run museum: there is no exhibit ${unknown}; there are ${all.join(', ')}.`);
  process.exit(2);
}
rmSync(WORK, { recursive: true, force: true });
for (const name of names.length > 0 ? names : all) {
  const { result, file } = exhibit(name, asked);
  const before = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : {};
  if (before[name]?.of > result.of && !asked.replace) {
    console.log(`${name}: what ${before[name].of} hunts came to is kept; --replace takes these ${result.of} instead.`);
    continue;
  }
  if (file) keep(name, file);
  const after = Object.fromEntries(all.flatMap((n) => (n === name ? [[n, result]] : before[n] ? [[n, before[n]]] : [])));
  writeFileSync(RESULTS, `${JSON.stringify(after, null, 1)}\n`);
}
spawnSync(process.execPath, [join(root, 'scripts/gen.mjs')], { stdio: 'inherit', cwd: root });
