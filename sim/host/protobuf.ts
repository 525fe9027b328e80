/** The wire format of protocol buffers, as far as a trace needs it: varints, fixed64 and length-delimited fields. */
import { ByteWriter } from './byte_writer.ts';

const encoder = new TextEncoder();

export class ProtobufWriter {
  readonly out = new ByteWriter();

  /** Unsigned; numbers must be exact. */
  varint(field: number, value: number | bigint): this {
    this.raw(field << 3);
    this.raw(value);
    return this;
  }
  fixed64(field: number, value: bigint): this {
    this.raw((field << 3) | 1);
    this.out.u64(value);
    return this;
  }
  string(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }
  bytes(field: number, value: Uint8Array): this {
    this.raw((field << 3) | 2);
    this.raw(value.length);
    this.out.bytes(value);
    return this;
  }
  /** Fields within go through the same writer; the length is patched in as a varint of four bytes. */
  message(field: number, fill: (m: ProtobufWriter) => void): this {
    this.raw((field << 3) | 2);
    const at = this.out.length;
    this.out.u32(0);
    fill(this);
    const length = this.out.length - at - 4;
    if (length >= 1 << 28) throw new RangeError('a message of 256 MiB');
    const part = (shift: number) => (length >>> shift) & 0x7f;
    this.out.setU32(at, part(0) | 0x80 | ((part(7) | 0x80) << 8) | ((part(14) | 0x80) << 16) | (part(21) << 24));
    return this;
  }

  private raw(value: number | bigint): void {
    if (typeof value === 'bigint' && value > 0xffff_ffffn) {
      let v = value;
      while (v > 0x7fn) {
        this.out.u8(Number(v & 0x7fn) | 0x80);
        v >>= 7n;
      }
      this.out.u8(Number(v));
      return;
    }
    let v = Number(value);
    while (v > 0x7f) {
      this.out.u8((v % 128) | 0x80);
      v = Math.floor(v / 128);
    }
    this.out.u8(v);
  }
}
