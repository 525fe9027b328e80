/**
 * Unit tests written in AssemblyScript. Those of a folder, `*.as.ts`, are compiled under the core's rules; every function
 * that one exports and that takes no argument is one test, named as a sentence, and runs in a fresh instance. One whose name ends
 * in `_is_a_trap` passes when an assertion fails. A file without such functions is there for others to import.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { closure, filesUnder } from '../../scripts/as_sources.mjs';
import { ascInputs, compileAll } from '../../scripts/asc.mjs';
import { root } from '../../scripts/run_command.mjs';
import { readTrapRecord } from '../../sim/host/trap_error.ts';

interface Source {
  readonly path: string;
  /** What its exports are called in the module of its folder: `file__`, and the name. */
  readonly prefix: string;
  readonly tests: readonly string[];
}

/** A folder's files in one module: each alone would be compiled with all of the stages, which takes a second. */
interface Unit {
  readonly folder: string;
  readonly sources: readonly Source[];
  readonly entry: string;
  readonly out: string;
}

const OUT = 'build/unit';
const TRAPS = '_is_a_trap';

function sourceOf(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  const tests = [...text.matchAll(/^export function (\w+)\(\s*\)/gm)].map((m) => m[1] ?? '');
  return { path, prefix: `${basename(path, '.as.ts')}__`, tests };
}

/** A compiled unit is named by the content of all its sources, so an old one is never taken for a new one. */
function unitOf([folder, sources]: readonly [string, readonly Source[]]): Unit {
  const hash = createHash('sha256');
  for (const file of [...ascInputs(), ...new Set(sources.flatMap((s) => [...closure(s.path)]))])
    hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  const name = `${OUT}/${folder.slice('test/unit/'.length).replaceAll('/', '.')}-${hash.digest('hex').slice(0, 16)}`;
  return { folder, sources, entry: `${name}.ts`, out: `${name}.wasm` };
}

/** Passes on every test of every file. */
const entryText = (unit: Unit): string => unit.sources.map((s) => {
  const names = s.tests.map((name) => `${name} as ${s.prefix}${name}`).join(', ');
  return `export { ${names} } from '${relative(OUT, s.path).replace(/\.ts$/, '')}';\n`;
}).join('');

function removeOld(units: readonly Unit[]): void {
  const kept = new Set(units.flatMap((u) => [u.entry, u.out]));
  for (const file of filesUnder(OUT)) if (!kept.has(file)) rmSync(join(root, file));
}

/** 'aBufferThatIsLentTwice' and 'a_buffer_that_is_lent_twice' both read 'a buffer that is lent twice'. */
const sentence = (name: string) => name.replaceAll('_', ' ').replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();

const paths = filesUnder('test/unit', (f) => f.endsWith('.as.ts') && !basename(f).startsWith('config'));
const folders = new Map<string, Source[]>();
for (const source of paths.map(sourceOf).filter((s) => s.tests.length > 0))
  folders.set(dirname(source.path), [...(folders.get(dirname(source.path)) ?? []), source]);
const units = [...folders].map(unitOf);
mkdirSync(join(root, OUT), { recursive: true });
removeOld(units);
const missing = units.filter((u) => !existsSync(join(root, u.out)));
for (const unit of missing) writeFileSync(join(root, unit.entry), entryText(unit));
const results = await compileAll(missing.map((u) => ({ entry: ['sim/core/trap.ts', u.entry], out: u.out, sourceMap: false })));
const errors = new Map(results.map((r) => [r.job.out, r.error]));

for (const unit of units) {
  const error = errors.get(unit.out);
  if (error) {
    test(`${unit.folder} compiles`, () => {
      throw new Error(error);
    });
    continue;
  }
  const module = new WebAssembly.Module(readFileSync(join(root, unit.out)));
  for (const source of unit.sources) describeSource(module, source);
}

function describeSource(module: WebAssembly.Module, { path, prefix, tests }: Source): void {
  describe(`${basename(dirname(path))}/${basename(path, '.as.ts')}`, () => {
    for (const name of tests) {
      test(sentence(name), () => {
        const instance = new WebAssembly.Instance(module, {});
        const run = instance.exports[`${prefix}${name}`] as () => unknown;
        try {
          run();
        } catch (trap) {
          const { memory } = instance.exports as { memory: WebAssembly.Memory };
          const { message, file, line, column } = readTrapRecord(memory.buffer);
          if (name.endsWith(TRAPS) && file !== '') return;
          throw new Error(file === '' ? `trapped without a record: ${trap}` : `${message} (${file}:${line}:${column})`);
        }
        expect(name.endsWith(TRAPS), 'no assertion failed').toBe(false);
      });
    }
  });
}
