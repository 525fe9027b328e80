/** Capture files of every shape that tools write come out as the same frames. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../sim/host/input_error.ts';
import { asEthernet } from '../../../sim/host/link_layer.ts';
import { parseTcp } from '../../../sim/host/packet_parse.ts';
import { type Capture, readCapture } from '../../../sim/host/pcap_read.ts';
import { Blocks, join, pcapFile, segment } from './capture_files.ts';

const T0 = 1_700_000_000_123_456_789n;
const DATA = segment({ seq: 1, flags: 2 });

const only = (c: Capture) => {
  expect(c.remarks).toEqual([]);
  expect(c.frames).toHaveLength(1);
  const [frame] = c.frames;
  if (!frame) throw new Error('no frame');
  return frame;
};

describe('pcap', () => {
  test.each([
    ['little-endian microseconds', true, false, T0 - 789n],
    ['big-endian microseconds', false, false, T0 - 789n],
    ['little-endian nanoseconds', true, true, T0],
    ['big-endian nanoseconds', false, true, T0],
  ])('%s', (_, little, ns, time) => {
    const frame = only(readCapture(pcapFile({ little, ns, frames: [{ time_ns: T0, data: DATA }] })));
    expect(frame).toMatchObject({ number: 1, time_ns: time, link_type: 1, wire_bytes: DATA.length });
    expect([...frame.data]).toEqual([...DATA]);
  });

  test('a frame cut by the snapshot length keeps its length on the wire', () => {
    const frame = only(
      readCapture(pcapFile({ little: true, ns: false, frames: [{ time_ns: T0, data: DATA.subarray(0, 40), wire: 1514 }] })),
    );
    expect(frame.data).toHaveLength(40);
    expect(frame.wire_bytes).toBe(1514);
  });

  test('a file that ends inside a frame gives the frames before it, and says so', () => {
    const file = pcapFile({ little: true, ns: false, frames: [{ time_ns: T0, data: DATA }, { time_ns: T0, data: DATA }] });
    const n = DATA.length;
    for (const [lost, remark] of [
      [1, `the file is truncated at byte ${n - 1} of frame 2, which has ${n}`],
      [n, `the file is truncated at byte 0 of frame 2, which has ${n}`],
      [n + 3, 'the file is truncated at byte 13 of the header of frame 2'],
    ] as const) {
      const c = readCapture(file.subarray(0, file.length - lost));
      expect(c.frames).toHaveLength(1);
      expect(c.remarks).toEqual([remark]);
    }
  });

  test('a record that claims a gigabyte ends the reading', () => {
    const file = pcapFile({ little: true, ns: false, frames: [{ time_ns: T0, data: DATA }] });
    new DataView(file.buffer).setUint32(32, 1 << 30, true);
    expect(readCapture(file)).toMatchObject({ frames: [], remarks: [expect.stringContaining('damaged')] });
  });

  test('frame check sequences that the header announces are taken off', () => {
    const file = pcapFile({ little: true, ns: false, frames: [{ time_ns: T0, data: join([DATA, new Uint8Array(4)]) }] });
    new DataView(file.buffer).setUint32(20, (0x24000000 | 1) >>> 0, true);
    expect([...only(readCapture(file)).data]).toEqual([...DATA]);
  });

  test.each([[new Uint8Array(0)], [new Uint8Array(3)], [new TextEncoder().encode('about: no capture')]])(
    'what is no capture is refused in one sentence',
    (file) => {
      expect(() => readCapture(file, 'x.pcap')).toThrow(InputError);
      expect(() => readCapture(file, 'x.pcap')).toThrow(/^x\.pcap is not a capture/);
    },
  );
});

describe('pcapng', () => {
  test.each([[true], [false]])('sections, interfaces and enhanced packets, little-endian %s', (little) => {
    const b = new Blocks(little);
    const resolution = b.option(9, new Uint8Array([9]));
    const file = b.section().iface(1, 0, resolution).block(0x0bad, new Uint8Array(5)).enhanced(0, T0, DATA).file();
    expect(only(readCapture(file))).toMatchObject({ time_ns: T0, link_type: 1 });
  });

  test('time resolutions of powers of ten and of two, and an offset', () => {
    const at = (options: (b: Blocks) => Uint8Array, ticks: bigint) => {
      const b = new Blocks(true);
      return only(readCapture(b.section().iface(1, 0, options(b)).enhanced(0, ticks, DATA).file())).time_ns;
    };
    expect(at(() => new Uint8Array(0), 1_500_000n)).toBe(1_500_000_000n);
    expect(at((b) => b.option(9, new Uint8Array([3])), 1_500n)).toBe(1_500_000_000n);
    expect(at((b) => b.option(9, new Uint8Array([0x80 | 10])), 1_536n)).toBe(1_500_000_000n);
    expect(at((b) => join([b.option(14, new Uint8Array([10, 0, 0, 0, 0, 0, 0, 0])), b.option(0, new Uint8Array(0))]), 0n)).toBe(
      10_000_000_000n,
    );
  });

  test('a simple packet is cut at its interface\'s snapshot length', () => {
    const b = new Blocks(true);
    const frame = only(readCapture(b.section().iface(1, 40).simple(DATA.subarray(0, 40), DATA.length).file()));
    expect(frame.data).toHaveLength(40);
    expect(frame.wire_bytes).toBe(DATA.length);
  });

  test('a second section has interfaces and a byte order of its own', () => {
    const one = new Blocks(true).section().iface(1).enhanced(0, 1n, DATA).file();
    const two = new Blocks(false).section().iface(101).enhanced(0, 2n, DATA.subarray(14)).file();
    expect(readCapture(join([one, two])).frames.map((f) => [f.number, f.link_type])).toEqual([[1, 1], [2, 101]]);
  });

  test('a packet of an interface that nobody described is refused', () => {
    expect(() => readCapture(new Blocks(true).section().enhanced(0, 0n, DATA).file())).toThrow(InputError);
  });

  test('a file that ends inside a block says so', () => {
    const file = new Blocks(true).section().iface(1).enhanced(0, 1n, DATA).file();
    expect(readCapture(file.subarray(0, file.length - 5))).toMatchObject({
      frames: [],
      remarks: [expect.stringMatching(/^the file is truncated at byte \d+ of frame 1, whose block has \d+$/)],
    });
  });
});

describe('other link types get an Ethernet header', () => {
  const ip = DATA.subarray(14);
  test.each([
    ['raw IP', 101, ip],
    ['Linux cooked', 113, join([new Uint8Array(16), ip])],
    ['Linux cooked 2', 276, join([new Uint8Array(20), ip])],
    ['BSD loopback', 0, join([new Uint8Array([2, 0, 0, 0]), ip])],
  ])('%s', (_, link_type, data) => {
    const frame = asEthernet(only(readCapture(pcapFile({ little: true, ns: false, link_type, frames: [{ time_ns: T0, data }] }))));
    expect(frame.wire_bytes).toBe(DATA.length);
    expect(parseTcp(frame.data, frame.wire_bytes)).toMatchObject({ family: 4, src_port: 40000, dst_port: 8080 });
  });

  test('one that cannot be replayed is named', () => {
    const file = pcapFile({ little: true, ns: false, link_type: 105, frames: [{ time_ns: T0, data: DATA }] });
    expect(() => asEthernet(only(readCapture(file)))).toThrow(/link type 105/);
  });
});
