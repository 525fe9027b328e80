/** What there is to compare: the step scenarios of scenarios/conform, and the traces of real kernels that are kept. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../../../sim/host/index.ts';
import { type Written, writtenJob } from '../compare/beside.ts';
import { type Golden, goldenText, readGolden } from '../compare/golden.ts';
import { type Job, overWire, wantsNic } from '../job.ts';
import { root } from '../places.ts';
import type { TargetName } from '../target.ts';

const SCENARIOS = 'scenarios/conform';
export const GOLDENS = 'test/fixtures/golden';
const SKIPPED = `${GOLDENS}/skipped.json`;

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
function write(path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

const scenariosIn = (folder: string): string[] =>
  readdirSync(join(root, folder)).filter((f) => f.endsWith('.yaml')).map((f) => f.slice(0, -5)).sort();

/** Applications that only the simulator runs are refused as a job. */
function runsOutside(name: string): boolean {
  try {
    conformJob(name);
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/** Names as users give them: conform/cancel, bulk. */
export function conformNames(): string[] {
  return [...scenariosIn(SCENARIOS).map((f) => `conform/${f}`), ...scenariosIn('scenarios').filter(runsOutside)];
}

export function writtenScenario(name: string): Written {
  const file = `scenarios/${name}.yaml`;
  return { name, text: read(file), file, sets: [] };
}

export const conformJob = (name: string): Job => writtenJob(writtenScenario(name));

/** Why a target does not run a scenario of the library; undefined: it does. */
export function unfit(job: Job, target: TargetName): string | undefined {
  const own_nic = target === 'nic' || target === 'ssh';
  if (job.kind === 'apps') return undefined;
  if (job.scenario.steps?.some(wantsNic)) return own_nic ? undefined : 'needs a NIC whose queue can be bound to an area';
  return own_nic && !overWire(job) ? 'uses no NIC; vm runs it' : undefined;
}

/** Programs of steps lie beside each other; applications in a folder of their own. */
const fileOf = (scenario: string): string =>
  (scenario.startsWith('conform/') ? scenario.slice('conform/'.length) : `applications/${scenario}`);

export const goldenPath = ({ target, kernel, scenario }: Pick<Golden, 'target' | 'kernel' | 'scenario'>): string =>
  `${GOLDENS}/${target}/${kernel}/${fileOf(scenario)}.jsonl`;

export function readGoldens(): Golden[] {
  const files = readdirSync(join(root, GOLDENS), { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.jsonl')).sort();
  return files.map((f) => `${GOLDENS}/${f.replaceAll('\\', '/')}`).map((path) => readGolden(read(path), path));
}

/** A trace is kept as it was when nothing but its day is new. */
export function keepGolden(golden: Golden): void {
  const path = goldenPath(golden);
  const old = existsSync(join(root, path)) ? readGolden(read(path), path) : undefined;
  if (old && goldenText({ ...golden, date: old.date }) === goldenText(old)) return;
  write(path, goldenText(golden));
}

/** A scenario that a kernel could not run, and why. */
export interface Skipped {
  readonly scenario: string;
  readonly target: string;
  readonly kernel: string;
  readonly why: string;
}

export const readSkipped = (): Skipped[] => (existsSync(join(root, SKIPPED)) ? JSON.parse(read(SKIPPED)) as Skipped[] : []);

/** What a kernel could not run takes the place of what was known of that scenario there. */
export function keepSkipped(known: readonly Golden[], skipped: readonly Skipped[]): void {
  const key = (s: Pick<Skipped, 'scenario' | 'target' | 'kernel'>) => `${s.target} ${s.kernel} ${s.scenario}`;
  const now = new Set([...known, ...skipped].map(key));
  const all = [...readSkipped().filter((s) => !now.has(key(s))), ...skipped].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  write(SKIPPED, `${JSON.stringify(all, null, 1)}\n`);
}

const PAGE = 'docs/conformance.md';
export const writePage = (text: string): void => write(PAGE, text);
export const readPage = (): string => read(PAGE);
