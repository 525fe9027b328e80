/**
 * The coverage-guided search: cases that reached what none before them did are kept, and new ones are made of them. One search is one
 * sequence of seeds: what it does depends on its first seed and on the corpus that it began with.
 */
import { ends, type Found, mayRun, seedAt, type Stretch, type StretchResult, tellMade } from './campaign.ts';
import type { FuzzCase } from './case.ts';
import { Chance } from './chance.ts';
import { Coverage, type CoverRow, type Gain, RunFeatures } from './coverage.ts';
import { type Aim, aimed, caseOf } from './generate/index.ts';
import { mutated } from './mutate.ts';
import type { CaseResult, Runner } from './runner.ts';
import { Sources } from './sources.ts';

/** A case that is kept, and why. */
export interface Kept {
  readonly c: FuzzCase;
  /** What it was the first to reach. */
  readonly gain: Gain;
}

export interface Turn {
  readonly c: FuzzCase;
  readonly result: CaseResult;
  readonly gain: Gain;
  /** Made from cases of the corpus, not by a generator. */
  readonly mutant: boolean;
}

const NOTHING: Gain = { fresh: 0, sides: 0, features: [] };
/** What a run costs beside its steps, in steps: its world has to be made. */
const WORK_OF_RUN = 300;
/** What a feature is worth that is no new side of a branch. */
const FEATURE = 1 / 64;
/** The rarest of so many is changed. */
const LOOKED_AT = 6;

/** Makes the next case. */
interface Source {
  readonly mutant: boolean;
  /** Kept cases that it needs. */
  readonly of?: Family;
  readonly draw: (seed: number, chance: Chance) => FuzzCase;
}
type Family = 'programs' | 'worlds';
const familyOf = (c: FuzzCase): Family => (Array.isArray(c.scenario.steps) ? 'programs' : 'worlds');

export class Guided {
  readonly coverage: Coverage;
  readonly corpus: Kept[] = [];
  private readonly families: Readonly<Record<Family, Kept[]>> = { programs: [], worlds: [] };
  private readonly sources: Sources<Source>;
  private readonly runner: Runner;
  private readonly bug: string | undefined;
  private readonly features: RunFeatures;

  constructor(runner: Runner, rows: readonly CoverRow[], aim: Aim, bug?: string) {
    this.runner = runner;
    this.bug = bug;
    this.coverage = new Coverage(rows);
    this.features = new RunFeatures(this.coverage.sides);
    const change = (of: Family): Source =>
      ({ mutant: true, of, draw: (seed, chance) => mutated(this.choose(of, chance), this.choose(of, chance), seed) });
    const generators = aimed(aim).map((g): Source => ({ mutant: false, draw: (seed) => caseOf(g, seed) }));
    this.sources = new Sources<Source>(generators, [change('programs'), change('worlds')]);
  }

  /** The next case of a seed, run. */
  turn(seed: number): Turn {
    const chance = new Chance(seed);
    const source = this.sources.choose(chance, ({ of }) => of === undefined || this.families[of].length > 0);
    const { result, gain, c } = this.learn(source.draw(seed, chance));
    this.sources.credit(source, gain.sides + gain.fresh * FEATURE, WORK_OF_RUN + result.steps);
    return { c, result, gain, mutant: source.mutant };
  }

  /** Runs a case, and keeps it if it reached something new. */
  learn(c: FuzzCase): Omit<Turn, 'mutant'> {
    const result = this.runner.run(c, { features: this.features, ...(this.bug === undefined ? {} : { bug: this.bug }) });
    const gain = result.refused === undefined ? this.coverage.add(this.features.bits) : NOTHING;
    // What broke is a finding, and no ground to build on.
    if (gain.fresh > 0 && !result.broken) this.keep({ c, gain });
    return { c, result, gain };
  }

  private keep(kept: Kept): void {
    this.corpus.push(kept);
    this.families[familyOf(kept.c)].push(kept);
  }

  /** Goes on with the seeds of a stretch. */
  stretch(stretch: Stretch): StretchResult {
    const { n, first, bug, news = [] } = stretch;
    for (const c of news) this.learn(c);
    const known = this.corpus.length;
    const found: Found[] = [];
    let [runs, refused, steps, records] = [0, 0, 0, 0];
    while (runs < stretch.runs && mayRun(stretch)) {
      const seed = seedAt(first, runs);
      const { c, result } = this.turn(seed);
      runs++;
      steps += result.steps;
      tellMade(stretch, result.steps);
      records += result.records;
      if (result.refused !== undefined) refused++;
      if (!result.broken) continue;
      const also_without = bug !== undefined && this.runner.run(c).broken !== undefined;
      const one: Found = { c, seed, generator: c.generator, broken: result.broken, runs, steps, also_without, at_ms: Date.now() };
      found.push(one);
      if (ends(stretch, one)) break;
    }
    const kept = this.corpus.slice(known).map((k) => k.c);
    return { n, runs, refused, steps, records, found, search: { kept, reached: this.coverage.reached(), told: this.coverage.told() } };
  }

  /**
   * A kept case with something rare: what few runs reached has neighbours that none did. After AFLFast (Böhme, Pham, Roychoudhury:
   * Coverage-based Greybox Fuzzing as Markov Chain, CCS 2016) and libFuzzer's -entropic=1.
   */
  private choose(of: Family, chance: Chance): FuzzCase {
    let best = chance.pick(this.families[of]);
    let rarest = 0;
    for (let n = 0; n < LOOKED_AT; n++) {
      const one = chance.pick(this.families[of]);
      const rarity = this.coverage.rarity(one.gain.features);
      if (rarity <= rarest) continue;
      best = one;
      rarest = rarity;
    }
    return best.c;
  }
}
