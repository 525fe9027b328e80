/** The report of a sweep: one file that opens anywhere. */
import { heatMap, type Html, html, keyFigures, lineChart, page, scatter, section, table } from '../html/index.ts';
import { bytesText } from '../numbers_text.ts';
import { formatQuantity } from '../scenario_units.ts';
import type { Axis } from './axis.ts';
import { type Choice, choiceAxes, choicesOf } from './choices.ts';
import { kneeSentences } from './knee.ts';
import { METRICS, type Metric, metricText } from './metrics.ts';
import { commandList } from './paths_page.ts';
import type { SweepCell, SweepResult } from './sweep_result.ts';

/** Lines of one plot, and rows of one table, at most: more than that nobody reads. */
const LINES_MAX = 10;
const ROWS_MAX = 2000;

const known = (name: string): Metric | undefined => METRICS.find((m) => m.name === name);
const nameOf = ({ set }: Choice): string => Object.entries(set).map(([k, v]) => `${k}=${v}`).join(' ');
/** A place on an axis, which need be no value of it. */
function tick(value: number, { unit }: Axis): string {
  const exact = formatQuantity(Math.round(value), unit);
  return unit === 'bytes' && exact.length > 7 ? bytesText(Math.round(value)) : exact;
}
const ordered = (axis: Axis): boolean => axis.numbers !== undefined && axis.values.length > 1;
const logarithmic = ({ numbers = [] }: Axis): boolean => Math.min(...numbers) > 0 && Math.max(...numbers) / Math.min(...numbers) >= 8;

export function sweepPage(result: SweepResult, about: string, command: string): string {
  const { axes, cells, metrics } = result;
  const said = kneeSentences(result.knees);
  const numeric = metrics.flatMap((name) => known(name) ?? []).filter((m) => m.unit !== 'text');
  const goals = result.front.goals.map((g) => `${g.name} (${g.better} is better)`).join(', ');
  const count = (outcome: SweepCell['outcome']) => cells.filter((c) => c.outcome === outcome).length;
  const plots = numeric.flatMap((m) => plotOf(result, m) ?? []);
  return page({
    title: `Sweep of ${result.scenario}`,
    lead: html`${about} <code>${command}</code>`,
    parts: [
      keyFigures([
        { name: 'cells', value: String(cells.length), note: axes.map((a) => a.values.length).join(' × ') },
        { name: 'on the front', value: String(result.front.cells.length) },
        ...(count('refused') > 0 ? [{ name: 'refused', value: String(count('refused')), note: 'the scenario cannot have them' }] : []),
        ...(count('failed') > 0 ? [{ name: 'failed', value: String(count('failed')) }] : []),
      ]),
      section('Knees',
        said.length === 0 ? html`<p>No axis has three numbers or more.</p>` : html`<ul>${said.map((k) => html`<li>${k}</li>`)}</ul>`,
        'Where more of a knob stops paying: the point farthest above the straight line between the ends of a curve.'),
      ...(plots.length > 0 ? [section('Curves', plots)] : []),
      section('Pareto front', [frontPlot(result) ?? '', cellTable(result, cells.filter((c) => c.front), 'cells on the front')],
        `What no other cell beats in one of these without losing in another: ${goals}.`),
      section('All cells', cellTable(result, cells.slice(0, ROWS_MAX), 'all cells'),
        cells.length > ROWS_MAX ? `The first ${ROWS_MAX}; sweep.csv has them all.` : undefined),
    ],
    footer: html`Core ${result.core.slice(0, 16)}: the same program computes the same page.`,
  });
}

/** Lines over the first ordered axis, one for each combination of the others; a map where these are too many and one has an order too. */
function plotOf(result: SweepResult, metric: Metric): Html | undefined {
  const axes = choiceAxes(result.axes);
  const choices = choicesOf(axes, result.cells);
  const [x, ...more] = axes.filter(ordered);
  // What is 0 everywhere was not measured, or does not occur.
  if (!x || choices.every((c) => c.number(metric.name) === 0)) return undefined;
  const others = axes.filter((a) => a !== x);
  const lines = others.reduce((n, a) => n * a.values.length, 1);
  const format = (v: number) => metricText(metric, v);
  const title = `${metric.name} over ${x.key}`;
  if (lines <= LINES_MAX) {
    const rest = (c: Choice) => others.map((a) => `${a.key}=${c.set[a.key]}`).join(' ');
    const names = [...new Set(choices.map(rest))];
    return lineChart({
      title, about: `${metric.about}.`, dots: true,
      x: { label: x.key, format: (v) => tick(v, x), ...(logarithmic(x) ? { log: true } : {}) },
      y: { label: metric.name, format },
      series: names.map((name) => ({
        name: name === '' ? metric.name : name,
        points: choices.filter((c) => rest(c) === name)
          .map((c): [number, number] => [c.number(x.key), c.number(metric.name)]).sort((a, b) => a[0] - b[0]),
      })),
    });
  }
  const y = more[0] ?? others[0];
  if (!y) return undefined;
  const best = (a: number, b: number) => (metric.better === 'lower' ? Math.min(a, b) : Math.max(a, b));
  const at = (xv: string, yv: string) => choices.filter((c) => c.set[x.key] === xv && c.set[y.key] === yv)
    .map((c) => c.number(metric.name)).reduce<number | undefined>((a, b) => (a === undefined ? b : best(a, b)), undefined);
  return heatMap({
    title: `${title} and ${y.key}`, about: `${metric.about}${others.length > 1 ? '; of the other axes the best' : ''}.`, format,
    x: { label: x.key, values: x.values }, y: { label: y.key, values: y.values },
    cells: y.values.map((yv) => x.values.map((xv) => at(xv, yv))),
  });
}

/** The front in the plane of its first two goals. */
function frontPlot(result: SweepResult): Html | undefined {
  const [a, b] = result.front.goals;
  if (!a || !b) return undefined;
  const seeds = choiceAxes(result.axes).length < result.axes.length;
  const format = (name: string) => (v: number) => {
    const axis = result.axes.find((x) => x.key === name);
    return axis ? tick(v, axis) : metricText(known(name) ?? { unit: 'count' }, v);
  };
  return scatter({
    title: `${b.name} against ${a.name}`, groups: ['others', 'on the front'],
    about: seeds ? 'Every combination is a point, the median over its seeds.' : 'Every cell is a point.',
    x: { label: a.name, format: format(a.name) }, y: { label: b.name, format: format(b.name) },
    points: choicesOf(result.axes, result.cells).map((c) => ({
      name: nameOf(c), x: c.number(a.name), y: c.number(b.name), group: result.cells[c.cells[0] ?? -1]?.front ? 1 : 0,
    })),
  });
}

function cellTable({ axes, metrics }: SweepResult, cells: readonly SweepCell[], caption: string): Html {
  const numbers = table({
    caption,
    columns: [...axes.map((a) => a.key), ...metrics.map((name) => ({ name, right: known(name)?.unit !== 'text' }))],
    rows: cells.map((c) => [
      ...axes.map((a) => c.set[a.key]),
      ...metrics.map((name, i) => (c.outcome === 'measured' ? metricText(known(name) ?? { unit: 'count' }, c.values[name])
        : i === 0 ? `${c.outcome}: ${c.problem}` : '')),
    ]),
  });
  return html`${numbers}${commandList(cells)}`;
}
