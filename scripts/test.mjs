/**
 * npm test [-- PART…]: installs what is missing, builds what is stale, runs every test. The last line is
 * `N passed, N failed`; what could not run here says why before that.
 *
 * Parts: gen types lint c tidy unit native museum determinism conform packetdrill bridge e2e. Naming some runs only these; a new
 * one has a row in PARTS, a place in ROWS, and a project in vitest.config.ts.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { checkNode, debianPackages, installModules, which } from './prepare.mjs';
import { node, root, run } from './run_command.mjs';
import { say, step } from './terminal.mjs';

const totals = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const notes = [];
const tables = [];

function count(name, progress, { passed = 0, failed = 0, skipped = 0, text = '', output = '' }) {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
  if (failed > 0) {
    failures.push(`── ${name}\n${output.trim()}`);
    progress.failed(text);
  } else if (passed === 0 && skipped > 0) progress.skipped(text);
  else progress.done(text);
}

/** A command that passes by exit code 0. */
const command = (args) => async () => {
  const { code, output } = await node(args);
  return code === 0 ? { passed: 1 } : { failed: 1, output };
};

/** A failure without the test runner's own part of the stack. */
const readable = (text) => text.split('\n').filter((l) => !/^\s+at .*(node_modules|node:internal)/.test(l)).slice(0, 30).join('\n  ');

/** Failures of a Vitest report. */
function readReport(file, fallback) {
  if (!existsSync(file)) return { failed: 1, output: fallback };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const result = { passed: report.numPassedTests, failed: report.numFailedTests, skipped: report.numPendingTests + report.numTodoTests };
  const lines = [];
  const unfinished = [];
  for (const suite of report.testResults) {
    const name = suite.name.replace(`${root}/`, '');
    if (suite.status === 'failed' && suite.assertionResults.every((t) => t.status !== 'failed')) {
      result.failed++;
      lines.push(`${name}\n  ${suite.message}`);
    }
    if (suite.assertionResults.some((t) => t.status === 'pending')) unfinished.push(`${name} did not come to its end: its process died`);
    for (const test of suite.assertionResults) {
      if (test.status === 'skipped') notes.push(`skipped: ${test.fullName}`);
      if (test.status !== 'failed') continue;
      lines.push(`${name} › ${test.fullName}\n  ${readable(test.failureMessages.join('\n'))}`);
    }
  }
  return { ...result, text: `${result.passed} tests`, output: lines.join('\n\n'), unfinished: unfinished.join('\n') };
}

/** Longest time of one part: a test that runs in circles must not hold up a CI machine for ever. */
const MINUTES = 20;

/** A project of vitest.config.ts. */
const vitest = (project) => async () => {
  const file = join(root, `build/results/${project}.json`);
  rmSync(file, { force: true });
  const args = ['run', '--project', project, '--reporter=json', `--outputFile=${file}`, '--passWithNoTests'];
  const { code, output } = await node(['node_modules/vitest/vitest.mjs', ...args], { minutes: MINUTES });
  const result = readReport(file, output);
  if (code !== 0 && result.failed === 0) return { ...result, failed: 1, output: `${result.unfinished}\n${output}` };
  return result;
};

let last = Promise.resolve();
/** What installs something, one after the other: apt has one lock. */
function inTurn(job) {
  const result = last.then(job);
  last = result.catch(() => {});
  return result;
}

/** A project some of whose tests need Debian packages; without them they skip themselves. */
const vitestNeeding = (project, needs) => async () => {
  for (const [packages, present, what] of needs) {
    const missing = await inTurn(() => debianPackages(packages, present));
    if (missing) notes.push(`${what} are skipped: ${missing}`);
  }
  return vitest(project)();
};
const vitestWith = (project, ...need) => vitestNeeding(project, [need]);
/** Linux's own scripts come from the kernel's source package, once; without it their tests skip themselves. */
const packetdrill = async () => {
  const cli = ['build/cli.mjs', 'packetdrill'];
  const { code, output } = await inTurn(() => node([...cli, '--fetch'], { minutes: 5 }));
  if (code !== 0) notes.push(`Linux's packetdrill scripts could not be fetched: ${output.trim().split('\n').at(-1)}`);
  return vitest('packetdrill')();
};
/** Traces of step scenarios beside those of real kernels; what came of it is shown as a table. */
const conform = async () => {
  const result = await vitest('conform')();
  const file = join(root, 'build/results/conform-table.json');
  if (existsSync(file)) tables.push(conformTable(JSON.parse(readFileSync(file, 'utf8'))));
  return result;
};

