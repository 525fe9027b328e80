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

describe.each(['tour', 'loss', 'duplicates', 'ipv6', 'jumbo', 'close-mid-stream', 'refill-never'])('%s', (name) => {
  test.skipIf(!tshark)('tshark has nothing to complain about (needs tshark)', () => {
    const { file } = capture(name);
    const path = join(folder, `${name}.pcapng`);
    writeFileSync(path, file);
    // Decoded as bare data: a heuristic may see a protocol of its own in the pattern, and put its messages together.
    const check = [
      '-d', 'tcp.port==9999,data', '-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE', '-o', 'tcp.desegment_tcp_streams:FALSE',
    ];
    const list = (filter: string) =>
      execFileSync('tshark', ['-r', path, ...check, '-Y', filter], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    expect(list('frame.time_delta < 0'), 'in the order of time').toBe('');
    expect(list('_ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0')).toBe('');
    expect(list('tcp.analysis.ack_lost_segment'), 'no ACK of unseen data').toBe('');
    // What comes soon after the rest is out of order to tshark, though it was sent again.
    const again = list('tcp.analysis.retransmission || tcp.analysis.out_of_order');
    if (LOSES.includes(name)) expect(again, 'what was lost is sent again').not.toBe('');
    else expect(again, 'nothing is sent again').toBe('');
    const all = list('tcp').trim().split('\n');
    expect(all).toHaveLength(readCapture(file).frames.length);
  });
});

test.each(['loss', 'reorder', 'ipv6', 'jumbo', 'many-flows'])('%s: its capture, replayed, gives the same streams', (name) => {
  const { file, result } = capture(name);
  const replayed = replayCapture(core, file, { name: `${name}.pcapng` });
  const key = (s: { peerPort: number; bytes: number; sha256: string }) => `${s.peerPort} ${s.bytes} ${s.sha256}`;
  expect(replayed.streams.map(key).sort()).toEqual(result.streams.map(key).sort());
});
