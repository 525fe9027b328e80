/** Two traces beside each other: the first difference, what kind it is, and which declared differences were needed. */
import type { TraceLine } from '../../../sim/host/index.ts';
import { type Comparing, foldTrace, type Row } from './fold.ts';
import { type Rule, RULES, type Where } from './rules.ts';

/**
 * order: the same completions, another order; res: a result; flags; count: something is there only once; ring: a ring's cursors or
 * flags; data: bytes, where they lie, how many were copied.
 */
export type DifferenceClass = 'order' | 'res' | 'flags' | 'count' | 'ring' | 'data';

export interface Difference {
  readonly class: DifferenceClass;
  /** Place in the compared rows of both. */
  readonly at: number;
  readonly native: TraceLine | undefined;
  readonly simulated: TraceLine | undefined;
}

/** A declared difference without which the traces would differ. */
export interface Declared {
  readonly rule: Rule;
  /** Lines that it changed, on both sides. */
  readonly lines: number;
}

export interface Comparison {
  readonly outcome: 'equal' | 'declared' | 'different';
  readonly comparing: Comparing;
  readonly native: readonly Row[];
  readonly simulated: readonly Row[];
  readonly declared: readonly Declared[];
  readonly difference?: Difference;
}

export interface Traces {
  readonly native: readonly TraceLine[];
  readonly simulated: readonly TraceLine[];
}

/** Lines as rules leave them; `touched`: how many each rule changed. */
function ruled(lines: readonly TraceLine[], rules: readonly Rule[], where: Where, touched: Map<Rule, number>): readonly TraceLine[] {
  return rules.reduce((now, rule) => {
    const next = rule.lines(now, where);
    const kept = new Set(next);
    const changed = now.filter((line) => !kept.has(line)).length;
    if (changed > 0) touched.set(rule, (touched.get(rule) ?? 0) + changed);
    return next;
  }, lines);
}

interface Sides {
  readonly native: Row[];
  readonly simulated: Row[];
  readonly touched: ReadonlyMap<Rule, number>;
}

function sides(traces: Traces, comparing: Comparing, rules: readonly Rule[], where: Where): Sides {
  const touched = new Map<Rule, number>();
  // A step program's notes are its own words; beside applications they are the agent's, to whom reads the trace.
  const own = (line: TraceLine) => where.kind === 'steps' || line.e !== 'note';
  const side = (lines: readonly TraceLine[]) => foldTrace(ruled(lines.filter(own), rules, where, touched), comparing);
  return { native: side(traces.native), simulated: side(traces.simulated), touched };
}

/** The first place where they differ; -1: nowhere. */
function placeOf({ native, simulated }: Sides): number {
  const at = native.findIndex((row, i) => row.key !== simulated[i]?.key);
  if (at >= 0) return at;
  return simulated.length > native.length ? native.length : -1;
}

export function compareTraces(traces: Traces, comparing: Comparing, where: Where, rules: readonly Rule[] = RULES): Comparison {
  const own = rules.filter((r) => r.holds(where));
  const bare = sides(traces, comparing, [], where);
  if (placeOf(bare) < 0) return { outcome: 'equal', comparing, ...bare, declared: [] };
  const both = sides(traces, comparing, own, where);
  const at = placeOf(both);
  const candidates = own.filter((r) => both.touched.has(r));
  // With an undeclared difference left, what was declared is told as it was met.
  const needed = at >= 0 ? candidates : candidates.filter((r) => placeOf(sides(traces, comparing, own.filter((o) => o !== r), where)) >= 0);
  const declared = needed.map((rule) => ({ rule, lines: both.touched.get(rule) ?? 0 }));
  if (at < 0) return { outcome: 'declared', comparing, native: both.native, simulated: both.simulated, declared };
  const [native, simulated] = [both.native[at]?.line, both.simulated[at]?.line];
  return {
    outcome: 'different', comparing, native: both.native, simulated: both.simulated, declared,
    difference: { class: classOf(both, at), at, native, simulated },
  };
}

