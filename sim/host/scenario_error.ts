/** What is wrong with a scenario: where, which key, and what was expected. One line each, never a stack trace. */
import { InputError } from './input_error.ts';

/** Line and column from 1; line 0 when the source is not a file but an argument of the command line. */
export interface Place {
  readonly source: string;
  readonly line: number;
  readonly col: number;
}

export interface Problem {
  readonly place: Place;
  /** The key as one would write it with --set; empty when the problem is about no key. */
  readonly key: string;
  readonly text: string;
}

export const placeText = (p: Place): string => (p.line === 0 ? p.source : `${p.source}:${p.line}:${p.col}`);

export const problemText = (p: Problem): string => `${placeText(p.place)}: ${p.key === '' ? '' : `key '${p.key}': `}${p.text}`;

/** A scenario that cannot be used. The message has a line for each problem, in the order of their places. */
export class ScenarioError extends InputError {
  readonly problems: readonly Problem[];
  readonly place: Place;

  constructor(problems: readonly Problem[]) {
    const sorted = [...problems].sort((a, b) => a.place.line - b.place.line || a.place.col - b.place.col);
    // What is wrong in one way is said once, however often it was met.
    super([...new Set(sorted.map(problemText))].join('\n'));
    this.problems = sorted;
    this.place = sorted[0]?.place ?? { source: '', line: 0, col: 0 };
  }
}

/** Edits (insert, delete, replace, swap neighbours) from one word to the other. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** The name that was probably meant, or undefined. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const name of names) {
    const d = name.startsWith(word) || name.endsWith(word) ? 1 : distance(word.toLowerCase(), name.toLowerCase());
    if (d < least) {
      least = d;
      best = name;
    }
  }
  return best;
}

/** `; did you mean 'x'?` or nothing. */
export function didYouMean(word: string, names: readonly string[]): string {
  const name = word === '' ? undefined : nearest(word, names);
  return name === undefined ? '' : `; did you mean '${name}'?`;
}
