/** What took long to make is made once: a folder of the cache appears whole or not at all, whoever makes it at the same time. */
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cacheFolder } from './places.ts';
import { LabError } from './target.ts';

const UNFINISHED = '.new-';
const FORGOTTEN_MS = 24 * 3600 * 1000;

/** What a killed process left behind. */
function removeForgotten(parent: string): void {
  for (const name of readdirSync(parent).filter((n) => n.startsWith(UNFINISHED))) {
    const path = join(parent, name);
    const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - made > FORGOTTEN_MS) rmSync(path, { recursive: true, force: true });
  }
}

/** What the system said when there was no room, as a sentence; anything else as it is. */
export function roomError(error: unknown, folder: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || /No space left on device/.test(message ?? ''))
    return new LabError(`there is no room left in ${folder}: make some, or let RINGLAB_CACHE or TMPDIR name a folder elsewhere.`);
  if (code === 'EACCES' || code === 'EROFS')
    return new LabError(`${folder} cannot be written (${code}); let RINGLAB_CACHE or TMPDIR name a folder of yours.`);
  return error;
}

/** A folder of the cache, and the way to make it when it is not there. */
export async function inCache(path: readonly string[], make: (folder: string) => Promise<void>): Promise<string> {
  const at = join(cacheFolder(), ...path);
  if (existsSync(at)) return at;
  const parent = cacheFolder(...path.slice(0, -1));
  removeForgotten(parent);
  const unfinished = mkdtempSync(join(parent, UNFINISHED));
  const remove = () => rmSync(unfinished, { recursive: true, force: true });
  process.on('exit', remove);
  try {
    await make(unfinished);
    if (!existsSync(at)) renameSync(unfinished, at);
  } catch (error) {
    // Somebody else was as quick; what they made is the same.
    if (!existsSync(at)) throw roomError(error, dirname(at));
  } finally {
    process.off('exit', remove);
    remove();
  }
  return at;
}

/** Names of a folder of the cache, without what is in the making. */
export const cached = (...path: readonly string[]): string[] =>
  readdirSync(cacheFolder(...path)).filter((n) => !basename(n).startsWith(UNFINISHED)).sort();
