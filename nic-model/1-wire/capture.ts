/**
 * The capture ring: the bytes of each frame as the sender puts them on the wire, for pcapng. Checksums are written into
 * the copy, so a capture of offloaded segments looks like one taken behind the NIC, and the frame itself stays as it is.
 *
 *      0         8     12       16     17      18      24
 *     +---------+-----+--------+------+-------+-------+--------------------------+
 *     | time_ns | len | pkt_id | link | flags | zeros | len bytes, padded to 8   |
 *     +---------+-----+--------+------+-------+-------+--------------------------+
 */
import { traceCursor } from '../../sim/core';
import { copyWriteChecksums, frameCopy } from './bytes';
import { Frame, FRAME_GOOD } from './frame';

/** The link lost the frame. */
export const CAPTURE_LOST: u32 = 1;
/** The link flips a bit of it later; the captured bytes are the clean ones. */
export const CAPTURE_CORRUPT: u32 = 2;
const RECORD_BYTES: u32 = 24;

/** Notes a frame whose first bit is on the link at `time_ns`. */
export function captureFrame(link_idx: u32, f: Frame, flags: u32, time_ns: u64): void {
  const cursor = traceCursor();
  const at = cursor.capture_next;
  if (at == 0) return;
  const len = f.len;
  const next = at + RECORD_BYTES + ((len + 7) & ~7);
  assert(next <= cursor.capture_end, 'one event captured more bytes than CAPTURE_HEADROOM');
  const record = <usize>at;
  store<u64>(record, time_ns);
  store<u32>(record, len, 8);
  store<u32>(record, f.pkt_id, 12);
  store<u64>(record, <u64>(link_idx | (flags << 8)), 16);
  frameCopy(f, 0, record + RECORD_BYTES, len);
  if ((f.flags & FRAME_GOOD) != 0) copyWriteChecksums(f, record + RECORD_BYTES);
  cursor.capture_next = next;
}
