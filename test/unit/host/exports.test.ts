/** What we write, other tools read: tshark decodes the pcapng without a complaint, and the Perfetto trace is well-formed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CAPTURE_CORRUPT, CAPTURE_LOST, readWireFrames, type WireFrame } from '../../../sim/host/capture.ts';
import { PcapngWriter } from '../../../sim/host/export_pcapng.ts';
import { PerfettoWriter } from '../../../sim/host/export_perfetto.ts';
import { readCapture } from '../../../sim/host/pcap_read.ts';
import { KIND, TraceBatch } from '../../../sim/host/trace.ts';
import { EVENTS } from '../../../sim/schema/events.ts';
import { segment } from './capture_files.ts';

const folder = mkdtempSync(joinPath(tmpdir(), 'ringlab-exports-'));
afterAll(() => rmSync(folder, { recursive: true }));
const tshark = spawnSync('tshark', ['--version']).status === 0;

const FRAMES: readonly WireFrame[] = [
  { time_ns: 1_000_000_007, link: 0, pkt_id: 1, flags: 0, data: segment({ seq: 1, flags: 2 }) },
  { time_ns: 1_000_001_500, link: 1, pkt_id: 2, flags: CAPTURE_LOST, data: segment({ seq: 9, ack: 2, flags: 18, reply: true }) },
  {
    time_ns: 5_000_000_000,
    link: 0,
    pkt_id: 3,
    flags: CAPTURE_CORRUPT,
    data: segment({ seq: 2, ack: 10, flags: 16, payload: new Uint8Array(333).fill(7) }),
  },
];

function written(): Uint8Array {
  const writer = new PcapngWriter();
  for (const f of FRAMES) writer.add(f);
  writer.finish();
  return writer.take();
}

describe('pcapng', () => {
  test('our own reader gets back what was written', () => {
    const c = readCapture(written());
    expect(c.remarks).toEqual([]);
    expect(c.frames.map((f) => [Number(f.time_ns), [...f.data]])).toEqual(FRAMES.map((f) => [f.time_ns, [...f.data]]));
  });

  test('frames of both links are in the order of time', () => {
    const writer = new PcapngWriter();
    // A burst of three is captured at once, then what the other link carried meanwhile.
    for (const [link, time_ns] of [[0, 10], [0, 20], [0, 30], [1, 15], [1, 30], [0, 40]] as const) {
      writer.add({ time_ns, link, pkt_id: time_ns, flags: 0, data: segment({ seq: time_ns, flags: 16 }) });
    }
    const early = writer.take();
    writer.finish();
    const all = readCapture(new Uint8Array([...early, ...writer.take()]));
    expect(all.frames.map((f) => Number(f.time_ns))).toEqual([10, 15, 20, 30, 30, 40]);
  });

  test('nothing written is an empty capture', () => {
    expect(readCapture(new PcapngWriter().take())).toMatchObject({ frames: [], remarks: [] });
  });

  test.skipIf(!tshark)('tshark finds names, nanoseconds and comments, and no malformed packet or bad checksum (needs tshark)', () => {
    const path = joinPath(folder, 't.pcapng');
    writeFileSync(path, written());
    const fields = [
      'frame.time_epoch',
      'frame.interface_name',
      'frame.comment',
      'tcp.checksum.status',
      'ip.checksum.status',
      '_ws.malformed',
    ];
    const args = [
      '-r',
      path,
      '-o',
      'tcp.check_checksum:TRUE',
      '-o',
      'ip.check_checksum:TRUE',
      '-T',
      'fields',
      '-E',
      'separator=|',
      ...fields.flatMap((f) => ['-e', f]),
    ];
    const lines = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .trim()
      .split('\n');
    expect(lines).toEqual([
      '1.000000007|client|packet 1|1|1|',
      '1.000001500|server|packet 2, lost by the link|1|1|',
      '5.000000000|client|packet 3, corrupted by the link: here as it was sent|1|1|',
    ]);
  });
});

test('the capture ring is read record by record, padding and all', () => {
  const data = new Uint8Array(13).fill(5);
  const ring = new Uint8Array(2 * (24 + 16));
  const view = new DataView(ring.buffer);
  [0, 40].forEach((at, i) => {
    view.setBigUint64(at, BigInt(i + 1), true);
    view.setUint32(at + 8, 13, true);
    view.setUint32(at + 12, 70 + i, true);
    ring[at + 16] = i;
    ring[at + 17] = i * CAPTURE_LOST;
    ring.set(data, at + 24);
  });
  expect([...readWireFrames(ring)].map((f) => [f.time_ns, f.link, f.pkt_id, f.flags, f.data.length])).toEqual([
    [1, 0, 70, 0, 13],
    [2, 1, 71, 1, 13],
  ]);
});

/** Fields of a message: number to values; nested messages stay bytes. */
function decode(data: Uint8Array): Map<number, (bigint | Uint8Array)[]> {
  const out = new Map<number, (bigint | Uint8Array)[]>();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = data[at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < data.length) {
    const tag = Number(varint());
    const field = tag >> 3;
    let value: bigint | Uint8Array;
    if ((tag & 7) === 0) value = varint();
    else if ((tag & 7) === 1) {
      value = new DataView(data.buffer, data.byteOffset + at).getBigUint64(0, true);
      at += 8;
    } else {
      const length = Number(varint());
      value = data.subarray(at, at + length);
      at += length;
    }
    out.set(field, [...(out.get(field) ?? []), value]);
  }
  expect(at).toBe(data.length);
  return out;
}

