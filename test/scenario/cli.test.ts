/** The command line: what it prints, its exit codes, and that a mistake is one sentence and never a stack trace. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ringlab, ringlabCut } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringlab-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string | Uint8Array): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe('bad input ends with exit code 2 and says what is wrong', () => {
  test.each<[string, string[], RegExp]>([
    ['a scenario that is not there', ['run', 'nope'], /^ringlab: there is no scenario nope/],
    ['no scenario', ['run'], /missing required argument 'scenario'/],
    ['an unknown command', ['rum'], /unknown command 'rum'/],
    ['an unknown option', ['run', 'tour', '--jsn'], /unknown option '--jsn'/],
    ['a knob that is not there', ['run', 'tour', '--set', 'nic.mtuu=3'], /key 'nic.mtuu': .*did you mean 'mtu'/],
    ['a value out of range', ['run', 'tour', '--set', 'nic.mtu=3'], /key 'nic.mtu': expected a size from 576B/],
    ['a seed that is no number', ['run', 'tour', '--seed', 'x'], /'x' is invalid/],
    ['a time that is none', ['run', 'tour', '--until', 'soon'], /--until soon: expected a time/],
    ['a capture that is not there', ['pcap', '/no/such/file.pcap'], /there is no file/],
    ['a capture that is a folder', ['pcap', '.'], /is a folder/],
    ['a file that is no capture', ['pcap', 'package.json'], /package.json is not a capture/],
    ['an output that cannot be written', ['run', 'tour', '--pcap', '/no/such/folder/x.pcapng'], /cannot write/],
    ['a journey of nothing', ['journey', 'tour'], /needs one of/],
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
    expect(err.split('\n')[0]).toBe(`${path}:2:9: key 'app.port': expected a whole number from 1 to 65535; found 99999`);
    expect(err).toContain(`${path}:3:13: key 'nic.mtu': expected a size`);
  });

  test('a file that cannot be read to its end leaves no output behind', () => {
    const target = join(folder, 'x.pftrace');
    ringlab('run', 'tour', '--set', 'nic.mtu=3', '--perfetto', target);
    expect(existsSync(target)).toBe(false);
    expect(readdirSync(folder).filter((f) => f.startsWith('.x'))).toEqual([]);
  });
});

describe('help', () => {
  const commands = ['run', 'list', 'show', 'tour', 'pcap', 'journey', 'stat', 'schema'];
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
      expect: expect.arrayContaining([{ text: 'streams.bytes == 1000', ok: true, actual: '1000' }]),
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
    expect(ringlab('journey', 'tour', '--byte', '1000')).toMatchObject({ code: 2, err: expect.stringContaining('byte 1000 never came') });
  });
});

test('stat shows Linux\'s columns', () => {
  const { code, out } = ringlab('stat', 'tour');
  expect(code).toBe(0);
  for (const word of ['rx_packets: ', 'TcpPassiveOpens', 'alloc_fast', 'bytes_received:1000', 'zc_bytes:']) expect(out).toContain(word);
});
