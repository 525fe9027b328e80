/** Description: the header is split off where the parser reaches the payload, and where it does not, the frame stays whole. */
import {
  coreState, DROP_SIM_NIC_MTU, DROP_SIM_NIC_NO_DESC, EV_DROP, EV_NIC_DMA, EV_NIC_DMA_BUF, NICQ_RX_ALLOC_FAIL,
  NICQ_RX_COPYBREAK, NICQ_RX_HDS_BYTES, NICQ_RX_HDS_NOSPLIT, NICQ_RX_HDS_PACKETS, NICQ_RX_OUT_OF_BUFFER, NONE, storeBe16,
} from '../../../sim/core';
import { wireInject } from '../../../nic-model/1-wire';
import { nicqCounter, nicVerify } from '../../../nic-model/2-nic';
import {
  AT_NIC_HDS_THRESH, AT_NIC_HEADER_SPLIT, AT_NIC_MTU, AT_NIC_RX_COPYBREAK, AT_NIC_RX_QUEUES, setHost,
} from '../config.gen.as';
import { bufferIs, build, headers, HEADERS, lastTraced, runUntil, send, small, traced } from '../config_two_nics.as';

/** One queue at the server, whose napi_idx is 16. */
const QUEUE: u32 = 16;

function server(header_split: u64): void {
  small();
  setHost(1, AT_NIC_RX_QUEUES, 1);
  setHost(1, AT_NIC_HEADER_SPLIT, header_split);
}

function headerBytes(): u32 {
  return lastTraced(EV_NIC_DMA, 24);
}
function payloadBytes(): u32 {
  return lastTraced(EV_NIC_DMA, 28);
}

export function payload_lands_at_the_start_of_a_buffer(): void {
  server(1);
  build();
  send(0, 700, 1448);
  runUntil(100000, false);
  assert(headerBytes() == HEADERS && payloadBytes() == 1448, 'cut behind the TCP header');
  assert(bufferIs(lastTraced(EV_NIC_DMA, 16), 0, 700, 1448), 'the bytes');
  assert(nicqCounter(QUEUE, NICQ_RX_HDS_PACKETS) == 1 && nicqCounter(QUEUE, NICQ_RX_HDS_BYTES) == 1448, 'counted');
  nicVerify();
}

export function a_jumbo_frame_is_scattered_over_buffers(): void {
  server(1);
  setHost(0, AT_NIC_MTU, 9000);
  setHost(1, AT_NIC_MTU, 9000);
  build();
  send(0, 5, 8948);
  runUntil(100000, false);
  assert(payloadBytes() == 8948 && traced(EV_NIC_DMA_BUF) == 2, 'three buffers of 4 KiB');
  assert(bufferIs(lastTraced(EV_NIC_DMA, 16), 0, 5, 4096), 'the first');
  assert(bufferIs(lastTraced(EV_NIC_DMA_BUF, 16), 0, 5 + 8192, 8948 - 8192), 'the last');
}

export function a_bare_header_takes_no_buffer(): void {
  server(1);
  build();
  send(0, 5, 0);
  runUntil(100000, false);
  assert(headerBytes() == HEADERS && payloadBytes() == 0 && lastTraced(EV_NIC_DMA, 16) == NONE, 'all header');
  assert(nicqCounter(QUEUE, NICQ_RX_HDS_NOSPLIT) == 0, 'and no refusal');
}

export function padding_of_a_short_frame_is_no_payload(): void {
  server(1);
  build();
  const at = headers(0, 1, 0, 16);
  assert(wireInject(0, 10, at, 60, 1) == 0, 'a bare header, padded to the shortest frame');
  runUntil(100, false);
  assert(headerBytes() == 60 && payloadBytes() == 0, 'no buffer is spent on zeros');
}

export function up_to_the_threshold_nothing_is_split(): void {
  server(1);
  setHost(1, AT_NIC_HDS_THRESH, 100);
  build();
  send(0, 5, 100);
  runUntil(100000, false);
  assert(headerBytes() == 0 && payloadBytes() == HEADERS + 100, 'whole');
  send(0, 5, 101);
  runUntil(200000, false);
  assert(headerBytes() == HEADERS && payloadBytes() == 101, 'split');
  assert(nicqCounter(QUEUE, NICQ_RX_HDS_NOSPLIT) == 1, 'one refusal');
}

