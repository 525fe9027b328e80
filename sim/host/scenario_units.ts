/** Values as people write them: `10us`, `25Gbps`, `64KiB`, `1%`, `on`, `auto`, and plain numbers in the knob's own unit. */
import type { Knob, Unit } from '../schema/scenario.ts';

/** Units by name with their size in the knob's unit, smallest first. The first that divides a value is used to show it. */
const UNITS: Readonly<Record<Unit, Readonly<Record<string, number>>>> = {
  count: {},
  cycles: {},
  bool: {},
  bytes: { B: 1, kB: 1e3, KiB: 1024, MB: 1e6, MiB: 1024 ** 2, GB: 1e9, GiB: 1024 ** 3, TB: 1e12, TiB: 1024 ** 4 },
  ns: { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, min: 60e9, h: 3600e9 },
  bps: { bps: 1, kbps: 1e3, Mbps: 1e6, Gbps: 1e9, Tbps: 1e12, bit: 1, kbit: 1e3, Mbit: 1e6, Gbit: 1e9, Tbit: 1e12 },
  ppm: { ppm: 1, '%': 1e4 },
  mhz: { MHz: 1, GHz: 1e3 },
};

/** Units that values are shown in. */
const SHOWN: Readonly<Record<Unit, readonly string[]>> = {
  count: [],
  cycles: [],
  bool: [],
  bytes: ['TiB', 'GiB', 'MiB', 'KiB', 'B'],
  ns: ['h', 'min', 's', 'ms', 'us', 'ns'],
  bps: ['Tbps', 'Gbps', 'Mbps', 'kbps', 'bps'],
  ppm: ['%', 'ppm'],
  mhz: ['GHz', 'MHz'],
};

const NOUN: Readonly<Record<Unit, string>> = {
  count: 'a whole number',
  cycles: 'a whole number of cycles',
  bool: 'on or off',
  bytes: 'a size',
  ns: 'a time',
  bps: 'a rate',
  ppm: 'a share',
  mhz: 'a clock rate',
};

export const unitNames = (unit: Unit): string[] => Object.keys(UNITS[unit]);

/** All units that a number in an expect line may have. */
export const unitSize = (name: string): number | undefined =>
  UNITS.bytes[name] ?? UNITS.ns[name] ?? UNITS.bps[name];

/** A number with or without a unit, exactly; undefined when it is none or no whole number of the knob's unit. */
export function parseQuantity(text: string, unit: Unit): number | undefined {
  const m = /^(\d[\d_]*)(?:\.(\d+))?\s*([A-Za-zµ%]*)$/.exec(text.trim());
  if (!m) return undefined;
  const [, whole = '', fraction = '', name = ''] = m;
  const size = name === '' ? 1 : UNITS[unit][name];
  if (size === undefined) return undefined;
  const scaled = BigInt(whole.replaceAll('_', '') + fraction) * BigInt(size);
  const divisor = 10n ** BigInt(fraction.length);
  if (scaled % divisor !== 0n) return undefined;
  const value = scaled / divisor;
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}

/** A value as it is written in a scenario. */
export function formatValue(knob: Knob, value: number): string {
  if (knob.options) return knob.options[value] ?? String(value);
  if (knob.unit === 'bool') return value === 0 ? 'off' : 'on';
  if (knob.auto && value === 0) return 'auto';
  return formatQuantity(value, knob.unit);
}

export function formatQuantity(value: number, unit: Unit): string {
  const name = SHOWN[unit].find((n) => value % (UNITS[unit][n] ?? 1) === 0);
  if (name === undefined || value === 0) return String(value);
  return `${value / (UNITS[unit][name] ?? 1)}${name}`;
}

/** What a knob takes, for error messages. */
export function expectedOf(knob: Knob): string {
  if (knob.options) return `expected one of ${knob.options.join(', ')}`;
  if (knob.unit === 'bool') return 'expected on or off';
  const range = `from ${formatQuantity(knob.min, knob.unit)} to ${formatQuantity(knob.max, knob.unit)}`;
  return `expected ${NOUN[knob.unit]} ${range}${knob.auto ? ', or auto' : ''}`;
}

/** What is wrong with a number that looks good, as `; …`, or nothing: it is not whole, or its unit is written otherwise. */
export function quantityHint(knob: Knob, value: unknown): string {
  const m = /^(\d[\d_]*(?:\.\d+)?)\s*([A-Za-zµ%]*)$/.exec(String(value).trim());
  if (!m || knob.options || knob.unit === 'bool') return '';
  const [, digits = '', name = ''] = m;
  const units = UNITS[knob.unit];
  if (name !== '' && units[name] === undefined) {
    const low = name.toLowerCase();
    const names = Object.keys(units);
    const meant = names.find((u) => u.toLowerCase() === low) ?? names.find((u) => u.toLowerCase().startsWith(low));
    return meant === undefined ? '' : `; did you mean '${digits}${meant}'?`;
  }
  if (!digits.includes('.') || parseQuantity(`${digits}${name}`, knob.unit) !== undefined) return '';
  const [one = ''] = Object.keys(units);
  // Of a count the expectation says so already.
  return one === '' ? '' : `; it must be a whole number of ${one}`;
}

/**
 * The number that goes into the configuration block, or undefined when the value does not fit the knob.
 * @param text a number as it is written
 */
export function parseValue(knob: Knob, value: string | number | boolean | null, text = String(value)): number | undefined {
  if (knob.options) {
    // YAML reads an option such as 7.0 as a number, and JSON writes it as 7; 7.10 is another name than 7.1.
    const i = knob.options.findIndex((o) => o === value || (typeof value === 'number' && (o === text || o === `${text}.0`)));
    return i < 0 ? undefined : i;
  }
  if (knob.unit === 'bool') {
    if (value === true || value === 'on') return 1;
    return value === false || value === 'off' ? 0 : undefined;
  }
  if (knob.auto && value === 'auto') return 0;
  let n: number | undefined;
  if (typeof value === 'number') n = Number.isSafeInteger(value) ? value : undefined;
  else if (typeof value === 'string') n = parseQuantity(value, knob.unit);
  return n !== undefined && n >= knob.min && n <= knob.max ? n : undefined;
}

/** A pattern for the strings that parseValue takes, for the JSON Schema. */
export function quantityPattern(unit: Unit): string {
  const names = unitNames(unit).filter((n) => /^[\w%]+$/.test(n));
  return names.length === 0 ? '^[0-9][0-9_]*$' : `^[0-9][0-9_]*(\\.[0-9]+)?\\s*(${names.join('|')})?$`;
}
