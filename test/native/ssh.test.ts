/** Target ssh:HOST, against an sshd of the test's own in a network namespace of its own: what it changes there is nobody else's. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Job, jobOf, openTarget, type TargetOptions } from '../../native-backend/lab/index.ts';
import { sshHost } from '../../native-backend/lab/ssh_session.ts';
import { mergeSides } from '../../native-backend/lab/ssh.ts';
import { loadScenario } from '../../sim/host/index.ts';

const root = join(import.meta.dirname, '..', '..');
const SSHD = '/usr/sbin/sshd';
const RUN = '/run/sshd';
const missing = process.getuid?.() !== 0 ? 'it needs root for a namespace of its own'
  : !existsSync(SSHD) ? 'there is no sshd; apt-get install openssh-server'
    : spawnSync('ip', ['-V']).status !== 0 ? 'there is no ip; apt-get install iproute2' : undefined;
if (missing !== undefined) console.log(`target ssh: no test of it (${missing}).`);

const own = `ringlab-sshd-${process.pid}`;
const [near, far] = [`rl${process.pid}`.slice(0, 15), 'eth0'];
/** TEST-NET-2, by process: two runs at once do not meet. */
const at = (n: number) => `198.51.100.${(process.pid % 63) * 4 + n}`;
const folder = mkdtempSync(join(tmpdir(), 'ringlab-ssh-'));
const tmp = join(folder, 'tmp');
const run = (file: string, ...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${stderr}`);
  return stdout;
};
const inside = (...argv: readonly string[]) => run('ip', 'netns', 'exec', own, ...argv);
/** Machines on which some programs say something else: a key each, which the daemon runs a command for. */
const MACHINES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  arm: { uname: 'case $1 in -m) echo aarch64;; *) echo Linux;; esac' },
  'no-sudo': { id: 'echo 1000', sudo: 'exit 1' },
  sudo: { id: 'echo 1000', sudo: 'shift; echo "$*" >> "$0.log"; exec "$@"' },
};
function authorizedKeys(): string {
  const lines = Object.entries(MACHINES).map(([name, programs]) => {
    const bin = join(folder, `${name}.bin`);
    mkdirSync(bin);
    for (const [program, text] of Object.entries(programs)) writeFileSync(join(bin, program), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    const command = `PATH=${bin}:$PATH; export PATH; exec sh -c \\"$SSH_ORIGINAL_COMMAND\\"`;
    return `command="${command}" ${readFileSync(join(folder, `${name}.pub`), 'utf8')}`;
  });
  return [readFileSync(join(folder, 'user.pub'), 'utf8'), ...lines].join('');
}
let sshd: ChildProcess | undefined;
let made_run = false;

async function startSshd(): Promise<void> {
  mkdirSync(tmp);
  for (const name of ['host', 'user', 'stranger', ...Object.keys(MACHINES)])
    run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name));
  writeFileSync(join(folder, 'keys'), authorizedKeys());
  writeFileSync(join(folder, 'sshd_config'), [
    `ListenAddress ${at(2)}:2222`, `HostKey ${join(folder, 'host')}`, `AuthorizedKeysFile ${join(folder, 'keys')}`, 'PidFile none',
    'UsePAM no', 'StrictModes no', 'PermitRootLogin yes', 'AcceptEnv TMPDIR',
  ].join('\n'));
  writeFileSync(join(folder, 'known_hosts'), `[${at(2)}]:2222 ${readFileSync(join(folder, 'host.pub'), 'utf8')}`);
  const key = (name: string) => `IdentityFile ${join(folder, name)}`;
  const hosts: Record<string, readonly string[]> = {
    lab: [key('user'), `SetEnv TMPDIR=${tmp}`],
    stranger: [key('stranger')], 'unknown-key': ['UserKnownHostsFile none'], closed: ['Port 2223'],
    ...Object.fromEntries(Object.keys(MACHINES).map((name) => [name, [key(name), `SetEnv TMPDIR=${tmp}`]])),
    full: [key('user'), `SetEnv TMPDIR=${join(folder, 'full')}`], noexec: [key('user'), `SetEnv TMPDIR=${join(folder, 'noexec')}`],
  };
  const known = `UserKnownHostsFile ${join(folder, 'known_hosts')}`;
  const all = [known, 'GlobalKnownHostsFile none', 'IdentitiesOnly yes', 'User root', 'Port 2222'];
  const block = (host: string, lines: readonly string[]) => [`Host ${host}`, ...lines].join('\n');
  writeFileSync(join(folder, 'config'), [
    ...Object.entries(hosts).map(([host, lines]) => block(host, [`HostName ${at(2)}`, ...lines])), block('*', all),
  ].join('\n'));
  for (const [name, option] of [['full', 'size=64k'], ['noexec', 'noexec']] as const) {
    mkdirSync(join(folder, name));
    run('mount', '-t', 'tmpfs', '-o', option, 'tmpfs', join(folder, name));
  }
  made_run = !existsSync(RUN);
  if (made_run) mkdirSync(RUN, { mode: 0o755 });
  run('ip', 'netns', 'add', own);
  run('ip', 'link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', own);
  run('ip', 'address', 'add', `${at(1)}/30`, 'dev', near);
  run('ip', 'link', 'set', 'dev', near, 'up');
  for (const device of ['lo', far]) inside('ip', 'link', 'set', 'dev', device, 'up');
  inside('ip', 'address', 'add', `${at(2)}/30`, 'dev', far);
  sshd = spawn('ip', ['netns', 'exec', own, SSHD, '-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise<void>((resolve, reject) => {
    sshd?.stderr?.on('data', (text: Buffer) => {
      if (/Server listening/.test(text.toString())) resolve();
    });
    sshd?.on('exit', (code) => reject(new Error(`sshd ended with ${code}`)));
  });
}

const notes: string[] = [];
const watch = (signal = new AbortController().signal) => ({ progress: () => {}, note: (text: string) => notes.push(text), signal });
const job = (name: string, sets: readonly string[] = []): Job => {
  const file = `scenarios/${name}.yaml`;
  return jobOf(name, loadScenario(readFileSync(join(root, file), 'utf8'), file, { sets }));
};
const on = async (host: string, jobs: readonly Job[], options: TargetOptions = {}) =>
  (await openTarget(`ssh:${host}`, options)).run(jobs, watch());

describe.skipIf(missing !== undefined)('target ssh', () => {
  beforeAll(async () => {
    process.env.RINGLAB_SSH = `ssh -F ${join(folder, 'config')}`;
    await startSshd();
  });
  afterAll(() => {
    sshd?.removeAllListeners('exit');
    sshd?.kill();
    spawnSync('ip', ['link', 'del', near]);
    spawnSync('ip', ['netns', 'del', own]);
    if (made_run) rmdirSync(RUN);
    for (const name of ['full', 'noexec']) spawnSync('umount', [join(folder, name)]);
    rmSync(folder, { recursive: true, force: true });
  });
  // Whatever happened: nothing of ours is left there.
  afterEach(() => {
    notes.length = 0;
    expect(readdirSync(tmp)).toEqual([]);
  });

  test('a step scenario runs there', async () => {
    const runs = await on('lab', [job('conform/cancel'), job('conform/links')]);
    for (const r of runs) expect([r.failure, r.lines[0]?.e, r.lines.at(-1)?.e]).toEqual([undefined, 'caps', 'end']);
    expect(runs).toHaveLength(2);
  });

  test('a host and a port, with a user', async () => {
    const { argv } = sshHost('root@[fd00::2]:2200');
    expect(argv.slice(-3)).toEqual(['-p', '2200', 'root@fd00::2']);
    for (const bad of ['', '-oProxyCommand=x', 'host:70000', 'a b']) expect(() => sshHost(bad)).toThrow('expected ssh:HOST');
  });

  const refusals: readonly (readonly [string, RegExp])[] = [
    ['no.such.host.invalid', /cannot be reached over ssh \(Could not resolve hostname .*\); is its name right/],
    ['stranger', /Permission denied.*ssh-copy-id/], ['unknown-key', /Host key verification failed.*is not known here/],
    ['closed', /Connection refused.*is it up/],
    ['arm', /arm is aarch64 and this machine x86_64, so the agent does not run there; use ringlab there, --on host/],
    ['full', /full has no room for the agent \(.*No space left/], ['noexec', /noexec does not run the agent .*is its \/tmp noexec/],
  ];
  test.each(refusals)('%s is refused with a sentence', async (host, sentence) => {
    await expect(on(host, [job('conform/cancel')])).rejects.toThrow(sentence);
  });

  test('no ssh here', async () => {
    const { RINGLAB_SSH } = process.env;
    process.env.RINGLAB_SSH = '/no/such/ssh';
    await expect(on('lab', [job('conform/cancel')])).rejects.toThrow('apt-get install openssh-client');
    process.env.RINGLAB_SSH = RINGLAB_SSH;
  });

  test('a device that is not there', async () => {
    await expect(on('lab', [job('conform/cancel')], { interface: 'eth7' })).rejects
      .toThrow('lab has no device eth7 with an address; it has lo, eth0.');
    await expect(openTarget('host', { interface: 'eth0' })).rejects.toThrow('--interface is for --on ssh:HOST');
  });

  test('what it can do says its own device and kernel', async () => {
    expect(await (await openTarget('ssh:lab')).capabilities?.(watch())).toMatchObject({ device: 'real', zc: false });
  });

  const SETS = ['server.app.receive=multishot', 'server.nic.mtu=1400', 'server.nic.tso=off', 'server.tcp.sack=off'];
  const state = () => [
    /mtu (\d+)/.exec(inside('ip', '-o', 'link', 'show', far))?.[1],
    /^tcp-segmentation-offload: (\w+)/m.exec(inside('ethtool', '-k', far))?.[1],
    inside('sysctl', '-n', 'net.ipv4.tcp_sack').trim(),
  ];

  test('without --apply nothing is touched, and what would be is said', async () => {
    const before = state();
    const [result] = await on('lab', [job('bulk', SETS)]);
    expect(state()).toEqual(before);
    expect(result?.unlike).toEqual(expect.arrayContaining([
      'server.nic.mtu = 1400B was not set: ip link set dev eth0 mtu 1400; --apply does it, and undoes it.',
    ]));
  });

  test('with --apply the NIC is set, and then as it was', async () => {
    const before = state();
    await on('lab', [job('bulk', SETS)], { apply: true });
    expect(notes).toEqual(expect.arrayContaining(['lab: ip link set dev eth0 mtu 1400', 'lab: ethtool -K eth0 tso off',
      `lab, afterwards: ip link set dev eth0 mtu ${before[0]}`, 'lab, afterwards: ethtool -K eth0 tso on']));
    expect(state()).toEqual(before);
  });

  test('a user who is not root needs sudo that asks nothing', async () => {
    await expect(on('no-sudo', [job('bulk', SETS)], { apply: true })).rejects.toThrow('its NIC is root\'s, and sudo asks for a password');
    const before = state();
    await on('sudo', [job('bulk', SETS)], { apply: true });
    const log = readFileSync(join(folder, 'sudo.bin', 'sudo.log'), 'utf8');
    expect(log).toMatch(/^ip link set dev eth0 mtu 1400$/m);
    expect(log).toMatch(new RegExp(`^ip link set dev eth0 mtu ${before[0]}$`, 'm'));
    expect(state()).toEqual(before);
  });

  test('who presses Ctrl-C leaves it as it was', async () => {
    const before = state();
    const ending = new AbortController();
    const running = (await openTarget('ssh:lab', { apply: true })).run([job('bulk', SETS)], {
      ...watch(ending.signal), note: (text) => {
        if (!text.includes('afterwards') || ending.signal.aborted) return;
        expect(state()).not.toEqual(before);
        ending.abort();
      },
    });
    await expect(running).rejects.toThrow();
    expect(state()).toEqual(before);
  });

  test('who is killed leaves it as it was', async () => {
    const before = state();
    const sets = SETS.flatMap((set) => ['--set', set]);
    const cli = spawn(process.execPath, [join(root, 'build/cli.mjs'), 'replay', 'bulk', '--on', 'ssh:lab', '--apply', ...sets]);
    let said = '';
    cli.stderr.on('data', (text: Buffer) => {
      said += text.toString();
      if (said.includes('afterwards')) cli.kill('SIGKILL');
    });
    await new Promise((resolve) => cli.on('close', resolve));
    expect([cli.signalCode, said]).toEqual(['SIGKILL', expect.stringContaining('ethtool -K eth0 tso off')]);
    await expect.poll(() => [state(), readdirSync(tmp)]).toEqual([before, []]);
  });

  test('an application scenario has its server there and its client here', async () => {
    const [result] = await on('lab', [job('bulk', ['server.app.receive=multishot'])]);
    expect(result?.failure).toBeUndefined();
    expect(result?.lines.filter((l) => l.e === 'stream')).toMatchObject([{ host: 'server', complete: true }]);
  });
});

test('the traces of both sides are one: the server\'s kernel, and the lines of either in their order', () => {
  const text = (...lines: readonly object[]) => lines.map((l) => `${JSON.stringify(l)}\n`).join('');
  const client = text({ e: 'caps', kernel: 'here' }, { e: 'app', host: 'client' }, { e: 'grammar', host: 'client' }, { e: 'end' });
  const server = text({ e: 'caps', kernel: 'there' }, { e: 'app', host: 'server' }, { e: 'stream', host: 'server' }, { e: 'end' });
  expect(mergeSides(client, server)).toBe(text({ e: 'caps', kernel: 'there' }, { e: 'app', host: 'client' }, { e: 'app', host: 'server' },
    { e: 'stream', host: 'server' }, { e: 'grammar', host: 'client' }, { e: 'end' }));
});
