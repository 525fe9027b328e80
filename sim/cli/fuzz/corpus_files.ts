/** A corpus in a folder: a run file for each case. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { caseOfFile, coverRows, type FuzzCase, memberFile, minimised, Runner } from '../../fuzz/index.ts';
import { readRunFile, runFileText } from '../../lab/index.ts';
import { readBytes } from '../files.ts';
import { writeAll } from './save_finding.ts';

const END = '.run.json';

const filesOf = (folder: string): string[] =>
  (existsSync(folder) ? readdirSync(folder).filter((f) => f.endsWith(END)).sort() : []);

/** The cases of a folder; none when it is not there yet. */
export const readCorpus = (folder: string): FuzzCase[] =>
  filesOf(folder).map((file) => {
    const path = join(folder, file);
    return caseOfFile(readRunFile(new TextDecoder().decode(readBytes(path)), path));
  });

/** Makes the folder the smallest corpus that reaches what the cases do. Returns how many these are. */
export function writeCorpus(folder: string, core: WebAssembly.Module, cases: readonly FuzzCase[]): number {
  const members = minimised(new Runner(core), coverRows(core), cases).map(memberFile);
  const names = members.map((m) => `${m.name}${END}`);
  writeAll(members.map((m, i) => ({ path: join(folder, names[i] as string), text: runFileText(m) })));
  for (const file of filesOf(folder)) if (!names.includes(file)) rmSync(join(folder, file));
  return members.length;
}
