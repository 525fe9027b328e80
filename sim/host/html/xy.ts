/** Plots over two axes: lines over time or over a knob, and points. */
import { at, axes, axesStyle, colour, drawing, type Figure, figure } from './figure.ts';
import { type Html, html } from './markup.ts';
import { type Axis, type Scale, scaleOf, written } from './scale.ts';
import type { Table } from './table.ts';

export type Point = readonly [x: number, y: number];

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface LineChart extends Figure {
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** A value holds until the next one: levels, and not samples of something smooth. */
  readonly step?: boolean;
  /** The points are measurements of their own, and are drawn. */
  readonly dots?: boolean;
}

const ROWS_MAX = 120;

/** Rows of x with the value of each series there; of long series every nth. */
function numbersOf(x: Axis, y: Axis, series: readonly Series[]): Table {
  const all = [...new Set(series.flatMap((s) => s.points.map(([px]) => px)))].sort((a, b) => a - b);
  const every = Math.ceil(all.length / ROWS_MAX);
  const values = series.map((s) => new Map(s.points));
  const rows = all.filter((_, i) => i % every === 0).map((px) =>
    [written(x, px), ...values.map((v) => (v.has(px) ? written(y, v.get(px) as number) : '–'))]);
  const name = every > 1 ? `${x.label} (one row of ${every})` : x.label;
  return { columns: [name, ...series.map((s) => ({ name: s.name, right: true }))], rows };
}

const UNITS = 1000;
const unit = (percent: number): string => String(Number(((percent * UNITS) / 100).toFixed(1)));

function pathOf(points: readonly Point[], xs: Scale, ys: Scale, step: boolean): string {
  return points.map(([x, y], i) => {
    const [px, py] = [unit(xs.percent(x)), unit(100 - ys.percent(y))];
    if (i === 0) return `M${px} ${py}`;
    return step ? `H${px}V${py}` : `L${px} ${py}`;
  }).join('');
}

const spot = (x: number, y: number, xs: Scale, ys: Scale, of: string, said: string): Html =>
  html`<circle class="dot ${of}" cx="${at(xs.percent(x))}" cy="${at(100 - ys.percent(y))}" r="4"><title>${said}</title></circle>`;

/** Lines have their own coordinates, since a path knows no percent; their strokes are not stretched. */
const lines = (paths: readonly Html[]): Html => html`<svg viewBox="0 0 ${UNITS} ${UNITS}" preserveAspectRatio="none" width="100%"
 height="100%" overflow="visible">${paths}</svg>`;

export function lineChart(c: LineChart): Html {
  const points = c.series.flatMap((s) => s.points);
  const x: Axis = c.x.log ? c.x : { from: points.reduce((m, [px]) => Math.min(m, px), Infinity), ...c.x };
  const xs = scaleOf(Number.isFinite(x.from ?? 0) ? x : c.x, points.map(([px]) => px), 4, true);
  const ys = scaleOf(c.y, points.map(([, py]) => py));
  const drawn = [...c.series.entries()].reverse();
  const paths = drawn.map(([i, s]) => html`<path class="line ${colour(i)}" d="${pathOf(s.points, xs, ys, c.step === true)}"/>`);
  const dots = c.dots ? drawn.flatMap(([i, s]) => s.points.map(([px, py]) =>
    spot(px, py, xs, ys, colour(i), `${s.name}: ${written(c.x, px)}, ${written(c.y, py)}`))) : [];
  return figure(c, drawing(c, axesStyle(c.y, ys), html`${axes(c.x, c.y, xs, ys)}${lines(paths)}${dots}`),
    numbersOf(c.x, c.y, c.series), c.series.map((s) => s.name));
}

export interface ScatterPoint {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  /** Points of a group have a colour: an index into `groups`. */
  readonly group?: number;
}

export interface Scatter extends Figure {
  readonly x: Axis;
  readonly y: Axis;
  readonly points: readonly ScatterPoint[];
  readonly groups?: readonly string[];
  /** A line through some of them, such as a Pareto front. */
  readonly front?: readonly Point[];
}

export function scatter(c: Scatter): Html {
  const xs = scaleOf(c.x, c.points.map((p) => p.x), 4);
  const ys = scaleOf(c.y, c.points.map((p) => p.y));
  const front = c.front ? lines([html`<path class="front" d="${pathOf(c.front, xs, ys, false)}"/>`]) : undefined;
  const dots = c.points.map((p) => spot(p.x, p.y, xs, ys, colour(p.group ?? 0), `${p.name}: ${written(c.x, p.x)}, ${written(c.y, p.y)}`));
  const rows = c.points.map((p) => [p.name, written(c.x, p.x), written(c.y, p.y)]);
  const columns = ['point', { name: c.x.label, right: true }, { name: c.y.label, right: true }];
  return figure(c, drawing(c, axesStyle(c.y, ys, 300), html`${axes(c.x, c.y, xs, ys)}${front}${dots}`), { columns, rows }, c.groups ?? []);
}
