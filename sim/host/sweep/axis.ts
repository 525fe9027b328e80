/**
 * What a sweep varies: one key of a scenario and the values that it takes.
 *
 *     app.receive=zc,recv              a list
 *     refill.area_bytes=1MiB..64MiB:7  seven values at equal distances
 *     refill.area_bytes=1MiB..64MiB:7:log   seven values at equal ratios
 *     refill.batch=1..64*2             from the first on, each twice the one before
 *     path=read,zc                     paths by name (sim/schema/paths.ts); rx, tx, ring: all of a direction
 */
import { PATHS } from '../../schema/paths.ts';
import { HOST_KNOBS, HOSTS, type Knob, RUN_KNOBS } from '../../schema/scenario.ts';
import { InputError } from '../input_error.ts';
import { formatQuantity, parseQuantity, parseValue } from '../scenario_units.ts';

export interface Axis {
  /** As it is given to --set: `server.refill.batch`. */
  readonly key: string;
  readonly values: readonly string[];
  /** The values as numbers of the knob's unit; undefined where they have no order. */
  readonly numbers: readonly number[] | undefined;
  readonly unit: Knob['unit'];
  /** What each value sets, where that is not the key itself: a path is a set of knobs. */
  readonly sets?: Readonly<Record<string, readonly string[]>>;
}

/** The key of the axis whose values are paths. */
export const PATH = 'path';
const pathsNamed = (name: string): readonly string[] => {
  const all = PATHS.filter((p) => p.direction === name).map((p) => p.name);
  return all.length > 0 ? all : [name];
};

/** Values of one axis, at most. */
const VALUES_MAX = 10_000;
const PAGE = 4096;
const EXAMPLE = 'such as server.refill.batch=1,4,16 or server.refill.area_bytes=1MiB..64MiB:7';

const KNOBS = new Map([...RUN_KNOBS, ...HOST_KNOBS].map((k) => [`${k.section}.${k.name}`, k]));
/** The knob that a key of --set names; undefined for lists and for what does not exist. */
export function knobOf(key: string): Knob | undefined {
  const [host = '', ...rest] = key.split('.');
  return KNOBS.get((HOSTS as readonly string[]).includes(host) ? rest.join('.') : key);
}

/** At commas that stand in no bracket: a value may be a list of YAML. */
function split(text: string): string[] {
  const out = [''];
  let depth = 0;
  for (const c of text) {
    if ('[{'.includes(c)) depth++;
    if (']}'.includes(c)) depth--;
    if (c === ',' && depth === 0) out.push('');
    else out[out.length - 1] += c;
  }
  return out.map((v) => v.trim());
}

/** Reads `KEY=VALUES`; whether the scenario has that key, and takes these values, is for it to say. */
export function parseAxis(text: string): Axis {
  const refuse = (why: string): InputError => new InputError(`--vary ${text}: ${why}.`);
  const at = text.indexOf('=');
  const key = text.slice(0, Math.max(at, 0)).trim();
  const said = text.slice(at + 1).trim();
  if (at <= 0 || key === '' || said === '') throw refuse(`expected KEY=VALUES, ${EXAMPLE}`);
  const knob = knobOf(key);
  const range = /^([^,[\]{}]*?)\.\.([^,[\]{}]*)$/.exec(said);
  const listed = () => split(said).flatMap((v) => (key === PATH ? pathsNamed(v) : v));
  const values = range ? rangeOf(range[1] ?? '', range[2] ?? '', knob, refuse) : listed();
  if (values.some((v) => v === '')) throw refuse(`a value is empty; expected KEY=VALUES, ${EXAMPLE}`);
  const twice = values.find((v, i) => values.indexOf(v) !== i);
  if (twice !== undefined) throw refuse(`${twice} stands there twice; leave one out`);
  if (values.length > VALUES_MAX) throw refuse(`these are ${values.length} values; at most ${VALUES_MAX} can be`);
  return { key, values, numbers: numbersOf(values, knob), unit: knob?.unit ?? 'count' };
}

function numbersOf(values: readonly string[], knob: Knob | undefined): number[] | undefined {
  if (!knob || knob.options || knob.unit === 'bool') return undefined;
  const numbers = values.flatMap((v) => (knob.auto && v === 'auto' ? [] : parseValue(knob, v) ?? []));
  return numbers.length === values.length ? numbers : undefined;
}

const key = (knob: Knob): string => `${knob.section}.${knob.name}`;
const FORMS = 'LO..HI:STEPS, LO..HI:STEPS:log or LO..HI*FACTOR';

function rangeOf(from: string, rest: string, knob: Knob | undefined, refuse: (why: string) => InputError): string[] {
  if (!knob) return []; // Refused by the scenario, which knows what is like it.
  if (knob.options || knob.unit === 'bool')
    throw refuse(`${key(knob)} has no range; name values, such as ${(knob.options ?? ['on', 'off']).slice(-2).join(',')}`);
  const m = /^([^:*]+?)\s*(?::\s*(\d+)\s*(?::\s*(log))?|\*\s*(\d+(?:\.\d+)?))$/.exec(rest.trim());
  if (!m) throw refuse(`a range is ${FORMS}`);
  const [lo, hi] = [from, m[1] ?? ''].map((end) => {
    const n = parseQuantity(end, knob.unit);
    if (n === undefined) throw refuse(`${end.trim() === '' ? 'an end of the range is missing' : `${end.trim()} is no end of a range`}`
      + `; ${FORMS}, with ends such as ${formatQuantity(Math.max(knob.value, 1), knob.unit)}`);
    return n;
  }) as [number, number];
  if (hi <= lo) throw refuse(`the range is empty, since ${from.trim()} is not less than ${m[1]}; write the smaller end first`);
  const numbers = m[4] === undefined ? stepped(lo, hi, Number(m[2]), m[3] === 'log', knob, refuse)
    : multiplied(lo, hi, Number(m[4]), refuse);
  return numbers.map((n) => formatQuantity(n, knob.unit));
}

/** `steps` values, both ends among them: whole numbers of the unit; sizes whose ends are whole pages stay whole pages. */
function stepped(lo: number, hi: number, steps: number, log: boolean, knob: Knob, refuse: (why: string) => InputError): number[] {
  if (steps < 2) throw refuse('a range has at least 2 steps, its ends');
  if (steps > VALUES_MAX) throw refuse(`these are ${steps} values; at most ${VALUES_MAX} can be`);
  if (log && lo === 0) throw refuse('equal ratios cannot begin at 0; begin at 1, or leave out :log');
  const grain = knob.unit === 'bytes' && lo % PAGE === 0 && hi % PAGE === 0 ? PAGE : 1;
  const at = (i: number) => (log ? lo * (hi / lo) ** (i / (steps - 1)) : lo + ((hi - lo) * i) / (steps - 1));
  const values = Array.from({ length: steps }, (_, i) => (i === 0 ? lo : i === steps - 1 ? hi : Math.round(at(i) / grain) * grain));
  const distinct = new Set(values).size;
  if (distinct < steps) throw refuse(`only ${distinct} of the ${steps} values differ; take at most ${distinct} steps`);
  return values;
}

function multiplied(lo: number, hi: number, factor: number, refuse: (why: string) => InputError): number[] {
  if (factor < 1.01 || lo === 0)
    throw refuse('each value is FACTOR times the one before: the first must not be 0, nor the factor below 1.01');
  const values: number[] = [];
  for (let v = lo; Math.round(v) <= hi; v *= factor) if (Math.round(v) !== values.at(-1)) values.push(Math.round(v));
  return values;
}
