/** lab doctor on machines that are made up: what is missing is told with the command to get it, and no target works without it. */
import { describe, expect, test } from 'vitest';
import { type Look, survey } from '../../native-backend/lab/index.ts';

const GIB = 1024 ** 3;
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const FILES: Readonly<Record<string, string>> = {
  '/proc/sys/kernel/osrelease': '7.3.4', '/proc/sys/kernel/io_uring_disabled': '0',
  '/proc/self/status': 'CapEff:\t000001ffffffffff\nSeccomp:\t0', '/proc/self/ns/net': '', [KEYRING]: '',
};
const PROGRAMS: Readonly<Record<string, string>> = {
  'ip': 'ip utility, iproute2-6.15', 'cc': 'cc (Debian) 14.2.0', 'pkg-config': '2.15', 'qemu-system-x86_64': 'QEMU emulator version 10.0',
  'apt-get': 'apt 3.0', 'dpkg-deb': 'Debian dpkg-deb', 'ssh': 'OpenSSH_10.0', 'unshare': 'unshare from util-linux',
};

interface Made {
  readonly files?: Readonly<Record<string, string | undefined>>;
  readonly programs?: Readonly<Record<string, string | undefined>>;
  readonly look?: Partial<Look>;
}
function machine({ files = {}, programs = {}, look = {} }: Made = {}): Look {
  const [all, able]: Record<string, string | undefined>[] = [{ ...FILES, ...files }, { ...PROGRAMS, ...programs }];
  return {
    platform: 'linux', arch: 'x64', uid: 0, env: {}, cache: '/cache', temporary: '/tmp',
    said: ([file = '', ...args]) => (args[0] === '-print-file-name=libc.a' && able?.[file] ? '/usr/lib/libc.a' : able?.[file]),
    read: (path) => all?.[path], exists: (path) => all?.[path] !== undefined, cached: () => ['7.3.4'], free: () => 10 * GIB,
    leftovers: () => [], ...look,
  };
}
const works = (look: Look) => Object.fromEntries(survey(look).targets.map((t) => [t.target, t.works]));
const finding = (look: Look, name: string) => survey(look).findings.find((f) => f.name === name);
const ALL = { 'host': true, 'vm': true, 'nic': true, 'ssh:HOST': true };

test('a machine that has everything can have every target, and lacks nothing', () => {
  expect(works(machine())).toEqual(ALL);
  expect(survey(machine()).findings.filter((f) => f.state !== 'good')).toEqual([]);
});

describe('what is missing', () => {
  test.each<[string, Made, string, string, Partial<typeof ALL>]>([
    ['QEMU', { programs: { 'qemu-system-x86_64': undefined } }, 'qemu', 'apt-get install qemu-system-x86', { vm: false, nic: false }],
    ['a compiler', { programs: { cc: undefined } }, 'compiler', 'apt-get install gcc libc6-dev',
      { 'host': false, 'vm': false, 'nic': false, 'ssh:HOST': false }],
    ['io_uring', { files: { '/proc/sys/kernel/io_uring_disabled': '2' } }, 'io_uring',
      'sysctl kernel.io_uring_disabled=0', { host: false }],
    ['a kernel that is new enough', { files: { '/proc/sys/kernel/osrelease': '5.10.0-30-amd64' } }, 'kernel',
      'use --on vm', { host: false }],
    ['apt', { programs: { 'apt-get': undefined } }, 'debian', 'use Debian or Ubuntu, or a container of theirs', { vm: false, nic: false }],
    ['the archive\'s keys', { files: { [KEYRING]: undefined } }, 'debian',
      'apt-get install debian-archive-keyring', { vm: false, nic: false }],
    ['ssh', { programs: { ssh: undefined } }, 'ssh', 'apt-get install openssh-client', { 'ssh:HOST': false }],
    ['room', { look: { free: () => 1e6 } }, 'room', 'make room, or let RINGLAB_CACHE and TMPDIR name folders elsewhere',
      { 'host': false, 'vm': false, 'nic': false, 'ssh:HOST': false }],
    ['an x86-64 processor', { look: { arch: 'arm64' } }, 'processor', 'use --on ssh:HOST', { vm: false, nic: false }],
    ['unshare for the module', { programs: { unshare: undefined }, look: { cached: (f) => (f === 'zcnic' ? [] : ['x']) } }, 'zcnic',
      'apt-get install util-linux', { nic: false }],
  ])('%s', (_, made, name, remedy, targets) => {
    expect(finding(machine(made), name)).toMatchObject({ state: 'missing', remedy });
    expect(works(machine(made))).toEqual({ ...ALL, ...targets });
    const lacks = survey(machine(made)).targets.filter((t) => !t.works).map((t) => t.said);
    for (const said of lacks) expect(said).toMatch(new RegExp(`^lacks .*${name}`));
  });
});

describe('what is worth knowing', () => {
  test('without root, applications have no wire of their own', () => {
    const look = machine({ files: { '/proc/self/status': 'CapEff:\t0000000000000000\nSeccomp:\t0' }, look: { uid: 1000 } });
    expect(finding(look, 'privilege')).toMatchObject({ state: 'note', remedy: 'run it with sudo' });
    expect(finding(look, 'namespaces')).toMatchObject({ state: 'note' });
    expect(survey(look).targets[0]).toEqual({ target: 'host', works: true, said: 'step scenarios; applications over the loopback device' });
  });
  test('what will be fetched is said before', () => {
    const look = machine({ programs: { 'pkg-config': '2.3' }, look: { cached: () => [] } });
    expect(finding(look, 'liburing')?.said).toBe('the system\'s is 2.3, and 2.15 is needed; Debian sid\'s will be fetched, once');
    expect(survey(look).targets.map((t) => t.said)[2]).toBe('ready; the first run has to get kernel image, liburing, zcnic');
  });
  test('a filter of system calls, and what killed runs left behind', () => {
    expect(finding(machine({ files: { '/proc/self/status': 'CapEff:\t000001ffffffffff\nSeccomp:\t2' } }), 'seccomp')).toMatchObject({
      state: 'note', remedy: 'docker run --security-opt seccomp=unconfined, or --on vm',
    });
    expect(finding(machine({ look: { leftovers: () => ['namespace a', '/tmp/b'] } }), 'leftovers')?.said)
      .toBe('of runs that were killed: namespace a, /tmp/b');
  });
});
