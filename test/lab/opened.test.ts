/** Files from outside: each is known by what is in it, whatever it is called. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileCore, loadScenario, runScenario, type StreamResult, Transcript } from '../../sim/host/index.ts';
import { exportRun, openFile, type Opened, openingOf, type RunFile } from '../../sim/lab/index.ts';
import { root } from '../scenario/cli.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});
const file = (path: string) => new Uint8Array(readFileSync(join(root, path)));
const utf8 = (text: string) => new TextEncoder().encode(text);
const open = (name: string, bytes: Uint8Array, programs: Record<string, string> = {}) => openFile(core, name, bytes, { programs });
type Of<K extends Opened['kind']> = Extract<Opened, { kind: K }>;
async function openAs<K extends Opened['kind']>(kind: K, ...rest: Parameters<typeof open>): Promise<Of<K>> {
  const opened = await open(...rest);
  expect(opened.kind).toBe(kind);
  return opened as Of<K>;
}

test.each(['bulk', 'pain/A1', 'conform/cancel'])('a scenario is one by its first section: %s', async (name) => {
  const { text } = await openAs('scenario', 'something.txt', file(`scenarios/${name}.yaml`));
  expect(loadScenario(text, 'x').about).not.toBe('');
});

test('a scenario may be JSON, and a run file is another thing', async () => {
  expect((await openAs('scenario', 'a.json', utf8('{\n  "app": { "role": "sink" }\n}\n'))).name).toBe('a');
  expect((await openAs('run', 'b.json', utf8('{"scenario": "bulk", "sets": ["nic.mtu=4000"], "step": 12}'))).run.step).toBe(12);
});

test('a YAML file with a key that nobody knows is opened, so that the editor can say what is wrong', async () => {
  const { problem } = await openAs('scenario', 'mine.yaml', utf8('abuot: a typing error\napp:\n  bytes: 1MiB\n'));
  expect(problem).toContain('abuot');
});

describe('a golden trace', () => {
  const golden = (name: string) => file(`test/fixtures/golden/host/6.18.44/${name}.jsonl`);
  const text = (name: string) => readFileSync(join(root, `scenarios/conform/${name}.yaml`), 'utf8');

  test('says who recorded it, and has its lines and the doctor\'s verdict', async () => {
    const opened = await openAs('recorded', 'cq-overflow.jsonl', golden('cq-overflow'));
    expect(opened.by).toMatchObject({ scenario: 'conform/cq-overflow', kernel: '6.18.44', target: 'host' });
    expect(opened.what).toBe('lines');
    expect(opened.findings.map((f) => f.name)).toContain('ended-with-data');
    expect(opened.lines.length).toBe(opened.count);
    expect(opened.unseen).not.toBe('');
  });

  test('whose program is known is laid beside the simulator', async () => {
    const { beside, unseen } = await openAs('recorded', 'x', golden('cancel'), { 'conform/cancel': text('cancel') });
    expect(unseen).toBe('');
    expect(beside?.of).toBeGreaterThan(50);
    expect(beside).toMatchObject({ equal: beside?.of, first: undefined });
  });

  test('that says something else is told from it', async () => {
    const changed = utf8(new TextDecoder().decode(golden('cancel')).replace('"e":"cqe"', '"e":"cqe","odd":1'));
    const { beside } = await openAs('recorded', 'x', changed, { 'conform/cancel': text('cancel') });
    expect(beside?.equal).toBe((beside?.of ?? 0) - 1);
    expect(beside?.first?.recorded).toContain('"odd":1');
  });
});

test('a binary trace has the sentences of its records', async () => {
  const name = 'refill-never';
  const text = readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8');
  const run: RunFile = { ringlab_run: 1, name, text, sets: [], edits: [] };
  const { parts } = exportRun(core, openingOf(run, () => undefined), run, 'trace');
  const opened = await openAs('recorded', 'a.bin', Buffer.concat(parts));
  expect(opened.what).toBe('trace');
  expect(opened.lines).toHaveLength(Math.min(2000, opened.count));
  expect(opened.findings.length).toBeGreaterThan(0);
});

test('a log of completions gets a verdict, and lines that are none are counted', async () => {
  const opened = await openAs('recorded', 'log.txt', utf8('hello\nuser_data=7 res=64 flags=0x2\nuser_data=7 res=-105 flags=0x0\n'));
  expect(opened).toMatchObject({ what: 'log', count: 3, foreign: { count: 1, line: 1, text: 'hello' } });
  expect(opened.findings.length).toBeGreaterThan(0);
});

test('a transcript of system calls is read line by line', async () => {
  const transcript = new Transcript();
  runScenario(core, loadScenario(readFileSync(join(root, 'scenarios/http.yaml'), 'utf8'), 'http'), { transcript });
  const opened = await openAs('recorded', 't.jsonl', utf8(`${[...transcript.lines()].join('\n')}\n`));
  expect(opened.what).toBe('transcript');
  expect(opened.count).toBe(transcript.entries.length);
  expect(opened.lines[0]?.kind).toBe(transcript.entries[0]?.call.call);
});

describe('a packet capture', () => {
  const name = 'small-messages-ipv4';
  const expected = readFileSync(join(root, `test/fixtures/captures/${name}.streams.jsonl`), 'utf8').trim().split('\n')
    .map((l) => JSON.parse(l) as { sha256: string });
  const digests = (streams: readonly StreamResult[]) => streams.map((s) => s.sha256).sort();

  test('is replayed as ringlab pcap does: streams with their digests', async () => {
    const { result } = await openAs('capture', 'whatever', file(`test/fixtures/captures/${name}.pcap`));
    expect(digests(result.streams)).toEqual(expected.map((s) => s.sha256).sort());
  });

  test('may be gzipped', async () => {
    const { result } = await openAs('capture', 'a.pcap.gz', gzipSync(file(`test/fixtures/captures/${name}.pcap`)));
    expect(result.file).toBe('a.pcap');
    expect(result.streams.every((s) => s.complete)).toBe(true);
  });
});

test.each([
  ['a.bin', new Uint8Array(33), 'expected records of 32 bytes'],
  ['a.txt', utf8('nothing of all this\n'), 'this is no scenario, no run file, no trace'],
  ['a.txt', new Uint8Array(0), 'a.txt is empty'],
  ['a.gz', new Uint8Array([0x1f, 0x8b, 1, 2, 3]), 'is gzipped and cannot be read'],
])('what is nothing of ours is refused with a sentence: %s', async (name, bytes, said) => {
  await expect(open(name, bytes)).rejects.toThrow(said);
});
