/** A sweep while it is computed: what has to be measured, and what is known so far. Who measures is somebody else's affair. */
import {
  type Asked, askedOf, type Axis, type CellJob, type CellRecord, DEFAULT_METRICS, type Grid, InputError, kneeSentences, type Knee,
  METRICS, type Metric, metricText, parseAxis, planGrid, resultJson, setsOf, type SweepCell, sweepCsv, sweepPage, type SweepResult,
  sweepResult,
} from '../../host/index.ts';
import { runCommandOf } from '../exports.ts';

export interface SweepAsk {
  /** The scenario: how it is called, its text, and what is changed before the axes are. */
  readonly name: string;
  readonly text: string;
  readonly sets: readonly string[];
  /** As --vary takes them: server.refill.batch=1,8,64 */
  readonly axes: readonly string[];
  /** Names of metrics, and of those between which the front is found; without any, the default. */
  readonly metrics?: readonly string[];
  readonly goals?: readonly string[];
}

export interface SweepAxis {
  readonly key: string;
  readonly values: readonly string[];
  readonly numbers: readonly number[] | undefined;
  /** Its values are at equal ratios rather than at equal distances. */
  readonly log: boolean;
}
export type SweepMetric = Pick<Metric, 'name' | 'about' | 'unit' | 'better'>;

export interface SweepCellAnswer {
  /** A value of each axis. */
  readonly values: readonly string[];
  readonly outcome: SweepCell['outcome'] | 'waiting';
  /** Of each metric: the number or the word, and how people read it. */
  readonly numbers: readonly (number | string)[];
  readonly texts: readonly string[];
  readonly front: boolean;
  /** It brought all of its bytes, or brings none. */
  readonly complete: boolean;
  readonly problem: string;
  /** What opens it as a run. */
  readonly sets: readonly string[];
  readonly state_hash: string;
}
export interface SweepAnswer {
  readonly name: string;
  readonly axes: readonly SweepAxis[];
  readonly metrics: readonly SweepMetric[];
  readonly goals: readonly string[];
  readonly cells: readonly SweepCellAnswer[];
  /** Cells that are known or refused. */
  readonly done: number;
  /** What its curves say; empty until all is known. */
  readonly knees: readonly Pick<Knee, 'axis' | 'metric' | 'kind' | 'at'>[];
  readonly sentences: readonly string[];
  /** The same sweep on the command line. */
  readonly command: string;
}

/** What is new in an answer: only the cells that changed, by their number. */
export interface SweepNews extends Pick<SweepAnswer, 'done' | 'knees' | 'sentences'> {
  readonly cells: readonly (readonly [number, SweepCellAnswer])[];
}
export function withNews(answer: SweepAnswer, { cells, ...more }: SweepNews): SweepAnswer {
  const changed = [...answer.cells];
  for (const [i, cell] of cells) changed[i] = cell;
  return { ...answer, ...more, cells: changed };
}

/** More cells than these are for the command line, which keeps them in files. */
export const CELLS_IN_PAGE = 1000;
const LOG_RATIO = 8;

const axisOf = ({ key, values, numbers }: Axis): SweepAxis => {
  const [least, most] = numbers ? [Math.min(...numbers), Math.max(...numbers)] : [0, 0];
  return { key, values, numbers, log: least > 0 && most / least >= LOG_RATIO };
};
const word = (w: string) => (/^[\w@%+=:,./-]+$/.test(w) ? w : `'${w.replaceAll("'", "'\\''")}'`);

export class Sweep {
  readonly ask: SweepAsk;
  readonly #grid: Grid;
  readonly #asked: Asked;
  readonly #core: string;
  readonly #records: Map<string, CellRecord>;
  #told: SweepAnswer | undefined;

  /** `core`: the hash of what computes. `records`: what is known already; it is added to. */
  constructor(ask: SweepAsk, core: string, records: Map<string, CellRecord> = new Map()) {
    if (ask.axes.length === 0) throw new InputError('Nothing varies yet: choose a knob and some of its values.');
    const axes = ask.axes.map(parseAxis);
    const cells = axes.reduce((n, a) => n * a.values.length, 1);
    if (cells > CELLS_IN_PAGE) {
      throw new InputError(`${axes.map((a) => a.values.length).join(' × ')} are ${cells} cells, and a page computes at most`
        + ` ${CELLS_IN_PAGE}: take fewer values, or ringlab sweep on the command line.`);
    }
    this.ask = ask;
    this.#core = core;
    this.#records = records;
    this.#asked = askedOf(ask.metrics && ask.metrics.length > 0 ? ask.metrics : DEFAULT_METRICS, ask.goals, axes);
    this.#grid = planGrid(ask.text, ask.name, ask.sets, axes, core);
  }

