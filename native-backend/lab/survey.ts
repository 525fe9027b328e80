/**
 * What this machine can do for the lab, what is missing and the command to get it. Nothing is built, fetched or changed: every
 * answer is a look at a file, a program's version or a folder of the cache.
 */

/** How a survey looks at a machine. */
export interface Look {
  readonly platform: string;
  readonly arch: string;
  /** 0: root; undefined: the system has no such thing. */
  readonly uid: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A command's first line of output; undefined: it is not there, or it failed. */
  said(argv: readonly string[]): string | undefined;
  /** A file's text without white space around it; undefined: it cannot be read. */
  read(path: string): string | undefined;
  exists(path: string): boolean;
  /** Names in a folder of the lab's cache. */
  cached(folder: string): readonly string[];
  /** Where the cache is, and bytes that are free there and where temporary files go. */
  readonly cache: string;
  readonly temporary: string;
  free(path: string): number | undefined;
  /** What killed runs left behind: namespaces, folders. */
  leftovers(): readonly string[];
}

export interface Finding {
  readonly name: string;
  /** good; missing: a target needs it; note: worth knowing, and nothing fails for it. */
  readonly state: 'good' | 'missing' | 'note';
  readonly said: string;
  /** A command, or what else helps. */
  readonly remedy?: string;
}

export interface TargetState {
  readonly target: string;
  readonly works: boolean;
  /** What it has, or what it lacks. */
  readonly said: string;
}

export interface Survey {
  readonly findings: readonly Finding[];
  readonly targets: readonly TargetState[];
}

const good = (name: string, said: string): Finding => ({ name, state: 'good', said });
const missing = (name: string, said: string, remedy: string): Finding => ({ name, state: 'missing', said, remedy });
const note = (name: string, said: string, remedy?: string): Finding => ({ name, state: 'note', said, ...(remedy ? { remedy } : {}) });

const MIB = 1024 ** 2;
/** A kernel, tools, and an agent; the compiler and headers of modules come to it. */
const ROOM_VM = 200 * MIB;
const ROOM_NIC = 900 * MIB;
const LIBURING_LEAST = 2.15;
const CAP_NET_ADMIN = 12n;

function kernel(look: Look): Finding {
  if (look.platform !== 'linux') return missing('kernel', `this is ${look.platform}, and io_uring is Linux's`, 'use --on ssh:HOST');
  const release = look.read('/proc/sys/kernel/osrelease') ?? 'unknown';
  const [major = 0, minor = 0] = release.split('.').map(Number);
  if (major < 5 || (major === 5 && minor < 19))
    return missing('kernel', `Linux ${release}: before 5.19 there is too little of io_uring`, 'use --on vm');
  return good('kernel', `Linux ${release}`);
}

function uring(look: Look): Finding {
  const disabled = look.read('/proc/sys/kernel/io_uring_disabled');
  if (look.platform !== 'linux') return missing('io_uring', 'there is none', 'use --on vm on a Linux machine');
  if (disabled === '2' || (disabled === '1' && look.uid !== 0))
    return missing('io_uring', `it is switched off (kernel.io_uring_disabled = ${disabled})`, 'sysctl kernel.io_uring_disabled=0');
  if (!look.exists('/proc/sys/kernel/io_uring_disabled') && look.read('/proc/kallsyms')?.includes(' io_uring_setup') === false)
    return note('io_uring', 'the kernel does not say whether it has it; the first run will');
  return good('io_uring', 'it is on');
}

/** Containers forbid io_uring to processes by a filter. */
function seccomp(look: Look): Finding {
  const mode = /^Seccomp:\s*(\d)/m.exec(look.read('/proc/self/status') ?? '')?.[1];
  if (mode !== '2') return good('seccomp', 'no filter stands between this process and the kernel');
  const remedy = 'docker run --security-opt seccomp=unconfined, or --on vm';
  return note('seccomp', 'a filter looks at system calls; it may refuse io_uring', remedy);
}

