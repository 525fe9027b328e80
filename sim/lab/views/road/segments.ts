/**
 * Packets of several segments. A packet of n takes n packet ids in a row, and only the first one is in its record; how long its
 * frames' headers are is told by the sequence numbers of two of them, and by that which frame is the last.
 */
const SEGMENTS_MAX = 2048;

export class Segments {
  /** First ids in the order of their records, which is their own. */
  readonly #firsts: number[] = [];
  readonly #bytes: number[] = [];

  /** Packets that the NIC is cutting. */
  readonly #cut = new Map<number, { readonly seq: number; readonly bytes: number; first_len: number; header: number }>();

  sent(pkt_id: number, seq: number, bytes: number): void {
    if (bytes > 0) this.#cut.set(pkt_id, { seq, bytes, first_len: 0, header: -1 });
    const last = this.#firsts.length - 1;
    if (last >= 0 && pkt_id <= (this.#firsts[last] as number)) return;
    this.#firsts.push(pkt_id);
    this.#bytes.push(bytes);
  }

  /** A frame that was cut out of a packet. True: it is the last one. */
  cut(pkt_id: number, frame_id: number, seq: number, len: number): boolean {
    const packet = this.#cut.get(pkt_id);
    if (!packet) return false;
    const offset = (seq - packet.seq) >>> 0;
    if (offset === 0) packet.first_len = len;
    else if (packet.header < 0) packet.header = packet.first_len - offset / (frame_id - pkt_id);
    if (packet.header < 0 || offset + len - packet.header < packet.bytes) return false;
    this.#cut.delete(pkt_id);
    return true;
  }

  /** Whether an id may be of a packet that TCP sent: it is the first one's, or one of those behind it. */
  knows(pkt_id: number): boolean {
    let low = 0;
    let high = this.#firsts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#firsts[middle] as number) <= pkt_id) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return false;
    const first = this.#firsts[low - 1] as number;
    return pkt_id === first || (pkt_id - first < SEGMENTS_MAX && (this.#bytes[low - 1] as number) > pkt_id - first);
  }
}
