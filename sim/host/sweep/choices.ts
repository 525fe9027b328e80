/** What one can choose between: cells; but seeds are no choice, and those that differ in their seed alone count as one, by the median. */
import type { Axis } from './axis.ts';
import { type CellMeasurement, METRICS } from './metrics.ts';

const SEED = 'run.seed';

/** A cell as far as it matters here. */
interface Cell {
  readonly set: Readonly<Record<string, string>>;
  readonly measurement?: CellMeasurement;
}

export interface Choice {
  readonly set: Readonly<Record<string, string>>;
  /** Its cells, by their index. */
  readonly cells: readonly number[];
  /** What an axis or a metric is in it, by name; NaN where neither has a number. */
  readonly number: (name: string) => number;
}

export const choiceAxes = (axes: readonly Axis[]): Axis[] => axes.filter((axis) => axis.key !== SEED);

export function choicesOf(axes: readonly Axis[], cells: readonly Cell[]): Choice[] {
  const groups = new Map<string, number[]>();
  const own = choiceAxes(axes);
  cells.forEach(({ set, measurement }, i) => {
    if (!measurement) return;
    const name = own.map((axis) => set[axis.key]).join('\0');
    const group = groups.get(name);
    if (group) group.push(i);
    else groups.set(name, [i]);
  });
  return [...groups.values()].map((group) => choice(own, group, group.flatMap((i) => cells[i] ?? [])));
}

function choice(axes: readonly Axis[], cells: readonly number[], measured: readonly Cell[]): Choice {
  const { set = {} } = measured[0] ?? {};
  const number = (name: string): number => {
    const axis = axes.find((a) => a.key === name);
    if (axis) return axis.numbers?.[axis.values.indexOf(set[name] ?? '')] ?? Number.NaN;
    const metric = METRICS.find((m) => m.name === name);
    return median(measured.map(({ measurement }) => (measurement && metric ? Number(metric.of(measurement)) : Number.NaN)));
  };
  return { set: Object.fromEntries(axes.map((a) => [a.key, set[a.key] ?? ''])), cells, number };
}

/** The middle one; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2;
}
