/** Ticks of an axis at round values, and how they are written. */
import type { Item } from './scene.ts';

export interface Axis {
  readonly from: number;
  readonly to: number;
  /** Pixels of the two ends. */
  readonly start: number;
  readonly end: number;
}

export const place = (a: Axis, value: number): number => a.start + ((value - a.from) / (a.to - a.from)) * (a.end - a.start);
export const clamped = (a: Axis, value: number): number =>
  Math.max(Math.min(a.start, a.end), Math.min(Math.max(a.start, a.end), place(a, value)));
export const valueAt = (a: Axis, pixel: number): number => a.from + ((pixel - a.start) / (a.end - a.start)) * (a.to - a.from);

/** The smallest of 1, 2, 5 times a power of ten that is not below `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((f) => f * power >= least) ?? 10);
}

/** Round values between the ends, at least `apart` pixels from one to the next. */
export function ticks(a: Axis, apart: number): { readonly values: number[]; readonly step: number } {
  const room = Math.abs(a.end - a.start);
  const span = a.to - a.from;
  if (!(span > 0) || room < apart) return { values: [], step: span };
  const step = roundStep((span * apart) / room);
  const values: number[] = [];
  for (let n = Math.ceil(a.from / step); n * step <= a.to; n++) values.push(n * step);
  return { values, step };
}

const UNITS: readonly (readonly [number, string])[] = [[1e9, 's'], [1e6, 'ms'], [1e3, 'µs'], [1, 'ns']];

/** Times on an axis: one unit for all of it, as many decimals as tell two ticks apart. */
export function timeTicks(a: Axis, apart: number): { readonly value: number; readonly text: string }[] {
  const { values, step } = ticks(a, apart);
  const [size, unit] = UNITS.find(([s]) => step >= s || Math.abs(a.to) / s >= 1 && step * 1000 >= s) ?? [1, 'ns'];
  const decimals = Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9));
  return values.map((value) => ({ value, text: `${(value / size).toFixed(decimals)} ${unit}` }));
}

const SIZES: readonly (readonly [number, string])[] = [[1e9, 'GB'], [1e6, 'MB'], [1e3, 'kB'], [1, 'B']];

export function byteTicks(a: Axis, apart: number): { readonly value: number; readonly text: string }[] {
  const { values } = ticks(a, apart);
  return values.filter((v) => Number.isInteger(v)).map((value) => {
    const [size, unit] = SIZES.find(([s]) => Math.abs(value) >= s) ?? [1, 'B'];
    return { value, text: value === 0 ? '0' : `${Number((value / size).toFixed(6))} ${unit}` };
  });
}

/** Upright hairlines with their times below. */
export function timeAxis(a: Axis, top: number, bottom: number, apart = 84): Item[] {
  return timeTicks(a, apart).flatMap(({ value, text }): Item[] => {
    const x = Math.round(place(a, value)) + 0.5;
    const line: Item = { kind: 'path', points: [x, top, x, bottom], stroke: 'line' };
    // At the end there is no room for words.
    return x + 3 + text.length * 6.2 > a.end ? [line] : [line, { kind: 'text', x: x + 3, y: bottom + 13, text, fill: 'soft', size: 11 }];
  });
}