  /** What has to be measured still. */
  jobs(): CellJob[] {
    const { name, text, sets } = this.ask;
    const seen = new Set<string>(this.#records.keys());
    return this.#grid.cells.flatMap(({ key, values }): CellJob[] => {
      if (key === undefined || seen.has(key)) return [];
      seen.add(key);
      return [{ key, text, file: name, sets: [...sets, ...setsOf(this.#grid.axes, values)] }];
    });
  }

  put(record: CellRecord): void {
    // As it is read back from a file: sums of floating-point numbers depend on the order of their parts.
    this.#records.set(record.key, JSON.parse(resultJson(record)) as CellRecord);
  }

  result(): SweepResult {
    const { name, sets } = this.ask;
    const command = (own: readonly string[]) => runCommandOf({ name, text: '', sets: [...sets, ...own] });
    return sweepResult(this.#grid, this.#core, this.#asked, this.#records, command);
  }

  /** What changed since it was asked last. */
  news(): SweepNews {
    const before = this.#told?.cells ?? [];
    const { cells, done, knees, sentences } = this.answer();
    const changed = cells.flatMap((c, i) => (c.outcome === before[i]?.outcome && c.front === before[i]?.front ? [] : [[i, c] as const]));
    return { cells: changed, done, knees, sentences };
  }

  answer(): SweepAnswer {
    this.#told = this.#answer();
    return this.#told;
  }

  #answer(): SweepAnswer {
    const result = this.result();
    const known = result.metrics.flatMap((m) => METRICS.find((k) => k.name === m) ?? []);
    const cells = result.cells.map((c, i) => this.#cell(c, i, known));
    const done = cells.filter((c) => c.outcome !== 'waiting').length;
    const whole = done === cells.length;
    return {
      name: result.scenario, axes: result.axes.map(axisOf),
      metrics: known.map(({ name, about, unit, better }) => ({ name, about, unit, better })), goals: result.front.goals.map((g) => g.name),
      cells, done,
      knees: whole ? result.knees.map(({ axis, metric, kind, at }) => ({ axis, metric, kind, ...(at === undefined ? {} : { at }) })) : [],
      sentences: whole ? kneeSentences(result.knees) : [], command: this.command(),
    };
  }

  #cell(c: SweepCell, i: number, metrics: readonly Metric[]): SweepCellAnswer {
    const values = this.#grid.cells[i]?.values ?? [];
    const waiting = c.key !== undefined && !this.#records.has(c.key);
    const measured = c.outcome === 'measured';
    return {
      values, outcome: waiting ? 'waiting' : c.outcome, front: c.front, complete: c.complete !== false,
      numbers: metrics.map((m) => (measured ? c.values[m.name] ?? Number.NaN : Number.NaN)),
      texts: metrics.map((m) => (measured ? metricText(m, c.values[m.name]) : '')),
      problem: waiting ? '' : c.problem ?? '', sets: [...this.ask.sets, ...setsOf(this.#grid.axes, values)],
      state_hash: c.stateHash ?? '',
    };
  }

  /** What does the same on the command line. */
  command(): string {
    const { name, sets, axes, metrics, goals } = this.ask;
    const words = [
      'ringlab', 'sweep', name, ...sets.flatMap((s) => ['--set', s]), ...axes.flatMap((a) => ['--vary', a]),
      ...(metrics && metrics.length > 0 ? ['--metric', metrics.join(',')] : []), ...(goals ? ['--pareto', goals.join(',')] : []),
    ];
    return words.map(word).join(' ');
  }

  /** The files that ringlab sweep --out writes. */
  file(kind: 'json' | 'csv' | 'html'): string {
    const result = this.result();
    if (kind === 'csv') return sweepCsv(result);
    return kind === 'json' ? `${resultJson(result)}\n` : sweepPage(result, this.#grid.about, this.command());
  }
}
