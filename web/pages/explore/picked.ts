/** What of a sweep is drawn: two of its axes and a metric; of the other axes, the best cell of each place. */
import type { SweepAnswer, SweepAxis, SweepCellAnswer, SweepMetric } from '../../../sim/lab/index.ts';

export interface Picked {
  readonly metric: SweepMetric;
  /** Its place among the numbers of a cell. */
  readonly m: number;
  readonly x: SweepAxis;
  /** undefined: there is one axis. */
  readonly y: SweepAxis | undefined;
  /** By row (values of y), then by column: the number of a cell, or undefined while nothing is known. */
  readonly rows: readonly (readonly (number | undefined)[])[];
  /** There are axes beside these two. */
  readonly others: boolean;
}

const rank: Readonly<Record<SweepCellAnswer['outcome'], number>> = { measured: 0, failed: 1, refused: 2, waiting: 3 };

export function pick(answer: SweepAnswer, metric_name: string, x_key: string, y_key: string): Picked | undefined {
  const m = Math.max(0, answer.metrics.findIndex((k) => k.name === metric_name));
  const metric = answer.metrics[m];
  const by_length = [...answer.axes].sort((a, b) => b.values.length - a.values.length);
  const x = answer.axes.find((a) => a.key === x_key) ?? by_length.find((a) => a.numbers) ?? by_length[0];
  const y = answer.axes.find((a) => a.key === y_key && a !== x) ?? by_length.find((a) => a !== x);
  if (!metric || !x) return undefined;
  const [xi, yi] = [answer.axes.indexOf(x), y ? answer.axes.indexOf(y) : -1];
  const better = (a: number, b: number): boolean => {
    const [one, other] = [answer.cells[a] as SweepCellAnswer, answer.cells[b] as SweepCellAnswer];
    if (one.outcome !== other.outcome) return rank[one.outcome] < rank[other.outcome];
    const [p, q] = [Number(one.numbers[m]), Number(other.numbers[m])];
    return metric.better === 'lower' ? p < q : metric.better === 'higher' && p > q;
  };
  const rows = (y?.values ?? ['']).map(() => x.values.map((): number | undefined => undefined));
  answer.cells.forEach((cell, i) => {
    const row = rows[y ? y.values.indexOf(cell.values[yi] ?? '') : 0];
    const c = x.values.indexOf(cell.values[xi] ?? '');
    if (!row || c < 0) return;
    const before = row[c];
    if (before === undefined || better(i, before)) row[c] = i;
  });
  return { metric, m, x, y, rows, others: answer.axes.length > (y ? 2 : 1) };
}

/** server.refill.batch=8, nic.mtu=1500 */
export const nameOfCell = ({ axes }: SweepAnswer, cell: SweepCellAnswer): string =>
  axes.map((a, i) => `${a.key}=${cell.values[i]}`).join(', ');

/** Cells that were measured and have a number of the metric, with it. */
export function measured(answer: SweepAnswer, m: number): { readonly i: number; readonly value: number }[] {
  return answer.cells.flatMap((c, i) => {
    const value = c.numbers[m];
    return c.outcome === 'measured' && typeof value === 'number' && Number.isFinite(value) ? [{ i, value }] : [];
  });
}
