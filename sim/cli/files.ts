/** Where things are: the core beside the bundled command line, scenarios in the repository's folder, or by path. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileCore, InputError, type LoadOptions, loadScenario, type Scenario } from '../host/index.ts';

// The bundle is build/cli.mjs.
const here = dirname(fileURLToPath(import.meta.url));
const scenarios = join(here, '..', 'scenarios');

export async function loadCore(): Promise<WebAssembly.Module> {
  const path = join(here, 'core.wasm');
  if (!existsSync(path)) throw new InputError('the core is not built: run npm run build, or npx ringlab, which does it.');
  return compileCore(readFileSync(path));
}

/** Scenarios of the library, by name. */
export function scenarioNames(): string[] {
  if (!existsSync(scenarios)) return [];
  return readdirSync(scenarios).filter((f) => /\.ya?ml$/.test(f)).map((f) => f.replace(/\.ya?ml$/, '')).sort();
}

/** A name of the library or a path. */
export function scenarioPath(name: string): string {
  for (const path of [join(scenarios, `${name}.yaml`), join(scenarios, `${name}.yml`)]) {
    if (!/[\\/]/.test(name) && existsSync(path)) return path;
  }
  if (existsSync(name) && statSync(name).isFile()) return name;
  const near = scenarioNames().filter((n) => n.startsWith(name.slice(0, 3)));
  const hint = near.length > 0 ? `; did you mean ${near.slice(0, 3).join(' or ')}?` : '; ringlab list shows those there are.';
  throw new InputError(`there is no scenario ${name}${hint}`);
}

export function openScenario(name: string, options: LoadOptions = {}): Scenario {
  const path = scenarioPath(name);
  const shown = dirname(path) === scenarios ? join('scenarios', basename(path)) : path;
  return loadScenario(readText(path), shown, options);
}

export function readText(path: string): string {
  return new TextDecoder().decode(readBytes(path));
}

export function readBytes(path: string): Uint8Array {
  // A character device never ends. Pipes do: <(zcat capture.gz) is a good way to name a capture.
  if (existsSync(path) && statSync(path).isCharacterDevice()) throw new InputError(`${path} is a device, not a file.`);
  try {
    return readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new InputError(`there is no file ${path}.`);
    if (code === 'EISDIR') throw new InputError(`${path} is a folder, not a file.`);
    if (code === 'ERR_FS_FILE_TOO_LARGE') throw new InputError(`${path} has more than 2 GiB: cut it with editcap first.`);
    throw new InputError(`cannot read ${path}: ${message}`);
  }
}
