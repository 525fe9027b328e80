/** Description: a frame that the host feeds arrives as it is, at its time; one that cannot be a frame is refused. */
import { arenaAlloc, coreState, NONE, storeBe16, traceCursor } from '../../../sim/core';
import {
  frame, frameChecksumsOk, frameCopy, frameFree, INJECT_OFFLOADED, PROTO_IPV4, PROTO_TCP, PROTO_VLAN, wireInject, wireVerify,
} from '../../../nic-model/1-wire';
import { arrival, build, headers, HEADERS, send, small } from '../config_two_nics.as';

const EINVAL: i32 = 22;
const ENOMEM: i32 = 12;

function bytes(len: u32): usize {
  const at = arenaAlloc(len + 16);
  for (let i: u32 = 0; i < len; i++) store<u8>(at + i, <u8>(i * 31 + (i >> 8)));
  return at;
}

export function its_bytes_arrive_at_its_time(): void {
  small();
  build();
  for (let round: u32 = 0; round < 4; round++) {
    const len: u32 = round == 0 ? 14 : round == 1 ? 128 : round == 2 ? 1514 : 65557;
    const at = bytes(len);
    const time = coreState().clock_ns + 1000;
    assert(wireInject(0, time, at, len, 0) == 0, 'taken');
    const f = arrival(0);
    assert(coreState().clock_ns == time && frame(f).len == len, 'on time');
    const to = arenaAlloc(len);
    frameCopy(frame(f), 0, to, len);
    assert(memory.compare(to, at, len) == 0, 'as it is');
    frameFree(f);
  }
}

export function what_cannot_be_a_frame_is_refused(): void {
  small();
  build();
  const at = bytes(64);
  assert(wireInject(0, 0, at, 13, 0) == -EINVAL, 'shorter than an Ethernet header');
  assert(wireInject(0, 0, at, 65558, 0) == -EINVAL, 'longer than any IP datagram');
  assert(wireInject(2, 0, at, 60, 0) == -EINVAL, 'no such link');
  coreState().clock_ns = 10;
  assert(wireInject(0, 9, at, 60, 0) == -EINVAL, 'in the past');
}

export function without_transmit_pages_nothing_is_kept(): void {
  small();
  build();
  const at = bytes(65535);
  let taken: u32 = 0;
  while (wireInject(0, 1000, at, 65535, 0) == 0) taken++;
  assert(wireInject(0, 1000, at, 65535, 0) == -ENOMEM, 'the pages of the world are used up');
  assert(taken > 20 && wireVerify() == taken, 'those that were taken are in flight');
}

export function it_joins_the_frames_in_flight_by_time(): void {
  small();
  build();
  send(0, 1, 100);
  assert(wireInject(0, 5, bytes(60), 60, 0) == 0, 'taken');
  assert(frame(arrival(0)).len == 60 && frame(arrival(0)).len == 154 && arrival(0) == NONE, 'the earlier one first');
}

export function a_checksum_that_was_left_to_a_nic_counts_as_right(): void {
  small();
  build();
  const at = headers(0, 1, 0, 16);
  assert(wireInject(0, 1, at, HEADERS, 0) == 0 && wireInject(0, 2, at, HEADERS, INJECT_OFFLOADED) == 0, 'taken');
  assert(!frameChecksumsOk(frame(arrival(0))), 'zero is wrong');
  assert(frameChecksumsOk(frame(arrival(0))), 'unless the host says that it was offloaded');
}

export function vlan_tags_are_seen(): void {
  small();
  build();
  const at = headers(0, 1234, 0, 16);
  memory.copy(at + 16, at + 12, HEADERS - 12);
  storeBe16(at + 12, 0x8100);
  storeBe16(at + 14, 7);
  assert(wireInject(0, 1, at, HEADERS + 4, 0) == 0, 'taken');
  const f = frame(arrival(0));
  assert(f.proto == (PROTO_VLAN | PROTO_IPV4 | PROTO_TCP), 'a tag, then IPv4 and TCP');
  assert(f.l3_off == 18 && f.l4_off == 38 && f.payload_off == 58 && f.seq == 1234, 'four bytes later');
}

export function the_capture_has_the_bytes_with_checksums(): void {
  small();
  build();
  const ring = arenaAlloc(65536);
  const cursor = traceCursor();
  cursor.capture_base = <u32>ring;
  cursor.capture_next = <u32>ring;
  cursor.capture_end = <u32>ring + 65536;
  send(0, 42, 301);
  frameFree(arrival(0));
  assert(cursor.capture_next == <u32>ring + 24 + 360, 'one record, padded to eight');
  assert(load<u32>(ring, 8) == 355 && load<u32>(ring, 12) == 1 && load<u8>(ring, 16) == 0 && load<u8>(ring, 17) == 0, 'its head');
  // Fed back, it passes a NIC that computes.
  assert(wireInject(0, coreState().clock_ns + 5, ring + 24, 355, 0) == 0, 'taken');
  const next = cursor.capture_next;
  assert(frameChecksumsOk(frame(arrival(0))), 'right sums');
  assert(cursor.capture_next > next, 'an injected frame is captured when it arrives');
}