/** A row a probe, a column a kernel: lines that were compared, and how many of them differ. */
function conformTable(results) {
  const kernels = [...new Set(results.map((r) => r.kernel))];
  const probes = [...new Set(results.map((r) => r.probe))].sort();
  const of = (probe, kernel) => results.find((r) => r.probe === probe && r.kernel === kernel)?.comparison;
  const sum = (key) => results.reduce((a, { comparison }) => a + comparison[key], 0);
  const cell = (c) => (c === undefined ? '' : c.differing === 0 ? `${c.compared}` : `${c.compared} (${c.differing} differ)`);
  const width = Math.max(10, ...results.map((r) => cell(r.comparison).length)) + 2;
  const row = (name, cells, last) => `${name.padEnd(14)}${cells.map((c) => c.padStart(width)).join('')}${last.padStart(12)}`;
  const rows = probes.map((p) => row(p, kernels.map((k) => cell(of(p, k))), String(of(p, kernels[0])?.declared ?? '')));
  const rules = {};
  for (const { comparison } of results) for (const [name, n] of Object.entries(comparison.touched)) rules[name] = (rules[name] ?? 0) + n;
  const declared = Object.entries(rules).map(([name, n]) => `${name} ${n}`).join(', ');
  return [
    'lines of real kernels\' traces that the simulator printed too, by probe and kernel',
    row('', kernels.map((k) => `Linux ${k}`), 'declared'), ...rows,
    `${sum('compared')} lines compared, ${sum('differing')} differ; declared differences (test/conform/rules.ts): ${declared}`,
  ].join('\n');
}
/** A compiler for the agent and valgrind to run it under; QEMU; devices and their settings; a server for ssh to reach. */
const NATIVE = ['gcc', 'libc6-dev', 'valgrind', 'qemu-system-x86', 'iproute2', 'ethtool', 'openssh-client', 'openssh-server'];
const haveNative = () => ['gcc', 'valgrind', 'qemu-system-x86_64', 'ip', 'ethtool', 'ssh'].every(which)
  && existsSync('/usr/include/stdio.h') && existsSync('/usr/sbin/sshd');
const havePeer = () => ['ip', 'curl', 'nc'].every(which);
const haveChromium = () => Boolean(process.env.CHROMIUM ?? which('chromium'));

/** The UAPI table against the kernel's own headers, by the C compiler. */
async function layoutAsserts() {
  const source = 'native-backend/agent/uapi_assert.gen.c';
  if (!existsSync(join(root, source))) return { failed: 1, output: `${source} is missing: npm run gen` };
  const present = () => Boolean(which('gcc')) && existsSync('/usr/include/stdio.h');
  const missing = await inTurn(() => debianPackages(['gcc', 'libc6-dev'], present));
  if (missing) return { skipped: 1, text: missing };
  const { kernelHeaders } = await import('./kernel_headers.mjs');
  const headers = await inTurn(kernelHeaders);
  if (headers.missing) return { skipped: 1, text: headers.missing };
  const includes = headers.folders.flatMap((f) => ['-isystem', f]);
  const { code, output } = await run('gcc', ['-std=gnu11', '-fsyntax-only', '-Wall', ...includes, source]);
  const asserts = (readFileSync(join(root, source), 'utf8').match(/_Static_assert/g) ?? []).length;
  return code === 0 ? { passed: 1, text: `${asserts} offsets and sizes` } : { failed: 1, output };
}

