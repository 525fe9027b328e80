/**
 * A package of another Debian suite: asked of the mirror that apt uses here, with an apt state of its own, and unpacked without
 * being installed, so that nothing of the machine changes.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

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

/** Downloads a package of a suite and unpacks it into a folder. Throws an Error that says in a few words why it cannot. */
export function unpackPackage(name, suite, folder) {
  const from = mirror();
  if (from === undefined || !existsSync(KEYRING)) throw new Error('no Debian mirror is configured for apt here');
  const state = join(folder, '.apt');
  for (const dir of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(state, dir), { recursive: true });
  writeFileSync(join(state, 'sources.list'), `deb [signed-by=${KEYRING}] ${from} ${suite} main\n`);
  const apt = (...args) => execFileSync('apt-get', [
    '-q', `-oDir::Etc::SourceList=${state}/sources.list`, '-oDir::Etc::SourceParts=/dev/null', `-oDir::State::Lists=${state}/lists`,
    `-oDir::Cache=${state}/cache`, `-oAPT::Sandbox::User=${process.env.USER ?? 'root'}`, ...args,
  ], { cwd: state, stdio: 'pipe' });
  try {
    apt('update');
    apt('download', name);
    const deb = readdirSync(state).find((f) => f.endsWith('.deb'));
    if (deb === undefined) throw new Error(`${suite} has no ${name}`);
    execFileSync('dpkg', ['-x', join(state, deb), folder], { stdio: 'pipe' });
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}
