/** A kernel for a virtual machine: Debian's, obtained through this machine's apt configuration and kept in the cache. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cached, inCache } from './cache.ts';
import { inSuite, type Suite } from './debian.ts';
import { cacheFolder } from './places.ts';
import { LabError, type Watch } from './target.ts';

export interface LabKernel {
  /** What uname -r says. */
  readonly release: string;
  readonly package: string;
  readonly packageVersion: string;
  /** The suite that it came from. */
  readonly suite: string;
  readonly sha256: string;
  /** The image, and those modules that virtual networks need (compressed as they came). */
  readonly vmlinuz: string;
  readonly modules: readonly string[];
}

const DEFAULT_RELEASE = '7.3.4+deb13-cloud-amd64';
/** Releases of this major version are what the simulator models. */
const MAJOR = '7.';
const SUITES = ['trixie-backports', 'sid'];
/** What a pair of virtual devices needs, and queue disciplines that a scenario may name. */
const MODULES = ['veth.ko', 'sch_netem.ko', 'sch_fq.ko'];
/** Counts the sets of modules: what is in the cache under another number lacks some. */
const SHAPE = 'kernels-2';
/** In order of preference; which of them exist depends on the point release. */
const IMAGES = ['linux-binary-unsigned-', 'linux-binary-', 'linux-image-unsigned-', 'linux-image-'];
const SEARCH = '^linux-(binary|image)(-unsigned)?-[0-9].*-cloud-amd64$';
const RELEASE = /-(\d[\w.+~]*-cloud-amd64)$/;

const FACTS = 'kernel.json';
const numbersOf = (release: string) => release.split(/[^0-9]+/).slice(0, 3).map(Number);

/** Older before newer. */
function byAge(a: string, b: string): number {
  const [x, y] = [numbersOf(a), numbersOf(b)];
  const at = x.findIndex((n, i) => n !== y[i]);
  return at < 0 ? (a < b ? -1 : 1) : (x[at] ?? 0) - (y[at] ?? 0);
}

/** The newest of `releases` that is what was asked for: all of a release, or its first numbers. */
export function newestLike(wanted: string, releases: readonly string[]): string | undefined {
  const fits = (r: string) => r === wanted || (r.startsWith(wanted) && (wanted.endsWith('.') || /^[.+]/.test(r.slice(wanted.length))));
  return releases.filter(fits).sort(byAge).at(-1);
}

function fromCache(release: string): LabKernel {
  const folder = join(cacheFolder(SHAPE), release);
  const facts = JSON.parse(readFileSync(join(folder, FACTS), 'utf8')) as Omit<LabKernel, 'vmlinuz' | 'modules'>;
  const modules = readdirSync(folder).filter((n) => /\.ko(\.\w+)?$/.test(n)).sort().map((n) => join(folder, n));
  return { ...facts, vmlinuz: join(folder, 'vmlinuz'), modules };
}

/** All files below a folder. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? filesBelow(path) : [path];
  });
}

/** Unpacks a release's image and modules, and keeps of them what is needed. */
async function fetchKernel(suite: Suite, from: string, release: string, names: readonly string[], to: string): Promise<void> {
  const image = IMAGES.map((prefix) => `${prefix}${release}`).find((n) => names.includes(n)) ?? '';
  const work = join(to, 'unpacked');
  mkdirSync(work);
  const modules = await suite.search(`^linux-modules-${release.replace(/[+.]/g, '\\$&')}$`);
  const versions = await suite.unpack([image, ...modules], work);
  const files = filesBelow(work);
  const vmlinuz = files.find((f) => /^vmlinuz/.test(basename(f)));
  if (vmlinuz === undefined) throw new LabError(`the package ${image} of Debian ${from} holds no kernel image; try another --kernel.`);
  copyFileSync(vmlinuz, join(to, 'vmlinuz'));
  for (const file of files) if (MODULES.some((m) => basename(file).startsWith(m))) copyFileSync(file, join(to, basename(file)));
  rmSync(work, { recursive: true });
  const sha256 = createHash('sha256').update(readFileSync(join(to, 'vmlinuz'))).digest('hex');
  writeFileSync(join(to, FACTS), `${JSON.stringify({ release, package: image, packageVersion: versions[image], suite: from, sha256 })}\n`);
}

/** A kernel of a suite, brought into the cache. Undefined: the suite has none like it; what it has is added to `seen`. */
async function fromSuite(name: string, likes: readonly string[], seen: Set<string>, watch: Watch): Promise<LabKernel | undefined> {
  return inSuite(name, 'a kernel', watch, async (suite) => {
    const names = await suite.search(SEARCH);
    const releases = names.flatMap((n) => RELEASE.exec(n)?.[1] ?? []);
    for (const r of releases) seen.add(r);
    for (const like of likes) {
      const release = newestLike(like, releases);
      if (release === undefined) continue;
      watch.progress(`fetching Linux ${release}`);
      await inCache([SHAPE, release], (to) => fetchKernel(suite, name, release, names, to));
      return fromCache(release);
    }
    return undefined;
  });
}

/**
 * The kernel that was asked for (7.2: the newest 7.2), or without a wish the release that all traces are of, else the newest 7.x
 * that can be had. What is in the cache is never fetched again.
 */
export async function labKernel(wanted: string | undefined, watch: Watch): Promise<LabKernel> {
  if (process.arch !== 'x64') throw new LabError(`the virtual machine needs x86-64, and this is ${process.arch}; try --on ssh:HOST.`);
  const have = cached(SHAPE).filter((r) => existsSync(join(cacheFolder(SHAPE), r, FACTS)));
  const here = newestLike(wanted ?? DEFAULT_RELEASE, have);
  if (here !== undefined) return fromCache(here);
  const likes = wanted === undefined ? [DEFAULT_RELEASE, MAJOR] : [wanted];
  const seen = new Set<string>();
  try {
    for (const suite of SUITES) {
      const kernel = await fromSuite(suite, likes, seen, watch);
      if (kernel) return kernel;
    }
  } catch (error) {
    // Without a network, what an earlier day brought.
    const old = wanted === undefined && error instanceof LabError ? newestLike(MAJOR, have) : undefined;
    if (old !== undefined) return fromCache(old);
    throw error;
  }
  const names = new Set([...seen].sort(byAge).map((r) => r.split('+')[0]));
  const there = names.size === 0 ? 'none for virtual machines' : [...names].join(', ');
  throw new LabError(`there is no Linux ${wanted ?? MAJOR} in Debian's ${SUITES.join(' and ')}; there are ${there}.`);
}
