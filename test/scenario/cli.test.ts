/** The command line: what it prints, its exit codes, and that a mistake is one sentence and never a stack trace. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { bundle, ringlab, ringlabCut } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringlab-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string | Uint8Array): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** A folder with a script that is a symlink to nothing. */
function dangling(): string {
  const place = join(folder, 'dangling');
  mkdirSync(place);
  symlinkSync('/no/such', join(place, 'lost.pkt'));
  return place;
}

describe('bad input ends with exit code 2 and says what is wrong', () => {
  test.each<[string, string[], RegExp]>([
    ['a scenario that is not there', ['run', 'nope'], /^ringlab: there is no scenario nope/],
    ['no scenario', ['run'], /missing required argument 'scenario'/],
    ['an unknown command', ['rum'], /unknown command 'rum'; did you mean run\?$/m],
    ['an unknown command that is asked for help', ['rum', '--help'], /unknown command 'rum'; did you mean run\?$/m],
    ['help for what is no command', ['help', 'nope'], /^ringlab: help nope: there is no such command; there are run, replay, /],
    ['a folder as scenario', ['run', '.'], /^ringlab: \.: this is a folder; name a scenario file in it/],
    ['an unknown option', ['run', 'tour', '--jsn'], /unknown option '--jsn'/],
    ['a knob that is not there', ['run', 'tour', '--set', 'nic.mtuu=3'],
      /^ringlab: --set nic.mtuu=3: key 'nic.mtuu': .*did you mean 'mtu'/],
    ['a value out of range', ['run', 'tour', '--set', 'nic.mtu=3'], /key 'nic.mtu': expected a size from 576B/],
    ['a seed that is no number', ['run', 'tour', '--seed', 'x'],
      /^ringlab: --seed x: key 'run.seed': expected a whole number from 0 to 281474976710656; found 'x'$/m],
    ['a time that is none', ['run', 'tour', '--until', 'soon'],
      /^ringlab: --until soon: key 'run.until_ns': expected a time from 1ns to 1h; found 'soon'$/m],
    ['a time beyond the range', ['stat', 'tour', '--until', '99h'], /^ringlab: --until 99h: .*from 1ns to 1h/],
    ['a capture that is not there', ['pcap', '/no/such/file.pcap'], /there is no file/],
    ['a capture that is a folder', ['pcap', '.'], /is a folder/],
    ['a file that is no capture', ['pcap', 'package.json'], /package.json is not a capture/],
    ['too little memory for the applications', ['run', 'bulk', '--set', 'limits.user_bytes=1MiB'],
      /^ringlab: --set limits.user_bytes=1MiB: limits.user_bytes is too small for the applications; raise it, or leave it at auto\.$/m],
    ['too few requests', ['run', 'many-flows', '--set', 'limits.reqs=20', '--set', 'ring.sq_entries=16'],
      /^ringlab: --set limits.reqs=20: limits.reqs is too small for what an application submits at once; raise it/],
    ['a journey of nothing', ['journey', 'tour'], /expected one of --packet N, --byte N and --buffer N/],
    ['a journey of packet 0', ['journey', 'tour', '--packet', '0'], /^ringlab: --packet 0: expected a whole number from 1 on; found '0'/],
    ['a journey of a packet that never was', ['journey', 'tour', '--packet', '999'],
      /^ringlab: --packet 999: there is no such packet; the run has 1 to \d+\.$/m],
    ['a journey of a buffer that nobody uses', ['journey', 'tour', '--buffer', '1'],
      /^ringlab: --buffer 1: nothing happens to it; the run uses buffers \d+ to \d+, and --byte names one\.$/m],
    ['a journey of another stream', ['journey', 'tour', '--byte', '0', '--stream', '7'], /^ringlab: --stream 7: .*the run has 0 to 0/],
    ['the stream of a packet', ['journey', 'tour', '--packet', '1', '--stream', '0'], /--stream says whose byte.*leave out --stream/],
    ['a journey without a trace', ['journey', 'tour', '--byte', '0', '--set', 'run.trace=off'], /run.trace is off; leave out/],
    ['a tour without a trace', ['tour', '--set', 'run.trace=off'], /^ringlab: tour: .*run.trace is off; leave out/],
    ['a trace file without a trace', ['run', 'tour', '--trace', '/dev/null', '--set', 'run.trace=off'],
      /^ringlab: --trace \/dev\/null: nothing would be seen, since run.trace is off; leave out --set run.trace=off/],
    ['a capture file without a capture', ['run', 'tour', '--pcap', '/dev/null', '--set', 'run.capture=off'],
      /run.capture is off; leave out/],
    ['the wall time of no JSON', ['run', 'tour', '--timing'], /^ringlab: run: --timing .*; add --json/],
    ['views in JSON', ['run', 'tour', '--json', '--stat'], /^ringlab: run: .*; leave out --stat/],
    ['a change of what is only shown', ['show', 'tour', '--set', 'nic.mtu=9000'], /^ringlab: show: .*; add --all/],
    ['a client beside a capture', ['pcap', 'x.pcap', '--set', 'client.nic.mtu=9000'],
      /^ringlab: --set client.nic.mtu=9000: the capture stands for the client and its link.*; set knobs of the server/],
    ['the link of a capture', ['pcap', 'x.pcap', '--set', 'wire.loss_ppm=1%'], /the capture stands for the client and its link/],
    ['a script without its application', ['run', 'bulk', '--set', 'client.app.role=script'],
      /^ringlab: --set client.app.role=script: the client's/],
    ['a knob of the replay that does not fit', ['pcap', 'test/fixtures/captures/bulk-ipv4-mtu1500.pcap', '--set', 'server.nic.rss_start=2'],
      /^ringlab: --set server.nic.rss_start=2: key 'hosts.server.nic.rss_start': /],
    ['a tour before the first byte', ['tour', 'loss', '--until', '1ns'], /^ringlab: tour: no byte arrived .*--until/],
    ['half a nanosecond', ['run', 'tour', '--set', 'wire.delay_ns=0.5ns'], /found '0.5ns'; it must be a whole number of ns$/m],
    ['a unit in other letters', ['run', 'tour', '--set', 'wire.rate_bps=100gbps'], /found '100gbps'; did you mean '100Gbps'\?$/m],
    ['nesting without end', ['run', file('deep.yaml', '['.repeat(20_000))], /deep.yaml:1:\d+: the scenario is nested too deeply$/m],
    ['a file called -', ['run', 'tour', '--pcap', '-'], /^ringlab: --pcap -: write \/dev\/stdout for standard output/],
    ['a folder without scripts', ['packetdrill', 'scenarios'], /^ringlab: scenarios: there is no script \(\*.pkt\) in this folder/],
    ['a script that is none', ['packetdrill', 'README.md'], /^ringlab: README.md:\d+: this is no packetdrill script/],
    ['a script called -', ['packetdrill', '-'], /^ringlab: packetdrill: - is no script; name a file, or \/dev\/stdin/],
    ['a script that leads nowhere', ['packetdrill', dangling()], /^ringlab: there is no file .*lost.pkt\.$/m],
    ['mutants that are not there', ['packetdrill', '--mutants', '/no/such'], /^ringlab: --mutants \/no\/such: there is no such file/],
    ['mutants that are no JSON', ['packetdrill', '--mutants', file('m1', 'x\n')], /m1:1: this is no JSON/],
    ['mutants without fields', ['packetdrill', '--mutants', file('m2', '\n{}\n')], /m2:2: this is no mutant: expected a string as 'suite'/],
    ['a view that is not there', ['stat', 'tour', 'netstat'], /there is no view netstat/],
  ])('%s', (_, args, sentence) => {
    const { code, out, err } = ringlab(...args);
    expect(err).toMatch(sentence);
    expect(err).not.toMatch(/^\s+at /m);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  test('a bad scenario is told with file, line, column, key and what was expected', () => {
    const path = file('bad.yaml', 'app:\n  port: 99999\nnic: { mtu: big }\n');
    const { code, err } = ringlab('run', path);
    expect(code).toBe(2);
    expect(err.split('\n')[0]).toBe(`ringlab: ${path}:2:9: key 'app.port': expected a whole number from 1 to 65535; found 99999`);
    expect(err).toContain(`ringlab: ${path}:3:13: key 'nic.mtu': expected a size`);
  });

  test('a file that cannot be read to its end leaves no output behind', () => {
    const target = join(folder, 'x.pftrace');
    ringlab('run', 'tour', '--set', 'nic.mtu=3', '--perfetto', target);
    expect(existsSync(target)).toBe(false);
    expect(readdirSync(folder).filter((f) => f.startsWith('.x'))).toEqual([]);
  });
});

describe('help', () => {
  const commands = ['run', 'list', 'show', 'tour', 'pcap', 'journey', 'stat', 'doctor', 'size', 'schema', 'bridge', 'calibrate'];
  test.each(commands)('help %s has examples', (command) => {
    const { code, out } = ringlab('help', command);
    expect(code).toBe(0);
    expect(out).toMatch(/Examples:\n {2}\$ ringlab /);
  });
  test('help names every command', () => {
    const { code, out } = ringlab('help');
    expect(code).toBe(0);
    for (const command of commands) expect(out).toContain(`\n  ${command}`);
  });
});

describe('every example of the help runs', () => {
  const place = join(folder, 'examples');
  mkdirSync(place);
  copyFileSync('scenarios/bulk.yaml', join(place, 'mine.yaml'));
  copyFileSync('test/fixtures/captures/small-messages-ipv4.pcap', join(place, 'capture.pcap'));
  ringlab('run', 'tour', '--pcap', join(place, 'capture.pcapng'));
  const commands = ['', 'run', 'list', 'show', 'tour', 'pcap', 'journey', 'stat', 'doctor', 'size', 'schema'];
  const helpOf = (command: string) => ringlab('help', ...(command === '' ? [] : [command])).out;
  const examples = commands.flatMap((c) => [...helpOf(c).matchAll(/^ {2}\$ (ringlab .*)$/gm)].map((m) => m[1] ?? ''));
  // Comments of the list of commands stand behind two blanks.
  const lines = [...new Set(examples.map((e) => e.replace(/ {2,}.*$/, '')))];

  test('there are many', () => expect(lines.length).toBeGreaterThan(20));
  test.each(lines)('%s', (line) => {
    const script = `set -o pipefail; ringlab() { node "$bundle" "$@"; }; type jq > /dev/null 2>&1 || jq() { cat; }; ${line}`;
    const { status, stderr } = spawnSync('bash', ['-c', script], { cwd: place, encoding: 'utf8', env: { ...process.env, bundle } });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});

describe('list, show and schema', () => {
  test('every scenario is listed with what it shows', () => {
    const { code, out } = ringlab('list', '--json');
    expect(code).toBe(0);
    const all = JSON.parse(out) as { name: string; about: string }[];
    expect(all.length).toBeGreaterThanOrEqual(15);
    for (const s of all) expect(s.about.length, s.name).toBeGreaterThan(30);
  });
  test('show prints the file as it is', () => {
    expect(ringlab('show', 'tour').out).toBe(readFileSync('scenarios/tour.yaml', 'utf8'));
  });
  test('show --all marks what was changed', () => {
    expect(ringlab('show', 'tour', '--all', '--set', 'server.nic.rx_ring=512').out).toMatch(/^nic\.rx_ring +1024 +512 \*/m);
  });
  test('schema is JSON', () => {
    expect(JSON.parse(ringlab('schema').out)).toMatchObject({ type: 'object' });
  });
});

describe('run', () => {
  test('a pipe sees results only, and equal runs print equal texts', () => {
    const one = ringlab('run', 'tour', '--json');
    const two = ringlab('run', 'tour', '--json');
    expect(one.err).toBe('');
    expect(one.code).toBe(0);
    expect(two.out).toBe(one.out);
    expect(JSON.parse(one.out)).toMatchObject({
      seed: 1,
      stateHash: expect.stringMatching(/^[0-9a-f]{16}$/),
      virtualTimeNs: expect.any(Number),
      drops: {},
      streams: [
        {
          id: 0,
          bytes: 1000,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          zeroCopyBytes: 1000,
          copiedBytes: 0,
          copiedWhy: {},
          cqes: 1,
          segments: 1,
        },
      ],
      expect: expect.arrayContaining([{ text: 'streams.bytes == 1000', ok: true, actual: 1000 }]),
    });
  });

  test('the keys of the JSON are sorted', () => {
    const keys = Object.keys(JSON.parse(ringlab('run', 'tour', '--json').out));
    expect(keys).toEqual([...keys].sort());
  });

  test('another seed gives another hash', () => {
    const hash = (seed: string) =>
      JSON.parse(ringlab('run', 'loss', '--json', '--seed', seed, '--set', 'client.app.bytes=200kB').out).stateHash;
    expect(hash('1')).not.toBe(hash('2'));
  });

  test('an expectation that fails ends with exit code 1 and says what it was', () => {
    const { code, out } = ringlab('run', 'tour', '--set', 'client.app.bytes=900');
    expect(code).toBe(1);
    expect(out).toMatch(/✗ streams\.bytes == 1000.*it was 900/);
  });

  test('people read about ten lines', () => {
    const { code, out } = ringlab('run', 'tour');
    expect(code).toBe(0);
    const lines = out.trim().split('\n');
    expect(lines.length).toBeLessThan(25);
    expect(out).toContain('100 % of the bytes stayed where the NIC wrote them');
    expect(out).not.toContain('NaN');
    expect(out).not.toContain('undefined');
  });

  test('a reader that goes away is no error', async () => {
    expect(await ringlabCut('show', 'tour', '--all')).toMatchObject({ code: 0, err: '' });
  });

  test('pcapng, Perfetto and trace appear whole', () => {
    const names = ['t.pcapng', 't.pftrace', 't.trace'].map((n) => join(folder, n));
    const [pcap, perfetto, trace] = names as [string, string, string];
    expect(ringlab('run', 'tour', '--pcap', pcap, '--perfetto', perfetto, '--trace', trace).code).toBe(0);
    expect(readFileSync(pcap).readUInt32LE(0)).toBe(0x0a0d0d0a);
    expect(readFileSync(trace).length % 32).toBe(0);
    expect(readFileSync(perfetto).length).toBeGreaterThan(1000);
    expect(readdirSync(folder).filter((f) => f.startsWith('.'))).toEqual([]);
  });
});

describe('journeys', () => {
  test('the tour passes every stage in order', () => {
    const { code, out } = ringlab('tour');
    expect(code).toBe(0);
    const stages = [...out.matchAll(/µs {2}(\d) (\w+)/g)].map((m) => m[2]);
    for (const name of ['app', 'socket', 'tcp', 'nic', 'wire', 'napi', 'ring', 'refill', 'pool'])
      expect(stages, `no line of ${name}`).toContain(name);
  });
  test('a packet and a buffer are followed', () => {
    const { out } = ringlab('journey', 'tour', '--byte', '0');
    const packet = /first sent in packet (\d+)/.exec(out)?.[1] ?? '';
    const buffer = /landed in buffer (\d+)/.exec(out)?.[1] ?? '';
    expect(ringlab('journey', 'tour', '--packet', packet).out).toContain('1000 of payload to payload buffers');
    expect(ringlab('journey', 'tour', '--buffer', buffer).out).toContain('lent to the application');
  });
  test('a byte that never came', () => {
    const { code, err } = ringlab('journey', 'tour', '--byte', '1000');
    expect(err).toBe('ringlab: --byte 1000: it never came; stream 0 has bytes 0 to 999.\n');
    expect(code).toBe(2);
  });
});

describe('a capture', () => {
  const capture = 'test/fixtures/captures/small-messages-ipv4.pcap';
  test.each([['cat "$capture" | node "$bundle" pcap /dev/stdin --json'], ['cat "$capture" | node "$bundle" pcap - --json'],
    ['node "$bundle" pcap - --json < "$capture"'], ['gzip -c "$capture" | node "$bundle" pcap - --json'],
    ['node "$bundle" pcap <(cat "$capture") --json']])('may come as %s', (script) => {
    const { status, stdout } = spawnSync('bash', ['-c', script], { encoding: 'utf8', env: { ...process.env, bundle, capture } });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ stateHash: JSON.parse(ringlab('pcap', capture, '--json').out).stateHash });
  });

  const cut = (name: string, bytes: number) => file(name, readFileSync(capture).subarray(0, bytes));
  test.each([
    ['inside its first frame', () => cut('a.pcap', 24 + 16 + 20), 'a.pcap: the file is truncated at byte 20 of frame 1, which has 74'],
    ['inside its first header', () => cut('b.pcap', 24 + 6), 'b.pcap: the file is truncated at byte 6 of the header of frame 1'],
    ['behind a length that cannot be', () => {
      const data = Buffer.from(readFileSync(capture).subarray(0, 60));
      data.writeUInt32LE(0xffffffff, 24 + 8);
      return file('c.pcap', data);
    }, 'c.pcap: frame 1 claims 4294967295 bytes, more than any has: the file is damaged from byte 24 on'],
  ])('that ends %s is told so', (_, path, sentence) => {
    expect(ringlab('pcap', path())).toEqual({
      code: 2, out: '', err: `ringlab: ${sentence}; no frame of it is whole, so capture it again.\n`,
    });
  });
});

test('pcap counts as duplicate what came again after a stream had ended', () => {
  expect(ringlab('pcap', 'test/fixtures/captures/many-flows-ipv4.pcap').out).toContain('0 out of order, 9 duplicates');
});

test('stat shows Linux\'s columns', () => {
  const { code, out } = ringlab('stat', 'tour');
  expect(code).toBe(0);
  for (const word of ['rx_packets: ', 'TcpPassiveOpens', 'IpExtInNoECTPkts', 'alloc_fast', 'bytes_received:1000', 'zc_bytes:'])
    expect(out).toContain(word);
});
