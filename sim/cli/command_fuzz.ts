/** ringlab fuzz */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { type Aim, FOCUSES, SEEDS } from '../fuzz/index.ts';
import { didYouMean, InputError } from '../host/index.ts';
import { BUG_NAMES } from '../schema/museum.ts';
import { loadFuzzCore } from './files.ts';
import { runAgainst } from './fuzz/against.ts';
import { readCorpus, writeCorpus } from './fuzz/corpus_files.ts';
import { campaignJson, type Kept, summaryLines } from './fuzz/fuzz_text.ts';
import { fragmentOf } from './fuzz/link.ts';
import { type CampaignFlags, type CampaignResult, runCampaign } from './fuzz/run_campaign.ts';
import { runRepro } from './fuzz/run_repro.ts';
import { openFolder, saveFinding } from './fuzz/save_finding.ts';
import { wholeNumber } from './run_options.ts';
import { THREADS_DEFAULT } from './sweep/thread_pool.ts';
import { say } from './terminal.ts';

interface Flags {
  readonly time?: number;
  readonly runs?: number;
  readonly seed?: number;
  readonly focus: Aim;
  readonly bug?: string;
  readonly json?: boolean;
  readonly out: string;
  readonly repro?: string;
  readonly jobs: number;
  readonly keepGoing?: boolean;
  readonly shrink?: number;
  readonly guided?: boolean;
  readonly corpus?: string;
  readonly against?: string;
  readonly kernel?: string;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };
const TIME_DEFAULT_MS = 60_000;
const SHRINK_DEFAULT = '20s';
const SHRINK_DEFAULT_MS = 20_000;
const JOBS_MAX = 256;

const time = (option: string, least_ms = 0) => (text: string): number => {
  const [, n, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|min|h)$/.exec(text.trim()) ?? [];
  const ms = Number(n) * (UNITS[unit] ?? Number.NaN);
  if (Number.isFinite(ms) && ms >= least_ms) return ms;
  if (Number.isFinite(ms)) throw new InputError(`${option} ${text}: no time at all; expected one such as 30s, 10m or 2h.`);
  throw new InputError(`${option} ${text}: expected a time with its unit, such as 30s, 10m or 2h; found '${text}'.`);
};

function focus(text: string): Aim {
  const all = [...FOCUSES, 'all'] as const;
  const found = all.find((f) => f === text);
  if (found) return found;
  throw new InputError(`--focus ${text}: there is no such focus${didYouMean(text, all) || `; there are ${all.join(', ')}.`}`);
}

/** `none`: a run file's own bug is switched off. */
function bugNamed(text: string): string {
  if (BUG_NAMES.includes(text) || text === 'none') return text;
  throw new InputError(`--bug ${text}: the museum has no such bug${didYouMean(text, BUG_NAMES) || `; it has ${BUG_NAMES.join(', ')}.`}`);
}

function seed(text: string): number {
  if (/^\d+$/.test(text) && Number(text) >= SEEDS) throw new InputError(`--seed ${text}: expected a number below ${SEEDS}.`);
  return wholeNumber('--seed', 0)(text);
}

function jobs(text: string): number {
  const n = wholeNumber('--jobs', 1)(text);
  if (n <= JOBS_MAX) return n;
  throw new InputError(`--jobs ${text}: expected at most ${JOBS_MAX} threads; found '${text}'.`);
}

export function addFuzz(program: Command): void {
  program.command('fuzz')
    .description('hunt for violations of what always holds: hostile applications, networks and schedules, from random seeds')
    .option('--time <time>', 'how long, such as 30s, 10m or 2h (default: 60s, unless --runs says how much)', time('--time', 1))
    .option('--runs <n>', 'how many runs', wholeNumber('--runs', 1))
    .option('--seed <n>', 'the first seed; each run takes the next one (default: any)', seed)
    .option('--focus <what>', 'where to disturb: refill, ring, tcp or all', focus, 'all')
    .option('--bug <name>', 'switch a bug of the museum on, and hunt until it is found', bugNamed)
    .option('--keep-going', 'go on after a finding; of each kind the first is kept')
    .option('--shrink <time>', `how long each finding may be made smaller; 0s: not at all (default: ${SHRINK_DEFAULT})`, time('--shrink'))
    .option('--out <dir>', 'folder for the files of findings', 'build/fuzz')
    .option('--jobs <n>', 'threads, one a core unless this says otherwise', jobs, THREADS_DEFAULT)
    .option('--guided', 'keep cases that reach new branches, and make new cases of them; what is found then depends on --jobs, too')
    .option('--corpus <dir>', 'guided: begin with the cases of this folder, and leave in it the fewest that reach as much')
    .option('--repro <file>', 'the run of a file once more, under all invariants: NAME.run.json of a finding, or a scenario')
    .option('--against <target>', 'programs on a real kernel too, which have to say the same: host, vm, nic or ssh:HOST')
    .option('--kernel <version>', 'with --against vm or nic: which kernel it boots, such as 7.2')
    .option('--json', 'the result as JSON')
    .addHelpText('after', `
With --runs and --seed the same seeds are run and the same is found, on however many threads. Ctrl-C ends it with the summary.
docs/fuzzing.md says how to read a finding; docs/museum.md has the bugs.

Exit code: 0 nothing found, 1 a finding, 2 bad input. With --repro: 0 all holds, 1 it breaks, 2 bad input, or an edit of the file could not
be made and nothing broke. With --against: 0 no difference, 1 some, or there was no result; 2 bad input.

Examples:
  $ ringlab fuzz --time 30s
  $ ringlab fuzz --runs 10000 --seed 1 --focus refill
  $ ringlab fuzz --bug zcrx-scrub-race --time 60s --json
  $ ringlab fuzz --guided --time 10m --corpus corpus
  $ ringlab fuzz --against host --runs 1000 --seed 1
  $ ringlab fuzz --repro build/fuzz/zcrx-scrub-race-7.run.json`)
    .action(fuzz);
}

