/**
 * Frames that leave the world: what reaches the end of the wire where a tap device stands in for a host (nic.tap). The host
 * empties the buffer when run() returns. The same form goes both ways, here and in 2-nic/tap.ts:
 *
 *      0     4               4 + len
 *     +-----+---------------+-----+---------------+--
 *     | len | len bytes     | len | len bytes     |  …      little-endian, without padding
 *     +-----+---------------+-----+---------------+--
 */
import { traceCursor } from '../../sim/core';
import { copyWriteChecksums, frameCopy } from './bytes';
import { frame, frameFree, FRAME_GOOD } from './frame';

/** Takes over a frame that has arrived. */
export function wireEgress(frame_idx: u32): void {
  const cursor = traceCursor();
  const f = frame(frame_idx);
  const len = f.len;
  const at = <usize>cursor.egress_next;
  assert(at + 4 + len <= <usize>cursor.egress_end, 'one event let more bytes out of the world than CAPTURE_HEADROOM');
  store<u32>(at, len);
  frameCopy(f, 0, at + 4, len);
  if ((f.flags & FRAME_GOOD) != 0) copyWriteChecksums(f, at + 4);
  cursor.egress_next = <u32>at + 4 + len;
  frameFree(frame_idx);
}
