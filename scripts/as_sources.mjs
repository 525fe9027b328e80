/** Which AssemblyScript files belong to an entry: its imports, followed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { root } from './run_command.mjs';

/** Folders that hold AssemblyScript and nothing else. */
export const AS_ROOTS = [
  'sim/core', 'sim/world', 'nic-model', 'stack', 'uring-model/7-ring', 'uring-model/9-refill', 'uring-model/8-app/builtin',
];
/** AssemblyScript beside TypeScript. */
export const AS_FILES = ['uring-model/uapi.gen.ts'];

/**
 * Every file under a folder, as paths from the root, sorted.
 * @param {string} folder
 * @param {(path: string) => boolean} wanted
 */
export function filesUnder(folder, wanted = (path) => path !== '') {
  const out = [];
  const top = join(root, folder);
  if (!existsSync(top)) return out;
  for (const entry of readdirSync(top, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = relative(root, join(entry.parentPath ?? entry.path, entry.name)).split('\\').join('/');
    if (wanted(path)) out.push(path);
  }
  return out.sort();
}

/** All AssemblyScript sources of the core. */
export function asFiles() {
  const files = AS_ROOTS.flatMap((dir) => filesUnder(dir, (f) => f.endsWith('.ts')));
  return [...files, ...AS_FILES.filter((f) => existsSync(join(root, f)))].sort();
}

/** The relative imports of a source text, with the names they take. */
export function importsOf(text) {
  const found = [];
  const pattern = /^[ \t]*(?:import|export)\b([^'";]*?)\bfrom\s*['"](\.{1,2}\/?[^'"]*)['"]/gm;
  for (const match of text.matchAll(pattern)) found.push({ names: match[1].trim(), path: match[2] });
  return found;
}

/** The file that a relative import names, or undefined. asc and rolldown both try these. */
export function resolveImport(from, path) {
  const base = posix.normalize(posix.join(dirname(from), path));
  return [base, `${base}.ts`, `${base}/index.ts`].find((f) => f.endsWith('.ts') && existsSync(join(root, f)));
}

/** A file and everything that it imports, sorted. */
export function closure(entry) {
  const seen = new Set();
  const visit = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path } of importsOf(readFileSync(join(root, file), 'utf8'))) {
      const target = resolveImport(file, path);
      if (target) visit(target);
    }
  };
  if (existsSync(join(root, entry))) visit(entry);
  return [...seen].sort();
}