export function without_header_split_frames_stay_whole(): void {
  server(0);
  build();
  send(0, 9, 500);
  runUntil(100000, false);
  assert(headerBytes() == 0 && payloadBytes() == 554, 'in a page');
  assert(bufferIs(lastTraced(EV_NIC_DMA, 16), HEADERS, 9, 500), 'headers first');
}

export function copybreak_puts_small_frames_into_the_linear_part(): void {
  server(0);
  setHost(1, AT_NIC_RX_COPYBREAK, 256);
  build();
  send(0, 9, 202);
  send(0, 9, 203);
  runUntil(100000, false);
  assert(nicqCounter(QUEUE, NICQ_RX_COPYBREAK) == 1 && payloadBytes() == 257, '256 bytes, and no more');
}

/** Injects headers that were changed, with 200 bytes behind them, and says whether they were split. */
function isSplit(at: usize, time: u64): bool {
  assert(wireInject(0, time, at, HEADERS + 200, 1) == 0, 'taken');
  runUntil(time + 1, false);
  return headerBytes() != 0;
}

export function what_the_parser_does_not_know_is_not_split(): void {
  server(1);
  build();
  assert(isSplit(headers(0, 1, 200, 16), 10), 'TCP over IPv4 is');
  let at = headers(0, 1, 200, 16);
  store<u8>(at + 14, 17, 9);
  assert(!isSplit(at, 20), 'UDP is not');
  at = headers(0, 1, 200, 16);
  storeBe16(at + 14 + 6, 0x2000);
  assert(!isSplit(at, 30), 'nor a first fragment');
  at = headers(0, 1, 200, 16);
  storeBe16(at + 14 + 6, 0x0004);
  assert(!isSplit(at, 40), 'nor a later one');
  at = headers(0, 1, 200, 16);
  store<u8>(at + 34, 0x40, 12);
  assert(!isSplit(at, 50), 'nor a data offset that is too small');
  at = headers(0, 1, 200, 16);
  storeBe16(at + 12, 0x0806);
  assert(!isSplit(at, 60), 'nor what is not IP');
  at = headers(0, 1, 200, 16);
  storeBe16(at + 14 + 2, 30);
  assert(!isSplit(at, 70), 'nor a datagram that ends before its TCP header does');
}

export function ipv6_is_split_unless_it_has_extension_headers(): void {
  server(1);
  build();
  const at = headers(0, 1, 200, 16);
  memory.copy(at + 54, at + 34, 20);
  memory.fill(at + 14, 0, 40);
  storeBe16(at + 12, 0x86dd);
  store<u8>(at + 14, 0x60);
  storeBe16(at + 18, 220 - 20);
  store<u8>(at + 20, 6);
  assert(wireInject(0, 10, at, 254, 1) == 0, 'taken');
  runUntil(20, false);
  assert(headerBytes() == 74 && payloadBytes() == 180, 'behind 40 and 20 bytes');
  store<u8>(at + 20, 60);
  assert(wireInject(0, 30, at, 254, 1) == 0, 'taken');
  runUntil(40, false);
  assert(headerBytes() == 0, 'destination options stop the parser');
}

export function a_frame_longer_than_the_mtu_is_dropped(): void {
  server(1);
  build();
  send(0, 1, 1461);
  runUntil(100000, false);
  assert(lastTraced(EV_DROP, 20) == DROP_SIM_NIC_MTU, '40 + 1461 bytes of IP');
}

export function a_ring_without_descriptors_drops_and_says_so(): void {
  server(1);
  build();
  for (let i: u32 = 0; i < 65; i++) {
    send(0, i, 10);
    runUntil(coreState().clock_ns + 50000, false);
  }
  assert(nicqCounter(QUEUE, NICQ_RX_OUT_OF_BUFFER) == 1, '64 fit');
  assert(lastTraced(EV_DROP, 20) == DROP_SIM_NIC_NO_DESC, 'with its reason');
  assert(nicqCounter(QUEUE, NICQ_RX_ALLOC_FAIL) == 0, 'the pool was not asked');
}
