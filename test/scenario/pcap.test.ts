/** Real captures through the machine: every stream arrives whole, byte for byte what the capture holds. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileCore, InputError, replayCapture } from '../../sim/host/index.ts';
import { FLAG_ACK, FLAG_FIN, FLAG_SYN } from '../../sim/host/packet_parse.ts';
import { pcapFile, segment, type SegmentSpec } from '../unit/host/capture_files.ts';

const folder = new URL('../fixtures/captures/', import.meta.url);
let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(new URL('../../build/core.wasm', import.meta.url)));
});

describe.each(['bulk-ipv4-mtu1500', 'bulk-ipv6-mtu9000', 'lossy-ipv4-mtu1500', 'many-flows-ipv4', 'small-messages-ipv4'])('%s', (name) => {
  const file = readFileSync(new URL(`${name}.pcap`, folder));
  const expected = readFileSync(new URL(`${name}.streams.jsonl`, folder), 'utf8').trim().split('\n').map((l) => JSON.parse(l));

  test('every stream has the SHA-256 of the file beside it', () => {
    const result = replayCapture(core, file, { name });
    const found = result.streams.map((s) => ({ srcPort: s.srcPort, bytes: s.bytes, sha256: s.sha256 }));
    expect(found.sort((a, b) => a.srcPort - b.srcPort)).toEqual(expected.sort((a, b) => a.srcPort - b.srcPort));
    expect(result.expect.every((e) => e.ok)).toBe(true);
    for (const s of result.streams) {
      expect(s.zeroCopyBytes + s.copiedBytes).toBe(s.bytes);
      expect(s.copiedBytes, 'the capture came by steered, split frames').toBe(0);
      expect(s.missing).toBe('');
    }
  });

  test('twice the same capture, twice the same state', () => {
    expect(replayCapture(core, file, { name }).stateHash).toBe(replayCapture(core, file, { name }).stateHash);
  });
});

describe('captures of anybody', () => {
  const payload = (n: number) => Uint8Array.from({ length: n }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
  const OPTIONS = new Uint8Array([2, 4, 5, 0xb4]);
  const conversation = (more: Partial<SegmentSpec> = {}, bytes = 5000, step = 1000): SegmentSpec[] => {
    const data = payload(bytes);
    const out: SegmentSpec[] = [
      { seq: 100, flags: FLAG_SYN, options: OPTIONS, ...more },
      { seq: 900, ack: 101, flags: FLAG_SYN | FLAG_ACK, reply: true, options: OPTIONS, ...more },
      { seq: 101, ack: 901, flags: FLAG_ACK, ...more },
    ];
    for (let at = 0; at < bytes; at += step)
      out.push({ seq: 101 + at, ack: 901, flags: FLAG_ACK, payload: data.subarray(at, at + step), ...more });
    out.push({ seq: 101 + bytes, ack: 901, flags: FLAG_FIN | FLAG_ACK, ...more });
    out.push({ seq: 901, ack: 102 + bytes, flags: FLAG_FIN | FLAG_ACK, reply: true, ...more });
    out.push({ seq: 102 + bytes, ack: 902, flags: FLAG_ACK, ...more });
    return out;
  };
  const file = (specs: readonly SegmentSpec[], step_ns = 50_000n) =>
    pcapFile({ little: true, ns: true, frames: specs.map((s, i) => ({ time_ns: BigInt(i) * step_ns, data: segment(s) })) });
  const replay = (specs: readonly SegmentSpec[]) => replayCapture(core, file(specs), { name: 't.pcap' });

  test.each<[string, Partial<SegmentSpec>]>([
    ['plain', {}],
    ['a VLAN tag', { vlans: [7] }],
    ['IPv6', { ipv6: true }],
    ['IPv6 extension headers', { ipv6: true, extensions: [0, 60] }],
  ])('%s: the stream arrives whole and without a copy', (_, more) => {
    const [s] = replay(conversation(more)).streams;
    expect(s).toMatchObject({ bytes: 5000, zeroCopyBytes: 5000, complete: true, missing: '' });
  });

  test('checksums left to the sender\'s NIC and packets larger than the MTU, as seen on the sending host', () => {
    const specs = conversation({}, 60_000, 20_000).map((s) => (s.reply ? s : { ...s, offload: true }));
    const result = replay(specs);
    expect(result.streams[0]).toMatchObject({ bytes: 60_000, complete: true });
    expect(result.repaired.split).toBe(3);
    expect(result.repaired.checksums).toBeGreaterThan(0);
  });

  test('acknowledgements of what the captured server sent are taken back', () => {
    const specs = conversation();
    const talk = specs.map((s, i) => (i > 4 && !s.reply ? { ...s, ack: 901 + 300 } : s));
    talk.splice(4, 0, { seq: 901, ack: 1101, flags: FLAG_ACK, reply: true, payload: payload(300) });
    const result = replay(talk);
    expect(result.streams[0]).toMatchObject({ bytes: 5000, complete: true, serverBytesNotReplayed: 300 });
    expect(result.repaired.acks).toBeGreaterThan(0);
  });

  test('lost, doubled and reordered segments', () => {
    const specs = conversation();
    const [a, b] = [specs[4], specs[5]] as [SegmentSpec, SegmentSpec];
    specs.splice(4, 2, b, b, a, a);
    const [s] = replay(specs).streams;
    expect(s).toMatchObject({ bytes: 5000, complete: true });
    expect(s?.outOfOrder).toBeGreaterThan(0);
    expect(s?.duplicates).toBeGreaterThan(0);
  });

  test('a segment that the capture missed leaves a hole, told with its place', () => {
    const specs = conversation();
    specs.splice(5, 1);
    const result = replay(specs);
    expect(result.streams[0]).toMatchObject({
      bytes: 2000,
      complete: false,
      missing: 'the capture lacks bytes 2000 to 2999 of the stream',
    });
    expect(result.expect[0]?.ok).toBe(false);
  });

  test('the same ports used twice are two streams', () => {
    const again = conversation().map((s) =>
      s.reply
        ? { ...s, seq: s.seq + 70_000, ack: (s.ack ?? 0) + 50_000 }
        : { ...s, seq: s.seq + 50_000, ack: s.ack ? s.ack + 70_000 : 0 },
    );
    const { streams } = replay([...conversation(), ...again]);
    expect(streams.map((s) => [s.bytes, s.complete])).toEqual([[5000, true], [5000, true]]);
  });

  test('nothing to replay is one sentence', () => {
    expect(() => replay(conversation().slice(3))).toThrow(InputError);
    expect(() => replay(conversation().slice(3))).toThrow(/began before it/);
    expect(() => replayCapture(core, file([]), { name: 'x' })).toThrow(/no TCP connection/);
  });
});
