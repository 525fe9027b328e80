/**
 * A real Linux kernel as the client: what its programs send and receive over a lossy simulated wire is, byte for byte, what the
 * simulated server received by zero copy and sent. Needs root, /dev/net/tun and iproute2; else it is skipped, and says why.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { BridgeResult } from '../../sim/host/index.ts';
import { bundle, ringlab, root } from '../scenario/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringlab-bridge-'));
afterAll(() => rmSync(folder, { recursive: true }));

const bridge = (...args: readonly string[]) =>
  spawnSync(process.execPath, [bundle, 'bridge', ...args], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26, timeout: 200_000 });

/** Why there can be no bridge here, or nothing. */
function whyNot(): string {
  const { status, stderr } = bridge('tour', '--for', '1ms');
  return status === 0 ? '' : stderr.trim();
}
const missing = whyNot();
const have = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** What peer.mjs writes of a connection. */
interface Talk {
  readonly kind: string;
  readonly family: number;
  readonly port: number;
  readonly localPort: number;
  readonly sentBytes: number;
  readonly sentSha256: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Of an HTTP answer: its head, and the digests of its body and of the request's. */
  readonly head: string;
  readonly payloadSha256: string;
  readonly bodySha256: string;
}
type Result = BridgeResult & { readonly exec?: { readonly exitCode: number }; readonly namespace: string };

/** Runs jobs of peer.mjs at once, and returns both sides' accounts. */
function talk(scenario: string, sets: readonly string[], jobs: readonly string[]): { talks: Talk[]; result: Result } {
  const file = join(folder, 'talks.json');
  const exec = `"${process.execPath}" test/bridge/peer.mjs "${file}" ${jobs.join(' ')}`;
  const { status, stdout, stderr } = bridge(scenario, ...sets.flatMap((set) => ['--set', set]), '--json', '--exec', exec);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return { talks: JSON.parse(readFileSync(file, 'utf8')), result: JSON.parse(stdout) };
}

/** Both sides saw the same bytes both ways. */
function expectSame({ talks, result }: { talks: Talk[]; result: Result }): void {
  expect(result.streams).toHaveLength(talks.length);
  for (const t of talks) {
    const s = result.streams.find((x) => x.peerPort === t.localPort && x.family === t.family);
    const at = `${t.kind} ${t.localPort}`;
    expect(s, at).toMatchObject({ localPort: t.port, complete: true });
    expect(s, at).toMatchObject({ bytes: t.sentBytes, sha256: t.sentSha256, zeroCopyBytes: t.sentBytes });
    expect(s, at).toMatchObject({ sentBytes: t.bytes, sentSha256: t.sha256 });
    if (t.kind === 'get') expect(/ETag: "(\w+)"/.exec(t.head)?.[1], at).toBe(t.payloadSha256);
    if (t.kind === 'put') expect(/ETag: "(\w+)"/.exec(t.head)?.[1], at).toBe(t.bodySha256);
  }
}

const BAD_WIRE = ['wire.loss_ppm=1%', 'wire.reorder_ppm=1%', 'wire.reorder_delay_ns=300us', 'wire.duplicate_ppm=1%'];
const HTTP4 = '10.0.0.2/8080';
const HTTP6 = 'fd00::2/8080';
const MIB = 1024 ** 2;

/** Processes whose command line has a text in it. */
function processes(text: string): string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').includes(text);
    } catch {
      return false;
    }
  });
}
/** Namespaces of bridges, and the processes that carry their frames; those of others, who are at work here, left out. */
function found(): string[] {
  const namespaces = existsSync('/run/netns') ? readdirSync('/run/netns').filter((n) => n.startsWith('ringlab-')) : [];
  return [...namespaces, ...processes('tap_pump.pl').map((pid) => `pump ${pid}`)];
}
const others = missing === '' ? found() : [];
const left = () => found().filter((f) => !others.includes(f));
const soonNothingIsLeft = () => expect.poll(left).toEqual([]);

