/** Bytes appended one after the other, in little-endian order. */
export class ByteWriter {
  private buffer = new Uint8Array(65536);
  private view = new DataView(this.buffer.buffer);
  length = 0;

  u8(value: number): void {
    this.room(1);
    this.buffer[this.length++] = value;
  }
  u16(value: number): void {
    this.room(2);
    this.view.setUint16(this.length, value, true);
    this.length += 2;
  }
  u32(value: number): void {
    this.room(4);
    this.view.setUint32(this.length, value, true);
    this.length += 4;
  }
  u64(value: bigint): void {
    this.room(8);
    this.view.setBigUint64(this.length, value, true);
    this.length += 8;
  }
  bytes(data: Uint8Array): void {
    this.room(data.length);
    this.buffer.set(data, this.length);
    this.length += data.length;
  }
  /** Zeros up to a multiple of 4. */
  pad4(): void {
    while (this.length & 3) this.u8(0);
  }
  setU32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }
  /** A copy of what was written; the writer is empty afterwards. */
  take(): Uint8Array {
    const out = this.buffer.slice(0, this.length);
    this.length = 0;
    return out;
  }

  private room(more: number): void {
    if (this.length + more <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + more));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
    this.view = new DataView(grown.buffer);
  }
}
