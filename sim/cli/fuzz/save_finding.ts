/** The files of a finding: all of them, or none. */
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Finding } from '../../fuzz/index.ts';
import { InputError } from '../../host/index.ts';
import { OutputFiles } from '../output_files.ts';
import { reasonOf } from '../terminal.ts';

/** Makes sure of the folder before anything runs: a campaign of hours must not end in nothing. */
export function openFolder(folder: string, option = '--out'): void {
  const refused = (why: string) => new InputError(`${option} ${folder}: the folder cannot be used (${why}); choose another place.`);
  try {
    makeFolder(resolve(folder));
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw refused(reasonOf(error));
  }
  if (!statSync(folder).isDirectory()) throw refused('it is no folder');
}

/** One by one: where nothing can be made at all, as below /proc, Node's own way of making several never ends. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/** Their paths. */
export function saveFinding(folder: string, { name, files }: Finding): readonly string[] {
  return writeAll(Object.entries(files).map(([end, text]) => ({ path: join(folder, `${name}${end}`), text })));
}

export function writeAll(paths: readonly { readonly path: string; readonly text: string }[]): readonly string[] {
  const outputs = new OutputFiles(paths.map(({ path }) => ({ option: path, path })));
  for (const { path, text } of paths) outputs.of(path)?.write(new TextEncoder().encode(text));
  outputs.commit();
  return paths.map(({ path }) => path);
}