function privilege(look: Look): Finding {
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(look.read('/proc/self/status') ?? '')?.[1] ?? '0'}`);
  const net = (mask >> CAP_NET_ADMIN) & 1n;
  if (look.uid === 0 && net === 1n) return good('privilege', 'root, with CAP_NET_ADMIN');
  const who = look.uid === 0 ? 'root, but without CAP_NET_ADMIN' : 'not root';
  const said = `${who}: on host, applications talk over the loopback device, and zero-copy receive is refused`;
  return note('privilege', said, 'run it with sudo');
}

/** A program by its own word, and the package that has it. */
function program(look: Look, name: string, argv: readonly string[], what: string, remedy: string): Finding {
  const said = look.said(argv);
  return said === undefined ? missing(name, what, remedy) : good(name, said.replace(/, Copyright.*/, '').replace(/\s*\(.*\)$/, ''));
}

function namespaces(look: Look, ip: Finding): Finding {
  if (look.uid !== 0) return note('namespaces', 'two hosts on this machine need root', 'run it with sudo');
  if (ip.state !== 'good') return note('namespaces', 'two hosts on this machine need ip', 'apt-get install iproute2');
  if (!look.exists('/proc/self/ns/net')) return note('namespaces', 'this kernel has no network namespaces', 'use --on vm');
  return good('namespaces', 'two network namespaces with a veth pair stand for the two hosts');
}

function compiler(look: Look): Finding {
  const cc = look.env.CC ?? 'cc';
  const version = look.said([cc, '--version']);
  if (version === undefined) return missing('compiler', `there is no C compiler (${cc})`, 'apt-get install gcc libc6-dev');
  const libc = look.said([cc, '-print-file-name=libc.a']);
  if (libc?.startsWith('/') !== true) return missing('compiler', `${cc} finds no static C library`, 'apt-get install libc6-dev');
  return good('compiler', version);
}

/** Debian's packages come from the mirror that apt uses here. */
function debian(look: Look): Finding {
  if (look.said(['apt-get', '--version']) === undefined) return missing('debian', 'there is no apt, by which kernels and tools come',
    'use Debian or Ubuntu, or a container of theirs');
  if (look.said(['dpkg-deb', '--version']) === undefined) return missing('debian', 'there is no dpkg-deb', 'apt-get install dpkg');
  if (!look.exists('/usr/share/keyrings/debian-archive-keyring.gpg'))
    return missing('debian', 'the keys of Debian\'s archive are not here', 'apt-get install debian-archive-keyring');
  return good('debian', 'packages come from the mirror that apt uses, and nothing is installed');
}

function liburing(look: Look, apt: Finding): Finding {
  const named = look.env.LIBURING;
  if (named) return look.exists(`${named}/include/liburing.h`) ? good('liburing', `the one that LIBURING names, ${named}`)
    : missing('liburing', `LIBURING names ${named}, where there is no include/liburing.h`, 'unset LIBURING');
  const own = look.said(['pkg-config', '--modversion', 'liburing']);
  const [major = 0, minor = 0] = (own ?? '').split('.').map(Number);
  if (major * 1000 + minor >= 1000 * Math.trunc(LIBURING_LEAST) + 15) return good('liburing', `${own}, the system's`);
  if (look.cached('liburing').length > 0) return good('liburing', 'Debian sid\'s, in the cache');
  const old = own === undefined ? 'the system has none' : `the system's is ${own}, and ${LIBURING_LEAST} is needed`;
  if (apt.state === 'good') return note('liburing', `${old}; Debian sid's will be fetched, once`);
  return missing('liburing', old, 'let LIBURING name a folder with include/ and lib/ of liburing 2.15');
}

function kernels(look: Look, apt: Finding): Finding {
  const here = look.cached('kernels');
  if (here.length > 0) return good('kernel image', `${here.join(', ')}, in the cache`);
  if (apt.state === 'good') return note('kernel image', 'none in the cache; Debian\'s newest 7.x will be fetched, 15 MB, once');
  return missing('kernel image', 'there is none, and no apt to fetch it', apt.remedy ?? '');
}