const AGAINST_RUNS = 200;

async function against(target: string, flags: Flags): Promise<void> {
  const given = [['--time', flags.time], ['--bug', flags.bug], ['--repro', flags.repro], ['--guided', flags.guided], ['--corpus',
    flags.corpus]]
    .find(([, value]) => value !== undefined)?.[0];
  if (given !== undefined)
    throw new InputError(`fuzz: --against compares programs with a real kernel, and ${given} is for the simulator alone.`);
  const differs = await runAgainst({
    against: target, runs: flags.runs ?? AGAINST_RUNS, seed: flags.seed ?? 1, out: flags.out, json: flags.json === true,
      shrink: flags.shrink !== 0,
    ...(flags.kernel === undefined ? {} : { kernel: flags.kernel }),
  });
  if (differs) process.exitCode = 1;
}

async function fuzz(flags: Flags): Promise<void> {
  if (flags.against !== undefined) return against(flags.against, flags);
  if (flags.kernel !== undefined) throw new InputError('fuzz: --kernel is for a real kernel; add --against vm or --against nic.');
  const { repro, bug } = flags;
  if (repro !== undefined) {
    const lost = flags.runs !== undefined ? '--runs' : flags.time !== undefined ? '--time' : flags.seed !== undefined ? '--seed' : '';
    if (lost !== '') throw new InputError(`fuzz: --repro makes one run, and ${lost} is for a campaign; leave one of them out.`);
    process.exitCode = runRepro(repro, await loadFuzzCore(), { json: flags.json === true, ...(bug === undefined ? {} : { bug }) });
    return;
  }
  const core = await loadFuzzCore();
  openFolder(flags.out);
  if (flags.corpus !== undefined) {
    if (!existsSync(flags.corpus))
      process.stderr.write(`ringlab: --corpus ${flags.corpus}: there is no such folder; it is made, and the search begins with no case.\n`);
    openFolder(flags.corpus, '--corpus');
  }
  const campaign = campaignFlags(flags);
  const result = await runCampaign(core, campaign);
  const members = flags.corpus === undefined || !result.search ? undefined : writeCorpus(flags.corpus, core.core, result.search.corpus);
  const kept = await keep(result, flags.out);
  if (flags.json) say(campaignJson(result, kept, campaign, core.core_hash, members));
  else for (const line of summaryLines(result, kept, campaign)) say(line);
  if (kept.length > 0) process.exitCode = 1;
}

function campaignFlags(flags: Flags): CampaignFlags {
  const { runs, bug } = flags;
  const time_ms = flags.time ?? (runs === undefined ? TIME_DEFAULT_MS : undefined);
  return {
    aim: flags.focus, seed: flags.seed ?? Math.floor(Math.random() * SEEDS), jobs: flags.jobs, keep_going: flags.keepGoing === true,
    shrink_ms: flags.shrink ?? SHRINK_DEFAULT_MS, ...(runs === undefined ? {} : { runs }), ...(time_ms === undefined ? {} : { time_ms }),
    ...(bug === undefined || bug === 'none' ? {} : { bug }),
    ...(flags.guided || flags.corpus !== undefined ? { corpus: flags.corpus === undefined ? [] : readCorpus(flags.corpus) } : {}),
  };
}

async function keep({ findings }: CampaignResult, folder: string): Promise<readonly Kept[]> {
  return Promise.all(findings.map(async (one): Promise<Kept> => {
    if (!one.finding) return { ...one, files: [], fragment: '' };
    return { ...one, files: saveFinding(folder, one.finding), fragment: await fragmentOf(one.finding.run) };
  }));
}
