/** The knobs that a sweep may vary, as they are searched. */
import { type Axis, InputError, parseAxis } from '../../../sim/host/index.ts';
import { HOST_KNOBS, type Knob, RUN_KNOBS } from '../../../sim/schema/scenario.ts';

export interface KnobName {
  readonly key: string;
  readonly about: string;
}
const of = (knob: Knob, prefix: string): KnobName => ({ key: `${prefix}${knob.section}.${knob.name}`, about: knob.about });
const SECTIONS_FIRST = ['nic', 'refill', 'wire', 'app', 'ring', 'napi', 'socket', 'tcp'];
const place = ({ section }: Knob): number => (SECTIONS_FIRST.indexOf(section) + 99) % 99;

const sorted = [...HOST_KNOBS].sort((a, b) => place(a) - place(b));
export const KNOB_NAMES: readonly KnobName[] = [
  { key: 'path', about: 'ways to receive (rx), to send (tx), or to use the ring (ring)' },
  ...sorted.map((k) => of(k, 'server.')), ...sorted.map((k) => of(k, '')), ...sorted.map((k) => of(k, 'client.')),
  ...RUN_KNOBS.filter((k) => !k.watches).map((k) => of(k, '')),
];

const KNOBS = new Map([...HOST_KNOBS, ...RUN_KNOBS].map((k) => [`${k.section}.${k.name}`, k]));
export const knobNamed = (key: string): Knob | undefined => KNOBS.get(key.replace(/^(client|server)\./, ''));

/** Values to begin with: all that there are, or some around the default. */
export function valuesFor(key: string): string {
  const knob = knobNamed(key);
  if (key === 'path') return 'rx';
  if (!knob) return '';
  if (knob.options) return knob.options.join(',');
  if (knob.unit === 'bool') return 'off,on';
  const unit = knob.unit === 'ns' ? 'ns' : '';
  const around = knob.value || Math.max(1, Math.min(knob.max, 16));
  const low = Math.max(knob.min, Math.floor(around / 4)) || 1;
  const high = Math.min(knob.max, around * 4);
  return high > low ? `${low}${unit}..${high}${unit}*2` : String(around);
}

/** The axis of a row, or why there is none. */
export function axisOf(key: string, values: string): { readonly axis?: Axis; readonly problem: string } {
  if (key.trim() === '' || values.trim() === '') return { problem: '' };
  try {
    const axis = parseAxis(`${key}=${values}`);
    if (key !== 'path' && !knobNamed(key)) return { problem: `There is no knob ${key}.` };
    return { axis, problem: '' };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { problem: error.message.replace(`--vary ${key}=${values}: `, '') };
  }
}
