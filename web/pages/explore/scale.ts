/** From values to places on a line, and where its ticks stand. */
export interface Scale {
  /** Where a value stands, from 0 to 1. */
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

const LOG_RATIO = 20;

/** Round numbers that divide a range into about `wanted` parts. */
function roundTicks(low: number, high: number, wanted: number): number[] {
  const raw = (high - low) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((n) => n * power).find((s) => s >= raw * 0.999) ?? raw;
  const first = Math.ceil(low / step - 1e-9) * step;
  const count = Math.floor((high - first) / step + 1e-9) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => Number((first + i * step).toPrecision(12)));
}

function logTicks(low: number, high: number): number[] {
  const from = Math.floor(Math.log10(low));
  const to = Math.ceil(Math.log10(high));
  return Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i)).filter((t) => t >= low * 0.999 && t <= high * 1.001);
}

/** From 0 where that wastes little; by ratio where the values are far apart. */
export function scaleOf(values: readonly number[], wanted: number, log_ratio = LOG_RATIO): Scale {
  const known = values.filter(Number.isFinite);
  const [least, most] = [Math.min(...known, Infinity), Math.max(...known, -Infinity)];
  if (known.length === 0) return { at: () => 0, ticks: [] };
  if (least > 0 && most / least >= log_ratio) {
    const low = Math.log10(least) - 0.05 * Math.log10(most / least);
    const span = Math.log10(most) + 0.05 * Math.log10(most / least) - low;
    const ticks = logTicks(10 ** low, 10 ** (low + span));
    return { at: (v) => (Math.log10(Math.max(v, Number.MIN_VALUE)) - low) / span, ticks: ticks.length > 1 ? ticks : [least, most] };
  }
  const low = least >= 0 && least <= 0.6 * most ? 0 : least - 0.1 * (most - least || Math.abs(most) || 1);
  const high = most === low ? low + 1 : most + 0.05 * (most - low);
  return { at: (v) => (v - low) / (high - low), ticks: roundTicks(low, high, wanted) };
}

/** Places of values on an axis: by their numbers where they have any, else one beside the other. */
export function placesOf(numbers: readonly number[] | undefined, count: number, log: boolean): number[] {
  const even = Array.from({ length: count }, (_, i) => (count === 1 ? 0.5 : i / (count - 1)));
  if (!numbers || count < 2) return even;
  const scaled = numbers.map((n) => (log ? Math.log(n) : n));
  const [low, high] = [Math.min(...scaled), Math.max(...scaled)];
  return scaled.map((n) => (n - low) / (high - low || 1));
}
