/** Where things are: the core beside the bundled command line, scenarios in the repository's folder, or by path. */
import { existsSync, fstatSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileCore, InputError, type LoadOptions, loadScenario, type Scenario, sha256Hex } from '../host/index.ts';
import { MUSEUM } from '../schema/museum.ts';
import { looksLikeRunFile } from '../lab/index.ts';
import { patiently, reasonOf } from './terminal.ts';

// The bundle is build/cli.mjs.
const here = dirname(fileURLToPath(import.meta.url));
const scenarios = join(here, '..', 'scenarios');

/** A file that was built beside the bundle. */
export const besideBundle = (name: string): string => join(here, name);

let compiled: Promise<WebAssembly.Module> | undefined;
export async function loadCore(): Promise<WebAssembly.Module> {
  const path = besideBundle('core.wasm');
  if (!existsSync(path)) throw new InputError('the core is not built: run npm run build, or npx ringlab, which does it.');
  compiled ??= compileCore(readFileSync(path));
  return compiled;
}

/** The core with the museum's bugs as switches, and the beginning of its hash. */
export async function loadFuzzCore(): Promise<{ readonly core: WebAssembly.Module; readonly core_hash: string }> {
  const path = besideBundle('core.fuzz.wasm');
  if (!existsSync(path))
    throw new InputError('the fuzzing core is not built: run npm run build fuzz, or npx ringlab fuzz, which does it.');
  const bytes = readFileSync(path);
  return { core: await compileCore(bytes), core_hash: sha256Hex(bytes).slice(0, 16) };
}

/** The bug of the museum in the core that was asked for last. */
let switched_on = '';
export const bugSwitchedOn = (): string => switched_on;

/** The core that a scenario needs: one with a bug of the museum runs in the fuzzing core alone, and that is said. */
export async function coreFor(scenario: Scenario): Promise<WebAssembly.Module> {
  const { name } = MUSEUM[scenario.run['run.bug'] - 1] ?? {};
  switched_on = name ?? '';
  if (name === undefined) return loadCore();
  const { core } = await loadFuzzCore();
  process.stderr.write(`ringlab: run.bug: the museum's ${name} is switched on, so this runs in the fuzzing core.\n`);
  return core;
}

/** Scenarios of the library by name: of itself, or of one of its folders, as folder/name. */
export function scenarioNames(folder = ''): string[] {
  const place = join(scenarios, folder);
  if (!existsSync(place)) return [];
  const files = readdirSync(place).filter((f) => /\.ya?ml$/.test(f)).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return files.map((f) => `${folder === '' ? '' : `${folder}/`}${f.replace(/\.ya?ml$/, '')}`);
}

export function scenarioFolders(): string[] {
  if (!existsSync(scenarios)) return [];
  return readdirSync(scenarios, { withFileTypes: true }).filter((f) => f.isDirectory()).map((f) => f.name).sort();
}

/** A name of the library or a path. */
export function scenarioPath(name: string): string {
  for (const path of [join(scenarios, `${name}.yaml`), join(scenarios, `${name}.yml`)]) {
    if (/^[\w-]+(\/[\w-]+)?$/.test(name) && existsSync(path)) return path;
  }
  if (name !== '' && existsSync(name)) {
    if (!statSync(name).isDirectory()) return name;
    throw new InputError(`${name}: this is a folder; name a scenario file in it, or a scenario that ringlab list shows.`);
  }
  const all = [...scenarioNames(), ...scenarioFolders().flatMap(scenarioNames)];
  const near = all.filter((n) => name !== '' && n.startsWith(name.slice(0, 3)));
  const hint = near.length > 0 ? `; did you mean ${near.slice(0, 3).join(' or ')}?` : '; ringlab list shows those there are.';
  throw new InputError(`there is no scenario ${name === '' ? "''" : name}${hint}`);
}

/** A scenario as it is written, and how to call it in messages. Read once: it may come through a pipe. */
export interface Source {
  readonly path: string;
  readonly shown: string;
  readonly text: string;
}

export function readSource(name: string): Source {
  const path = scenarioPath(name);
  const own = relative(scenarios, path);
  const shown = own.startsWith('..') || isAbsolute(own) ? path : join('scenarios', own);
  const text = new TextDecoder().decode(readBytes(path));
  if (looksLikeRunFile(text))
    throw new InputError(`${shown} is a run file; ringlab fuzz --repro ${shown} makes its run again, and the page opens it.`);
  return { path, shown, text };
}

/** `pain/A1` for scenarios/pain/A1.yaml; undefined for what is not of the library. */
export const libraryName = (shown: string): string | undefined => /^scenarios[/\\](.*)\.ya?ml$/.exec(shown)?.[1]?.replaceAll('\\', '/');

export function openScenario(name: string, options: LoadOptions = {}): Scenario {
  const { text, shown } = readSource(name);
  return loadScenario(text, shown, options);
}

const STDIN = 0;

/** All of a file. `-` and /dev/stdin are standard input, whatever it is. */
export function readBytes(path: string): Uint8Array {
  const own = path === '-' || path === '/dev/stdin';
  try {
    // A character device never ends. Pipes do: <(zcat capture.gz) is a good way to name a capture.
    const stats = own ? fstatSync(STDIN) : statSync(path);
    if (stats.isCharacterDevice()) throw new InputError(`${own ? 'standard input' : path} is a device; name a file, or pipe one in.`);
    return own ? readToEnd(STDIN) : readFileSync(path);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new InputError(`there is no file ${path}.`);
    if (code === 'EISDIR') throw new InputError(`${path} is a folder, not a file.`);
    if (code === 'ERR_FS_FILE_TOO_LARGE') throw new InputError(`${path} has more than 2 GiB: cut it with editcap first.`);
    throw new InputError(`${path} cannot be read (${reasonOf(error)}); name a file that you may read.`);
  }
}

/** A pipe that another process made non-blocking may have nothing for a while. */
function readToEnd(fd: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = new Uint8Array(1 << 20);
    const n = patiently(() => readSync(fd, piece));
    if (n === 0) return Buffer.concat(pieces);
    pieces.push(piece.subarray(0, n));
  }
}
