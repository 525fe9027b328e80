/**
 * Unit tests written in AssemblyScript. Each `*.as.ts` under test/unit is compiled under the core's rules; every function
 * that it exports and that takes no argument is one test, named as a sentence, and runs in a fresh instance. One whose name ends
 * in `_is_a_trap` passes when an assertion fails. A file without such functions is there for others to import.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { closure, filesUnder } from '../../scripts/as_sources.mjs';
import { ascInputs, compileAll } from '../../scripts/asc.mjs';
import { root } from '../../scripts/run_command.mjs';
import { readTrapRecord } from '../../sim/host/trap_error.ts';

interface Unit {
  readonly source: string;
  readonly out: string;
}

const OUT = 'build/unit';
const TRAPS = '_is_a_trap';

/** A compiled unit is named by the content of all its sources, so an old one is never taken for a new one. */
function unitOf(source: string): Unit {
  const hash = createHash('sha256');
  for (const file of [...ascInputs(), ...closure(source)]) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  const name = source.slice('test/unit/'.length, -'.as.ts'.length).replaceAll('/', '.');
  return { source, out: `${OUT}/${name}-${hash.digest('hex').slice(0, 16)}.wasm` };
}

function removeOld(units: readonly Unit[]): void {
  const kept = new Set(units.map((u) => u.out));
  for (const file of filesUnder(OUT)) if (!kept.has(file)) rmSync(join(root, file));
}

/** 'aBufferThatIsLentTwice' and 'a_buffer_that_is_lent_twice' both read 'a buffer that is lent twice'. */
const sentence = (name: string) => name.replaceAll('_', ' ').replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();

const isTest = (value: unknown): value is () => unknown => typeof value === 'function' && value.length === 0;

const sources = filesUnder('test/unit', (f) => f.endsWith('.as.ts') && !basename(f).startsWith('config'));
const units = sources.map(unitOf);
mkdirSync(join(root, OUT), { recursive: true });
removeOld(units);
const missing = units.filter((u) => !existsSync(join(root, u.out)));
const results = await compileAll(missing.map((u) => ({ entry: ['sim/core/trap.ts', u.source], out: u.out, sourceMap: false })));
const errors = new Map(results.map((r) => [r.job.out, r.error]));

const moduleOf = (unit: Unit) => new WebAssembly.Module(readFileSync(join(root, unit.out)));
const testsOf = (module: WebAssembly.Module) =>
  Object.entries(new WebAssembly.Instance(module, {}).exports).filter(([, value]) => isTest(value));

for (const unit of units.filter((u) => errors.get(u.out) || testsOf(moduleOf(u)).length > 0)) {
  const stage = basename(dirname(unit.source));
  const name = basename(unit.source, '.as.ts');
  describe(`${stage}/${name}`, () => {
    const error = errors.get(unit.out);
    if (error) {
      test('compiles', () => {
        throw new Error(error);
      });
      return;
    }
    const module = moduleOf(unit);
    const fresh = () => new WebAssembly.Instance(module, {});
    for (const [exported] of testsOf(module)) {
      test(sentence(exported), () => {
        const instance = fresh();
        const run = instance.exports[exported] as () => unknown;
        try {
          run();
        } catch (trap) {
          const { memory } = instance.exports as { memory: WebAssembly.Memory };
          const { message, file, line, column } = readTrapRecord(memory.buffer);
          if (exported.endsWith(TRAPS) && file !== '') return;
          throw new Error(file === '' ? `trapped without a record: ${trap}` : `${message} (${file}:${line}:${column})`);
        }
        expect(exported.endsWith(TRAPS), 'no assertion failed').toBe(false);
      });
    }
  });
}
