/** How far somebody is in each lesson, kept in this browser. */
import type { Progress } from '../../../sim/lab/index.ts';

interface Kept extends Progress {
  readonly edition: string;
}
const KEY = 'ringlab.lessons';

function readAll(): Record<string, Kept> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, Kept>) : {};
  } catch {
    return {};
  }
}

export function progressOf(id: string, edition?: string): Progress | undefined {
  const kept = readAll()[id];
  if (!kept || typeof kept.index !== 'number' || typeof kept.solved !== 'object') return undefined;
  // Of another edition only the place is taken over: its tasks may have been others.
  return edition === undefined || kept.edition === edition ? kept : { index: kept.index, solved: {} };
}

export function keepProgress(id: string, edition: string, progress: Progress): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...readAll(), [id]: { edition, ...progress } }));
  } catch {
    // A browser that keeps nothing still shows the lesson.
  }
}

export function forgetProgress(id: string): void {
  const { [id]: _, ...rest } = readAll();
  try {
    localStorage.setItem(KEY, JSON.stringify(rest));
  } catch {
    // Then there is nothing to forget.
  }
}

const NAME = 'ringlab.student';
export function keptName(): string {
  try {
    return localStorage.getItem(NAME) ?? '';
  } catch {
    return '';
  }
}
export function keepName(name: string): void {
  try {
    localStorage.setItem(NAME, name);
  } catch {
    // It is typed again next time.
  }
}
