/**
 * Packages of another Debian suite: asked of the mirror that apt uses here, with an apt state of its own, and unpacked without
 * being installed, so that nothing of the machine changes.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const MAX_BYTES = 1 << 26;

/** The first mirror that apt uses here, or undefined. */
function mirror() {
  const dir = '/etc/apt/sources.list.d';
  const files = existsSync(dir) ? readdirSync(dir).sort().map((f) => join(dir, f)) : [];
  for (const file of [...files, '/etc/apt/sources.list']) {
    if (!/\.(sources|list)$/.test(file) || !existsSync(file)) continue;
    const found = /^(?:URIs:\s*|deb\s+(?:\[[^\]]*\]\s+)?)(\S+debian\/?)(?:\s|$)/m.exec(readFileSync(file, 'utf8'));
    if (found) return found[1];
  }
  return undefined;
}

/** A command to its end. It throws an Error with what the command had to say of its failure, a line. */
async function command(file, args, { cwd, signal }) {
  try {
    return (await promisify(execFile)(file, args, { cwd, signal, maxBuffer: MAX_BYTES })).stdout;
  } catch (error) {
    signal?.throwIfAborted();
    if (error.code === 'ENOENT') throw new Error(`${file} is not there`);
    const lines = String(error.stderr ?? '').trim().split('\n');
    // The last line is of who started it.
    const line = lines.find((l) => /No space left on device/.test(l)) ?? lines.at(-1) ?? '';
    throw new Error(line.replace(/^E: /, '') || error.message);
  }
}

function suiteIn(state, signal) {
  const options = [
    '-q', `-oDir::Etc::SourceList=${state}/sources.list`, '-oDir::Etc::SourceParts=/dev/null', `-oDir::State::Lists=${state}/lists`,
    `-oDir::Cache=${state}/cache`, `-oAPT::Sandbox::User=${process.env.USER ?? 'root'}`,
  ];
  const apt = (program, ...args) => command(program, [...options, ...args], { cwd: state, signal });
  return {
    update: () => apt('apt-get', 'update'),
    /** Names of packages that an extended regular expression fits. */
    async search(pattern) {
      const found = await apt('apt-cache', 'search', '--names-only', pattern);
      return found.split('\n').map((line) => line.split(' ')[0]).filter((n) => n !== '').sort();
    },
    /** Unpacks packages into a folder. Returns the version of each. */
    async unpack(names, folder) {
      mkdirSync(folder, { recursive: true });
      const versions = {};
      await apt('apt-get', 'download', ...names);
      for (const deb of readdirSync(state).filter((f) => f.endsWith('.deb'))) {
        const field = async (name) => (await command('dpkg-deb', ['-f', deb, name], { cwd: state, signal })).trim();
        versions[await field('Package')] = await field('Version');
        await command('dpkg-deb', ['-x', deb, folder], { cwd: state, signal });
        rmSync(join(state, deb));
      }
      return versions;
    },
  };
}

/**
 * Does something with a suite's packages; what apt had to know for it is gone afterwards. Throws an Error that says in a few
 * words why it cannot.
 * @template T
 * @param {string} name
 * @param {(suite: { search(pattern: string): Promise<string[]>, unpack(names: readonly string[], folder: string):
 *   Promise<Record<string, string>> }) => Promise<T>} work
 * @param {{ signal?: AbortSignal }} options
 * @returns {Promise<T>}
 */
export async function withSuite(name, work, { signal } = {}) {
  const from = mirror();
  if (from === undefined || !existsSync(KEYRING)) throw new Error('no Debian mirror is configured for apt here');
  const state = mkdtempSync(join(tmpdir(), 'ringlab-apt-'));
  const remove = () => rmSync(state, { recursive: true, force: true });
  process.on('exit', remove);
  try {
    for (const dir of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(state, dir), { recursive: true });
    writeFileSync(join(state, 'sources.list'), `deb [signed-by=${KEYRING}] ${from} ${name} main\n`);
    const suite = suiteIn(state, signal);
    await suite.update();
    return await work(suite);
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** Downloads a package of a suite and unpacks it into a folder. */
export const unpackPackage = (name, suite, folder) => withSuite(suite, (s) => s.unpack([name], folder));
