/** From values to places on an axis, and the values that are written beside it. */
export interface Axis {
  readonly label: string;
  /** How a value is written at the axis and in the table. */
  readonly format?: (value: number) => string;
  readonly log?: boolean;
  /** Of things that are counted there are no parts. */
  readonly whole?: boolean;
  /** The axis begins here and not at the least value; a linear one begins at 0 unless told otherwise. */
  readonly from?: number;
  readonly to?: number;
}

export interface Scale {
  readonly ticks: readonly number[];
  /** 0 at the beginning of the axis, 100 at its end. */
  readonly percent: (value: number) => number;
}

export const plain = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
export const written = (axis: Axis, value: number): string => (axis.format ?? plain)(value);

const NICE = [1, 2, 2.5, 5, 10];

/** The least of 1, 2, 2.5 and 5 times a power of ten that cuts a span into at most `parts`. */
function niceStep(span: number, parts: number): number {
  const rough = span / parts;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * (NICE.find((n) => n * power >= rough * (1 - 1e-9)) ?? 10);
}

function linear(low: number, high: number, parts: number, closed: boolean, whole: boolean): Scale {
  const nice = niceStep(high - low || 1, parts);
  const step = whole ? Math.ceil(nice) : nice;
  const first = Math.floor(low / step + 1e-9);
  const end = closed ? high : step * Math.ceil(high / step - 1e-9) || low + step;
  const begin = closed ? low : first * step;
  const ticks: number[] = [];
  // Multiples of the step, and not sums of it: 0.30000000000000004 would be written.
  for (let i = first; i * step <= end * (1 + 1e-9); i++) if (i * step >= begin) ticks.push(Number((i * step).toPrecision(12)));
  return { ticks, percent: (value) => (100 * (value - begin)) / (end - begin || 1) };
}

function logarithmic(low: number, high: number, parts: number): Scale {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(high) - 1e-9));
  const every = Math.ceil((last - first) / parts);
  const fine = last - first <= 2 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let i = first; i <= last; i += every)
    for (const n of every === 1 ? fine : [1]) if (i < last || n === 1) ticks.push(Number((n * 10 ** i).toPrecision(12)));
  const at = (value: number) => Math.log10(Math.max(value, Number.MIN_VALUE));
  return { ticks, percent: (value) => Math.max(0, (100 * (at(value) - first)) / (last - first)) };
}

/** `closed`: the axis ends with the greatest value, as time does; else with a tick. */
export function scaleOf(axis: Axis, values: readonly number[], parts = 5, closed = false): Scale {
  const known = values.filter(Number.isFinite);
  const least = known.reduce((a, b) => Math.min(a, b), Infinity);
  const most = known.reduce((a, b) => Math.max(a, b), -Infinity);
  const high = axis.to ?? (Number.isFinite(most) ? most : 1);
  if (axis.log && high > 0) {
    const positive = known.filter((v) => v > 0).reduce((a, b) => Math.min(a, b), high);
    return logarithmic(axis.from ?? positive, high, parts);
  }
  const low = axis.from ?? Math.min(0, Number.isFinite(least) ? least : 0);
  return linear(low, high > low ? high : low + 1, parts, closed && high > low, axis.whole === true);
}
