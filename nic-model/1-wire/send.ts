/** Sending: how long a frame occupies its link, and what the link makes of it. */
import { NONE, traceWireSend } from '../../sim/core';
import { captureFrame } from './capture';
import { frame } from './frame';
import { impair } from './impair';
import { link, linkPush, NS_FRACTION } from './link';

/** Preamble 8, frame check sequence 4, gap between frames 12 bytes; a frame has at least 60 bytes (IEEE 802.3). */
const ETH_OVERHEAD: u32 = 24;
const ETH_ZLEN: u32 = 60;

/**
 * A frame leaves on a link that is free from `start` on; the wire owns it now. `waiting`: packets behind it. Returns when its
 * last bit has left.
 */
export function wireSend(link_idx: u32, frame_idx: u32, start: u64, waiting: u32): u64 {
  const l = link(link_idx);
  const f = frame(frame_idx);
  assert(start >= l.free_ns, 'W5 a link sends one frame at a time');
  const q = <u64>(max(f.len, ETH_ZLEN) + ETH_OVERHEAD) * l.ns_per_byte_q24 + l.fraction_q24;
  const end = start + (q >> NS_FRACTION);
  l.fraction_q24 = q & ((1 << NS_FRACTION) - 1);
  l.free_ns = end;
  const nth = ++l.frames;
  traceWireSend(f.pkt_id, NONE, f.len, f.seq, waiting);
  if (l.impaired != 0 || nth == l.fault_frame) {
    impair(link_idx, frame_idx, start, end, nth);
  } else {
    captureFrame(link_idx, f, 0, start);
    linkPush(link_idx, frame_idx, end + l.delay_ns);
  }
  return end;
}
