/** Target host: the kernel that we run on. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { agentBinary } from '../../native-backend/lab/agent.ts';
import { failureOf, runAgent } from '../../native-backend/lab/agent_process.ts';
import { fitted } from '../../native-backend/lab/fit.ts';
import { HostTarget, refusedRing } from '../../native-backend/lab/host.ts';
import { type Job, jobOf, openTarget } from '../../native-backend/lab/index.ts';
import { missingForNamespaces, Namespaces, sweepNamespaces } from '../../native-backend/lab/netns.ts';
import { loadScenario, type Scenario } from '../../sim/host/index.ts';

const root = join(import.meta.dirname, '..', '..');
const linux = process.platform === 'linux';
const missing = missingForNamespaces();
if (missing !== undefined) console.log(`target host: no test of namespaces (${missing}).`);
const folder = mkdtempSync(join(tmpdir(), 'ringlab-host-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

const watch = () => ({ progress: () => {}, signal: new AbortController().signal });
const load = (name: string, sets: readonly string[] = []): Scenario => {
  const file = `scenarios/${name}.yaml`;
  return loadScenario(readFileSync(join(root, file), 'utf8'), file, { sets });
};
const job = (name: string, sets: readonly string[] = []): Job => jobOf(name, load(name, sets));
const ours = () => (existsSync('/run/netns') ? readdirSync('/run/netns').filter((n) => n.startsWith(`ringlab-lab-${process.pid}-`)) : []);
const script = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
};
const sh = (text: string, limits: { silence_ms?: number } = {}) =>
  runAgent({ argv: ['sh', '-c', text], input: '', ...limits }, watch().signal);
const until = async (holds: () => boolean) => {
  await expect.poll(holds).toBe(true);
};

describe.skipIf(!linux)('programs', () => {
  test('step scenarios run one after the other and say which kernel it was', async () => {
    const runs = await HostTarget.open().run([job('conform/cancel'), job('conform/links')], watch());
    expect(runs.map((r) => [r.job.name, r.failure])).toEqual([['conform/cancel', undefined], ['conform/links', undefined]]);
    for (const run of runs) expect([run.lines[0]?.e, run.lines.at(-1)?.e]).toEqual(['caps', 'end']);
  });

  test('a program that cannot go on is a failure with its step, and not a result', async () => {
    const broken = { ...job('conform/cancel'), program: '{"step":"label","text":"a"}\n{"step":"submit","ring":0}\n' };
    const [run] = await HostTarget.open().run([broken], watch());
    expect(run?.failure).toMatch(/^conform\/cancel: the program stopped at step 1: /);
  });
});

describe.skipIf(!linux)('applications', () => {
  const SETS = ['server.app.receive=multishot'];
  const streams = (run: { lines: readonly { e: string }[] } | undefined) => run?.lines.filter((l) => l.e === 'stream');

  test.skipIf(missing !== undefined)('talk over a pair between two namespaces', async () => {
    const [four, six] = await HostTarget.open().run([job('bulk', SETS), job('bulk', [...SETS, 'tcp.family=ipv6'])], watch());
    for (const run of [four, six]) {
      expect(run?.failure).toBeUndefined();
      expect(streams(run)).toMatchObject([{ host: 'server', complete: true, bytes: 10 * 1024 ** 2 }]);
      expect(run?.unlike.some((s) => s.includes('loopback'))).toBe(false);
    }
    expect(ours()).toEqual([]);
  });

  test('talk over the loopback device without root, and say so', async () => {
    vi.spyOn(process as { getuid: () => number }, 'getuid').mockReturnValue(1000);
    const [run] = await HostTarget.open().run([job('bulk', SETS)], watch());
    expect(streams(run)).toMatchObject([{ host: 'server', complete: true }]);
    expect(run?.unlike).toEqual([
      'there is no wire: both hosts are this machine, over its loopback device (network namespaces need root; run it with sudo).',
    ]);
  });
});

describe.skipIf(!linux)('a program in bad weather ends in one sentence', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['a crash', `echo '{"i":7,"e":"ret"}'; kill -SEGV $$`, /^the agent was ended by SIGSEGV after step 7; /],
    ['an instance that is not to be had',
      `echo '{"i":2,"e":"ret","step":"zcrx.reg","ret":-95,"err":"EOPNOTSUPP"}'
       echo '{"i":4,"e":"stop","why":"there is no zcrx instance"}'`,
      /^step 4 needs the zcrx instance that step 2 was refused with EOPNOTSUPP; --on nic has/],
    ['the watchdog', `echo '{"i":2,"e":"ret"}'; echo '{"e":"watchdog"}'; exit 3`, /^the agent's watchdog ended it/],
    ['a full disk', 'echo "agent: No space left" >&2; exit 4', /^the agent could not write its trace \(agent: No space/],
    ['bad arguments', 'echo "agent: no such option" >&2; exit 2', /^the agent ended with 2 before its first step \(agent: no such/],
    ['an end that is none', 'exit 0', /^the agent ended with 0 before its first step; /],
  ];
  test.each(cases)('%s', async (_, text, sentence) => {
    expect(failureOf(await sh(text))).toMatch(sentence);
  });

  test('a hang', async () => {
    const end = await sh(`echo '{"i":2,"e":"ret"}'; sleep 600`, { silence_ms: 2000 });
    expect(failureOf(end)).toMatch(/^the agent hung after step 2 and was ended; /);
  });

  test('an agent that cannot be started', async () => {
    expect(failureOf(await runAgent({ argv: ['/no/such/agent'], input: '' }, watch().signal))).toMatch(/could not be started.*ENOENT/);
  });

  test('who aborts it leaves no process behind', async () => {
    const ending = new AbortController();
    const marker = `${40_000 + process.pid}`;
    const run = runAgent({ argv: ['sh', '-c', `sleep ${marker} & sleep ${marker}`], input: '' }, ending.signal);
    const left = () => readdirSync('/proc').filter((p) => /^\d+$/.test(p)).filter((p) => {
      try {
        return readFileSync(`/proc/${p}/cmdline`, 'utf8') === `sleep\0${marker}\0`;
      } catch {
        return false;
      }
    });
    const ended = expect(run).rejects.toThrow('ended before it was done');
    await until(() => left().length === 2);
    ending.abort();
    await ended;
    expect(left()).toEqual([]);
  });

  /** prctl(2): no new privileges, then a filter that answers io_uring_setup(2) with EPERM. */
  const SECCOMP = `
    my $errno = 0x50000 | shift;
    my $filter = pack('SCCL' x 4, 0x20, 0, 0, 0, 0x15, 0, 1, 425, 0x06, 0, 0, $errno, 0x06, 0, 0, 0x7fff0000);
    my $prog = pack('SxxxxxxP', 4, $filter);
    syscall(157, 38, 1, 0, 0, 0) == 0 && syscall(157, 22, 2, $prog) == 0 or die "seccomp: $!";
    exec @ARGV;`;
  const RING = '{"step":"ring.init","ring":0,"sq":8,"cq":16,"flags":0,"sq_thread_idle":0,"sq_thread_cpu":0,"wq":-1}\n';
  const FILTERS = [[1, /seccomp filter, as containers have it, refuses it/], [38, /has no io_uring, or a seccomp/]] as const;
  test.skipIf(process.arch !== 'x64').each(FILTERS)(
    'io_uring behind a seccomp filter that says %i', async (errno, sentence) => {
      const argv = ['perl', '-e', SECCOMP, String(errno), await agentBinary(watch())];
      expect(refusedRing(await runAgent({ argv, input: RING }, watch().signal), '/no/such/file')).toMatch(sentence);
    });

  test('io_uring that a sysctl switches off', async () => {
    const file = join(folder, 'io_uring_disabled');
    writeFileSync(file, '2\n');
    const end = await sh(`echo '{"i":0,"e":"ret","step":"ring.init","ret":-1,"err":"EPERM"}'`);
    expect(refusedRing(end, file)).toMatch(/^io_uring is switched off here \(kernel.io_uring_disabled = 2\); sysctl /);
  });
});