/** Fields by what it means when they are the first that differs, in the order in which they decide. */
const FIELDS: readonly (readonly [DifferenceClass, readonly string[]])[] = [
  ['order', ['ud', 'r', 'conn', 'op']],
  ['res', ['res', 'err', 'ended', 'errors', 'ends', 'result']],
  ['flags', ['fl', 'features', 'shots', 'flags']],
  ['count', ['n', 'cqe', 'reached', 'terminal', 'complete', 'all', 'took', 'seq']],
  ['ring', ['sq', 'cq', 'head', 'tail', 'rqes', 'slots', 'lent_bytes', 'returned', 'returned_once', 'empty']],
  ['data', ['bytes', 'sha256', 'off', 'crc', 'ok', 'hex', 'right', 'count', 'zeroCopyBytes', 'copiedBytes']],
];

/** Results that are numbers of things. */
const COUNTS = new Set(['drain', 'peek', 'peek_batch', 'epoll.wait']);

function classOf({ native, simulated }: Sides, at: number): DifferenceClass {
  const [a, b] = [native[at]?.line, simulated[at]?.line];
  if (!a || !b) return 'count';
  const missing = (row: Row | undefined, rows: readonly Row[]) => !rows.slice(at).some((r) => r.key === row?.key);
  if (a.e === 'cqe' && b.e === 'cqe' && a.i === b.i && (a.ud !== b.ud || a.r !== b.r)) {
    return numberOf(native, a.i) === numberOf(simulated, a.i) ? 'order' : 'count';
  }
  if (a.e !== b.e || a.i !== b.i) return missing(native[at], simulated) || missing(simulated[at], native) ? 'count' : 'order';
  const field = (names: readonly string[]) => names.find((n) => JSON.stringify(a[n]) !== JSON.stringify(b[n]));
  if (a.ret !== b.ret && !field(['err'])) return COUNTS.has(String(a.step)) ? 'count' : 'res';
  return FIELDS.find(([, names]) => field(names) !== undefined)?.[0] ?? 'data';
}

/** Completions of one step. */
const numberOf = (rows: readonly Row[], i: number): number => rows.filter(({ line }) => line.i === i && line.e === 'cqe').length;

/** Longest stretch that is aligned; beyond it rows stand where they are. */
const ALIGNED_MAX = 1500;

/** Rows of both, equal ones beside each other: by a longest common subsequence. */
export function bothRows(native: readonly Row[], simulated: readonly Row[]): [Row | undefined, Row | undefined][] {
  const rows: [Row | undefined, Row | undefined][] = [];
  const [n, m] = [Math.min(native.length, ALIGNED_MAX), Math.min(simulated.length, ALIGNED_MAX)];
  const width = m + 1;
  const best = new Uint16Array((n + 1) * width);
  for (let a = n - 1; a >= 0; a--) {
    for (let b = m - 1; b >= 0; b--) {
      const skip = Math.max(best[(a + 1) * width + b] ?? 0, best[a * width + b + 1] ?? 0);
      best[a * width + b] = native[a]?.key === simulated[b]?.key ? (best[(a + 1) * width + b + 1] ?? 0) + 1 : skip;
    }
  }
  let [a, b] = [0, 0];
  let [left, right]: [Row[], Row[]] = [[], []];
  const settle = () => {
    // What differs between two equal rows stands side by side as far as it goes.
    for (let i = 0; i < Math.max(left.length, right.length); i++) rows.push([left[i], right[i]]);
    [left, right] = [[], []];
  };
  while (a < n || b < m) {
    const [x, y] = [native[a], simulated[b]];
    if (a < n && b < m && x?.key === y?.key) {
      settle();
      rows.push([x, y]);
      a++;
      b++;
    } else if (a < n && (b >= m || (best[(a + 1) * width + b] ?? 0) >= (best[a * width + b + 1] ?? 0))) {
      left.push(x as Row);
      a++;
    } else {
      right.push(y as Row);
      b++;
    }
  }
  settle();
  for (let i = ALIGNED_MAX; i < Math.max(native.length, simulated.length); i++) rows.push([native[i], simulated[i]]);
  return rows;
}
