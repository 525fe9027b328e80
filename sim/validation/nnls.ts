/** Least squares without negative unknowns, by descent along one coordinate after the other: few unknowns, always the same way. */

const ROUNDS = 20_000;
const STILL = 1e-12;

/** Minimises |A x − b|² with x ≥ 0. */
export function nonNegativeLeastSquares(rows: readonly (readonly number[])[], b: readonly number[]): number[] {
  const n = rows[0]?.length ?? 0;
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  const column = (j: number) => rows.map((_, i) => at(i, j));
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, v, i) => sum + v * (y[i] ?? 0), 0);
  const columns = Array.from({ length: n }, (_, j) => column(j));
  // Of columns of length 1, so that a knob in cycles per KiB and one in cycles converge alike.
  const size = columns.map((c) => Math.sqrt(dot(c, c)));
  const gram = columns.map((c, j) => columns.map((d, k) => (dot(c, d) / ((size[j] || 1) * (size[k] || 1)))));
  const target = columns.map((c, j) => dot(c, b) / (size[j] || 1));
  const x = new Array<number>(n).fill(0);
  for (let round = 0; round < ROUNDS; round++) {
    let moved = 0;
    for (let j = 0; j < n; j++) {
      if (size[j] === 0) continue;
      const next = Math.max(0, (x[j] ?? 0) + (target[j] ?? 0) - dot(gram[j] ?? [], x));
      moved = Math.max(moved, Math.abs(next - (x[j] ?? 0)));
      x[j] = next;
    }
    if (moved < STILL * Math.max(1, ...x)) break;
  }
  return x.map((v, j) => (size[j] ? v / (size[j] as number) : 0));
}
