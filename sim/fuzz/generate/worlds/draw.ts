/** Values of knobs, drawn from the bounds that the schema has for them: what lies at an edge breaks more than what lies between. */
import fc from 'fast-check';
import type { Plain } from '../../../host/index.ts';
import { HOST_KNOBS, type Knob } from '../../../schema/scenario.ts';

/** A knob with narrower bounds than its own: those of a small world. `pow2`: only powers of two. */
export interface Draw {
  readonly knob: string;
  readonly min?: number;
  readonly max?: number;
  readonly pow2?: boolean;
}

const KNOBS = new Map(HOST_KNOBS.map((k) => [`${k.section}.${k.name}`, k]));
export const knobAt = (path: string): Knob => {
  const found = KNOBS.get(path);
  if (!found) throw new RangeError(`${path}: there is no such knob`);
  return found;
};

/** Nothing, or something else in `percent` of a hundred; it shrinks to nothing. */
export const maybe = <T>(percent: number, of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  percent >= 100 ? of : fc.oneof({ withCrossShrink: true },
    { weight: 100 - percent, arbitrary: fc.constant(undefined) }, { weight: percent, arbitrary: of });

/** Whole numbers of every size alike: as many below 100 as from 100 to 10,000. */
export const evenSizes = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min: 0, max: 1000 }).map((part) => {
    const n = Math.round((min + 1) * ((max + 1) / (min + 1)) ** (part / 1000)) - 1;
    return Math.min(max, Math.max(min, n));
  });

function numbers(min: number, max: number, normal: number, pow2: boolean): fc.Arbitrary<number> {
  const within = (values: readonly number[]) => [...new Set(values.filter((v) => v >= min && v <= max))];
  const powers = within(Array.from({ length: 46 }, (_, i) => 2 ** i));
  if (pow2) return fc.constantFrom(...powers);
  const edges = within([min, min + 1, max, max - 1, normal, normal - 1, normal + 1]);
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...edges) },
    { weight: 2, arbitrary: fc.constantFrom(...powers, min) },
    { weight: 3, arbitrary: evenSizes(min, max) },
  );
}

/** A value of a knob as a scenario writes it. It shrinks to the default where that lies within the bounds. */
export function valueOf({ knob: path, min, max, pow2 = false }: Draw): fc.Arbitrary<Plain> {
  const knob = knobAt(path);
  if (knob.options) return fc.constantFrom(...knob.options);
  if (knob.unit === 'bool') return fc.constant(knob.value === 0);
  const least = Math.max(knob.min, min ?? knob.min);
  const most = Math.min(knob.max, max ?? knob.max);
  return numbers(least, most, Math.min(most, Math.max(least, knob.value)), pow2);
}
