/** From frames to connections: who is client, what was sent, and what a capture does not show. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FLAG_ACK, FLAG_FIN, FLAG_PSH, FLAG_SYN, judgeChecksum, parseTcp } from '../../../sim/host/packet_parse.ts';
import { type CapturedFrame, readCapture } from '../../../sim/host/pcap_read.ts';
import { wireSegments } from '../../../sim/host/pcap_frames.ts';
import { Reassembly } from '../../../sim/host/reassembly.ts';
import { sortStreams, type Streams } from '../../../sim/host/tcp_streams.ts';
import { updateChecksum32 } from '../../../sim/host/internet_checksum.ts';
import { join, pcapFile, segment, type SegmentSpec } from './capture_files.ts';

const bytes = (n: number, from = 0) => Uint8Array.from({ length: n }, (_, i) => (from + i * 7) & 0xff);
const sha = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');
const ISS = 0xfffffff0; // wraps inside the stream
const TIMESTAMPS = new Uint8Array([1, 1, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0]);

function streams(specs: readonly SegmentSpec[], cut = Number.POSITIVE_INFINITY): Streams {
  const frames = specs.map((s, i) => {
    const data = segment(s);
    return { time_ns: BigInt(i) * 1000n, data: data.subarray(0, Math.min(cut, data.length)), wire: data.length };
  });
  return sortStreams(readCapture(pcapFile({ little: true, ns: true, frames })));
}

const SYN: SegmentSpec = { seq: ISS, flags: FLAG_SYN, options: new Uint8Array([2, 4, 5, 0xb4]) };
const SYN_ACK: SegmentSpec = { seq: 999, ack: ISS + 1, flags: FLAG_SYN | FLAG_ACK, reply: true, options: TIMESTAMPS };
const data = (at: number, n: number, more: Partial<SegmentSpec> = {}): SegmentSpec =>
  ({ seq: (ISS + 1 + at) >>> 0, ack: 1000, flags: FLAG_ACK, payload: bytes(n, at * 7), ...more });

const first = (s: Streams) => {
  const [c] = s.connections;
  if (!c) throw new Error('no connection');
  return c;
};

describe('connections', () => {
  test('the client is who sent the SYN, and the server\'s first numbers come from its SYN-ACK', () => {
    const c = first(streams([SYN, SYN_ACK, data(0, 30)]));
    expect(c).toMatchObject({
      text: '192.0.2.1:40000 > 192.0.2.2:8080',
      client_iss: ISS,
      server_iss: 999,
      server_tsval: 256,
      server_seen: 'SYN-ACK',
      client_mss: 1460,
    });
    expect(c.stream.bytes).toBe(30);
  });

  test('without a SYN-ACK the client\'s first ACK tells the server\'s number', () => {
    expect(first(streams([SYN, data(0, 30)]))).toMatchObject({ server_iss: 999, server_seen: 'client ACK' });
  });

  test('lost, repeated, overlapping and reordered segments make one stream over the wrap of sequence numbers', () => {
    const c = first(
      streams([SYN, SYN_ACK, data(20, 20), data(0, 10), data(0, 10), data(5, 20), data(40, 5, { flags: FLAG_FIN | FLAG_ACK })]),
    );
    expect(c.stream.bytes).toBe(45);
    expect(c.stream.sha256()).toBe(sha(bytes(45)));
    expect(c.stream.holes()).toEqual([]);
  });

  test('a segment that the capture missed is a hole with its place', () => {
    const c = first(streams([SYN, SYN_ACK, data(0, 10), data(20, 10), data(30, 0, { flags: FLAG_FIN | FLAG_ACK })]));
    expect(c.stream.holes()).toEqual([[10, 20]]);
  });

  test('a connection that began before the capture is counted, not replayed', () => {
    const s = streams([data(0, 10), data(10, 10)]);
    expect(s.connections).toEqual([]);
    expect([...s.midway]).toEqual([['192.0.2.1:40000 <> 192.0.2.2:8080', 2]]);
  });

  test('a repeated SYN is no second connection; a new one on the same ports is', () => {
    expect(streams([SYN, SYN, SYN_ACK]).connections).toHaveLength(1);
    expect(streams([SYN, SYN_ACK, data(0, 5), { ...SYN, seq: 77 }]).connections).toHaveLength(2);
  });

  test('what the server sent is counted', () => {
    const c = first(streams([SYN, SYN_ACK, { seq: 1000, ack: 0, flags: FLAG_ACK, reply: true, payload: bytes(50) }]));
    expect(c.server_bytes).toBe(50);
  });
});

describe('frames', () => {
  test.each([
    ['VLAN and QinQ tags', { vlans: [5, 6] }],
    ['IPv6', { ipv6: true }],
    ['IPv6 extension headers', { ipv6: true, extensions: [0, 60] }],
  ])('%s', (_, more) => {
    const s = streams([{ ...SYN, ...more }, { ...SYN_ACK, ...more }, data(0, 33, more)]);
    expect(s.bad_checksums).toBe(0);
    expect(first(s).stream.sha256()).toBe(sha(bytes(33)));
  });

  test('a frame that the snapshot length cut is counted and made whole with zeros', () => {
    const s = streams([SYN, SYN_ACK, data(0, 100)], 14 + 40 + 60);
    expect(s.cut_frames).toBe(1);
    expect(first(s).stream).toMatchObject({ bytes: 100, missing_bytes: 40 });
    const p = s.packets.at(-1);
    if (!p) throw new Error('no packet');
    const [w] = wireSegments(p, 1500, 1460, { split: 0, checksums: 0, padded: 0, stripped: 0 });
    const whole = w?.data ?? new Uint8Array(0);
    const tcp = parseTcp(whole, whole.length);
    expect(typeof tcp === 'string' ? tcp : judgeChecksum(whole, tcp)).toBe('good');
  });

  test('checksums left to the NIC are told from wrong ones, and repaired', () => {
    const s = streams([SYN, SYN_ACK, data(0, 21, { offload: true })]);
    expect(s).toMatchObject({ offloaded: 1, bad_checksums: 0 });
    const repairs = { split: 0, checksums: 0, padded: 0, stripped: 0 };
    const [w] = wireSegments(s.packets.at(-1) as never, 1500, 1460, repairs);
    const whole = w?.data ?? new Uint8Array(0);
    const tcp = parseTcp(whole, whole.length);
    expect(typeof tcp === 'string' ? tcp : judgeChecksum(whole, tcp)).toBe('good');
    expect(repairs.checksums).toBe(1);
  });

  test('IPv6 extension headers and IPv4 options are taken away, the rest stays', () => {
    const more = { ipv6: true, extensions: [0, 60] };
    const s = streams([{ ...SYN, ...more }, { ...SYN_ACK, ...more }, data(0, 33, more)]);
    const repairs = { split: 0, checksums: 0, padded: 0, stripped: 0 };
    const [w] = wireSegments(s.packets.at(-1) as never, 1500, 1440, repairs);
    const whole = w?.data ?? new Uint8Array(0);
    const tcp = parseTcp(whole, whole.length);
    if (typeof tcp === 'string') throw new Error(tcp);
    expect(repairs.stripped).toBe(1);
    expect(tcp.tcp - tcp.ip).toBe(40);
    expect(judgeChecksum(whole, tcp)).toBe('good');
    expect(sha(whole.subarray(tcp.payload))).toBe(sha(bytes(33)));
  });

  test('packets from before the NIC are cut as segmentation offload would', () => {
    for (const ipv6 of [false, true]) {
      const s = streams([
        { ...SYN, ipv6 },
        { ...SYN_ACK, ipv6 },
        data(0, 4000, { ipv6, flags: FLAG_ACK | FLAG_PSH | FLAG_FIN, offload: true }),
      ]);
      const cut = wireSegments(s.packets.at(-1) as never, 1500, 1448, { split: 0, checksums: 0, padded: 0, stripped: 0 });
      const parsed = cut.map((w) => {
        const tcp = parseTcp(w.data, w.data.length);
        if (typeof tcp === 'string') throw new Error(tcp);
        expect(judgeChecksum(w.data, tcp)).toBe('good');
        return tcp;
      });
      expect(parsed.map((t) => t.payload_bytes)).toEqual([1448, 1448, 1104]);
      expect(parsed.map((t) => (t.flags & (FLAG_FIN | FLAG_PSH)) !== 0)).toEqual([false, false, true]);
      expect(sha(join(cut.map((w, i) => w.data.subarray(parsed[i]?.payload ?? 0))))).toBe(sha(bytes(4000)));
    }
  });

  test('UDP, ARP and fragments are skipped and counted', () => {
    const udp = segment(SYN);
    udp[23] = 17;
    const arp = segment(SYN);
    arp[12] = 8;
    arp[13] = 6;
    const fragment = segment(SYN);
    fragment[20] = 0x20;
    const frames = [udp, arp, fragment].map((d) => ({ time_ns: 0n, data: d }));
    expect(sortStreams(readCapture(pcapFile({ little: true, ns: true, frames }))).skipped).toEqual({
      'not TCP': 1,
      'not IP': 1,
      'IP fragment': 1,
    });
  });

  test('no bytes at all make the parser throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (noise, tcp) => {
      const data = noise.slice();
      if (tcp && data.length > 24) data.set([8, 0, 0x45], 12);
      expect(() => parseTcp(data, data.length)).not.toThrow();
    }), { numRuns: 500 });
  });
});

test('reassembly in any order gives the same stream', () => {
  fc.assert(
    fc.property(
      fc.nat(0xffffffff),
      fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 80 })), { maxLength: 40 }),
      (seq, pieces) => {
        const whole = bytes(500);
        const r = new Reassembly(seq);
        const got = new Set<number>();
        for (const [at, n] of pieces) {
          r.add((seq + at) >>> 0, whole.subarray(at, at + n), n, false);
          for (let i = at; i < at + n; i++) got.add(i);
        }
        let inOrder = 0;
        while (got.has(inOrder)) inOrder++;
        expect(r.bytes).toBe(inOrder);
        expect(r.sha256()).toBe(sha(whole.subarray(0, inOrder)));
      },
    ),
    { numRuns: 300 },
  );
});

test('RFC 1624: a changed field needs no second look at the data', () => {
  fc.assert(fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), fc.uint8Array({ minLength: 2, maxLength: 40 }), (from, to, payload) => {
    const make = (ack: number) => segment({ seq: 1, ack, flags: FLAG_ACK, payload });
    const before = parseTcp(make(from), 1000);
    const after = parseTcp(make(to), 1000);
    if (typeof before === 'string' || typeof after === 'string') throw new Error('not TCP');
    expect(updateChecksum32(before.checksum, from, to) % 0xffff).toBe(after.checksum % 0xffff);
  }), { numRuns: 200 });
});

describe('the captures of the repository', () => {
  const folder = new URL('../../fixtures/captures/', import.meta.url);
  test.each(['bulk-ipv4-mtu1500', 'bulk-ipv6-mtu9000', 'lossy-ipv4-mtu1500', 'many-flows-ipv4', 'small-messages-ipv4'])('%s', (name) => {
    const s = sortStreams(readCapture(readFileSync(new URL(`${name}.pcap`, folder))));
    const expected = readFileSync(new URL(`${name}.streams.jsonl`, folder), 'utf8').trim().split('\n').map((l) => JSON.parse(l));
    const found = s.connections.map((c) => ({ srcPort: c.client_port, bytes: c.stream.bytes, sha256: c.stream.sha256() }));
    expect(found.sort((a, b) => a.srcPort - b.srcPort)).toEqual(expected.sort((a, b) => a.srcPort - b.srcPort));
    expect(s.midway.size).toBe(0);
  });
});

/** Frames are views, so that a large capture is read once. */
test('frames share the file\'s memory', () => {
  const file = pcapFile({ little: true, ns: true, frames: [{ time_ns: 0n, data: segment(SYN) }] });
  const [frame] = readCapture(file).frames as readonly [CapturedFrame];
  expect(frame.data.buffer).toBe(file.buffer);
});
