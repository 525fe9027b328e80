/** Reads the capture ring where it lies: the frames that senders put on the wire (layout: nic-model/1-wire/capture.ts). */
export const CAPTURE_LOST = 1;
export const CAPTURE_CORRUPT = 2;
const RECORD_BYTES = 24;

export interface WireFrame {
  readonly time_ns: number;
  /** Host that sent it: 0 client, 1 server. */
  readonly link: number;
  readonly pkt_id: number;
  /** CAPTURE_* */
  readonly flags: number;
  /** A view: copy it to keep it. */
  readonly data: Uint8Array;
}

export function* readWireFrames(bytes: Uint8Array): Generator<WireFrame> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + RECORD_BYTES <= bytes.length; ) {
    const len = view.getUint32(at + 8, true);
    const from = at + RECORD_BYTES;
    yield {
      time_ns: Number(view.getBigUint64(at, true)), link: view.getUint8(at + 16), pkt_id: view.getUint32(at + 12, true),
      flags: view.getUint8(at + 17), data: bytes.subarray(from, from + len),
    };
    at = from + ((len + 7) & ~7);
  }
}
