/** A line of a step trace for people. */
import type { TraceLine } from '../host/index.ts';
import { bold } from './terminal.ts';

const shown = (value: unknown): string => {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(shown).join('|');
  if (typeof value === 'object' && value !== null) return `{${Object.entries(value).map(([k, v]) => `${k} ${shown(v)}`).join(', ')}}`;
  return String(value);
};

/** Which kernel it is; its behaviours are in the JSON, and in docs/reference for each profile. */
function capsLine({ on, kernel, behaviours, page, clock }: Omit<TraceLine, 'i' | 'e'>): string {
  const count = Array.isArray(behaviours) ? `, ${behaviours.length} behaviours of its version (--json names them)` : '';
  return `   -1  caps   on=${shown(on)} kernel=${shown(kernel)} page=${shown(page)} clock=${shown(clock)}${count}`;
}

/** Numbers that an errno explains are shown as its name. */
export function stepLine({ i, e, tag, ...rest }: TraceLine, painted = true): string {
  if (e === 'label') return painted ? bold(`## ${rest.text}`) : `## ${rest.text}`;
  if (e === 'note') return `# ${rest.text}`;
  if (e === 'caps') return capsLine(rest);
  const { err, ...facts } = rest;
  const words = Object.entries(facts).filter(([, v]) => v !== undefined)
    .map(([k, v]) => `${k}=${err !== undefined && (k === 'res' || k === 'ret') ? `-${err}` : shown(v)}`);
  return `${String(i).padStart(5)}  ${e.padEnd(6)} ${tag === undefined ? '' : `[${tag}] `}${words.join(' ')}`;
}
