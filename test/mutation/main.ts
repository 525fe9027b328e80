/** npm run mutation (scripts/mutation.mjs): how well the tests of the model see that it is changed. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { filesUnder } from '../../scripts/as_sources.mjs';
import { root } from '../../native-backend/lab/places.ts';
import { baselines, isFit, judgeAll } from './campaign.ts';
import { compileMutated, mutatedFiles } from './compile.ts';
import { shuffled } from './draw.ts';
import { keepResult, keysOf, readResults, type Result } from './results.ts';
import type { Mutant } from './schemata.ts';
import { suite } from './suite.ts';
import { Thread } from './threads.ts';
import { writePage } from './page.ts';

const HELP = `npm run mutation [-- --file FILE …] [--files GLOB …] [--first N] [--sample N] [--seed S] [--minutes M] [--budget MS] [--known]
    [--again] [--tests TEXT] [--threads N] [--json] [--page]

Changes the model in one place at a time (stages 3, 7 and 9), and runs the tests that come by. All mutants are in one build of the core,
each behind a switch. What is known is kept in build/mutation, so a campaign goes on where it was stopped.

  --file FILE    only mutants of files whose path contains this; may be given several times
  --files GLOB   only mutants of these files, such as 'uring-model/7-ring/[a-n]*'; may be given several times
  --first N      only of the first N mutants of all in the seed's order: what a sample of N of all files has of the files asked for
  --sample N     at most N mutants, drawn by the seed; without it all of them, in the seed's order
  --seed S       1 unless given
  --minutes M    begins no more mutants after so long
  --budget MS    tests that one mutant may cost, in milliseconds of the model as it is (800)
  --known        only mutants that an earlier campaign has judged
  --again        judges survivors of an earlier campaign again, with the tests that there are now
  --tests TEXT   survivors again, with the tests whose name contains this, and no others; may be given several times
  --threads N    2 unless given
  --json         the results as one JSON object
  --page         writes docs/mutation.md of what is known, too
`;

const { values } = parseArgs({
  options: {
    file: { type: 'string', multiple: true, default: [] }, files: { type: 'string', multiple: true, default: [] },
    first: { type: 'string' }, sample: { type: 'string' }, seed: { type: 'string', default: '1' },
    minutes: { type: 'string' }, budget: { type: 'string', default: '800' }, again: { type: 'boolean', default: false },
    known: { type: 'boolean', default: false },
    tests: { type: 'string', multiple: true, default: [] }, threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false }, page: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const say = (text: string) => process.stderr.write(`${text}\n`);
const tty = process.stderr.isTTY === true;
const moving = (text: string) => tty && process.stderr.write(`\r\x1b[2K${text}`);
setPriority(10);

/** Scenarios and traces are tests too. */
function suiteHash(wasm: Uint8Array, names: readonly string[]): string {
  const hash = createHash('sha256').update(wasm).update(names.join('\0'));
  for (const folder of ['scenarios', 'test/fixtures/golden']) {
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
    const told = files.filter((f) => /\.(yaml|jsonl|txt)$/.test(f)).sort();
    for (const file of told) hash.update(file).update(readFileSync(join(root, folder, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

const begun = Date.now();
/** Those of the stages, and others that come by them: the rest would only take time. */
const UNITS = /^test\/unit\/(2-nic|3-pool|4-napi|6-socket|7-ring|9-refill|lo|5-tcp\/zero\w*|file)\b/;
const units = filesUnder('test/unit', (f: string) => f.endsWith('.as.ts') && UNITS.test(f));
const made = await compileMutated({ files: mutatedFiles(), entries: ['sim/world/index.ts'], units });
const keys = keysOf(made.mutants, (file) => readFileSync(join(root, file), 'utf8'));
const checks = suite(made.units);
const now = suiteHash(made.wasm, checks.map((c) => c.name));
say(`${made.mutants.length} mutants, ${checks.length} tests`);
const data = { core: new WebAssembly.Module(made.wasm), units: made.units };
const worker = fileURLToPath(import.meta.url).replace('mutation_main_', 'mutation_worker_');
const threads = Array.from({ length: Number(values.threads) }, () => new Thread(worker, data));
let told = Date.now();
/** On a terminal one moving line, elsewhere a line now and then. */
function progress(text: string): void {
  moving(text);
  if (tty || Date.now() - told < 20_000) return;
  told = Date.now();
  say(text);
}
const known = readResults();
const old = (m: Mutant): Result | undefined => known.get(keys.get(m.id) ?? '');
/** `*` is anything within a folder, `[a-n]` one letter of these. */
const globs = values.files.map((glob) => new RegExp(`^${glob.replace(/[.+?^${}()|]/g, '\\$&').replaceAll('*', '[^/]*')}$`));
const atMost = (n: string | undefined) => (n === undefined ? undefined : Number(n));
const wanted = shuffled(made.mutants, Number(values.seed), (m) => keys.get(m.id) as string)
  .slice(0, atMost(values.first))
  .filter((m) => values.file.length === 0 || values.file.some((f) => m.file.includes(f)))
  .filter((m) => !values.known || old(m) !== undefined)
  .filter((m) => globs.length === 0 || globs.some((glob) => glob.test(m.file)))
  .slice(0, atMost(values.sample));
const open = wanted.filter((m) => {
  const result = old(m);
  if (values.tests.length > 0) return result !== undefined && result.outcome !== 'killed';
  return result === undefined || (values.again && result.outcome !== 'killed' && result.suite !== now);
});
const names = checks.map((c) => c.name);
const chosen = names.flatMap((name, n) => (values.tests.length === 0 || values.tests.some((t) => name.includes(t)) ? [n] : []));
const base = open.length === 0 ? []
  : await baselines(threads, names, chosen, made.mutants.length, now, (n) => progress(`tests ${n} of ${chosen.length}`));
const unfit = base.filter((b) => !isFit(b));
if (base.length > 0)
  say(`${base.length - unfit.length} tests are quick enough, ${unfit.length} are not or fail`);
for (const b of unfit.filter((x) => x.unfit !== '')) say(`  ${b.name}: ${b.unfit.slice(0, 120)}`);

const until = values.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(values.minutes) * 60_000;
const tally = { killed: 0, survived: 0, uncovered: 0 };
const killed = new Map(made.mutants.flatMap((m) => {
  const { by } = old(m) ?? {};
  return by === undefined ? [] : [[m, by] as const];
}));
await judgeAll({
  threads, baselines: base, mutants: open, keys, suite: now, budget_ms: Number(values.budget), killed, over: () => Date.now() > until,
  progress: (result, m) => {
    tally[result.outcome]++;
    // Some tests kill or come by; that they do not says nothing.
    const is_news = result.outcome === 'killed' || (result.outcome === 'survived' && old(m)?.outcome === 'uncovered');
    if (values.tests.length === 0 || is_news) {
      keepResult(result);
      known.set(result.key, result);
    }
    const done = tally.killed + tally.survived + tally.uncovered;
    progress(`${done} of ${open.length} judged: ${tally.killed} killed, ${tally.survived} survived, ${tally.uncovered} not covered`);
  },
});
for (const thread of threads) thread.end();
const judged = wanted.filter((m) => old(m) !== undefined);
const count = (outcome: Result['outcome']) => judged.filter((m) => old(m)?.outcome === outcome).length;
const summary = {
  mutants: made.mutants.length, judged: judged.length, killed: count('killed'), survived: count('survived'), uncovered: count('uncovered'),
  seed: Number(values.seed), tests: checks.length, seconds: Math.round((Date.now() - begun) / 1000),
};
if (values.page) writePage({ mutants: made.mutants, of: old, seed: summary.seed, tests: summary.tests });
if (values.json) {
  const rest = judged.filter((m) => old(m)?.outcome !== 'killed').map((m) => ({ ...m, ...old(m) }));
  process.stdout.write(`${JSON.stringify({ ...summary, survivors: rest })}\n`);
} else {
  const score = ((100 * summary.killed) / Math.max(1, summary.judged)).toFixed(1);
  const left = `${summary.survived} survived, ${summary.uncovered} not covered`;
  say(`${summary.judged} of ${summary.mutants} judged: ${summary.killed} killed (${score} %), ${left}`);
}
