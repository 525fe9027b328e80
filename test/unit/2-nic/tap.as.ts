/** Description: a host behind a tap device sends what it is given through its own queue and wire, and what reaches it leaves the world. */
import { arenaAlloc, DROP_FULL_RING, DROP_PKT_TOO_SMALL, enterHardware, NONE, traceCursor } from '../../../sim/core';
import { frame, frameChecksumsOk, frameCopy, frameFree, wireEgress, wireVerify } from '../../../nic-model/1-wire';
import { nicFeed } from '../../../nic-model/2-nic';
import { AT_NIC_TX_RING, AT_WIRE_LOSS_PPM, AT_WIRE_QUEUE_PACKETS, setHost } from '../config.gen.as';
import { arrival, build, drops, headers, HEADERS, send, small } from '../config_two_nics.as';

/** Writes a frame with its length before it; returns where the next one goes. */
function put(at: usize, seq: u32, len: u32): usize {
  store<u32>(at, HEADERS + len);
  memory.copy(at + 4, headers(0, seq, len, 16), HEADERS);
  for (let i: u32 = 0; i < len; i++) store<u8>(at + 4 + HEADERS + i, <u8>(seq + i));
  return at + 4 + HEADERS + len;
}

export function frames_of_a_stream_arrive_in_order_and_the_rest_of_it_waits(): void {
  small();
  build();
  const from = arenaAlloc(8192);
  let end = put(from, 1, 1000);
  end = put(end, 1001, 0);
  const whole = <u32>(end - from);
  end = put(end, 1001, 500);
  enterHardware(0);
  assert(nicFeed(0, from, <u32>(end - from) - 1) == whole, 'a frame without its last byte is not taken');
  assert(nicFeed(0, from, 3) == 0, 'nor is half a length');
  const to = arenaAlloc(2048);
  let f = arrival(0);
  assert(frame(f).len == HEADERS + 1000 && frame(f).seq == 1 && frame(f).head_len == <u16>HEADERS, 'split at the payload');
  frameCopy(frame(f), 0, to, HEADERS + 1000);
  assert(memory.compare(to, from + 4, HEADERS + 1000) == 0, 'byte for byte');
  assert(!frameChecksumsOk(frame(f)), 'with the checksums that it came with');
  frameFree(f);
  f = arrival(0);
  assert(frame(f).len == HEADERS && frame(f).seq == 1001, 'the next one');
  frameFree(f);
  assert(arrival(0) == NONE && wireVerify() == 0, 'no more');
}

export function what_is_no_frame_is_skipped(): void {
  small();
  build();
  const from = arenaAlloc(8192);
  store<u32>(from, 13);
  const end = put(from + 17, 7, 10);
  enterHardware(0);
  assert(nicFeed(0, from, <u32>(end - from)) == <u32>(end - from), 'both are taken');
  assert(drops(0, DROP_PKT_TOO_SMALL) == 1, 'one for nothing');
  assert(frame(arrival(0)).seq == 7, 'the other arrives');
}

export function a_full_queue_drops(): void {
  small();
  setHost(0, AT_NIC_TX_RING, 8);
  setHost(0, AT_WIRE_QUEUE_PACKETS, 4);
  build();
  const from = arenaAlloc(8192);
  let end = from;
  for (let i: u32 = 0; i < 20; i++) end = put(end, i, 10);
  enterHardware(0);
  nicFeed(0, from, <u32>(end - from));
  assert(drops(0, DROP_FULL_RING) == 8, 'eight in the ring and four in the queue');
  for (let i: u32 = 0; i < 12; i++) frameFree(arrival(0));
  assert(arrival(0) == NONE, 'those arrive');
}

export function its_link_loses_frames_like_any_other(): void {
  small();
  setHost(0, AT_WIRE_LOSS_PPM, 1000000);
  build();
  const from = arenaAlloc(8192);
  const end = put(from, 1, 100);
  enterHardware(0);
  nicFeed(0, from, <u32>(end - from));
  assert(arrival(0) == NONE && wireVerify() == 0, 'lost');
}

export function what_leaves_the_world_has_its_length_before_it_and_its_checksums_in_it(): void {
  small();
  build();
  const out = arenaAlloc(8192);
  const cursor = traceCursor();
  cursor.egress_base = <u32>out;
  cursor.egress_next = <u32>out;
  cursor.egress_end = <u32>out + 8192;
  send(1, 42, 301);
  send(1, 343, 0);
  wireEgress(arrival(1));
  wireEgress(arrival(1));
  assert(cursor.egress_next == <u32>out + 4 + HEADERS + 301 + 4 + HEADERS, 'one behind the other');
  assert(load<u32>(out) == HEADERS + 301 && load<u32>(out + 4 + HEADERS + 301) == HEADERS, 'lengths');
  assert(wireVerify() == 0, 'the world has forgotten them');
  // The same stream, fed back, passes a NIC that computes.
  enterHardware(1);
  nicFeed(1, out, cursor.egress_next - <u32>out);
  for (let i: u32 = 0; i < 2; i++) assert(frameChecksumsOk(frame(arrival(1))), 'right sums');
}
