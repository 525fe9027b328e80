/** The Pareto front: what no other is at least as good as in everything, and better in something. */
export interface Goal {
  readonly name: string;
  readonly better: 'higher' | 'lower';
}

/** Indexes of the rows on the front, in order. A row is a value for each goal; one that lacks any cannot be on it. */
export function paretoFront(goals: readonly Goal[], rows: readonly (readonly number[] | undefined)[]): number[] {
  const costs = rows.map((row) => row?.map((v, i) => (goals[i]?.better === 'higher' ? -v : v)));
  const known = costs.flatMap((c, i) => (c && c.length === goals.length && c.every(Number.isFinite) ? [i] : []));
  const at = (i: number) => costs[i] as readonly number[];
  // Whoever beats a row comes before it in lexicographic order: one pass against the front so far is enough.
  const order = [...known].sort((a, b) => compare(at(a), at(b)) || a - b);
  const front: number[] = [];
  for (const i of order) if (!front.some((f) => beats(at(f), at(i)))) front.push(i);
  return front.sort((a, b) => a - b);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, v] of a.entries()) if (v !== b[i]) return v - (b[i] ?? 0);
  return 0;
}

const beats = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((v, i) => v <= (b[i] ?? 0)) && a.some((v, i) => v < (b[i] ?? 0));
