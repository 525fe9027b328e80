/**
 * Capture files: pcap in both byte orders with µs or ns, and pcapng (pcapng_read.ts). A frame's bytes are a view of the
 * file's, never a copy.
 *
 * Formats: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
 */
import { InputError } from './input_error.ts';
import { readPcapng } from './pcapng_read.ts';

export interface CapturedFrame {
  /** Place in the file, from 1, as Wireshark counts. */
  readonly number: number;
  /** Since 1970. */
  readonly time_ns: bigint;
  readonly link_type: number;
  readonly data: Uint8Array;
  /** Bytes that the frame had on the wire; more than data.length when the snapshot length cut it. */
  readonly wire_bytes: number;
}

export interface Capture {
  readonly format: 'pcap' | 'pcapng';
  readonly frames: readonly CapturedFrame[];
  /** What is wrong with the file, in a sentence each; the frames before it are good. */
  readonly remarks: readonly string[];
}

const PCAPNG_MAGIC = 0x0a0d0d0a;
const MAGIC_US = 0xa1b2c3d4;
const MAGIC_NS = 0xa1b23c4d;
const MAGIC_KUZNETZOV = 0xa1b2cd34;
/** Longest record that a sane capture has: libpcap's MAXIMUM_SNAPLEN of 256 KiB, with room. */
const RECORD_MAX = 1 << 26;

export function readCapture(file: Uint8Array, name = 'the file'): Capture {
  if (file.length < 4) throw new InputError(`${name} is not a capture: it has ${file.length} bytes, and even an empty pcap file has 24.`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const magic = view.getUint32(0, true);
  if (magic === PCAPNG_MAGIC) return readPcapng(file, name);
  for (const little of [true, false]) {
    const m = view.getUint32(0, little);
    if (m === MAGIC_US || m === MAGIC_NS || m === MAGIC_KUZNETZOV) return readPcap(file, view, little, m, name);
  }
  const hex = magic.toString(16).padStart(8, '0');
  throw new InputError(`${name} is not a capture: it begins with 0x${hex}, expected pcap (a1b2c3d4, a1b23c4d) or pcapng (0a0d0d0a).`);
}

function readPcap(file: Uint8Array, view: DataView, little: boolean, magic: number, name: string): Capture {
  if (file.length < 24) throw new InputError(`${name} ends inside its pcap header (${file.length} of 24 bytes).`);
  const network = view.getUint32(20, little);
  // The upper bits may say how many bytes of frame check sequence each frame ends with.
  const fcs_bytes = network & 0x0400_0000 ? (network >>> 28) * 2 : 0;
  const link_type = network & 0xffff;
  const tick_ns = magic === MAGIC_NS ? 1n : 1000n;
  const header_bytes = magic === MAGIC_KUZNETZOV ? 24 : 16;
  const frames: CapturedFrame[] = [];
  const remarks: string[] = [];
  let at = 24;
  while (at < file.length) {
    const number = frames.length + 1;
    if (at + header_bytes > file.length) {
      remarks.push(`the file is truncated at byte ${file.length - at} of the header of frame ${number}`);
      break;
    }
    const captured = view.getUint32(at + 8, little);
    const wire = view.getUint32(at + 12, little);
    if (captured > RECORD_MAX) {
      remarks.push(`frame ${number} claims ${captured} bytes, more than any has: the file is damaged from byte ${at} on`);
      break;
    }
    const from = at + header_bytes;
    if (from + captured > file.length) {
      remarks.push(`the file is truncated at byte ${file.length - from} of frame ${number}, which has ${captured}`);
      break;
    }
    const time_ns = BigInt(view.getUint32(at, little)) * 1_000_000_000n + BigInt(view.getUint32(at + 4, little)) * tick_ns;
    frames.push(makeFrame(number, time_ns, link_type, file.subarray(from, from + captured), wire, fcs_bytes));
    at = from + captured;
  }
  return { format: 'pcap', frames, remarks };
}

/** A frame without its check sequence, if the file says that frames have one. */
export function makeFrame(
  number: number, time_ns: bigint, link_type: number, data: Uint8Array, wire: number, fcs_bytes: number,
): CapturedFrame {
  const wire_bytes = Math.max(0, Math.max(wire, data.length) - fcs_bytes);
  return { number, time_ns, link_type, data: data.length > wire_bytes ? data.subarray(0, wire_bytes) : data, wire_bytes };
}
