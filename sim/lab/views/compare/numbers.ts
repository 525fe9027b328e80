/** The numbers of two results that are not the same, largest change first. */
import type { RunResult } from '../../../host/index.ts';

export interface ChangedNumber {
  readonly path: string;
  readonly a: number;
  readonly b: number;
  readonly unit: 'count' | 'bytes' | 'ns';
}

const LEFT_OUT = /^(seed|stateHash|scenario|expect)$|\.(charges|id|flow|peerPort|localPort)(\.|$)/;
const BYTES = /bytes/i;

/** All numbers of a result by their paths, as `expect` lines name them. */
function flatten(value: unknown, path: string, into: Map<string, number>): void {
  if (LEFT_OUT.test(path)) return;
  if (typeof value === 'number') into.set(path, value);
  else if (Array.isArray(value)) for (const [i, v] of value.entries()) flatten(v, `${path}[${i}]`, into);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, v] of Object.entries(value)) flatten(v, path === '' ? key : `${path}.${key}`, into);
  }
}
const numbersOf = (result: RunResult): Map<string, number> => {
  const into = new Map<string, number>();
  flatten(result, '', into);
  return into;
};

/** How much a number has changed, from 0 to 1. */
const share = ({ a, b }: ChangedNumber): number => Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
/** What is asked about first. */
const FIRST = ['streams', 'drops', 'dropped', 'client.tcp', 'server.tcp', 'server.zcrx', 'server.nicq', 'virtualTimeNs', 'eventCount'];
function rank(path: string): number {
  const i = FIRST.findIndex((p) => path.startsWith(p));
  return i < 0 ? FIRST.length : i;
}

export function changedNumbers(a: RunResult, b: RunResult, most: number): { readonly rows: ChangedNumber[]; readonly total: number } {
  const [of_a, of_b] = [numbersOf(a), numbersOf(b)];
  const rows: ChangedNumber[] = [];
  for (const path of new Set([...of_a.keys(), ...of_b.keys()])) {
    const [x, y] = [of_a.get(path) ?? 0, of_b.get(path) ?? 0];
    if (x === y) continue;
    rows.push({ path, a: x, b: y, unit: /Ns$|_ns$/.test(path) ? 'ns' : BYTES.test(path) ? 'bytes' : 'count' });
  }
  rows.sort((p, q) => rank(p.path) - rank(q.path) || share(q) - share(p) || p.path.localeCompare(q.path));
  return { rows: rows.slice(0, most), total: rows.length };
}
