/**
 * The smallest case that still breaks the same invariant. First fast-check shrinks what it drew, then parts of the case are left out:
 * the calm phase, edits, steps of the program, knobs; numbers are made small, and the run short.
 */
import fc from 'fast-check';
import { type FuzzCase, NO_CALM } from '../case.ts';
import { generatorOf, type Aim } from '../generate/index.ts';
import type { Broken, Runner } from '../runner.ts';
import { stepsWithin, weightOf } from './size.ts';
import { smallerCase } from './smaller_case.ts';

export { sizeOf } from './size.ts';

export interface ShrinkOptions {
  readonly bug?: string;
  /** How long it may take. */
  readonly budget_ms: number;
}

export interface Shrunk {
  readonly c: FuzzCase;
  readonly broken: Broken;
  /** Cases that were run. */
  readonly tried: number;
}

const STEPS_LEAST = 1000;

/** Whether a case still does it, for as long as there is time; what did last is kept. */
export class Trial {
  best: FuzzCase;
  broken: Broken;
  tried = 0;
  private readonly runner: Runner;
  private readonly bug: string | undefined;
  private readonly end_ms: number;
  /** Of the best one: what is heavier is not smaller. */
  weight = Number.POSITIVE_INFINITY;
  /** Steps of the shortest run so far. */
  private shortest = Number.POSITIVE_INFINITY;

  constructor(runner: Runner, c: FuzzCase, broken: Broken, { bug, budget_ms }: ShrinkOptions) {
    this.runner = runner;
    this.best = c;
    this.broken = broken;
    this.bug = bug;
    this.end_ms = Date.now() + budget_ms;
  }

  get over(): boolean {
    return Date.now() >= this.end_ms;
  }

  /** What is simpler as one draws it need not be lighter; what takes much longer is neither. */
  simpler(c: FuzzCase): boolean {
    return !this.over && this.breaks(c, 2 * this.shortest + STEPS_LEAST);
  }
  /** It still does it, and is no heavier. */
  does(c: FuzzCase): boolean {
    return !this.over && this.last(c);
  }
  /** The same for what is worth trying when the time is over, too. */
  last(c: FuzzCase): boolean {
    return this.breaks(c, stepsWithin(c, this.weight));
  }

  /** The same invariant breaks, and with a bug of the museum does not break without it. */
  private breaks(c: FuzzCase, steps_max: number): boolean {
    this.tried++;
    if (steps_max < 0) return false;
    const { broken, steps } = this.runner.run(c, this.bug === undefined ? { steps_max } : { bug: this.bug, steps_max });
    if (broken?.invariant !== this.broken.invariant || steps > steps_max) return false;
    if (this.bug !== undefined && this.runner.run(c, { steps_max: 4 * steps + STEPS_LEAST }).broken) return false;
    this.best = c;
    this.broken = broken;
    this.weight = weightOf(c, steps);
    this.shortest = Math.min(this.shortest, steps);
    return true;
  }
}

/** fast-check knows how what it drew becomes simpler. Half of the time is left for the rest. */
function shrinkDrawn(trial: Trial, aim: Aim, seed: number, budget_ms: number): void {
  const end_ms = Date.now() + budget_ms / 2;
  const { cases } = generatorOf(aim, seed);
  fc.check(fc.property(cases, (c) => Date.now() >= end_ms || !trial.simpler(c)), { seed, numRuns: 1 });
}

/** `drawn`: the seed that made it, and under which focus. */
export function shrink(
  runner: Runner, c: FuzzCase, broken: Broken, options: ShrinkOptions, drawn?: { readonly aim: Aim; readonly seed: number },
): Shrunk {
  const trial = new Trial(runner, c, broken, options);
  trial.last(c);
  if (drawn) shrinkDrawn(trial, drawn.aim, drawn.seed, options.budget_ms);
  if (trial.best.calm_at !== NO_CALM) trial.does({ ...trial.best, calm_at: NO_CALM });
  smallerCase(trial);
  return { c: trial.best, broken: trial.broken, tried: trial.tried };
}
