/**
 * The knee of a curve, in words: where more of a knob stops paying. As Kneedle does (Satopää et al., 2011): both scales are brought to
 * 0…1, and the knee is the point that lies farthest above the straight line from the worst to the best end. A scale whose ends are a
 * factor of 8 apart is taken as a logarithm, since nobody tries such values at equal distances.
 */
import { formatQuantity } from '../scenario_units.ts';
import type { Axis } from './axis.ts';
import { type Metric, metricText } from './metrics.ts';

export interface Knee {
  readonly axis: string;
  readonly metric: string;
  readonly kind: 'knee' | 'flat' | 'peak' | 'even' | 'uneven';
  /** The value of the axis at the knee or the peak. */
  readonly at?: string;
  readonly text: string;
}

/** A metric that changes by less than this share of its best over the whole axis is called flat. */
const FLAT = 0.03;
/** A curve that goes this far up and down in all, in parts of its height, has no shape: one that only rises goes 1. */
const UNEVEN = 1.6;
/** How far above the straight line a knee lies at least. */
const ABOVE = 0.1;
const LOG_RATIO = 8;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** What a curve says; undefined where it has fewer than three points. `others`: there are further axes, each point the best of them. */
export function kneeOf(axis: Axis, metric: Metric, curve: readonly Point[], others: boolean): Knee | undefined {
  const points = [...curve].sort((a, b) => a.x - b.x);
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || points.length < 3 || metric.better === undefined) return undefined;
  const sign = metric.better === 'higher' ? 1 : -1;
  const goods = points.map((p) => sign * p.y);
  const [worst, best] = [Math.min(...goods), Math.max(...goods)];
  const name = { axis: axis.key, metric: metric.name };
  const aside = others ? ', the other axes at their best' : '';
  const x = (p: Point) => `${axis.key}=${formatQuantity(p.x, axis.unit)}`;
  const y = (p: Point) => metricText(metric, p.y);
  if (best - worst <= FLAT * Math.max(Math.abs(best), Math.abs(worst))) {
    const most = metricText(metric, Math.max(...points.map((p) => p.y)));
    return { ...name, kind: 'flat', text: `${metric.name} hardly depends on ${axis.key}: it stays within ${FLAT * 100} %`
      + ` of ${most}${aside}.` };
  }
  const good = goods.map((g) => (g - worst) / (best - worst));
  const [atTop, atBottom] = [points[good.indexOf(1)] ?? last, points[good.indexOf(0)] ?? first];
  const value = (p: Point) => formatQuantity(p.x, axis.unit);
  if (good.reduce((sum, g, i) => sum + Math.abs(g - (good[i - 1] ?? g)), 0) > UNEVEN) {
    return { ...name, kind: 'uneven', at: value(atTop), text: `${metric.name} goes up and down with ${axis.key}: it is best at`
      + ` ${value(atTop)} (${y(atTop)}) and worst at ${value(atBottom)} (${y(atBottom)})${aside}.` };
  }
  if (Math.max(sign * first.y, sign * last.y) < best - FLAT * Math.abs(best)) {
    return { ...name, kind: 'peak', at: value(atTop), text: `${metric.name} is best at ${x(atTop)} (${y(atTop)}), and worse on both sides:`
      + ` ${y(first)} at ${value(first)}, ${y(last)} at ${value(last)}${aside}.` };
  }
  const log = first.x > 0 && last.x / first.x >= LOG_RATIO;
  const scaled = points.map((p) => (log ? Math.log(p.x / first.x) / Math.log(last.x / first.x) : (p.x - first.x) / (last.x - first.x)));
  const rising = (good.at(-1) ?? 0) >= (good[0] ?? 0);
  const above = good.map((g, i) => g - (rising ? scaled[i] ?? 0 : 1 - (scaled[i] ?? 0)));
  // An end is no knee: one may go on beyond it.
  const inner = above.slice(1, -1);
  const i = 1 + inner.indexOf(Math.max(...inner));
  const [knee, end] = [points[i] ?? last, rising ? last : first];
  if ((above[i] ?? 0) < ABOVE) {
    return { ...name, kind: 'even', text: `${metric.name} gets better all the way to ${x(end)} (${y(end)}) and has no knee here: what lies`
      + ` beyond may be better still${aside}.` };
  }
  return { ...name, kind: 'knee', at: value(knee), text: `${metric.name} has its knee at ${x(knee)} (${y(knee)}): going on to`
    + ` ${value(end)}, ${factorText(knee.x, end.x)}, ${gainText(metric, knee.y, end.y)}${aside}.` };
}

function factorText(from: number, to: number): string {
  const factor = to >= from ? to / from : from / to;
  const times = factor >= 10 ? factor.toFixed(0) : String(Number(factor.toFixed(1)));
  if (!Number.isFinite(factor)) return to >= from ? 'from nothing' : 'to nothing';
  return to >= from ? `${times} times as much` : `${times} times less`;
}

function gainText(metric: Metric, knee: number, end: number): string {
  const change = knee === 0 ? 0 : (100 * (end - knee)) / Math.abs(knee);
  const share = `${Math.abs(change).toFixed(Math.abs(change) < 10 ? 1 : 0)} %`;
  if (Math.abs(change) < 0.05) return 'changes nothing';
  const better = change > 0 === (metric.better === 'higher');
  return better ? `brings ${share} ${metric.better === 'higher' ? 'more' : 'less'}` : `makes it ${share} worse`;
}

/** What is said of all curves: those that are flat over one axis together. */
export function kneeSentences(knees: readonly Knee[]): string[] {
  const axes = [...new Set(knees.map((k) => k.axis))];
  return axes.flatMap((axis) => {
    const own = knees.filter((k) => k.axis === axis);
    const flat = own.filter((k) => k.kind === 'flat');
    const texts = own.filter((k) => flat.length < 2 || k.kind !== 'flat').map((k) => k.text);
    const names = `${flat.slice(0, -1).map((k) => k.metric).join(', ')} and ${flat.at(-1)?.metric}`;
    return flat.length < 2 ? texts : [...texts, `${names} hardly depend on ${axis}: they stay within ${FLAT * 100} % of their greatest.`];
  });
}
