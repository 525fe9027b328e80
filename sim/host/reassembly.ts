/**
 * A byte stream put together from its segments, as they come: in order, repeated, overlapping, with holes. It keeps a
 * running SHA-256 of what is in order and keeps views of what came early. The first copy of a byte counts.
 */
import { Sha256 } from './sha256.ts';

interface Piece {
  readonly from: number;
  readonly end: number;
  readonly data: Uint8Array;
}

export class Reassembly {
  /** Bytes in order from the start. */
  bytes = 0;
  /** Payload that the capture cut away; zeros stand for it. */
  missing_bytes = 0;
  /** Position after the last byte, once a FIN told it. */
  end: number | undefined;
  private next_seq: number;
  private farthest = 0;
  private readonly early: Piece[] = [];
  private readonly sha = new Sha256();

  constructor(first_seq: number) {
    this.next_seq = first_seq;
  }

  add(seq: number, data: Uint8Array, wire_bytes: number, fin: boolean): void {
    // Distance modulo 2^32, signed: how far the segment begins after what is in order.
    const from = this.bytes + ((seq - this.next_seq) | 0);
    if (fin) this.end = from + wire_bytes;
    if (wire_bytes === 0) return;
    const end = from + wire_bytes;
    this.farthest = Math.max(this.farthest, end);
    if (end <= this.bytes) return;
    this.missing_bytes += wire_bytes - data.length;
    if (from > this.bytes) return this.keep({ from, end, data });
    this.take({ from, end, data });
    while (this.early.length > 0 && (this.early[0] as Piece).from <= this.bytes) {
      const p = this.early.shift() as Piece;
      if (p.end > this.bytes) this.take(p);
    }
  }

  /** The furthest byte that was ever seen. */
  greatest(): number {
    return this.farthest;
  }

  /** Ranges that never came, up to the furthest byte or the FIN. */
  holes(): [number, number][] {
    const holes: [number, number][] = [];
    let at = this.bytes;
    for (const p of this.early) {
      if (p.from > at) holes.push([at, p.from]);
      at = Math.max(at, p.end);
    }
    if (this.end !== undefined && this.end > at) holes.push([at, this.end]);
    return holes;
  }

  sha256(): string {
    return this.sha.hex();
  }

  private take(p: Piece): void {
    const skip = this.bytes - p.from;
    const fresh = p.end - this.bytes;
    const data = p.data.subarray(skip);
    this.sha.update(data);
    if (data.length < fresh) this.sha.update(new Uint8Array(fresh - data.length));
    this.bytes = p.end;
    this.next_seq = (this.next_seq + fresh) >>> 0;
  }

  /** Files a piece that came early, by where it begins. */
  private keep(p: Piece): void {
    let low = 0;
    let high = this.early.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.early[middle] as Piece).from < p.from) low = middle + 1;
      else high = middle;
    }
    this.early.splice(low, 0, p);
  }
}