describe('perfetto', () => {
  const record = (i: number, words: number[]) => {
    const view = new DataView(memory);
    words.forEach((w, n) => {
      view.setUint32(i * 32 + n * 4, w, true);
    });
  };
  const memory = new ArrayBuffer(4 * 32);
  const kind = (name: string, host: number, context: number, core: number) =>
    ((KIND[name] ?? 0) | (host << 8) | (context << 16) | (core << 24)) >>> 0;
  record(0, [1000, 0, kind('wire_send', 0, 0, 0xff), 5, 0xffffffff, 66, 1, 0]);
  record(1, [2000, 0, kind('napi_poll', 1, 2, 0), 0, 0xffffffff, 16, 1, 64]);
  record(2, [2500, 0, kind('tcp_rx', 1, 2, 0), 5, 0xffffffff, 3, 1, 0]);
  record(3, [2600, 1, kind('cqe', 1, 5, 1), 0, 7, 1, 100, 2]);
  const writer = new PerfettoWriter();
  writer.add(new TraceBatch(memory, 0, memory.byteLength));
  writer.finish();
  const packets = (decode(writer.take()).get(1) ?? []).map((p) => decode(p as Uint8Array));
  const events = packets.flatMap((p) => p.get(11) ?? []).map((e) => decode(e as Uint8Array));
  const text = (v: bigint | Uint8Array | undefined) => (v instanceof Uint8Array ? new TextDecoder().decode(v) : String(v));

  test('every slice that begins ends, on the same track', () => {
    const open = new Map<string, number>();
    for (const e of events) {
      const track = String(e.get(11)?.[0]);
      if (e.get(9)?.[0] === 1n) open.set(track, (open.get(track) ?? 0) + 1);
      if (e.get(9)?.[0] === 2n) open.set(track, (open.get(track) ?? 0) - 1);
    }
    expect([...open.values()]).toEqual([0, 0]);
  });

  test('tracks are named after hosts, cores and counters', () => {
    const names = packets.flatMap((p) => p.get(60) ?? []).map((d) => text(decode(d as Uint8Array).get(2)?.[0]));
    expect(names).toEqual(['client', 'server', 'wire and NIC', 'frames waiting for the link', 'core 0', 'core 1']);
  });

  test('records are instants with their names, and those of one packet are a flow', () => {
    const instants = events.filter((e) => e.get(9)?.[0] === 3n);
    expect(instants.map((e) => text(e.get(23)?.[0]))).toEqual(['wire_send', 'napi_poll', 'tcp_rx', 'cqe']);
    expect(instants.map((e) => e.get(47)?.[0])).toEqual([5n, undefined, 5n, undefined]);
  });

  test('times beyond 32 bits are exact', () => {
    expect(packets.map((p) => p.get(8)?.[0]).filter((t) => t !== undefined).at(-1)).toBe(0x1_0000_0000n + 2600n);
  });
});

test('every event of the schema has a kind below 256, as records hold it', () => {
  expect(EVENTS.length).toBeLessThan(256);
});
