/**
 * The public suites, where they can be had: Linux's own scripts from Debian's package of the kernel source, Google's from a copy
 * of google/packetdrill. Their texts are not ours: they are kept in a cache outside of the repository.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export type Suite = 'linux' | 'google';

const LINUX = '7.3';
const SUITE = 'trixie-backports';
const IN_KERNEL = 'tools/testing/selftests/net/packetdrill';

/** RINGLAB_CACHE, or the user's cache. */
export function cacheDir(): string {
  const base = process.env.RINGLAB_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ringlab');
  return join(base, 'packetdrill');
}

/** The folder of a suite's scripts: RINGLAB_PACKETDRILL_LINUX or _GOOGLE, else the cache. Undefined: not there. */
export function suiteDir(suite: Suite): string | undefined {
  const named = process.env[`RINGLAB_PACKETDRILL_${suite.toUpperCase()}`];
  const dir = named ?? join(cacheDir(), suite === 'linux' ? `linux-${LINUX}` : 'google');
  return existsSync(dir) && readdirSync(dir).length > 0 ? dir : undefined;
}

/** The mirror that this machine's apt uses. */
function mirror(): string {
  const sources = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'].filter((f) => existsSync(f));
  for (const file of sources) {
    const text = readFileSync(file, 'utf8');
    const found = /^URIs:\s*(\S+)/m.exec(text)?.[1] ?? /^deb (?:\[[^\]]*\] )?(\S+)/m.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error('no Debian mirror is configured for apt here');
}

/**
 * Fetches Linux's scripts: downloads Debian's linux-source package with a state of its own, so that nothing of the machine
 * changes, and keeps the scripts. Returns their folder.
 */
export function fetchLinux(tell: (line: string) => void): string {
  const target = join(cacheDir(), `linux-${LINUX}`);
  const work = join(cacheDir(), '.fetch');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, 'lists/partial'), { recursive: true });
  mkdirSync(join(work, 'cache/archives/partial'), { recursive: true });
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const list = join(work, 'sources.list');
  execFileSync('sh', ['-c', 'printf "%s\\n" "$1" > "$2"', 'sh', `deb [signed-by=${keys}] ${mirror()} ${SUITE} main`, list]);
  const apt = [
    '-q', `-oDir::Etc::SourceList=${list}`, '-oDir::Etc::SourceParts=/dev/null', `-oDir::State::Lists=${join(work, 'lists')}`,
    `-oDir::Cache=${join(work, 'cache')}`, '-oAPT::Sandbox::User=root',
  ];
  try {
    tell(`asking the mirror of apt for linux-source-${LINUX} (${SUITE})`);
    execFileSync('apt-get', [...apt, 'update'], { stdio: 'pipe' });
    execFileSync('apt-get', [...apt, 'download', `linux-source-${LINUX}`], { cwd: work, stdio: 'pipe' });
    const deb = readdirSync(work).find((f) => f.endsWith('.deb'));
    if (deb === undefined) throw new Error(`the mirror has no linux-source-${LINUX}`);
    execFileSync('dpkg', ['-x', join(work, deb), join(work, 'unpacked')], { stdio: 'pipe' });
    tell('taking the scripts out of the kernel source');
    const tar = join(work, `unpacked/usr/src/linux-source-${LINUX}.tar.xz`);
    execFileSync('tar', ['xf', tar, '-C', work, `linux-source-${LINUX}/${IN_KERNEL}`], { stdio: 'pipe' });
    rmSync(target, { recursive: true, force: true });
    renameSync(join(work, `linux-source-${LINUX}`, IN_KERNEL), target);
    return target;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
