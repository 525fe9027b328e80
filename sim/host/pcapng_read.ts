/**
 * pcapng: sections, interfaces and the three kinds of packet blocks; other blocks are skipped by their length.
 *
 *     | type | total length | body … padded to 4 | total length |
 */
import { InputError } from './input_error.ts';
import { type Capture, type CapturedFrame, makeFrame } from './pcap_read.ts';

const BLOCK_SECTION = 0x0a0d0d0a;
const BLOCK_INTERFACE = 1;
const BLOCK_PACKET = 2; // obsolete, still written by old tools
const BLOCK_SIMPLE = 3;
const BLOCK_ENHANCED = 6;
const PACKETS = [BLOCK_PACKET, BLOCK_SIMPLE, BLOCK_ENHANCED];
const OPTION_IF_TSRESOL = 9;
const OPTION_IF_FCSLEN = 13;
const OPTION_IF_TSOFFSET = 14;

interface Interface {
  readonly link_type: number;
  readonly snaplen: number;
  readonly ticks_per_s: bigint;
  readonly offset_s: bigint;
  readonly fcs_bytes: number;
}

class Reader {
  readonly frames: CapturedFrame[] = [];
  readonly remarks: string[] = [];
  private readonly file: Uint8Array;
  private readonly name: string;
  private readonly view: DataView;
  private interfaces: Interface[] = [];
  private little = true;
  private last_ns = 0n;

  constructor(file: Uint8Array, name: string) {
    this.file = file;
    this.name = name;
    this.view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  }

  read(): Capture {
    let at = 0;
    while (at < this.file.length) {
      if (at + 12 > this.file.length) {
        this.remarks.push(`the file ends inside a block header at byte ${at}`);
        break;
      }
      // A section header reads the same in both byte orders; it says which one follows.
      if (this.view.getUint32(at, true) === BLOCK_SECTION) this.section(at);
      const type = this.view.getUint32(at, this.little);
      const total = this.view.getUint32(at + 4, this.little);
      if (total < 12 || total % 4 !== 0) {
        this.remarks.push(`a block of ${total} bytes at byte ${at}: the file is damaged from there on`);
        break;
      }
      if (at + total > this.file.length) {
        this.remarks.push(this.truncated(type, at, total));
        break;
      }
      this.block(type, at + 8, at + total - 4);
      at += total;
    }
    return { format: 'pcapng', frames: this.frames, remarks: this.remarks };
  }

  private truncated(type: number, at: number, total: number): string {
    const what = PACKETS.includes(type) ? `frame ${this.frames.length + 1}` : `the block at byte ${at}`;
    return `the file is truncated at byte ${this.file.length - at} of ${what}, whose block has ${total}`;
  }

  private section(at: number): void {
    const magic = this.view.getUint32(at + 8, true);
    if (magic === 0x1a2b3c4d) this.little = true;
    else if (magic === 0x4d3c2b1a) this.little = false;
    else throw new InputError(`${this.name} is not a capture: its pcapng section at byte ${at} has no byte-order magic.`);
    this.interfaces = [];
  }

  private block(type: number, from: number, end: number): void {
    const room = end - from;
    if (type === BLOCK_INTERFACE && room >= 8) this.addInterface(from, end);
    else if (type === BLOCK_ENHANCED && room >= 20) {
      this.packet(this.u32(from), this.u32(from + 4), this.u32(from + 8), this.u32(from + 12), this.u32(from + 16), from + 20, end);
    } else if (type === BLOCK_PACKET && room >= 20) {
      this.packet(this.u16(from), this.u32(from + 4), this.u32(from + 8), this.u32(from + 12), this.u32(from + 16), from + 20, end);
    } else if (type === BLOCK_SIMPLE && room >= 4) this.simplePacket(from, end);
  }

  private addInterface(from: number, end: number): void {
    let ticks_per_s = 1_000_000n;
    let offset_s = 0n;
    let fcs_bytes = 0;
    for (let at = from + 8; at + 4 <= end; ) {
      const code = this.u16(at);
      const len = this.u16(at + 2);
      const value = at + 4;
      if (code === 0 || value + len > end) break;
      if (code === OPTION_IF_TSRESOL && len >= 1) {
        const r = this.view.getUint8(value);
        ticks_per_s = r & 0x80 ? 2n ** BigInt(r & 0x7f) : 10n ** BigInt(r);
      } else if (code === OPTION_IF_TSOFFSET && len >= 8) offset_s = this.view.getBigInt64(value, this.little);
      else if (code === OPTION_IF_FCSLEN && len >= 1) fcs_bytes = this.view.getUint8(value);
      at = value + ((len + 3) & ~3);
    }
    this.interfaces.push({ link_type: this.u16(from), snaplen: this.u32(from + 4), ticks_per_s, offset_s, fcs_bytes });
  }

  private packet(iface: number, high: number, low: number, captured: number, wire: number, from: number, end: number): void {
    const number = this.frames.length + 1;
    const i = this.interfaces[iface];
    if (!i) throw new InputError(`${this.name}: frame ${number} belongs to interface ${iface}, which the file does not describe.`);
    if (from + captured > end) {
      this.remarks.push(`frame ${number} claims ${captured} bytes, more than its block has`);
      return;
    }
    const ticks = (BigInt(high) << 32n) | BigInt(low);
    const time_ns = (ticks * 1_000_000_000n) / i.ticks_per_s + i.offset_s * 1_000_000_000n;
    this.last_ns = time_ns;
    this.frames.push(makeFrame(number, time_ns, i.link_type, this.file.subarray(from, from + captured), wire, i.fcs_bytes));
  }

  /** A simple packet has no time: it gets that of the frame before it. */
  private simplePacket(from: number, end: number): void {
    const i = this.interfaces[0];
    if (!i) throw new InputError(`${this.name}: a simple packet block comes before any interface description.`);
    const wire = this.u32(from);
    const captured = Math.min(wire, i.snaplen === 0 ? wire : i.snaplen, end - from - 4);
    const data = this.file.subarray(from + 4, from + 4 + captured);
    this.frames.push(makeFrame(this.frames.length + 1, this.last_ns, i.link_type, data, wire, i.fcs_bytes));
  }

  private u16(at: number): number {
    return this.view.getUint16(at, this.little);
  }
  private u32(at: number): number {
    return this.view.getUint32(at, this.little);
  }
}

export function readPcapng(file: Uint8Array, name: string): Capture {
  return new Reader(file, name).read();
}