function zcnic(look: Look, apt: Finding): Finding {
  const here = look.cached('zcnic');
  const releases = [...new Set(here.map((n) => n.replace(/-[0-9a-f]{16}$/, '')))];
  if (here.length > 0) return good('zcnic', `the module is built for ${releases.join(', ')}`);
  if (look.said(['unshare', '--version']) === undefined) return missing('zcnic', 'it is built in namespaces', 'apt-get install util-linux');
  if (apt.state !== 'good')
    return missing('zcnic', 'the module is not built, and there is no apt to fetch compiler and headers', apt.remedy ?? '');
  return note('zcnic', 'the module is not built; its compiler and the kernel\'s headers will be fetched, 120 MB, once');
}

const GIB = 1024 * MIB;
const sizeText = (bytes: number): string => (bytes >= GIB ? `${Math.floor(bytes / GIB)} GiB` : `${Math.floor(bytes / MIB)} MiB`);

function room(look: Look): Finding {
  const [cache, temporary] = [look.free(look.cache), look.free(look.temporary)];
  if (cache === undefined) return missing('room', `${look.cache} cannot be written`, 'let RINGLAB_CACHE name a folder of yours');
  const said = `${sizeText(cache)} free in ${look.cache}, ${sizeText(temporary ?? 0)} in ${look.temporary}`;
  const remedy = 'make room, or let RINGLAB_CACHE and TMPDIR name folders elsewhere';
  if (cache < ROOM_VM || (temporary ?? 0) < ROOM_VM) return missing('room', said, remedy);
  if (cache < ROOM_NIC && look.cached('zcnic').length === 0) return note('room', `${said}: too little to build zcnic`, remedy);
  return good('room', said);
}

function leftovers(look: Look): Finding {
  const all = look.leftovers();
  if (all.length === 0) return good('leftovers', 'no run that was killed left anything behind');
  return note('leftovers', `of runs that were killed: ${all.join(', ')}`, 'the next run removes them');
}

/** What each target cannot do without. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  host: ['kernel', 'io_uring', 'compiler', 'liburing', 'room'],
  vm: ['processor', 'qemu', 'kernel image', 'debian', 'compiler', 'liburing', 'room'],
  nic: ['processor', 'qemu', 'kernel image', 'debian', 'compiler', 'liburing', 'zcnic', 'room'],
  'ssh:HOST': ['ssh', 'compiler', 'liburing', 'room'],
};

function targetState(target: string, needs: readonly string[], findings: readonly Finding[]): TargetState {
  const of = (name: string) => findings.find((f) => f.name === name);
  const lacking = needs.filter((name) => of(name)?.state === 'missing');
  if (lacking.length > 0) return { target, works: false, said: `lacks ${lacking.join(', ')}` };
  const first = needs.filter((name) => of(name)?.state === 'note');
  const wait = first.length > 0 ? `; the first run has to get ${first.join(', ')}` : '';
  if (target !== 'host') return { target, works: true, said: target === 'ssh:HOST' ? `if HOST can be reached${wait}` : `ready${wait}` };
  const limited = of('namespaces')?.state === 'good' ? 'step scenarios, and applications over a veth pair'
    : 'step scenarios; applications over the loopback device';
  return { target, works: true, said: `${limited}${wait}` };
}

export function survey(look: Look): Survey {
  const apt = debian(look);
  const ip = program(look, 'ip', ['ip', '-V'], 'ip is not here', 'apt-get install iproute2');
  const own_ip: Finding = ip.state === 'missing' ? { ...ip, state: 'note' } : ip;
  const findings = [
    kernel(look), uring(look), seccomp(look), privilege(look), own_ip, namespaces(look, ip), compiler(look), liburing(look, apt),
    look.arch === 'x64' ? good('processor', 'x86-64') : missing('processor', `the virtual machine is x86-64, and this is ${look.arch}`,
      'use --on ssh:HOST'),
    program(look, 'qemu', ['qemu-system-x86_64', '--version'], 'QEMU is not here', 'apt-get install qemu-system-x86'),
    apt, kernels(look, apt), zcnic(look, apt), program(look, 'ssh', ['ssh', '-V'], 'ssh is not here', 'apt-get install openssh-client'),
    room(look), leftovers(look),
  ];
  return { findings, targets: Object.entries(NEEDS).map(([target, needs]) => targetState(target, needs, findings)) };
}
