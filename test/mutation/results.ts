/** What is known of each mutant, kept over runs: a line of JSON each, in build/. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../../native-backend/lab/places.ts';
import type { Mutant } from './schemata.ts';

export interface Result {
  /** Of the mutant: keyOf(). */
  readonly key: string;
  readonly outcome: 'killed' | 'survived' | 'uncovered';
  /** The test that failed. */
  readonly by?: string;
  readonly why?: string;
  /** Tests that were run and passed, of those that reach it. */
  readonly run?: number;
  readonly reach?: number;
  /** The tests that there were; a survivor of others is judged again. */
  readonly suite?: string;
}

const FILE = 'build/mutation/results.jsonl';

/**
 * Names a mutant by its function's text, so that what is known of it holds as long as the function stays as it is.
 * @param texts each function's text, by file and name
 */
export function keysOf(mutants: readonly Mutant[], texts: (file: string) => string): Map<number, string> {
  const seen = new Map<string, number>();
  const functions = new Map<string, string>();
  const digest = (m: Mutant): string => {
    const name = `${m.file} ${m.name}`;
    const known = functions.get(name);
    if (known !== undefined) return known;
    const found = createHash('sha256').update(functionText(texts(m.file), m.name)).digest('hex').slice(0, 8);
    functions.set(name, found);
    return found;
  };
  return new Map(mutants.map((m) => {
    const key = [m.file, m.name, digest(m), m.operator, m.original, m.mutated].join('|');
    const n = seen.get(key) ?? 0;
    seen.set(key, n + 1);
    return [m.id, `${key}|${n}`];
  }));
}

/** From its first line to the first brace at the margin. */
function functionText(text: string, name: string): string {
  const from = text.search(new RegExp(`^(export )?function ${name}\\b`, 'm'));
  const to = text.indexOf('\n}', from);
  return text.slice(Math.max(from, 0), to < 0 ? text.length : to);
}

export function readResults(): Map<string, Result> {
  const path = join(root, FILE);
  if (!existsSync(path)) return new Map();
  const lines = readFileSync(path, 'utf8').split('\n').filter((l) => l.endsWith('}'));
  return new Map(lines.map((l) => JSON.parse(l) as Result).map((r) => [r.key, r]));
}

export function keepResult(result: Result): void {
  const path = join(root, FILE);
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, `${JSON.stringify(result)}\n`);
}
