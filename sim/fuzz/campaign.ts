/**
 * A campaign is seeds one after the other, cut into stretches that workers take. What is found depends on the seeds alone: not on how many
 * workers there are, nor on which of them was faster.
 */
import type { FuzzCase } from './case.ts';
import type { Broken, Runner } from './runner.ts';
import { type Aim, caseOf, generatorOf } from './generate/index.ts';

export const SEEDS = 2 ** 31;
/** Short enough that nobody waits for a stretch, long enough that handing it out costs nothing. */
export const STRETCH_RUNS = 64;

export interface Stretch {
  readonly n: number;
  readonly aim: Aim;
  /** The first seed, and how many. */
  readonly first: number;
  readonly runs: number;
  readonly bug?: string;
  /** Date.now() after which no run begins. */
  readonly until_ms?: number;
  /** Shared with who hands it out: not 0 when somebody wants the end now. */
  readonly ending?: Int32Array;
  /** Shared, too: runs and steps that all have made, for who watches. */
  readonly made?: BigInt64Array;
  /** A finding does not end it. */
  readonly keep_going: boolean;
  /** The search that is guided by coverage: what others have found worth keeping since this worker was asked last. */
  readonly news?: readonly FuzzCase[];
}

export interface Found {
  readonly seed: number;
  readonly generator: string;
  /** Of the guided search the case itself: no seed alone makes it. */
  readonly c?: FuzzCase;
  readonly broken: Broken;
  /** The stretch up to this run, and with it. */
  readonly runs: number;
  readonly steps: number;
  /** It breaks without the bug too: the fault is not the bug's. */
  readonly also_without: boolean;
  /** Date.now() when it was found. */
  readonly at_ms: number;
}

export interface StretchResult {
  readonly n: number;
  readonly runs: number;
  /** Cases that were no scenario. */
  readonly refused: number;
  readonly steps: number;
  readonly records: number;
  readonly found: readonly Found[];
  /** Of the guided search. */
  readonly search?: SearchState;
}

/** How far a search has come. */
export interface SearchState {
  /** What is worth keeping of the stretch. */
  readonly kept: readonly FuzzCase[];
  /** Sides of branches that the worker has taken so far, and what traces have told. */
  readonly reached: number;
  readonly told: number;
}

export const seedAt = (first: number, i: number): number => (first + i) % SEEDS;

/** With a bug its own finding is what ends a stretch; a fault that is there without it is noted. */
export const ends = ({ keep_going, bug }: CampaignOptions | Stretch, { also_without }: Found): boolean =>
  !keep_going && !(bug !== undefined && also_without);

/** Whether another run of a stretch may begin. */
export const mayRun = ({ until_ms = Number.POSITIVE_INFINITY, ending }: Stretch): boolean =>
  Date.now() < until_ms && (ending === undefined || Atomics.load(ending, 0) === 0);

/** A run is over. */
export function tellMade({ made }: Stretch, steps: number): void {
  if (!made) return;
  Atomics.add(made, 0, 1n);
  Atomics.add(made, 1, BigInt(steps));
}

/** One seed in so many is run again, and on from a snapshot. */
const AGAIN_EVERY = 32;
const sampled = (runner: Runner, c: FuzzCase, seed: number): Broken | undefined =>
  seed % AGAIN_EVERY === 0 ? runner.undetermined(c, Math.floor(seed / AGAIN_EVERY) % 1024) : undefined;

export function runStretch(runner: Runner, stretch: Stretch): StretchResult {
  const { aim, first, bug } = stretch;
  const found: Found[] = [];
  let [runs, refused, steps, records] = [0, 0, 0, 0];
  while (runs < stretch.runs && mayRun(stretch)) {
    const seed = seedAt(first, runs);
    const generator = generatorOf(aim, seed);
    const c = caseOf(generator, seed);
    const result = runner.run(c, bug === undefined ? {} : { bug });
    runs++;
    steps += result.steps;
    tellMade(stretch, result.steps);
    records += result.records;
    if (result.refused !== undefined) refused++;
    const broken = result.broken ?? (bug === undefined && result.refused === undefined ? sampled(runner, c, seed) : undefined);
    if (!broken) continue;
    const also_without = bug !== undefined && runner.run(c).broken !== undefined;
    const one: Found = { seed, generator: generator.name, broken, runs, steps, also_without, at_ms: Date.now() };
    found.push(one);
    if (ends(stretch, one)) break;
  }
  return { n: stretch.n, runs, refused, steps, records, found };
}

export interface CampaignOptions {
  readonly aim: Aim;
  readonly seed: number;
  readonly bug?: string;
  /** How many runs in all; else until the time. */
  readonly runs?: number;
  readonly until_ms?: number;
  readonly keep_going?: boolean;
}

/** Hands out stretches in order, and puts together what came of them. */
export class Campaign {
  readonly options: CampaignOptions;
  private readonly results: StretchResult[] = [];
  private given = 0;
  private stopped = false;
  /** The stretch that ended it. */
  private last = Number.POSITIVE_INFINITY;

  constructor(options: CampaignOptions) {
    this.options = options;
  }

  next(): Stretch | undefined {
    const { aim, seed, bug, runs = Number.POSITIVE_INFINITY, until_ms, keep_going = false } = this.options;
    const from = this.given * STRETCH_RUNS;
    const over = until_ms !== undefined && Date.now() >= until_ms;
    if (this.stopped || over || from >= runs || this.given > this.last) return undefined;
    return {
      n: this.given++, aim, first: seedAt(seed, from), runs: Math.min(STRETCH_RUNS, runs - from), keep_going,
      ...(bug === undefined ? {} : { bug }), ...(until_ms === undefined ? {} : { until_ms }),
    };
  }

  add(result: StretchResult): void {
    this.results.push(result);
    if (result.found.some((f) => ends(this.options, f))) this.last = Math.min(this.last, result.n);
  }

  /** No stretch is handed out any more. */
  stop(): void {
    this.stopped = true;
  }

  /** All that was done, also behind what ended it: what speed is measured by. */
  work(): { readonly runs: number; readonly steps: number; readonly records: number; readonly refused: number } {
    const sum = (key: 'runs' | 'steps' | 'records' | 'refused') => this.results.reduce((a, r) => a + r[key], 0);
    return { runs: sum('runs'), steps: sum('steps'), records: sum('records'), refused: sum('refused') };
  }

  /** What it came to: runs and steps up to the finding that ended it, and findings in the order of their seeds. */
  outcome(): { readonly runs: number; readonly steps: number; readonly found: readonly Found[] } {
    const counted = this.results.filter((r) => r.n <= this.last).sort((a, b) => a.n - b.n);
    const found: Found[] = [];
    let [runs, steps] = [0, 0];
    for (const r of counted) {
      found.push(...r.found.map((f) => ({ ...f, runs: runs + f.runs, steps: steps + f.steps })));
      runs += r.runs;
      steps += r.steps;
    }
    return { runs, steps, found };
  }
}

/** What is one finding: the same invariant, and of the core's own asserts the same place. */
export const findingKey = ({ invariant, text }: Broken): string => (invariant.startsWith('core: ') ? `${invariant} ${text}` : invariant);

/** One of each, the first. */
export const distinct = (found: readonly Found[]): readonly Found[] =>
  found.filter((f, i) => found.findIndex((other) => findingKey(other.broken) === findingKey(f.broken)) === i);
