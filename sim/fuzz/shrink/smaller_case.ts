/** Leaves parts of a case out, and makes its numbers small, until nothing more can go or the time is over. */
import { type Plain, ScenarioError } from '../../host/index.ts';
import { compiledCase, type FuzzCase, NO_CALM } from '../case.ts';
import { fewest } from './fewest.ts';
import type { Trial } from './index.ts';
import { at, isList, isMap, placesOf, type PlainPath, put } from './plain_edit.ts';

type Plains = readonly Plain[];

const withScenario = (c: FuzzCase, scenario: Plain): FuzzCase => ({ ...c, scenario: scenario as FuzzCase['scenario'] });
const stepsOf = (c: FuzzCase): Plains => (isList(c.scenario.steps) ? c.scenario.steps : []);

/** Steps that the compiler refuses: those that use a name which nobody gives any more. */
function refusedSteps(c: FuzzCase): ReadonlySet<number> {
  try {
    compiledCase(c, c.generator);
  } catch (error) {
    if (error instanceof ScenarioError)
      return new Set(error.problems.flatMap(({ key }) => /^steps\[(\d+)\]/.exec(key)?.slice(1).map(Number) ?? []));
  }
  return new Set();
}

/** The steps, and with a step those that cannot be without it. */
function whole(c: FuzzCase, steps: Plains): Plains {
  let kept = steps;
  for (;;) {
    const refused = refusedSteps(withScenario(c, { ...c.scenario, steps: kept as Plain }));
    if (refused.size === 0) return kept;
    kept = kept.filter((_, i) => !refused.has(i));
  }
}

function fewerSteps(trial: Trial): void {
  if (stepsOf(trial.best).length === 0) return;
  fewest(stepsOf(trial.best), (kept) => {
    if (trial.over) return undefined;
    const steps = whole(trial.best, kept);
    return trial.does(withScenario(trial.best, { ...trial.best.scenario, steps: steps as Plain })) ? steps : undefined;
  });
}

function fewerEdits(trial: Trial): void {
  fewest(trial.best.edits, (edits) => (trial.does({ ...trial.best, edits }) ? edits : undefined));
}

/** What stays: a run is checked, and in a small world; the program has passes of its own. */
const KEPT = [/^run\.verify$/, /^run$/, /^limits(\.|$)/, /^steps$/, /^steps\.\d+$/];

/** Knobs go back to their defaults, fields of steps too; whole sections first. */
function fewerKeys(trial: Trial): void {
  const tried = new Set<string>();
  for (;;) {
    const path = placesOf(trial.best.scenario).find((p) => {
      const name = p.join('.');
      return !tried.has(name) && !KEPT.some((k) => k.test(name));
    });
    if (!path || trial.over) return;
    // An item of a list that went has given its place to the next.
    if (!trial.does(withScenario(trial.best, put(trial.best.scenario, path, undefined))) || typeof path.at(-1) !== 'number')
      tried.add(path.join('.'));
  }
}

/** A large number is halved and no more: whether it is 1799 or 1800 says nothing to a reader. */
const FEW = 8;
const smallNumbers = (n: number): readonly number[] =>
  [...new Set([0, 1, Math.trunc(n / 16), Math.trunc(n / 2), ...(n <= FEW ? [n - 1] : [])])].filter((m) => m >= 0 && m < n);

/** Makes the number at a place as small as it can be. */
function smallerNumber(trial: Trial, path: PlainPath): void {
  for (;;) {
    const n = at(trial.best.scenario, path);
    if (typeof n !== 'number' || trial.over) return;
    if (!smallNumbers(n).some((m) => trial.does(withScenario(trial.best, put(trial.best.scenario, path, m))))) return;
  }
}

function smallerNumbers(trial: Trial): void {
  for (const path of placesOf(trial.best.scenario)) if (path[0] !== 'limits') smallerNumber(trial, path);
  const { calm_at } = trial.best;
  for (let n = calm_at; n !== NO_CALM && n > 1 && trial.does({ ...trial.best, calm_at: Math.trunc(n / 2) }); ) n = Math.trunc(n / 2);
}

/** What makes a run long where nothing is said of it, by the part of a case that it belongs to, with less of it. */
const WAIT = { key: 'quiet', less: '1ms' };
const LONG_BY_DEFAULT: Readonly<Record<string, { readonly key: string; readonly less: Plain }>> = {
  app: { key: 'bytes', less: 4096 }, 'stream.flush': WAIT, 'stream.recv': WAIT, 'zcrx.receive': WAIT,
};

function shorterRun(trial: Trial): void {
  for (const path of placesOf(trial.best.scenario)) {
    const { key, less } = LONG_BY_DEFAULT[path.at(-1) ?? ''] ?? {};
    const part = at(trial.best.scenario, path);
    if (trial.over) return;
    // Numbers are made small below.
    if (key !== undefined && less !== undefined && isMap(part) && typeof part[key] !== 'number' && part[key] !== less)
      trial.does(withScenario(trial.best, put(trial.best.scenario, [...path, key], less)));
  }
}

/** A host that says nothing of its own. */
function withoutEmpty(value: Plain): Plain {
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, v]) => {
    const inner = key === 'steps' ? v : withoutEmpty(v);
    return isMap(inner) && Object.keys(inner).length === 0 ? [] : [[key, inner]];
  }));
}

export function smallerCase(trial: Trial): void {
  let before: number;
  do {
    before = trial.weight;
    // First: what is tried after it takes less time.
    shorterRun(trial);
    fewerSteps(trial);
    fewerEdits(trial);
    fewerKeys(trial);
    smallerNumbers(trial);
  } while (trial.weight < before && !trial.over);
  trial.last(withScenario(trial.best, withoutEmpty(trial.best.scenario)));
  const { limits: _, ...rest } = trial.best.scenario;
  trial.last(withScenario(trial.best, rest));
}
