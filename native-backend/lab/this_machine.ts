/** This machine, as a survey looks at it. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { staleNamespaces } from './netns.ts';
import { cacheFolder } from './places.ts';
import { staleBoots } from './qemu.ts';
import type { Look } from './survey.ts';

const PATIENCE_MS = 5000;
const PATH = () => [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].join(delimiter);

/** The cache's folder, also when it cannot be made. */
function cache(): string {
  try {
    return cacheFolder();
  } catch {
    return process.env.RINGLAB_CACHE ?? process.env.XDG_CACHE_HOME ?? '~/.cache/ringlab';
  }
}

export function thisMachine(): Look {
  const place = cache();
  return {
    platform: process.platform, arch: process.arch, uid: process.getuid?.(), env: process.env, cache: place, temporary: tmpdir(),
    said: ([file = '', ...args]) => {
      const env = { ...process.env, PATH: PATH() };
      const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', timeout: PATIENCE_MS, env });
      return status === 0 ? `${stdout}${stderr}`.trim().split('\n')[0] : undefined;
    },
    read: (path) => {
      try {
        return readFileSync(path, 'utf8').trim();
      } catch {
        return undefined;
      }
    },
    exists: existsSync,
    cached: (folder) => {
      const at = join(place, folder);
      return existsSync(at) ? readdirSync(at).filter((n) => !n.startsWith('.')).sort() : [];
    },
    free: (path) => {
      try {
        accessSync(path, constants.W_OK);
        const { bavail, bsize } = statfsSync(path);
        return bavail * bsize;
      } catch {
        return undefined;
      }
    },
    leftovers: () => [...staleNamespaces().map((n) => `namespace ${n}`), ...staleBoots()],
  };
}
