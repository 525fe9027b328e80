/** What a sweep came to. Nothing in it depends on when, where or in how many pieces it was computed. */
import { InputError } from '../input_error.ts';
import type { Axis } from './axis.ts';
import type { CellRecord } from './cell.ts';
import { type Choice, choiceAxes, choicesOf } from './choices.ts';
import { type Goal, paretoFront } from './front.ts';
import { type Grid, type PlannedCell, setsOf } from './grid.ts';
import { type Knee, kneeOf } from './knee.ts';
import { type CellMeasurement, type Metric, metricsNamed } from './metrics.ts';

export interface SweepCell {
  /** A value of each axis, by its key. */
  readonly set: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly outcome: 'measured' | 'refused' | 'failed';
  /** Why it was refused, or how it failed. */
  readonly problem?: string;
  /** The metrics that were asked for. */
  readonly values: Readonly<Record<string, number | string>>;
  readonly front: boolean;
  readonly complete?: boolean;
  readonly stateHash?: string;
  readonly measurement?: CellMeasurement;
  /** What opens it as a run. */
  readonly command: string;
}

export interface SweepResult {
  readonly scenario: string;
  readonly core: string;
  readonly axes: readonly Axis[];
  readonly metrics: readonly string[];
  readonly cells: readonly SweepCell[];
  readonly front: { readonly goals: readonly Goal[]; readonly cells: readonly number[] };
  readonly knees: readonly Knee[];
}

/** What is asked of a sweep beside its axes. */
export interface Asked {
  readonly metrics: readonly Metric[];
  readonly goals: readonly Goal[];
}

const GOALS_MAX = 3;

/** Metrics and goals by name. A goal is a metric, or an axis with numbers, of which less is better; unless named, the first metrics. */
export function askedOf(metrics: readonly string[], goals: readonly string[] | undefined, axes: readonly Axis[]): Asked {
  const shown = metricsNamed(metrics, '--metric');
  if (!goals) {
    const ranked = shown.flatMap(({ name, better }) => (better ? [{ name, better }] : []));
    return { metrics: shown, goals: ranked.slice(0, GOALS_MAX) };
  }
  return {
    metrics: shown,
    goals: goals.map((name): Goal => {
      if (axes.some((a) => a.key === name && a.numbers)) return { name, better: 'lower' };
      const better = metricsNamed([name], '--pareto')[0]?.better;
      if (!better) throw new InputError(`--pareto ${name}: neither more nor less of it is better; name a metric such as throughput_bps.`);
      return { name, better };
    }),
  };
}

export function sweepResult(grid: Grid, core: string, asked: Asked, records: ReadonlyMap<string, CellRecord>,
  commandOf: (sets: readonly string[]) => string): SweepResult {
  const rows = grid.cells.map((cell) => cellOf(cell, grid.axes, asked.metrics, records, commandOf));
  const choices = choicesOf(grid.axes, rows);
  const best = paretoFront(asked.goals, choices.map((c) => asked.goals.map(({ name }) => c.number(name))));
  const front = best.flatMap((i) => choices[i]?.cells ?? []).sort((a, b) => a - b);
  const own = new Set(front);
  const cells = rows.map((row, i) => ({ ...row, front: own.has(i) }));
  return {
    scenario: grid.name, core, axes: grid.axes, metrics: asked.metrics.map((m) => m.name), cells,
    front: { goals: asked.goals, cells: front }, knees: kneesOf(grid, asked, choices),
  };
}

function cellOf(cell: PlannedCell, axes: readonly Axis[], metrics: readonly Metric[], records: ReadonlyMap<string, CellRecord>,
  commandOf: (sets: readonly string[]) => string): Omit<SweepCell, 'front'> {
  const set = Object.fromEntries(axes.map((axis, i) => [axis.key, cell.values[i] ?? '']));
  const own = { set, command: commandOf(setsOf(axes, cell.values)), values: {} };
  if (cell.key === undefined) return { ...own, outcome: 'refused', problem: cell.problem ?? '' };
  const record = records.get(cell.key);
  if (record?.outcome !== 'measured')
    return { ...own, key: cell.key, outcome: 'failed', problem: record?.problem ?? 'nobody computed it' };
  const { measurement, complete, state_hash } = record;
  return {
    ...own, key: cell.key, outcome: 'measured', measurement, complete, stateHash: state_hash,
    values: Object.fromEntries(metrics.map((m) => [m.name, m.of(measurement)])),
  };
}

/** For each axis with an order and each metric among the goals: the best that the other axes offer at each of its values. */
function kneesOf(grid: Grid, { goals }: Asked, choices: readonly Choice[]): Knee[] {
  const axes = choiceAxes(grid.axes);
  const metrics = goals.filter((g) => !axes.some((a) => a.key === g.name)).flatMap((g) => metricsNamed([g.name], ''));
  const ordered = axes.filter((axis) => axis.numbers !== undefined && axis.values.length > 2);
  return ordered.flatMap((axis) => metrics.flatMap((metric) => {
    const best = new Map<number, number>();
    for (const choice of choices) {
      const [x, y] = [choice.number(axis.key), choice.number(metric.name)];
      const so_far = best.get(x);
      if (so_far === undefined || (metric.better === 'higher' ? y > so_far : y < so_far)) best.set(x, y);
    }
    // What is 0 everywhere was not measured, or does not occur.
    if ([...best.values()].every((y) => y === 0)) return [];
    return kneeOf(axis, metric, [...best].map(([x, y]) => ({ x, y })), axes.some((a) => a !== axis && a.values.length > 1)) ?? [];
  }));
}

const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** A line a cell: the axes, the outcome, the metrics as they are, whether it is on the front, and the command that opens it. */
export function sweepCsv({ axes, metrics, cells }: SweepResult): string {
  const head = [...axes.map((a) => a.key), 'outcome', ...metrics, 'complete', 'front', 'key', 'command', 'problem'];
  const lines = cells.map((c) => [
    ...axes.map((a) => c.set[a.key] ?? ''), c.outcome, ...metrics.map((m) => String(c.values[m] ?? '')), String(c.complete ?? ''),
    String(c.front), c.key ?? '', c.command, c.problem ?? '',
  ]);
  return [head, ...lines].map((line) => `${line.map(quoted).join(',')}\n`).join('');
}
