/** Judges mutants: which tests reach them, and whether one of those fails. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../native-backend/lab/places.ts';
import type { Mutant } from './schemata.ts';
import type { Result } from './results.ts';
import type { Thread } from './threads.ts';
import type { Baseline } from './trial.ts';

/** A test that takes longer with the model as it is would take most of a campaign. */
const SLOW_MS = 3000;
const PATIENCE_MS = 60_000;
const BASELINE_MS = 8000;

/** What each test takes and reaches; kept in build/, for it takes minutes. */
export async function baselines(threads: readonly Thread[], names: readonly string[], chosen: readonly number[], mutants: number,
  suite: string, progress: (done: number) => void): Promise<Baseline[]> {
  const path = join(root, `build/mutation/baseline-${suite}.jsonl`);
  mkdirSync(join(root, 'build/mutation'), { recursive: true });
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter((l) => l.endsWith('}')) : [];
  const known = new Map(lines.map((l) => JSON.parse(l) as Baseline).map((b) => [b.check, b]));
  const todo = chosen.filter((check) => !known.has(check));
  await Promise.all(threads.map(async (thread) => {
    for (let check = todo.shift(); check !== undefined; check = todo.shift()) {
      const reply = await thread.do({ kind: 'baseline', check, mutants }, BASELINE_MS);
      const lost = { check, name: names[check] ?? '', ms: 0, steps: 0, small: false, unfit: 'too slow', reached: [] };
      const found = reply.kind === 'baseline' ? reply.baseline : lost;
      known.set(check, found);
      appendFileSync(path, `${JSON.stringify(found)}\n`);
      progress(known.size);
    }
  }));
  return chosen.flatMap((check) => known.get(check) ?? []);
}

export const isFit = (b: Baseline): boolean => b.unfit === '' && b.ms <= SLOW_MS;

/** Which tests to ask first: those that are quick, and that have killed neighbours; whole traces are slow, and see much. */
class Order {
  private readonly kills = new Map<string, number>();
  private readonly reaching = new Map<number, Baseline[]>();

  constructor(all: readonly Baseline[]) {
    for (const b of all.filter(isFit)) {
      for (const id of b.reached) {
        const list = this.reaching.get(id);
        if (list) list.push(b);
        else this.reaching.set(id, [b]);
      }
    }
  }
  reach(m: Mutant): readonly Baseline[] {
    return this.reaching.get(m.id) ?? [];
  }
  /** In order, until they have taken `budget_ms` with the model as it is. */
  of(m: Mutant, budget_ms: number): Baseline[] {
    const kills = (place: string) => this.kills.get(place) ?? 0;
    const known = (b: Baseline) => kills(`${m.file} ${b.check}`) + 10 * kills(`${m.file} ${m.name} ${b.check}`);
    const worth = new Map(this.reach(m).map((b) => [b, (1 + known(b)) / Math.sqrt(b.ms + 3)]));
    let spent = 0;
    const chosen: Baseline[] = [];
    for (const b of [...worth.keys()].sort((x, y) => (worth.get(y) ?? 0) - (worth.get(x) ?? 0) || x.check - y.check)) {
      if (spent >= budget_ms) break;
      chosen.push(b);
      spent += b.ms;
    }
    return chosen;
  }
  killed(m: Mutant, check: number): void {
    for (const key of [`${m.file} ${check}`, `${m.file} ${m.name} ${check}`]) this.kills.set(key, (this.kills.get(key) ?? 0) + 1);
  }
}

export interface Campaign {
  readonly threads: readonly Thread[];
  readonly baselines: readonly Baseline[];
  readonly mutants: readonly Mutant[];
  readonly keys: ReadonlyMap<number, string>;
  readonly suite: string;
  readonly budget_ms: number;
  /** Mutants that an earlier campaign killed, and the test that did. */
  readonly killed: ReadonlyMap<Mutant, string>;
  /** True when no more are to be begun. */
  readonly over: () => boolean;
  readonly progress: (result: Result, mutant: Mutant) => void;
}

/** Judges mutants in the given order. */
export async function judgeAll(campaign: Campaign): Promise<void> {
  const { threads, baselines: all, mutants, keys, suite, budget_ms, killed, over, progress } = campaign;
  const order = new Order(all);
  const names = new Map(all.map((b) => [b.check, b.name]));
  const checks = new Map(all.map((b) => [b.name, b.check]));
  for (const [m, by] of killed) {
    const check = checks.get(by);
    if (check !== undefined) order.killed(m, check);
  }
  let next = 0;
  const judge = async (thread: Thread, m: Mutant): Promise<Result> => {
    const key = keys.get(m.id) ?? '';
    const chosen = order.of(m, budget_ms);
    if (chosen.length === 0) return { key, outcome: 'uncovered', suite };
    const checks = chosen.map(({ check, small, steps }) => ({ check, small, steps }));
    const reply = await thread.do({ kind: 'judge', mutant: m.id, checks }, PATIENCE_MS);
    if (reply.kind !== 'judged' || reply.check < 0)
      return { key, outcome: 'survived', run: chosen.length, reach: order.reach(m).length, suite };
    order.killed(m, reply.check);
    return { key, outcome: 'killed', by: names.get(reply.check) ?? '', why: reply.why.slice(0, 160) };
  };
  await Promise.all(threads.map(async (thread) => {
    for (let m = mutants[next++]; m && !over(); m = mutants[next++]) {
      const result = await judge(thread, m);
      progress(result, m);
    }
  }));
}
