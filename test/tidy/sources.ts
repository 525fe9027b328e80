/** What the tidy tests read. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asFiles, filesUnder } from '../../scripts/as_sources.mjs';
import { root } from '../../scripts/run_command.mjs';

export { asFiles, filesUnder, root };
export const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Nothing of ours is in these. In a worktree .git is a file. */
const SKIPPED = /^((node_modules|build|dist|coverage|\.git)\/|\.git$)/;
const TOP = [
  'sim', 'nic-model', 'stack', 'uring-model', 'native-backend', 'web', 'scripts', 'test', 'scenarios', 'docs', '.ci', '.github',
];
const ROOT_FILES = /^[^/]+$/;

/** Every text file of the repository that people write. */
export function ownFiles(): string[] {
  const files = [...TOP.flatMap((dir) => filesUnder(dir)), ...filesUnder('.', (f) => ROOT_FILES.test(f))];
  return files.filter((f) => !SKIPPED.test(f) && f !== 'package-lock.json' && f !== 'LICENSE' && !/\/fixtures\//.test(f));
}

export const isGenerated = (file: string) => /\.gen\./.test(file);
const SOURCE = /\.(ts|mjs|svelte|c|h)$/;

/** Source files of any language, generated ones left out. */
export const sourceFiles = () => ownFiles().filter((f) => SOURCE.test(f) && !isGenerated(f));

/** AssemblyScript sources with comments and strings blanked out, so that a word in a sentence is no code. */
export function code(text: string): string {
  const blank = (s: string) => s.replace(/[^\n]/g, ' ');
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, blank);
}

/** AssemblyScript of the core, and the AssemblyScript tests. */
export const coreFiles = (): string[] => asFiles();

export interface Line {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Lines of files that match, as `file:line: text`. */
export function matches(files: readonly string[], pattern: RegExp, prepare = (s: string) => s): string[] {
  const out: string[] = [];
  for (const file of files) {
    const original = read(file).split('\n');
    prepare(read(file)).split('\n').forEach((text, i) => {
      if (pattern.test(text)) out.push(`${file}:${i + 1}: ${original[i]?.trim()}`);
    });
  }
  return out;
}

/** Passes when a list of findings is empty; else says all of them. */
export function none(found: readonly unknown[]): void {
  if (found.length === 0) return;
  const lines = found.map((f) => (typeof f === 'string' ? f : JSON.stringify(f)));
  throw new Error(`${found.length} found:\n${lines.join('\n')}`);
}
