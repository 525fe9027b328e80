/**
 * zcnic as a kernel module for one release: built against Debian's headers, with Debian's compiler, in a folder of the cache that
 * holds the compiler's packages unpacked. It is entered by chroot in namespaces of its own, so that neither root nor debootstrap
 * is needed, and nothing of the machine changes.
 *
 *   zcnic-root/…           gcc, make and what they need     -> /
 *   headers/RELEASE        the three packages of headers    -> /headers
 *   zcnic/RELEASE-HASH     sources, then only zcnic.ko      -> /build
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inCache } from './cache.ts';
import { command, lastLine } from './command.ts';
import { inSuite } from './debian.ts';
import { native } from './places.ts';
import { BuildError, LabError, type Watch } from './target.ts';

export interface ModuleKernel {
  /** What uname -r says. */
  readonly release: string;
  /** The suite that it came from: its headers are there too. */
  readonly suite: string;
}

/** The headers' own programs need the C library of the suite that its backports are for, and their configuration its compiler. */
const SUITE = 'trixie';
const COMPILER = [
  'base-files', 'bash', 'bc', 'binutils', 'binutils-common', 'binutils-x86-64-linux-gnu', 'coreutils', 'cpp-14', 'cpp-14-x86-64-linux-gnu',
  'dash', 'diffutils', 'findutils', 'gcc-14', 'gcc-14-x86-64-linux-gnu', 'grep', 'kmod', 'libacl1', 'libattr1', 'libbinutils', 'libc6',
  'libcap2', 'libctf-nobfd0', 'libctf0', 'libelf1t64', 'libgcc-14-dev', 'libgcc-s1', 'libgmp10', 'libgprofng0', 'libisl23',
  'libjansson4', 'libkmod2', 'liblzma5', 'libmpc3', 'libmpfr6', 'libpcre2-8-0', 'libreadline8t64', 'libselinux1', 'libsframe1',
  'libssl3t64', 'libstdc++6', 'libtinfo6', 'libzstd1', 'make', 'mawk', 'sed', 'zlib1g',
];
/** Counts the ways of building: a module that was built in another way is not used. */
const SHAPE = 'zcnic-2';
const MODULE = 'zcnic.ko';
const LOG = 'build.log';

/** Run as root of namespaces: $1 the root, $2 headers, $3 sources, $4 the release. objtool reads /proc. */
const BUILD = `
mount --rbind /proc "$1/proc"
mount --rbind /dev "$1/dev"
mount --bind "$2" "$1/headers"
mount --bind "$3" "$1/build"
in_root() { PATH=$PATH:/usr/sbin:/sbin chroot "$@"; }
in_root "$1" /usr/bin/env -i PATH=/usr/bin:/usr/sbin LC_ALL=C DEB_BUILD_ARCH=amd64 \\
  make -j2 -C "/usr/src/linux-headers-$4" M=/build CONFIG_DEBUG_INFO_BTF_MODULES= modules
in_root "$1" /usr/bin/x86_64-linux-gnu-strip --strip-debug /build/${MODULE}
`;

const sources = (): string[] => readdirSync(native('zcnic')).filter((n) => /\.[ch]$|^Kbuild$/.test(n)).sort();

function hashOf(names: readonly string[]): string {
  const hash = createHash('sha256').update(`${SHAPE}\0`);
  for (const name of names) hash.update(`${name}\0`).update(readFileSync(native('zcnic', name))).update('\0');
  return hash.digest('hex').slice(0, 16);
}

const compilerRoot = (watch: Watch): Promise<string> => inCache([`zcnic-root-${SUITE}`], async (to) => {
  await inSuite(SUITE, 'the compiler for kernel modules', watch, (suite) => suite.unpack(COMPILER, to));
  // What packages would do when they are installed, and where headers and sources will be.
  symlinkSync('mawk', join(to, 'usr/bin/awk'));
  rmSync(join(to, 'usr/src'), { recursive: true, force: true });
  symlinkSync('/headers/usr/src', join(to, 'usr/src'));
  for (const name of ['headers', 'build']) mkdirSync(join(to, name));
});

/** The release without its flavour: packages that all flavours share are named so. */
const shared = (release: string): string => release.replace(/-cloud-amd64$/, '');

const headersOf = ({ release, suite: name }: ModuleKernel, watch: Watch): Promise<string> => inCache(['headers', release], async (to) => {
  const wanted = [`linux-headers-${release}`, `linux-headers-${shared(release)}-common`, `linux-kbuild-${shared(release)}`];
  await inSuite(name, `headers of Linux ${release}`, watch, async (suite) => {
    const literal = release.replace(/[+.]/g, '\\$&');
    if ((await suite.search(`^linux-headers-${literal}$`)).length === 0)
      throw new LabError(`Debian ${name} has no headers of Linux ${release} any more; name a kernel that it has with --kernel.`);
    watch.progress(`fetching headers of Linux ${release}`);
    await suite.unpack(wanted, to);
  });
});

function buildError(output: string, code: number): LabError {
  const refused = /^unshare: .*|^mount: .*(?:permission denied|must be superuser).*|^chroot: .*/im.exec(output)?.[0];
  if (code === 127) return new LabError('zcnic cannot be built without unshare: apt-get install util-linux.');
  if (refused !== undefined)
    return new LabError(`zcnic is built in namespaces, and this machine refuses them (${refused}): run as root, or allow user namespaces `
      + '(sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0).');
  const error = output.split('\n').find((l) => /\b(?:error|ERROR)\b/.test(l)) ?? lastLine(output);
  return new BuildError(`zcnic cannot be built (${error.trim()}).`);
}

async function build(kernel: ModuleKernel, names: readonly string[], to: string, watch: Watch): Promise<void> {
  const root = await compilerRoot(watch);
  const headers = await headersOf(kernel, watch);
  watch.signal.throwIfAborted();
  watch.progress(`building zcnic for Linux ${kernel.release}`);
  const work = join(to, 'build');
  mkdirSync(work);
  for (const name of names) copyFileSync(native('zcnic', name), join(work, name));
  const own = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  // A process namespace, so that nothing outlives an abort.
  const namespaces = ['unshare', '--mount', '--pid', '--fork', '--kill-child', ...own, '--'];
  const { code, stdout, stderr } = await command(
    [...namespaces, 'sh', '-euc', BUILD, 'sh', root, headers, work, kernel.release], { signal: watch.signal });
  // No room is told by who knows the folder.
  if (/No space left on device/.test(stderr)) throw new Error('No space left on device');
  if (code !== 0 || !existsSync(join(work, MODULE))) throw buildError(`${stderr}\n${stdout}`, code);
  copyFileSync(join(work, MODULE), join(to, MODULE));
  writeFileSync(join(to, LOG), `${stdout}${stderr}`);
  rmSync(work, { recursive: true });
}

/** The path of zcnic.ko for a kernel, built when it has to be. What the build said is beside it, in build.log. */
export async function zcnicModule(kernel: ModuleKernel, watch: Watch): Promise<string> {
  if (!kernel.suite.startsWith(SUITE))
    throw new LabError(`zcnic is built for kernels of Debian ${SUITE}-backports, and Linux ${kernel.release} is of ${kernel.suite}; `
      + 'try another --kernel.');
  const names = sources();
  const folder = await inCache(['zcnic', `${kernel.release}-${hashOf(names)}`], (to) => build(kernel, names, to, watch));
  return join(folder, MODULE);
}
