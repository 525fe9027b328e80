/** Where the lab finds what it builds from, and where it keeps what took long to make. */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LabError } from './target.ts';

/** This file is bundled into build/cli.mjs, so the repository is the nearest folder above that is named so; '' where there is none. */
function findRoot(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    const manifest = join(at, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'ringlab') return at;
    if (at === dirname(at)) return '';
  }
}

export const root = findRoot();
export function native(...path: readonly string[]): string {
  if (root === '') throw new LabError('what the lab builds from is not here: use ringlab where it was built, in its repository.');
  return join(root, 'native-backend', ...path);
}

/** Makes a folder and those above it, one by one: what Node does by itself never ends where a file system makes none. */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Somebody else may have been as quick.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/** A folder of the user's cache, made when it is not there: kernels, headers, agents, modules, by what they were made from. */
export function cacheFolder(...path: readonly string[]): string {
  const base = process.env.RINGLAB_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ringlab');
  const folder = resolve(base, ...path);
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new LabError(`the cache ${folder} cannot be written (${code}); let RINGLAB_CACHE name a folder of yours.`);
  }
  return folder;
}
