/** Settings of a family as people write them: by any of their names, in the units and words that they would guess. */
import { InputError, parseQuantity } from '../host/index.ts';
import type { Family, Setting, Settings, Value } from './form.ts';

const YES = ['true', 'on', 'yes', '1', ''];
const NO = ['false', 'off', 'no', '0'];

/** Lower case, without what separates words. */
const plain = (text: string): string => text.toLowerCase().replace(/[\s_-]/g, '');

const named = (s: Setting, name: string): boolean => [s.name, ...(s.also ?? [])].some((n) => plain(n) === plain(name));

function amount(text: string): number | undefined {
  // 4K and 1M are what everybody writes for powers of two.
  const iec = /^(\d+)\s*([KMGkmg])i?B?$/.exec(text.trim());
  return iec ? parseQuantity(`${iec[1]}${(iec[2] ?? '').toUpperCase()}iB`, 'bytes') : parseQuantity(text, 'bytes');
}

function valueOf(setting: Setting, text: string): Value | undefined {
  const { kind } = setting;
  if (kind === 'flag') return YES.includes(text.toLowerCase()) ? true : NO.includes(text.toLowerCase()) ? false : undefined;
  if (kind === 'bytes') return amount(text);
  if (kind === 'count') return /^\d+$/.test(text) ? Number(text) : undefined;
  if (kind === 'percent') return /^\d+(\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : undefined;
  return Object.entries(kind).find(([word, also]) => [word, ...also].some((w) => plain(w) === plain(text)))?.[0];
}

const EXPECTED = { flag: 'true or false', bytes: 'a size such as 4096 or 4KiB', count: 'a whole number', percent: 'a share such as 16.5' };
export const expectedText = ({ kind }: Setting): string =>
  (typeof kind === 'string' ? EXPECTED[kind] : `one of ${Object.keys(kind).join(', ')}`);

/** The settings of a family: its defaults, those that a cell means, and `key=value` on top. */
export function settingsOf(family: Family, sets: readonly string[], cell?: string): Settings {
  const out: Record<string, Value> = Object.fromEntries(family.settings.map((s) => [s.name, s.value]));
  if (cell !== undefined) {
    const meant = family.cell(cell.trim());
    if (!meant)
      throw new InputError(`--cell ${cell}: ${family.name} has no such cell; ringlab predict --family ${family.name} --list shows some.`);
    Object.assign(out, meant);
  }
  for (const set of sets) {
    const [key = '', ...rest] = set.split('=');
    const text = rest.join('=').trim();
    const setting = family.settings.find((s) => named(s, key));
    if (!setting) throw new InputError(`--set ${set}: ${family.name} has no setting ${key}; it has ${keysOf(family)}.`);
    const value = valueOf(setting, text);
    if (value === undefined) throw new InputError(`--set ${set}: ${setting.name} is ${expectedText(setting)}; found '${text}'.`);
    const [least, most] = [setting.min ?? (setting.kind === 'percent' ? 0 : 1), setting.max ?? Number.POSITIVE_INFINITY];
    if (typeof value === 'number' && (value < least || value > most)) {
      const upTo = Number.isFinite(most) ? ` to ${most}` : ' on';
      throw new InputError(`--set ${set}: ${setting.name} of ${family.name} goes from ${least}${upTo}; found ${text}.`);
    }
    out[setting.name] = value;
  }
  return out;
}
const keysOf = (family: Family): string => family.settings.map((s) => s.name).join(', ') || 'none';

/** A family by its name, or by what its name begins with: F2, F5_vldb_send_copy. */
export function familyOf(families: readonly Family[], name: string): Family {
  const exact = families.find((f) => plain(f.name) === plain(name));
  const near = families.filter((f) => plain(f.name).startsWith(plain(name)) && !/^\d/.test(f.name.slice(name.length)));
  const own = near.filter((f) => f.name.split('_')[0] === name.toUpperCase());
  const found = exact ?? (near.length === 1 ? near[0] : own.length === 1 ? own[0] : undefined);
  if (found) return found;
  const names = (of: readonly Family[]) => of.map((f) => f.name).join(', ');
  if (near.length > 1) throw new InputError(`--family ${name}: several begin so; name one of ${names(near)}.`);
  throw new InputError(`--family ${name}: there is no such family; there are ${names(families)}.`);
}
