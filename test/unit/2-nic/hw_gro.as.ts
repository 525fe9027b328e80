/** Description: hardware merges segments that follow each other into one completion, and says what it has become. */
import {
  EV_SKB_BUILD, loadBe16, NICQ_RX_HW_GRO_BYTES, NICQ_RX_HW_GRO_PACKETS, NICQ_RX_HW_GRO_WIRE_BYTES, NICQ_RX_HW_GRO_WIRE_PACKETS,
  NICQ_RX_LRO_BYTES, NICQ_RX_LRO_PACKETS, NONE, storeBe16, storeBe32,
} from '../../../sim/core';
import { nicqCounter, nicVerify, rxQueue } from '../../../nic-model/2-nic';
import { completion, descriptor, headerBuffer } from '../../../nic-model/2-nic/rx_ring';
import { skbFree } from '../../../stack/3-pool';
import { startXmit } from '../../../stack/5-tcp/port';
import { AT_NAPI_GRO, AT_NIC_HEADER_SPLIT, AT_NIC_LRO, AT_NIC_RX_GRO_HW, AT_NIC_RX_QUEUES, setHost } from '../config.gen.as';
import { ACK, bufferIs, build, headers, HEADERS, lastTracedAt, payload, PSH, runUntil, small, tracedAt } from '../config_two_nics.as';

/** One queue at the server, whose napi_idx is 16. */
const QUEUE: u32 = 16;
const MSS: u32 = 1448;

function server(gro_hw: u64, lro: u64, header_split: u64): void {
  small();
  setHost(1, AT_NIC_RX_QUEUES, 1);
  setHost(1, AT_NIC_RX_GRO_HW, gro_hw);
  setHost(1, AT_NIC_LRO, lro);
  setHost(1, AT_NIC_HEADER_SPLIT, header_split);
  setHost(1, AT_NAPI_GRO, 0);
  build();
}

/** A segment of the stream; `id` is its IPv4 identification, `ack` what it acknowledges. */
function segment(seq: u32, len: u32, id: u32, flags: u32 = 16, ack: u32 = 77, port: u32 = 1000): void {
  const h = headers(0, seq, len, flags, port);
  storeBe16(h + 18, id);
  storeBe32(h + 42, ack);
  const b = payload(0, seq, len);
  assert(startXmit(0, <u32>h, HEADERS, b, NONE, 0) == 0, 'sent');
  skbFree(b, false);
}

export function segments_become_one_packet_without_gaps(): void {
  server(1, 0, 1);
  for (let i: u32 = 0; i < 5; i++) segment(100 + i * MSS, MSS, 7 + i);
  runUntil(15000, false);
  const q = rxQueue(QUEUE);
  assert(q.done == 1, 'one completion');
  const c = completion(q, 0);
  assert(c.len == HEADERS + 5 * MSS && c.segs == 5 && c.gso_size == MSS && c.desc_count == 2, 'of five segments');
  assert(bufferIs(load<u32>(descriptor(q, 0)), 0, 100, 4096), 'its bytes');
  assert(bufferIs(load<u32>(descriptor(q, 1)), 0, 100 + 4096, 5 * MSS - 4096), 'to the last');
  assert(loadBe16(headerBuffer(q, 0) + 16) == 40 + 5 * MSS, 'the length that its header tells');
  assert(nicqCounter(QUEUE, NICQ_RX_HW_GRO_PACKETS) == 1 && nicqCounter(QUEUE, NICQ_RX_HW_GRO_WIRE_PACKETS) == 5, 'packets');
  assert(nicqCounter(QUEUE, NICQ_RX_HW_GRO_BYTES) == HEADERS + 5 * MSS, 'bytes of it');
  assert(nicqCounter(QUEUE, NICQ_RX_HW_GRO_WIRE_BYTES) == 5 * (HEADERS + MSS), 'bytes on the wire');
  nicVerify();
}

export function one_skb_goes_up(): void {
  server(1, 0, 1);
  for (let i: u32 = 0; i < 5; i++) segment(100 + i * MSS, MSS, 7 + i);
  runUntil(100000, true);
  assert(tracedAt(1, EV_SKB_BUILD) == 1 && lastTracedAt(1, EV_SKB_BUILD, 20) == HEADERS - 14 + 5 * MSS, 'with all bytes');
  nicVerify();
}

export function what_does_not_follow_begins_another_packet(): void {
  server(1, 0, 1);
  segment(100, MSS, 1);
  segment(100 + 2 * MSS, MSS, 2); // a hole
  segment(100 + 3 * MSS, MSS, 3, ACK, 78); // another acknowledgement
  segment(100 + 4 * MSS, MSS, 4, ACK, 78, 1001); // another flow
  segment(100 + 5 * MSS, MSS, 9, ACK, 78, 1001); // the identification jumps
  runUntil(15000, false);
  assert(rxQueue(QUEUE).done == 5 && nicqCounter(QUEUE, NICQ_RX_HW_GRO_PACKETS) == 0, 'five');
}

export function a_short_segment_and_a_push_are_the_last(): void {
  server(1, 0, 1);
  segment(100, MSS, 1);
  segment(100 + MSS, 500, 2);
  segment(600 + MSS, MSS, 3);
  segment(600 + 2 * MSS, MSS, 4, ACK | PSH);
  segment(600 + 3 * MSS, MSS, 5);
  runUntil(15000, false);
  const q = rxQueue(QUEUE);
  assert(q.done == 3 && completion(q, 0).segs == 2 && completion(q, 1).segs == 2 && completion(q, 2).segs == 1, 'three packets');
  assert(load<u8>(headerBuffer(q, 1) + 34, 13) == <u8>(ACK | PSH), 'and PSH is kept');
}

export function lro_keeps_the_last_acknowledgement(): void {
  server(0, 1, 0);
  segment(100, MSS, 1);
  segment(100 + MSS, MSS, 2, ACK, 99);
  runUntil(15000, false);
  const q = rxQueue(QUEUE);
  const c = completion(q, 0);
  assert(q.done == 1 && c.header_len == 0 && c.segs == 2 && c.len == HEADERS + 2 * MSS, 'one packet in pages');
  assert(bufferIs(load<u32>(descriptor(q, 0)), HEADERS, 100, 2 * MSS), 'its bytes');
  assert(nicqCounter(QUEUE, NICQ_RX_LRO_PACKETS) == 2 && nicqCounter(QUEUE, NICQ_RX_LRO_BYTES) == HEADERS + 2 * MSS, 'counted');
  assert(nicqCounter(QUEUE, NICQ_RX_HW_GRO_PACKETS) == 0, 'as nothing else');
}

export function a_packet_that_the_driver_has_taken_does_not_grow(): void {
  server(1, 0, 1);
  segment(100, MSS, 1);
  runUntil(100000, true);
  segment(100 + MSS, MSS, 2);
  runUntil(200000, true);
  assert(tracedAt(1, EV_SKB_BUILD) == 2 && nicqCounter(QUEUE, NICQ_RX_HW_GRO_PACKETS) == 0, 'two');
  nicVerify();
}