describe.skipIf(!linux || missing !== undefined)('two namespaces with a pair', () => {
  const inside = (name: string, ...argv: readonly string[]) =>
    spawnSync('ip', ['netns', 'exec', name, ...argv], { encoding: 'utf8' }).stdout;

  test('are as the scenario says, and gone afterwards', () => {
    const pair = Namespaces.open(load('bulk', [
      'server.nic.rx_queues=3', 'nic.mtu=4000', 'server.nic.tso=off', 'server.tcp.sack=off', 'tcp.init_cwnd=4', 'server.nic.lro=on',
    ]));
    try {
      const [client, server] = pair.names;
      expect(inside(server, 'ip', '-o', 'link', 'show', 'eth0')).toMatch(/02:00:00:00:00:02/);
      expect(inside(server, 'ip', '-o', 'link', 'show', 'eth0')).toMatch(/mtu 4000 .*state UP/);
      expect(readdirSync('/run/netns')).toEqual(expect.arrayContaining([client, server]));
      expect(inside(server, 'ls', '/sys/class/net/eth0/queues')).toMatch(/rx-2\ntx-0/);
      expect(inside(server, 'sysctl', '-n', 'net.ipv4.tcp_sack', 'net.ipv4.tcp_rmem')).toBe('0\n4096\t131072\t6291456\n');
      expect(inside(client, 'sysctl', '-n', 'net.ipv4.tcp_sack')).toBe('1\n');
      expect(inside(client, 'ip', 'route')).toMatch(/10\.0\.0\.0\/24 .* initcwnd 4/);
      expect(pair.unlike).toEqual([
        'server.nic.rss_equal = 1: a veth pair does not have it.', 'server.nic.lro = on: a veth pair does not have it.',
        'server.nic.rules: a veth pair steers no flows; its queues are chosen by hash.',
      ]);
      expect(pair.agentArguments().join(' '))
        .toContain(`--netns server=/run/netns/${server} --interface server=eth0 --address server=10.0.0.2 --queues server=3`);
    } finally {
      pair.close();
    }
    expect(ours()).toEqual([]);
  });

  test('of a process that was killed are swept; those of one that lives are not', () => {
    const sleeper = spawn('sleep', ['60']);
    const start = readFileSync(`/proc/${sleeper.pid}/stat`, 'utf8').split(' ')[21];
    const dead = 'ringlab-lab-4194999-1-client';
    const [again, alive] = [`ringlab-lab-${sleeper.pid}-1-server`, `ringlab-lab-${sleeper.pid}-${start}-client`];
    try {
      for (const name of [dead, again, alive]) spawnSync('ip', ['netns', 'add', name]);
      expect(sweepNamespaces()).toEqual(expect.arrayContaining([dead, again]));
      expect(readdirSync('/run/netns').filter((n) => [dead, again, alive].includes(n))).toEqual([alive]);
    } finally {
      sleeper.kill();
      spawnSync('ip', ['netns', 'del', alive]);
    }
  });

  test('whose name is taken, a kernel without veth, and no privilege are a sentence each, and nothing stays behind', () => {
    const pair = Namespaces.open(load('bulk'));
    pair.close();
    spawnSync('ip', ['netns', 'add', pair.names[1]]);
    const taken = `the namespace ${pair.names[1]} is there already; ip netns del ${pair.names[1]} removes it.`;
    expect(() => Namespaces.open(load('bulk'))).toThrow(taken);
    spawnSync('ip', ['netns', 'del', pair.names[1]]);
    expect(ours()).toEqual([]);
    const { PATH = '' } = process.env;
    const real = spawnSync('sh', ['-c', 'command -v ip'], { encoding: 'utf8' }).stdout.trim();
    try {
      process.env.PATH = `${folder}:${PATH}`;
      script('ip', `case "$*" in *veth*) echo 'Error: Unknown device type.' >&2; exit 2;; esac; exec ${real} "$@"`);
      expect(() => Namespaces.open(load('bulk'))).toThrow(/this kernel has no veth devices .*modprobe veth/);
      expect(ours()).toEqual([]);
      script('ip', `echo 'mount --make-shared /run/netns failed: Operation not permitted' >&2; exit 1`);
      expect(() => Namespaces.open(load('bulk'))).toThrow(/may not make network namespaces/);
    } finally {
      process.env.PATH = PATH;
      rmSync(join(folder, 'ip'));
    }
    expect(ours()).toEqual([]);
  });
});

