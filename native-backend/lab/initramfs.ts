/**
 * What a virtual machine has instead of a disk. The tools (busybox, ip, tc, ethtool, with their libraries) come from Debian
 * packages that are unpacked in the cache, so that they are the same on every machine; the agent and the job's files follow as a
 * second archive, which the kernel unpacks over the first.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { inCache } from './cache.ts';
import { command, lastLine } from './command.ts';
import { cpio, type Entry } from './cpio.ts';
import { inSuite } from './debian.ts';
import { LabError, type Watch } from './target.ts';

/** The suite whose ethtool can set all that a scenario says of header split. */
const SUITE = 'sid';
const PACKAGES = [
  'busybox-static', 'iproute2', 'ethtool', 'libc6', 'libmnl0', 'libbpf1', 'libelf1t64', 'zlib1g', 'libzstd1', 'libcap2', 'libselinux1',
  'libpcre2-8-0', 'libxtables12',
];
const LIBRARIES = 'usr/lib/x86_64-linux-gnu';
const LOADER = 'ld-linux-x86-64.so.2';
const PROGRAMS = ['usr/bin/ip', 'usr/sbin/tc', 'usr/sbin/ethtool'];
/** Busybox's programs that are started by path: all others its shell has built in. */
const APPLETS = ['sh', 'sysctl'];
const ARCHIVE = 'tools.cpio';
/** Counts the shapes of the archive: what is in the cache under another number is not used. */
const SHAPE = 'tools-1';

/** The libraries that a program of an unpacked system wants, by that system's own loader. */
async function librariesOf(unpacked: string, program: string, { signal }: Watch): Promise<string[]> {
  const libraries = join(unpacked, LIBRARIES);
  const { code, stdout, stderr } = await command(
    [join(libraries, LOADER), '--library-path', libraries, '--list', join(unpacked, program)], { signal });
  const missing = /(\S+) => not found/.exec(stdout)?.[1];
  const why = missing ?? lastLine(stderr);
  if (code !== 0 || missing !== undefined)
    throw new LabError(`${basename(program)} of Debian ${SUITE} cannot run in the virtual machine (${why} is missing).`);
  return [...stdout.matchAll(/=> (\S+) \(/g)].map((m) => basename(m[1] ?? '')).filter((n) => n !== LOADER);
}

async function toolEntries(unpacked: string, watch: Watch): Promise<Entry[]> {
  const names = new Set<string>();
  for (const program of PROGRAMS) for (const name of await librariesOf(unpacked, program, watch)) names.add(name);
  const file = (path: string, from: string): Entry => ({ path, data: readFileSync(join(unpacked, from)), runs: true });
  return [
    file('bin/busybox', 'usr/bin/busybox'),
    ...APPLETS.map((name) => ({ path: `bin/${name}`, link: 'busybox' })),
    file(`lib64/${LOADER}`, `${LIBRARIES}/${LOADER}`),
    ...[...names].sort().map((name) => file(`lib/x86_64-linux-gnu/${name}`, `${LIBRARIES}/${name}`)),
    ...PROGRAMS.map((path) => file(path, path)),
  ];
}

/** The archive of the tools: not compressed, because unpacking costs the emulated processor more than reading. */
async function tools(watch: Watch): Promise<Buffer> {
  const folder = await inCache([SHAPE], async (to) => {
    const unpacked = join(to, 'unpacked');
    mkdirSync(unpacked);
    const versions = await inSuite(SUITE, 'the tools of the virtual machine', watch, (suite) => suite.unpack(PACKAGES, unpacked));
    writeFileSync(join(to, ARCHIVE), cpio(await toolEntries(unpacked, watch)));
    writeFileSync(join(to, 'versions.json'), `${JSON.stringify(versions)}\n`);
    rmSync(unpacked, { recursive: true });
  });
  return readFileSync(join(folder, ARCHIVE));
}

/** Before the jobs: what each of them finds. A program's path says which `ip` is meant: busybox has one too. */
const INIT = `#!/bin/busybox sh
export PATH=/usr/bin:/usr/sbin:/bin:/sbin
# The shell finds its own programs by /proc/self/exe.
/bin/busybox mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t debugfs debugfs /sys/kernel/debug
mount -t devtmpfs devtmpfs /dev
mkdir -p /run/netns /tmp
mount -t tmpfs tmpfs /run
mkdir /run/netns
# With little memory the kernel has no large pages unless told (mm/huge_memory.c: hugepage_init).
echo madvise >/sys/kernel/mm/transparent_hugepage/enabled
exec 3>/dev/vport0p1
. /ringlab/jobs.sh
echo '@@ringlab off' >&3
sync
poweroff -f
`;

export interface Contents {
  readonly agent: string;
  /** Files of this machine, by their paths in the guest. */
  readonly files: Readonly<Record<string, string>>;
  /** Programs and scripts, by name, beside jobs.sh in /ringlab. */
  readonly texts: Readonly<Record<string, string>>;
}

/** The whole archive of one boot. */
export async function initramfs({ agent, files, texts }: Contents, watch: Watch): Promise<Buffer> {
  const boot = cpio([
    ...['dev', 'proc', 'sys', 'run', 'tmp'].map((path) => ({ path })),
    { path: 'init', data: INIT, runs: true },
    { path: 'bin/agent', data: readFileSync(agent), runs: true },
    ...Object.entries(files).map(([path, from]) => ({ path, data: readFileSync(from) })),
    ...Object.entries(texts).map(([name, data]) => ({ path: `ringlab/${name}`, data })),
  ]);
  return Buffer.concat([await tools(watch), boot]);
}
