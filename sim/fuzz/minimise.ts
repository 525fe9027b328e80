/** A corpus for keeps: the fewest cases that reach all that many do, and what each of them is there for. */
import type { FuzzCase } from './case.ts';
import { Coverage, type CoverRow, RunFeatures } from './coverage.ts';
import type { Runner } from './runner.ts';

export interface Member {
  readonly c: FuzzCase;
  /** Functions with a side of a branch that only this one takes. */
  readonly reaches: readonly string[];
}

/**
 * Set cover, greedily: always the case with the most that is still missing. Whether a side was taken counts, not how often. Cases that
 * were refused, or break, are left out.
 */
export function minimised(runner: Runner, rows: readonly CoverRow[], corpus: readonly FuzzCase[]): Member[] {
  const coverage = new Coverage(rows);
  const features = new RunFeatures(coverage.sides);
  const left = corpus.map((c) => ({ c, reached: reachedBy(runner, features, c) }));
  const covered = new Set<number>();
  const kept: { c: FuzzCase; reached: readonly number[] }[] = [];
  for (;;) {
    for (const one of left) one.reached = one.reached.filter((f) => !covered.has(f));
    const best = left.reduce((a, b) => (b.reached.length > a.reached.length ? b : a), { c: {} as FuzzCase, reached: [] as number[] });
    if (best.reached.length === 0) break;
    for (const f of best.reached) covered.add(f);
    kept.push({ c: best.c, reached: reachedBy(runner, features, best.c) });
  }
  const times = new Map<number, number>();
  for (const { reached } of kept) for (const f of reached) times.set(f, (times.get(f) ?? 0) + 1);
  return kept.map(({ c, reached }) => {
    const own = reached.filter((f) => times.get(f) === 1).map((f) => coverage.functionOf(f));
    return { c, reaches: [...new Set(own)].filter((name) => name !== '').sort() };
  });
}

function reachedBy(runner: Runner, features: RunFeatures, c: FuzzCase): number[] {
  const result = runner.run(c, { features });
  if (result.refused !== undefined || result.broken) return [];
  const out: number[] = [];
  features.bits.forEach((bits, i) => {
    if (bits !== 0) out.push(i);
  });
  return out;
}