describe.skipIf(missing !== '')(`a real peer${missing === '' ? '' : ` (${missing})`}`, () => {
  test('curl fetches 64 MiB over a wire that loses one frame in a hundred', { skip: !have('curl') }, () => {
    const file = join(folder, 'file');
    const exec = `curl -sS http://10.0.0.2:8080/bytes/${64 * MIB} -D "${file}.head" -o "${file}"`;
    const { status, stdout } = bridge('http', '--set', 'wire.loss_ppm=1%', '--json', '--exec', exec);
    expect(status).toBe(0);
    const result: Result = JSON.parse(stdout);
    const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
    const head = readFileSync(`${file}.head`);
    expect(head.toString()).toContain(`ETag: "${digest}"`);
    const whole = createHash('sha256').update(head).update(readFileSync(file)).digest('hex');
    expect(result.streams).toHaveLength(1);
    expect(result.streams[0]).toMatchObject({ sentBytes: 64 * MIB + head.length, sentSha256: whole, complete: true });
    expect(result.drops.SIM_WIRE_LOSS).toBeGreaterThan(300);
    expect(result.server.tcp.RetransSegs).toBeGreaterThan(200);
    rmSync(file);
  });

  test('download and upload, IPv4 and IPv6, over loss, reordering and duplication', () => {
    const both = talk('http', BAD_WIRE, [HTTP4, HTTP6].flatMap((to) => [`get/${to}/${6 * MIB}/1`, `put/${to}/${6 * MIB}/1`]));
    expectSame(both);
    expect(both.result.drops.SIM_WIRE_LOSS).toBeGreaterThan(50);
    expect(both.result.server.tcp.TCPOFOQueue).toBeGreaterThan(0);
  });

  test('32 connections at once over loss, reordering and duplication', () => {
    expectSame(talk('http', BAD_WIRE, [HTTP4, HTTP6].flatMap((to) => [`get/${to}/700000/8`, `put/${to}/700000/8`])));
  });

  test('a clean wire loses nothing and copies nothing', () => {
    const both = talk('http', [], [`get/${HTTP4}/${16 * MIB}/1`, `put/${HTTP6}/${16 * MIB}/1`]);
    expectSame(both);
    expect(both.result.drops.SIM_WIRE_LOSS).toBeUndefined();
    expect(both.result.server.zcrx[0]).toMatchObject({ copy_linear_bytes: 0, copy_page_bytes: 0 });
  });

  test('echo, discard and source', () => {
    const jobs = ['echo/fd00::2/7/300000/3', 'discard/10.0.0.2/9/300000/3', 'source/10.0.0.2/19/300000/1'];
    const { talks, result } = talk('http', BAD_WIRE, jobs);
    const [source] = talks.splice(-1);
    expectSame({ talks, result: { ...result, streams: result.streams.filter((s) => s.localPort !== 19) } });
    for (const t of talks.filter((x) => x.kind === 'echo')) expect(t).toMatchObject({ bytes: 300_000, sha256: t.sentSha256 });
    expect(source?.bytes).toBe(300_000);
  });

  test('a corrupted frame never reaches an application', () => {
    const both = talk('http', ['wire.corrupt_ppm=1%'], [`get/${HTTP4}/${2 * MIB}/1`, `put/${HTTP6}/${2 * MIB}/1`]);
    expectSame(both);
    expect(both.result.server.nic.rx_csum_errors).toBeGreaterThan(0);
  });

  test('jumbo frames', () => {
    const both = talk('http', ['nic.mtu=9000', ...BAD_WIRE], [`get/${HTTP4}/${4 * MIB}/1`, `put/${HTTP6}/${4 * MIB}/1`]);
    expectSame(both);
  });

  test.each([['bulk', '10.0.0.2'], ['ipv6', 'fd00::2'], ['plain-recv', '10.0.0.2']])(
    '%s: nc sends to a built-in sink', { skip: !have('nc') }, (scenario, to) => {
      const file = join(folder, 'upload');
      const data = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff));
      writeFileSync(file, data);
      const { status, stdout } = bridge(scenario, '--json', '--exec', `nc -N ${to} 9999 < "${file}"`);
      expect(status).toBe(0);
      const [stream] = (JSON.parse(stdout) as Result).streams;
      expect(stream).toMatchObject({ bytes: data.length, sha256: createHash('sha256').update(data).digest('hex'), complete: true });
    },
  );

  test('what was on the wire can be had as pcapng, and tshark finds nothing wrong with it', { skip: !have('tshark') }, () => {
    const file = join(folder, 'wire.pcapng');
    const peer = `"${process.execPath}" test/bridge/peer.mjs "${join(folder, 't.json')}" get/${HTTP4}/300000/1 put/${HTTP6}/300000/1`;
    expect(bridge('http', '--pcap', file, '--exec', peer).status).toBe(0);
    const wrong = '_ws.malformed or tcp.checksum.status == 0 or ip.checksum.status == 0 or tcp.analysis.ack_lost_segment';
    const args = ['-r', file, '-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE', '-Y'];
    const tshark = (filter: string) => execFileSync('tshark', [...args, filter], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    expect(tshark(wrong)).toBe('');
    expect(tshark('http.response or http.request').trim().split('\n')).toHaveLength(4);
  });
});

