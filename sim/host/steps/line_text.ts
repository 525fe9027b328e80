/** A line of a step trace in words, without its step and its kind. */
import type { TraceLine } from './trace_line.ts';

const shown = (value: unknown): string => {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(shown).join('|');
  if (typeof value === 'object' && value !== null) return `{${Object.entries(value).map(([k, v]) => `${k} ${shown(v)}`).join(', ')}}`;
  return String(value);
};

/** Numbers that an errno explains are shown as its name. Of the line about the kernel, its behaviours are counted. */
export function lineText({ i: _, e, tag, ...rest }: TraceLine): string {
  if (e === 'label' || e === 'note') return String(rest.text);
  if (e === 'caps') {
    const { on, kernel, behaviours, page, clock } = rest;
    const count = Array.isArray(behaviours) ? `, ${behaviours.length} behaviours of its version (--json names them)` : '';
    return `on=${shown(on)} kernel=${shown(kernel)} page=${shown(page)} clock=${shown(clock)}${count}`;
  }
  const { err, ...facts } = rest;
  const words = Object.entries(facts).filter(([, v]) => v !== undefined)
    .map(([k, v]) => `${k}=${err !== undefined && (k === 'res' || k === 'ret') ? `-${err}` : shown(v)}`);
  return `${tag === undefined ? '' : `[${tag}] `}${words.join(' ')}`;
}
