/** What a run writes as pcapng opens in tshark with no malformed packet and no bad checksum, and can be replayed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileCore, loadScenario, PcapngWriter, readCapture, readWireFrames, replayCapture, runScenario } from '../../sim/host/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringlab-pcapng-'));
afterAll(() => rmSync(folder, { recursive: true }));
const tshark = spawnSync('tshark', ['--version']).status === 0;
let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(new URL('../../build/core.wasm', import.meta.url)));
});

function capture(name: string) {
  const text = readFileSync(new URL(`../../scenarios/${name}.yaml`, import.meta.url), 'utf8');
  const writer = new PcapngWriter();
  const { result } = runScenario(core, loadScenario(text, name, { sets: ['run.capture=on'] }), {
    sinks: {
      onCapture: (bytes) => {
        for (const frame of readWireFrames(bytes)) writer.add(frame);
      },
    },
  });
  writer.finish();
  return { file: writer.take(), result };
}

/** Scenarios in which packets get lost: by the link, by a flipped bit, or by a NIC without buffers. */
const LOSES = ['loss', 'duplicates', 'refill-never'];

/** What tshark is asked for each frame. */
const FIELDS = [
  'frame.number', 'frame.time_delta', '_ws.malformed', 'tcp.checksum.status', 'ip.checksum.status', 'tcp.stream',
  'tcp.analysis.ack_lost_segment', 'tcp.analysis.retransmission', 'tcp.analysis.out_of_order',
];

describe.each(['tour', 'loss', 'duplicates', 'ipv6', 'jumbo', 'close-mid-stream', 'refill-never'])('%s', (name) => {
  test.skipIf(!tshark)('tshark has nothing to complain about (needs tshark)', () => {
    const { file } = capture(name);
    const path = join(folder, `${name}.pcapng`);
    writeFileSync(path, file);
    // Decoded as bare data: a heuristic may see a protocol of its own in the pattern, and put its messages together.
    const check = [
      '-d', 'tcp.port==9999,data', '-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE', '-o', 'tcp.desegment_tcp_streams:FALSE',
    ];
    const fields = FIELDS.flatMap((name) => ['-e', name]);
    const args = ['-r', path, ...check, '-T', 'fields', ...fields];
    const told = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const frames = told.trimEnd().split('\n').map((line) => {
      const words = line.split('\t');
      return Object.fromEntries(FIELDS.map((name, i) => [name, words[i] ?? '']));
    });
    const list = (of: (frame: Record<string, string>) => boolean) => frames.filter(of).map((frame) => frame['frame.number']);
    expect(list((p) => Number(p['frame.time_delta']) < 0), 'in the order of time').toEqual([]);
    expect(list((p) => p['_ws.malformed'] !== '' || p['tcp.checksum.status'] === '0' || p['ip.checksum.status'] === '0')).toEqual([]);
    expect(list((p) => p['tcp.analysis.ack_lost_segment'] !== ''), 'no ACK of unseen data').toEqual([]);
    // What comes soon after the rest is out of order to tshark, though it was sent again.
    const again = list((p) => p['tcp.analysis.retransmission'] !== '' || p['tcp.analysis.out_of_order'] !== '');
    if (LOSES.includes(name)) expect(again, 'what was lost is sent again').not.toEqual([]);
    else expect(again, 'nothing is sent again').toEqual([]);
    const all = list((p) => p['tcp.stream'] !== '');
    expect(all).toHaveLength(readCapture(file).frames.length);
  });
});

test.each(['loss', 'reorder', 'ipv6', 'jumbo', 'many-flows'])('%s: its capture, replayed, gives the same streams', (name) => {
  const { file, result } = capture(name);
  const replayed = replayCapture(core, file, { name: `${name}.pcapng` });
  const key = (s: { peerPort: number; bytes: number; sha256: string }) => `${s.peerPort} ${s.bytes} ${s.sha256}`;
  expect(replayed.streams.map(key).sort()).toEqual(result.streams.map(key).sort());
});
