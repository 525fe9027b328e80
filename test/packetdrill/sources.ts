/**
 * The public suites, where they can be had: Linux's own scripts from Debian's package of the kernel source, Google's from a copy
 * of google/packetdrill. Their texts are not ours: they are kept in a cache outside of the repository.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { unpackPackage } from '../../scripts/debian_package.mjs';

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

/** Takes Linux's scripts out of Debian's linux-source package and keeps them. Returns their folder. */
export async function fetchLinux(tell: (line: string) => void): Promise<string> {
  const target = join(cacheDir(), `linux-${LINUX}`);
  const work = join(cacheDir(), '.fetch');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  try {
    tell(`asking the mirror of apt for linux-source-${LINUX} (${SUITE})`);
    await unpackPackage(`linux-source-${LINUX}`, SUITE, work);
    tell('taking the scripts out of the kernel source');
    const tar = join(work, `usr/src/linux-source-${LINUX}.tar.xz`);
    execFileSync('tar', ['xf', tar, '-C', work, `linux-source-${LINUX}/${IN_KERNEL}`], { stdio: 'pipe' });
    rmSync(target, { recursive: true, force: true });
    renameSync(join(work, `linux-source-${LINUX}`, IN_KERNEL), target);
    return target;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
