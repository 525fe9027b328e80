/**
 * A host that is no part of the world (nic.tap): of its NIC there are only the TX queues. What a real host behind a tap
 * device sends waits in them for the link, like any frame; what is sent to it leaves the world at its end of the wire
 * (1-wire/egress.ts, with a picture of the stream of frames).
 */
import { countDrop, DROP_FULL_RING, DROP_NOMEM, DROP_PKT_TOO_SMALL, NONE, STAGE_NIC } from '../../sim/core';
import { frame, frameLengthOk, frameOfBytes } from '../1-wire';
import { txEnqueue, txRefuses } from './tx_ring';

/** A host's hardware sends the whole frames of a stream of `len` bytes. Returns how many bytes they are. */
export function nicFeed(host: u32, addr: usize, len: u32): u32 {
  let at: u32 = 0;
  while (len - at >= 4) {
    const frame_len = load<u32>(addr + at);
    if (frame_len > len - at - 4) break;
    feedFrame(host, addr + at + 4, frame_len);
    at += 4 + frame_len;
  }
  return at;
}

function feedFrame(host: u32, addr: usize, len: u32): void {
  if (!frameLengthOk(len)) return countDrop(DROP_PKT_TOO_SMALL, STAGE_NIC, 0, len);
  if (txRefuses(host, 0, NONE, 0, 0)) return countDrop(DROP_FULL_RING, STAGE_NIC, 0, len);
  const idx = frameOfBytes(host, addr, len);
  if (idx == NONE) return countDrop(DROP_NOMEM, STAGE_NIC, 0, len);
  const f = frame(idx);
  f.queue = 0;
  f.truesize = 0;
  txEnqueue(host, 0, idx, NONE, 0);
}
