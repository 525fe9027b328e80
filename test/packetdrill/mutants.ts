/**
 * Judging the judge: scripts with one thing changed. Where real Linux no longer passes, neither may the simulated host that
 * passes the original. A mutant is a line of JSON: suite, path, line, column behind the line's indent, what is removed there
 * and what is put in, and upstream's verdict.
 */
import type { Mode } from './config.ts';
import { runFile } from './suites.ts';

export interface Mutant {
  readonly suite: string;
  readonly path: string;
  readonly line: number;
  readonly kind: string;
  readonly column: number;
  readonly remove: string;
  readonly insert: string;
  readonly verdict: 'rejected' | 'accepted';
}

/** A line of a list of mutants that is none. */
export class MutantError extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

const FIELDS = {
  suite: 'string', path: 'string', line: 'number', kind: 'string', column: 'number', remove: 'string', insert: 'string', verdict: 'string',
} as const;

function readMutant(text: string, line: number): Mutant {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw new MutantError(line, 'this is no JSON; expected a mutant, an object, in each line');
  }
  const fields = (typeof found === 'object' && found !== null ? found : {}) as Record<string, unknown>;
  const wrong = Object.entries(FIELDS).find(([name, type]) => typeof fields[name] !== type);
  if (wrong) throw new MutantError(line, `this is no mutant: expected a ${wrong[1]} as '${wrong[0]}'`);
  return found as Mutant;
}

export function readMutants(text: string): Mutant[] {
  return text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [readMutant(line, i + 1)]));
}

/** The changed script; undefined when the text is not the one that the mutant was made of. */
export function applyMutant(text: string, m: Mutant): string | undefined {
  const lines = text.split('\n');
  const line = lines[m.line - 1];
  if (line === undefined) return undefined;
  const at = line.length - line.trimStart().length + m.column;
  if (!line.startsWith(m.remove, at)) return undefined;
  lines[m.line - 1] = line.slice(0, at) + m.insert + line.slice(at + m.remove.length);
  return lines.join('\n');
}

export interface MutantReport {
  readonly judged: number;
  /** The original does not pass here, or is not to be had: nothing can be said. */
  readonly skipped: number;
  readonly rejected: number;
  readonly accepted: number;
  /** Rejected upstream and accepted here: the judge is too kind. */
  readonly missed: readonly Mutant[];
  /** Accepted upstream and rejected here: it is too strict. */
  readonly harsh: readonly Mutant[];
}

/** `original`: the text of a mutant's script, or undefined. */
export function judgeMutants(
  core: WebAssembly.Module, mutants: readonly Mutant[], mode: Mode, original: (m: Mutant) => string | undefined,
  onProgress: (done: number) => void = () => {},
): MutantReport {
  const passes = new Map<string, string | undefined>();
  const passing = (m: Mutant): string | undefined => {
    const key = `${m.suite}:${m.path}`;
    if (!passes.has(key)) {
      const text = original(m);
      passes.set(key, text !== undefined && runFile(core, text, mode).verdict === 'pass' ? text : undefined);
    }
    return passes.get(key);
  };
  const counts = { judged: 0, skipped: 0, rejected: 0, accepted: 0 };
  const missed: Mutant[] = [];
  const harsh: Mutant[] = [];
  mutants.forEach((m, i) => {
    onProgress(i);
    const text = passing(m);
    const changed = text === undefined ? undefined : applyMutant(text, m);
    if (changed === undefined) {
      counts.skipped++;
      return;
    }
    counts.judged++;
    const verdict = runFile(core, changed, mode).verdict === 'pass' ? 'accepted' : 'rejected';
    counts[verdict]++;
    if (verdict === m.verdict) return;
    (verdict === 'accepted' ? missed : harsh).push(m);
  });
  return { ...counts, missed, harsh };
}
