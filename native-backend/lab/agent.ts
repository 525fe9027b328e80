/** The agent as a binary: built once for each state of its sources, its compiler and its liburing. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inCache } from './cache.ts';
import { command, lastLine } from './command.ts';
import { inSuite } from './debian.ts';
import { native } from './places.ts';
import { BuildError, LabError, type Watch } from './target.ts';

const LIBURING_LEAST = '2.15';
const COMPILER = () => process.env.CC ?? 'cc';

interface Liburing {
  readonly version: string;
  /** What build.sh is to find it by; empty: pkg-config does. */
  readonly env: Readonly<Record<string, string>>;
}

/** The version that a folder with include/liburing says of itself, or undefined. */
function versionIn(folder: string): string | undefined {
  const file = join(folder, 'include/liburing/io_uring_version.h');
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  const [major, minor] = ['MAJOR', 'MINOR'].map((n) => new RegExp(`IO_URING_VERSION_${n}\\s+(\\d+)`).exec(text)?.[1]);
  return major === undefined || minor === undefined ? undefined : `${major}.${minor}`;
}

/** LIBURING's, else the system's, else that of Debian sid, unpacked in the cache. */
export async function liburing(watch: Watch): Promise<Liburing> {
  const named = process.env.LIBURING;
  if (named) {
    const version = versionIn(named);
    if (version === undefined) throw new LabError(`LIBURING is ${named}, where there is no include/liburing.h of liburing 2.`);
    return { version, env: { LIBURING: named } };
  }
  const { signal } = watch;
  if ((await command(['pkg-config', `--atleast-version=${LIBURING_LEAST}`, 'liburing'], { signal })).code === 0)
    return { version: (await command(['pkg-config', '--modversion', 'liburing'], { signal })).stdout.trim(), env: {} };
  const what = `liburing ${LIBURING_LEAST}`;
  const folder = await inCache(['liburing', `least-${LIBURING_LEAST}`], (to) => inSuite('sid', what, watch, async (suite) => {
    // Its headers want the kernel's, newer than many a system's.
    await suite.unpack(['liburing-dev', 'linux-libc-dev'], to);
  }));
  const usr = join(folder, 'usr');
  return { version: versionIn(usr) ?? LIBURING_LEAST, env: { LIBURING: usr } };
}

/** A compiler's own words, as a sentence with what helps. */
function buildError(stderr: string): LabError {
  const missing = /fatal error: (\S+): No such file|cannot find -l(\w+)/.exec(stderr);
  const first = stderr.split('\n').find((l) => /error/.test(l))?.trim() ?? lastLine(stderr);
  if (/^(stdio|stdlib|string|unistd|pthread|sched|linux\/)/.test(missing?.[1] ?? '') || missing?.[2] !== undefined)
    return new LabError(`the agent needs the C library's headers and its static library (${first}): apt-get install libc6-dev.`);
  return new BuildError(`the agent cannot be built (${first}).`);
}

/** Other builds than the one that ships (build.sh). */
export type Build = '--sanitize' | '--debug';

/** The path of the agent's binary, built when it has to be. */
export async function agentBinary(watch: Watch, build?: Build): Promise<string> {
  const { signal } = watch;
  const compiler = await command([COMPILER(), '--version'], { signal });
  if (compiler.code !== 0) throw new LabError(`the agent needs a C compiler, and ${COMPILER()} is none: apt-get install gcc libc6-dev.`);
  const library = await liburing(watch);
  const hash = createHash('sha256');
  for (const name of readdirSync(native('agent')).filter((n) => /\.([ch]|sh)$/.test(n)).sort())
    hash.update(`${name}\0`).update(readFileSync(native('agent', name))).update('\0');
  hash.update(`${process.arch} ${compiler.stdout.split('\n')[0]} liburing ${library.version} ${library.env.LIBURING ?? ''} ${build ?? ''}`);
  const folder = await inCache(['agent', hash.digest('hex').slice(0, 16)], async (to) => {
    watch.progress('building the agent');
    const script = ['sh', native('agent', 'build.sh'), ...(build ? [build] : []), join(to, 'agent')];
    const { code, stderr } = await command(script, { signal, env: library.env });
    if (code !== 0) throw buildError(stderr);
  });
  return join(folder, 'agent');
}