const SVELTE_CHECK = ['node_modules/svelte-check/bin/svelte-check', '--tsconfig', './tsconfig.web.json', '--tsgo', '--fail-on-warnings'];
const PARTS = [
  ['gen', 'generated files', async () => {
    const made = await node(['scripts/gen.mjs', '--check']);
    return made.code === 0 ? { passed: 1, text: 'fresh' } : { failed: 1, output: made.output };
  }],
  ['types', 'types', command(['node_modules/@typescript/native/bin/tsc', '-p', 'tsconfig.json'])],
  ['types', 'types of the page', command(SVELTE_CHECK)],
  ['lint', 'lint', command(['node_modules/@biomejs/biome/bin/biome', 'lint', '--error-on-warnings', '--max-diagnostics=40'])],
  ['c', 'C layout asserts', layoutAsserts],
  ['tidy', 'tidy', vitest('tidy')],
  ['unit', 'unit', vitestNeeding('unit', [
    [['tshark'], () => Boolean(which('tshark')), 'tests that read pcapng with tshark'],
    [['redis-server'], () => Boolean(which('redis-server')), 'tests of sweeps over Redis'],
  ])],
  ['museum', 'museum of bugs', vitest('museum')],
  ['conform', 'traces of real kernels', conform],
  ['packetdrill', 'packetdrill scripts', packetdrill],
  ['bridge', 'a real peer', vitestWith('bridge', ['iproute2', 'curl', 'netcat-openbsd'], havePeer, 'tests with nc and curl')],
  ['native', 'real kernels', vitestWith('native', NATIVE, haveNative, 'tests on kernels that lack one of these')],
  ['determinism', 'determinism', vitestWith('determinism', ['chromium'], haveChromium, 'determinism tests in a browser')],
  ['e2e', 'browser', vitestWith('e2e', ['chromium'], haveChromium, 'browser tests')],
];

/** What needs no build runs beside it. C is among that: a unit test compiles against the headers that it fetches. */
const BESIDE_BUILD = ['types', 'lint', 'gen', 'c'];
/**
 * What runs after what, and beside what: a row waits for the one before; the lanes of a row run side by side. Native tests are one
 * at a time and leave a core to others, but no browser runs beside them: network devices come and go, and Chromium gives up what it
 * loads then. Tests in real time and those of the page have both cores to themselves.
 */
const ROWS = [
  [['tidy'], ['unit']],
  [['native'], ['conform', 'packetdrill']],
  [['museum'], ['determinism']],
  [['bridge']],
  [['e2e']],
];

const wanted = process.argv.slice(2);
const unknown = wanted.find((w) => !PARTS.some(([part]) => part === w));
const unplaced = PARTS.find(([part]) => ![...BESIDE_BUILD, ...ROWS.flat(2)].includes(part));
if (unplaced !== undefined) throw new Error(`the part ${unplaced[0]} has no place in ROWS`);
if (unknown !== undefined) {
  console.error(`npm test: no part ${unknown}; there are ${[...new Set(PARTS.map(([part]) => part))].join(', ')}`);
  process.exit(2);
}
/** Parts one after the other. */
async function runLane(parts) {
  for (const part of parts) {
    if (wanted.length > 0 && !wanted.includes(part)) continue;
    for (const [, name, test] of PARTS.filter(([of]) => of === part)) {
      const progress = step(name);
      count(name, progress, await test());
    }
  }
}

checkNode();
await installModules();
mkdirSync(join(root, 'build/results'), { recursive: true });
const BUILT = ROWS.flat(2).filter((part) => part !== 'tidy');
const building = wanted.length === 0 || wanted.some((w) => BUILT.includes(w)) ? build() : [];
const [errors] = await Promise.all([building, runLane(BESIDE_BUILD)]);
if (errors.length > 0) {
  console.error([...failures, ...errors].join('\n'));
  console.log(`${totals.passed} passed, ${totals.failed + 1} failed`);
  process.exit(1);
}
for (const lanes of ROWS) await Promise.all(lanes.map(runLane));
if (failures.length > 0) say(`\n${failures.join('\n\n')}\n`);
for (const table of tables) say(`\n${table}\n`);
for (const note of notes) say(note);
if (totals.skipped > 0) say(`${totals.skipped} skipped`);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed > 0 ? 1 : 0;