describe.skipIf(!linux || missing !== undefined)('a command that is ended in mid-run', () => {
  const CLI = join(root, 'build/cli.mjs');
  /** Agents of a namespace: their command lines name it. */
  const agents = (pid: number | undefined) => readdirSync('/proc').filter((p) => {
    try {
      return new RegExp(`^[^\0]*/agent\0.*ringlab-lab-${pid}-`, 's').test(readFileSync(`/proc/${p}/cmdline`, 'utf8'));
    } catch {
      return false;
    }
  });
  const of = (pid: number | undefined) => readdirSync('/run/netns').filter((n) => n.startsWith(`ringlab-lab-${pid}-`));

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('by %s leaves no namespace and no agent behind', async (signal) => {
    // A pause before the first byte, in real time, is longer than this test.
    const args = ['replay', 'plain-recv', '--on', 'host', '--set', 'client.app.start_ns=50s'];
    const cli = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    const closed = new Promise((resolve) => cli.on('close', resolve));
    try {
      await until(() => agents(cli.pid).length > 0);
      expect(of(cli.pid)).toHaveLength(2);
    } finally {
      cli.kill(signal);
      await closed;
    }
    if (signal === 'SIGKILL') expect(sweepNamespaces()).toHaveLength(2);
    else expect([cli.exitCode, cli.signalCode]).toEqual([1, null]);
    expect(of(cli.pid)).toEqual([]);
    await until(() => agents(cli.pid).length === 0);
  });
});