describe.skipIf(missing !== '')('a bridge leaves nothing behind', () => {
  test('its output and exit code are those of the command', async () => {
    const { status, stdout, stderr } = bridge('http', '--exec', 'cat; exit 7');
    expect(status).toBe(7);
    expect(stdout).toBe('');
    expect(stderr).toContain('nobody came');
    await soonNothingIsLeft();
  });

  test('--for ends it, and a command with 124', async () => {
    expect(bridge('http', '--for', '200ms').status).toBe(0);
    expect(bridge('http', '--for', '200ms', '--exec', 'sleep 60; echo late').status).toBe(124);
    await soonNothingIsLeft();
  });

  /** Starts a bridge and waits until its command runs. */
  async function running(command: string) {
    const args = [bundle, 'bridge', 'http', '--exec', `echo runs; ${command}`];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = new Promise<number | string | null>((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(left()).toContain(`ringlab-${child.pid}`);
    return { child, ended };
  }
  const ends = [['SIGINT', 130, 9871], ['SIGTERM', 143, 9872], ['SIGHUP', 129, 9873], ['SIGKILL', 'SIGKILL', 9874]] as const;
  test.each(ends)(
    '%s', async (signal, code, seconds) => {
      const { child, ended } = await running(`sleep ${seconds}; echo late`);
      child.kill(signal);
      expect(await ended).toBe(code);
      await soonNothingIsLeft();
      expect(processes(`sleep ${seconds}`)).toEqual([]);
    },
  );

  test('killed together with the process that carries its frames: the next one removes it', async () => {
    const { child, ended } = await running('sleep 3');
    const pump = left().find((l) => l.startsWith('pump '))?.slice(5);
    process.kill(Number(pump), 'SIGKILL');
    child.kill('SIGKILL');
    await ended;
    expect(left()).toContain(`ringlab-${child.pid}`);
    expect(bridge('http', '--for', '1ms').status).toBe(0);
    await soonNothingIsLeft();
  });
});

describe.skipIf(missing !== '')('a bridge without IPv6', () => {
  test('an MTU below 1280 is one, and a capture of no frame is a capture', () => {
    const target = join(folder, 'none.pcapng');
    const { status, stderr } = bridge('http', '--set', 'nic.mtu=576', '--pcap', target, '--exec', 'true');
    expect(stderr).not.toContain('ringlab:');
    expect(status).toBe(0);
    expect(readFileSync(target).readUInt32LE(0)).toBe(0x0a0d0d0a);
  });
});

describe('a bridge that cannot be', () => {
  test.each<[string, string[], RegExp]>([
    ['a scenario that is not there', ['nope'], /there is no scenario nope/],
    ['a time that is none', ['http', '--for', 'soon'], /^ringlab: --for soon: expected a time such as 30s/],
    ['nobody to answer', ['http', '--set', 'server.app.role=none'], /the server has no application/],
    ['no bytes', ['bulk', '--set', 'run.payload=off'], /leave run.payload on/],
    ['two real hosts', ['http', '--set', 'server.nic.tap=on'], /leave server.nic.tap off/],
  ])('%s', (_, args, sentence) => {
    const { status, stdout, stderr } = bridge(...args);
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  test('without its tools it says which', { skip: process.getuid?.() !== 0 || !existsSync('/dev/net/tun') }, () => {
    const { status, stderr } = spawnSync(process.execPath, [bundle, 'bridge', 'http', '--for', '1ms'], {
      cwd: root, encoding: 'utf8', env: { PATH: '/nothing' },
    });
    expect(stderr).toMatch(/^ringlab: bridge: there is no \w+; apt-get install [\w-]+\.\n$/);
    expect(status).toBe(2);
  });

  test('in an ordinary run nobody carries the frames of a real host', () => {
    const { code, err } = ringlab('run', 'http', '--set', 'client.nic.tap=on');
    expect(err).toMatch(/the client is a real host \(nic\.tap\); ringlab bridge runs that/);
    expect(code).toBe(2);
  });
});
