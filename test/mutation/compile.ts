/** One module with every mutant in it: the core's exports, and beside them the unit tests in AssemblyScript. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { closure, filesUnder } from '../../scripts/as_sources.mjs';
import { ascArgs } from '../../scripts/asc.mjs';
import { root } from '../../native-backend/lab/places.ts';
import { type Mutant, schemata } from './schemata.ts';

export interface Mutated {
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly mutants: readonly Mutant[];
  /** Exported names of the unit tests: unit file, test. */
  readonly units: ReadonlyMap<string, { readonly file: string; readonly test: string }>;
  /** Of the texts of the model: results of another one are not taken. */
  readonly hash: string;
}

export interface Wanted {
  /** Files to mutate. */
  readonly files: readonly string[];
  /** Entries whose exports keep their names. */
  readonly entries: readonly string[];
  readonly units: readonly string[];
}

const PROBE = 'test/mutation/mutant.as.ts';
/** Imported for what it does: closure() follows names. */
const TRAP = 'sim/core/trap.ts';
const ENTRY = 'test/mutation/entry.gen.as.ts';
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The path of a module as another file imports it. */
function importPath(from: string, to: string): string {
  const path = posix.relative(dirname(from), to).replace(/\.ts$/, '');
  return path.startsWith('.') ? path : `./${path}`;
}

/** Functions that a unit exports and that take nothing: its tests. */
const testsIn = (text: string): string[] => [...text.matchAll(/^export function (\w+)\(\): \w+ \{/gm)].map((m) => m[1] ?? '');

function entryText({ entries, units }: Wanted, named: Map<string, { file: string; test: string }>): string {
  const lines = entries.map((file) => `export * from '${importPath(ENTRY, file)}';`);
  units.forEach((file, n) => {
    const tests = testsIn(read(file));
    for (const test of tests) named.set(`u${n}_${test}`, { file, test });
    if (tests.length > 0) lines.push(`export { ${tests.map((t) => `${t} as u${n}_${t}`).join(', ')} } from '${importPath(ENTRY, file)}';`);
  });
  return `${lines.join('\n')}\n`;
}

/** Compiles the core of the fuzzer, whose invariants look on, without the dirty map: in its place the mutants' switch lies. */
export async function compileMutated(wanted: Wanted): Promise<Mutated> {
  const units = new Map<string, { file: string; test: string }>();
  const texts = new Map<string, string>([[ENTRY, entryText(wanted, units)], [PROBE, read(PROBE)]]);
  const sources = [...new Set([TRAP, ...wanted.entries, ...wanted.units].flatMap((f) => closure(f)))].filter((f) => f !== PROBE).sort();
  const mutants: Mutant[] = [];
  const hash = createHash('sha256');
  for (const file of sources) {
    const text = read(file);
    const mutate = wanted.files.includes(file);
    const made = schemata(file, text, { first: mutants.length + 1, probe: importPath(file, PROBE), mutate });
    mutants.push(...made.mutants);
    texts.set(file, made.text);
    if (mutate) hash.update(`${file}\0${text}\0`);
  }
  const wasm = await compileTexts(texts);
  return { wasm, mutants, units, hash: hash.digest('hex').slice(0, 16) };
}

async function compileTexts(texts: ReadonlyMap<string, string>): Promise<Uint8Array<ArrayBuffer>> {
  const { default: asc } = await import('assemblyscript/asc');
  const said: string[] = [];
  const sink = { write: (text: string | Uint8Array) => said.push(String(text)) };
  const out: { wasm?: Uint8Array<ArrayBuffer> } = {};
  const { error } = await asc.main(ascArgs({ entry: [TRAP, ENTRY], out: 'mutated.wasm', sourceMap: false, use: ['MUSEUM=1'] }), {
    stdout: sink, stderr: sink,
    readFile: (name: string) => texts.get(posix.normalize(relative(root, join(root, name)))) ?? null,
    writeFile: (name: string, contents: string | Uint8Array) => {
      if (name.endsWith('.wasm') && typeof contents !== 'string') out.wasm = new Uint8Array(contents);
    },
    listFiles: () => [],
  });
  if (error || !out.wasm) throw new Error(`asc: ${said.join('') || error}`);
  return out.wasm;
}

/** What is mutated: the AssemblyScript of a stage, without what is generated, what only watches, and its card. */
export const STAGES = ['stack/3-pool', 'uring-model/7-ring', 'uring-model/9-refill'] as const;
const LEFT_ALONE = /(\.gen|\/index|\/verify|\/witness)\.ts$/;
export const mutatedFiles = (): string[] => STAGES.flatMap((dir) => filesUnder(dir, (f) => f.endsWith('.ts') && !LEFT_ALONE.test(f)));