describe('what is missing for namespaces', () => {
  test('is said with its remedy', () => {
    const uid = vi.spyOn(process as { getuid: () => number }, 'getuid').mockReturnValue(1000);
    expect(missingForNamespaces()).toBe('network namespaces need root; run it with sudo');
    uid.mockReturnValue(0);
    expect(missingForNamespaces([folder])).toBe('network namespaces need ip; apt-get install iproute2');
  });
});

test('options that a target has no use for are refused', async () => {
  await expect(openTarget('moon')).rejects.toThrow('--on moon: there is no such target; there are host, vm, nic and ssh:HOST.');
  await expect(openTarget('host', { kernel: '7.2' })).rejects.toThrow('--kernel is for vm and nic; host runs the kernel that it has.');
  await expect(openTarget('vm', { apply: true })).rejects.toThrow('--apply is for --on ssh:HOST; vm has no NIC of yours.');
});

describe('a scenario is made to fit', () => {
  test('zero-copy receive without a queue for it is an instance without a device, or a multishot receive', () => {
    expect(fitted(load('bulk'), { device: 'veth', zc: false, nodev: true })).toEqual({
      sets: ['server.refill.nodev=on'],
      sentences: [
        'server.refill.nodev = on on both sides: a veth pair has no queue that can be bound to an area; the kernel copies into the area.',
      ],
    });
    const why_no_nodev = 'it needs Linux 7.1, and this is 6.18.44';
    const without = fitted(load('bulk'), { device: 'lo', zc: false, nodev: false, why_no_nodev });
    expect(without.sets).toEqual(['server.app.receive=multishot']);
    expect(without.sentences[0]).toContain('the loopback device has no queue that can be bound to an area, and there is no ZCRX_REG_NODEV');
    expect(fitted(load('no-device'), { device: 'veth', zc: false, nodev: false }).sets).toEqual(['server.app.receive=multishot']);
  });

  test('what fits is left alone', () => {
    expect(fitted(load('bulk'), { device: 'zcnic', zc: true, nodev: true })).toEqual({ sets: [], sentences: [] });
    expect(fitted(load('plain-recv'), { device: 'lo', zc: false, nodev: false })).toEqual({ sets: [], sentences: [] });
    expect(fitted(load('conform/zcrx-nodev'), { device: 'lo', zc: false, nodev: false })).toEqual({ sets: [], sentences: [] });
    expect(fitted(load('tcp-mmap'), { device: 'real', zc: true, nodev: true }).sets).toEqual(['server.app.receive=read']);
  });

  test.skipIf(!linux)('by what this machine can do', async () => {
    const can = await HostTarget.open().capabilities(watch());
    expect(can).toMatchObject({ device: missing === undefined ? 'veth' : 'lo', zc: false });
    if (!can.nodev) expect(can.why_no_nodev).toMatch(/^it needs (Linux 7\.1, and this is \d|CAP_NET_ADMIN)/);
  });
});
