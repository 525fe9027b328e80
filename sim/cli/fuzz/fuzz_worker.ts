/** A worker thread: build/fuzz_worker.mjs. Tinypool calls what is exported, once a job; beside its own data it hands on ours. */
import { workerData } from 'node:worker_threads';
import {
  type Aim, caseOf, coverRows, type Finding, findingOf, type Found, generatorOf, Guided, Runner, runStretch, shrink, type Stretch,
  type StretchResult,
} from '../../fuzz/index.ts';

export interface WorkerData {
  readonly core: WebAssembly.Module;
  readonly core_hash: string;
}

/** The smallest case that breaks as a found one does. */
export interface ShrinkJob {
  readonly found: Found;
  readonly aim: Aim;
  readonly name: string;
  readonly bug?: string;
  readonly budget_ms: number;
}

export type FuzzJob = { readonly stretch: Stretch } | { readonly shrink: ShrinkJob };

const [, { core, core_hash }] = workerData as [unknown, WorkerData];
const runner = new Runner(core);
/** A search goes on where it was: it is made when this thread is asked for the first part of one. */
let search: Guided | undefined;

function guided(stretch: Stretch): StretchResult {
  search ??= new Guided(runner, coverRows(core), stretch.aim, stretch.bug);
  return search.stretch(stretch);
}

function smallest({ found, aim, name, bug, budget_ms }: ShrinkJob): Finding | undefined {
  const { seed, broken, also_without } = found;
  const with_bug = bug === undefined || also_without ? {} : { bug };
  const drawn = found.c ?? caseOf(generatorOf(aim, seed), seed);
  const small = budget_ms === 0 ? drawn : shrink(runner, drawn, broken, { ...with_bug, budget_ms }, found.c ? undefined : { aim, seed }).c;
  const options = { name, core_hash, ...with_bug };
  return findingOf(core, small, options) ?? findingOf(core, drawn, options);
}

export default (job: FuzzJob): StretchResult | Finding | undefined =>
  ('shrink' in job ? smallest(job.shrink) : job.stretch.news ? guided(job.stretch) : runStretch(runner, job.stretch));
