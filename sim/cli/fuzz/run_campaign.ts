/** A campaign from the first seed to the last finding: its threads, its progress line, and Ctrl-C. */
import {
  type Aim, Campaign, distinct, type Finding, fileName, type Found, type FuzzCase, type SearchState,
} from '../../fuzz/index.ts';
import { Progress } from '../terminal.ts';
import { FuzzPool } from './fuzz_pool.ts';
import type { WorkerData } from './fuzz_worker.ts';

export interface CampaignFlags {
  readonly aim: Aim;
  readonly seed: number;
  readonly bug?: string;
  readonly runs?: number;
  readonly time_ms?: number;
  readonly jobs: number;
  readonly keep_going: boolean;
  /** The search is guided by coverage, and begins with these cases. */
  readonly corpus?: readonly FuzzCase[];
  /** How long a finding may be made smaller. */
  readonly shrink_ms: number;
}

export interface CampaignFinding {
  readonly found: Found;
  /** Since the campaign began. */
  readonly after_ms: number;
  /** undefined: it was ended before the finding was made smaller, or what broke does not break again. */
  readonly finding: Finding | undefined;
}

export interface CampaignResult {
  readonly runs: number;
  readonly steps: number;
  /** What the threads did in all, and how long they took. */
  readonly work: ReturnType<Campaign['work']>;
  readonly time_ms: number;
  readonly findings: readonly CampaignFinding[];
  /** Of the guided search: how far it came when, and all that was worth keeping. */
  readonly search?: Search;
  /** Somebody pressed Ctrl-C. */
  readonly ended: boolean;
}

/** Coverage over time, and a corpus that grows. */
export interface Search {
  readonly samples: readonly SearchSample[];
  readonly corpus: readonly FuzzCase[];
}
export interface SearchSample {
  readonly seconds: number;
  readonly runs: number;
  /** Of the thread that has come furthest. */
  readonly reached: number;
  readonly told: number;
}

const TELL_MS = 200;

class CampaignRun {
  private readonly flags: CampaignFlags;
  private readonly campaign: Campaign;
  /** One for each thread: a search goes on in the thread that it began in. */
  private readonly pools: readonly FuzzPool[];
  private readonly begun_ms = Date.now();
  private readonly progress = new Progress();
  /** When the hunt was over, and what it found began to be made smaller. */
  private smaller_since = 0;
  private end: () => void = () => {};
  private readonly ended = new Promise<undefined>((resolve) => {
    this.end = () => resolve(undefined);
  });
  private was_ended = false;
  /** Threads look at it between two runs. */
  private readonly ending = new Int32Array(new SharedArrayBuffer(4));
  /** Runs and steps so far: threads count each run, and come back after many. */
  private readonly made = new BigInt64Array(new SharedArrayBuffer(16));
  private readonly corpus: FuzzCase[];
  private readonly samples: SearchSample[] = [];

  constructor(pools: readonly FuzzPool[], flags: CampaignFlags) {
    this.pools = pools;
    this.corpus = [...flags.corpus ?? []];
    this.flags = flags;
    const { aim, seed, bug, runs, time_ms, keep_going } = flags;
    this.campaign = new Campaign({
      aim, seed, keep_going, ...(bug === undefined ? {} : { bug }), ...(runs === undefined ? {} : { runs }),
      ...(time_ms === undefined ? {} : { until_ms: this.begun_ms + time_ms }),
    });
  }

  /** The first time each thread ends its run, and there is a summary; the second time nothing comes to its end. */
  private readonly stop = (): void => {
    if (this.was_ended) process.exit(130);
    this.was_ended = true;
    this.campaign.stop();
    Atomics.store(this.ending, 0, 1);
    this.end();
  };

  private show(): void {
    this.progress.show(() => {
      const [runs = 0, steps = 0] = Array.from(this.made, Number);
      const seconds = Math.max(0.001, (Date.now() - this.begun_ms) / 1000);
      const findings = distinct(this.campaign.outcome().found).length;
      const per_second = `${Math.round(runs / seconds)} runs/s, ${Math.round(steps / seconds)} steps/s`;
      const found = `${findings} ${findings === 1 ? 'finding' : 'findings'}`;
      if (this.smaller_since !== 0) return `fuzz: ${Math.round((Date.now() - this.smaller_since) / 1000)} s of making ${found} smaller`;
      const reached = this.samples.at(-1)?.reached;
      const coverage = reached === undefined ? '' : `${reached} sides of branches, corpus ${this.corpus.length}, `;
      return `fuzz: ${Math.round(seconds)} s, ${runs} ${runs === 1 ? 'run' : 'runs'}, ${per_second}, ${coverage}${found}`;
    });
  }

  private async work(pool: FuzzPool): Promise<void> {
    const guided = this.flags.corpus !== undefined;
    let known = 0;
    for (let stretch = this.campaign.next(); stretch; stretch = this.campaign.next()) {
      const news = this.corpus.slice(known);
      known = this.corpus.length;
      const result = await pool.run({ ...stretch, ending: this.ending, made: this.made, ...(guided ? { news } : {}) });
      this.campaign.add(result);
      if (result.search) this.gained(result.search);
    }
  }

  private gained({ kept, reached, told }: SearchState): void {
    this.corpus.push(...kept);
    const before = this.samples.at(-1);
    if (before && reached <= before.reached && told <= before.told) return;
    const seconds = (Date.now() - this.begun_ms) / 1000;
    const most = (a: number, b: number | undefined) => Math.max(a, b ?? 0);
    const { runs } = this.campaign.work();
    this.samples.push({ seconds, runs, reached: most(reached, before?.reached), told: most(told, before?.told) });
  }

  private smaller(found: Found, n: number): Promise<Finding | undefined> {
    const { aim, bug, shrink_ms } = this.flags;
    const name = fileName(`${found.also_without || bug === undefined ? found.broken.invariant : bug} ${found.seed}`);
    const job = { found, aim, name, budget_ms: shrink_ms, ...(bug === undefined ? {} : { bug }) };
    return Promise.race([(this.pools[n % this.pools.length] as FuzzPool).shrink(job), this.ended]);
  }

  async run(): Promise<CampaignResult> {
    const shown = setInterval(() => this.show(), TELL_MS);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, this.stop);
    try {
      await Promise.all(this.pools.map((pool) => this.work(pool)));
      const time_ms = Date.now() - this.begun_ms;
      const { runs, steps, found } = this.campaign.outcome();
      this.smaller_since = Date.now();
      const findings = await Promise.all(distinct(found).map(async (one, n): Promise<CampaignFinding> =>
        ({ found: one, after_ms: one.at_ms - this.begun_ms, finding: await this.smaller(one, n) })));
      const search = this.flags.corpus === undefined ? {} : { search: { samples: this.samples, corpus: this.corpus } };
      return { runs, steps, work: this.campaign.work(), time_ms, findings, ...search, ended: this.was_ended };
    } finally {
      clearInterval(shown);
      this.progress.end();
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, this.stop);
    }
  }
}

export async function runCampaign(data: WorkerData, flags: CampaignFlags): Promise<CampaignResult> {
  const pools = await Promise.all(Array.from({ length: flags.jobs }, () => FuzzPool.start(data)));
  try {
    return await new CampaignRun(pools, flags).run();
  } finally {
    await Promise.all(pools.map((pool) => pool.close()));
  }
}
