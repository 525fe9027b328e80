/** Description: a packet of several segments leaves as frames that any receiver takes for what a host without TSO would have sent. */
import {
  ACCOUNT_NETDEVICE, arenaAlloc, CONTEXT_SYSCALL, coreCycles, coreIndex, coreState, DROP_FULL_RING, DROP_NOMEM, DROP_SIM_WIRE_LOSS,
  enterContext, enterHardware, EV_NIC_TX, leaveContext, loadBe16, loadBe32, MAX_SKB_FRAGS, NIC_TX_BYTES, NIC_TX_PACKETS, NICQ_TX_PACKETS,
  NONE, storeBe16, storeBe32, traceCursor,
} from '../../../sim/core';
import { netmem, netmemRef, poolState, setSkbDestructor, skb, skbAddFrag, skbAlloc, skbFree, txPageAlloc } from '../../../stack/3-pool';
import { startXmit } from '../../../stack/5-tcp/port';
import {
  CAPTURE_LOST, frame, frameChecksumsOk, frameFree, FRAME_GOOD, frameHead, frameWriteChecksums, wireInject, wireVerify,
} from '../../../nic-model/1-wire';
import { nicCounter, nicqCounter } from '../../../nic-model/2-nic';
import {
  AT_COST_DRIVER_TX_FRAME, AT_COST_GSO_SEGMENT, AT_LIMITS_FRAMES, AT_NIC_TSO, AT_NIC_TX_CHECKSUM, AT_NIC_TX_QUEUES, AT_NIC_TX_RING,
  AT_WIRE_DELAY_NS, AT_WIRE_LOSS_PPM, AT_WIRE_QUEUE_PACKETS, AT_WIRE_RATE_BPS, setHost, setRun,
} from '../config.gen.as';
import {
  ACK, arrival, build, drops, FIN, framePayloadIs, headers, HEADERS, PSH, runUntil, send, small, traced,
} from '../config_two_nics.as';

const CWR: u32 = 128;
/** Where the destructor of these tests writes: calls, socket, truesize, time. */
const TOLD: usize = 0x7900;
const HEADERS6: usize = 0x7a00;
const V6_HEADERS: u32 = 74;

function tell(sock: u32, truesize: u32): void {
  store<u32>(TOLD, load<u32>(TOLD) + 1);
  store<u32>(TOLD, sock, 4);
  store<u32>(TOLD, truesize, 8);
  store<u64>(TOLD, coreState().clock_ns, 16);
}
function told(): u32 {
  return load<u32>(TOLD);
}

/** A world whose destructor is tell(). */
function start(): void {
  build();
  setSkbDestructor(tell);
  store<u32>(TOLD, 0);
}

/** An skb of `len` bytes of the stream from `seq` on, in pieces of `piece` bytes, to be cut into segments of `mss`. */
function packet(seq: u32, len: u32, mss: u32, piece: u32 = 5000): u32 {
  const idx = skbAlloc(0);
  const page = txPageAlloc(0);
  const at = <usize>netmem(page).addr;
  for (let i: u32 = 0; i < len; i++) store<u8>(at + i, <u8>((seq + i) * 7));
  for (let off: u32 = 0; off < len; off += piece) {
    if (off != 0) netmemRef(page);
    skbAddFrag(idx, page, off, min(piece, len - off), min(piece, len - off));
  }
  const b = skb(idx);
  b.gso_size = <u16>mss;
  b.gso_segs = <u16>((len + mss - 1) / mss);
  return idx;
}

/** Sends such a packet, as socket 17. */
function sendPacket(seq: u32, len: u32, mss: u32, flags: u32 = 16, piece: u32 = 5000): u32 {
  const b = packet(seq, len, mss, piece);
  const h = headers(0, seq, len, flags);
  storeBe16(h + 18, 0xfffe); // the identification wraps
  const refused = startXmit(0, <u32>h, HEADERS, b, 17, 0);
  skbFree(b, false);
  return refused;
}

function ip(f: u32): usize {
  return frameHead(frame(f)) + 14;
}

export function an_ipv4_packet_is_cut_at_its_segment_size(): void {
  small();
  start();
  assert(sendPacket(1000, 4000, 1448, ACK | PSH | FIN | CWR) == 0, 'taken');
  for (let i: u32 = 0; i < 3; i++) {
    const f = arrival(0);
    const len: u32 = i == 2 ? 4000 - 2 * 1448 : 1448;
    assert(frame(f).len == HEADERS + len && frame(f).seq == 1000 + i * 1448, 'each has its part');
    assert(frame(f).pkt_id == 1 + i, 'and a packet id of its own, in a row');
    assert(loadBe16(ip(f) + 2) == 40 + len, 'total length');
    assert(loadBe16(ip(f) + 4) == ((0xfffe + i) & 0xffff), 'identification counts up');
    assert(loadBe32(ip(f) + 24) == 1000 + i * 1448 && loadBe32(ip(f) + 28) == 77, 'sequence number, and the same acknowledgement');
    const flags: u32 = ACK | (i == 0 ? CWR : 0) | (i == 2 ? PSH | FIN : 0);
    assert(load<u8>(ip(f), 33) == <u8>flags, 'CWR on the first, PSH and FIN on the last');
    assert(framePayloadIs(f, 1000 + i * 1448), 'its bytes');
    frameFree(f);
  }
  assert(arrival(0) == NONE && poolState().tx_pages_used == 0 && wireVerify() == 0, 'no more, and nothing is left');
}

export function an_ipv6_packet_is_cut_at_its_segment_size(): void {
  small();
  start();
  const h = HEADERS6;
  memory.fill(h, 0, 128);
  memory.copy(h, headers(0, 0, 0, 0), 14);
  storeBe16(h + 12, 0x86dd);
  storeBe32(h + 14, 0x60012345);
  storeBe16(h + 18, 20 + 3000);
  store<u8>(h, 6, 20);
  store<u8>(h, 64, 21);
  store<u8>(h, 0xfd, 22);
  store<u8>(h, 1, 37);
  store<u8>(h, 0xfd, 38);
  store<u8>(h, 2, 53);
  storeBe32(h + 58, 500);
  store<u8>(h, 0x50, 66);
  store<u8>(h, <u8>(ACK | PSH), 67);
  const b = packet(500, 3000, 1428);
  assert(startXmit(0, <u32>h, V6_HEADERS, b, NONE, 0) == 0, 'taken');
  skbFree(b, false);
  for (let i: u32 = 0; i < 3; i++) {
    const f = arrival(0);
    const len: u32 = i == 2 ? 3000 - 2 * 1428 : 1428;
    assert(frame(f).len == V6_HEADERS + len, 'each has its part');
    assert(loadBe16(ip(f) + 4) == 20 + len && loadBe32(ip(f)) == 0x60012345, 'payload length; the flow label stays');
    assert(loadBe32(ip(f) + 44) == 500 + i * 1428, 'sequence number');
    assert(load<u8>(ip(f), 53) == <u8>(i == 2 ? ACK | PSH : ACK), 'PSH on the last');
    frameWriteChecksums(frame(f));
    frame(f).flags &= ~FRAME_GOOD;
    assert(frameChecksumsOk(frame(f)), 'sums of these bytes, with their pseudo header');
    frameFree(f);
  }
  assert(arrival(0) == NONE && poolState().tx_pages_used == 0, 'no more');
}

export function a_last_segment_of_one_byte_is_a_frame(): void {
  small();
  start();
  sendPacket(0, 2 * 1000 + 1, 1000);
  frameFree(arrival(0));
  frameFree(arrival(0));
  assert(frame(arrival(0)).len == HEADERS + 1 && arrival(0) == NONE, 'the third');
}

export function segments_share_the_pieces_of_a_packet(): void {
  small();
  start();
  // Seventeen pieces of 171 bytes, segments of 1000.
  sendPacket(9, 171 * MAX_SKB_FRAGS, 1000, ACK, 171);
  for (let i: u32 = 0; i < 3; i++) {
    const f = arrival(0);
    assert(frame(f).nr_frags == (i == 1 ? 7 : 6) && framePayloadIs(f, 9 + i * 1000), 'the pieces that it lies in');
    assert(poolState().tx_pages_used == 1, 'which the others hold too');
    frameFree(f);
  }
  assert(poolState().tx_pages_used == 0, 'until the last has gone');
}

export function segments_leave_without_a_gap_and_the_trace_tells_where_from(): void {
  small();
  setHost(0, AT_WIRE_RATE_BPS, 1000000000); // 8 ns a byte
  setHost(0, AT_WIRE_DELAY_NS, 5000);
  start();
  sendPacket(0, 3000, 1000);
  send(0, 3000, 500);
  const frame_ns: u64 = (1054 + 24) * 8;
  for (let i: u64 = 0; i < 3; i++) {
    frameFree(arrival(0));
    assert(coreState().clock_ns == 5000 + (i + 1) * frame_ns, 'one behind the other');
  }
  frameFree(arrival(0));
  assert(coreState().clock_ns == 5000 + 3 * frame_ns + (554 + 24) * 8, 'and the next packet behind them');
  const cursor = traceCursor();
  let n: u32 = 0;
  for (let at = <usize>cursor.base; at < <usize>cursor.next; at += 32) {
    if ((load<u32>(at, 8) & 0xff) != EV_NIC_TX) continue;
    n++;
    assert(load<u32>(at, 12) == n && load<u32>(at, 28) == (n <= 3 ? 1 : 0), 'three of packet 1, and one that is a packet by itself');
  }
  assert(n == 4 && nicCounter(0, NIC_TX_PACKETS) == 4 && nicCounter(0, NIC_TX_BYTES) == 3 * 1054 + 554, 'frames are counted, not packets');
}

export function the_owner_is_told_once_when_the_last_segment_has_left(): void {
  small();
  setHost(0, AT_WIRE_RATE_BPS, 8000000000);
  setHost(0, AT_WIRE_DELAY_NS, 1000000);
  start();
  const b = packet(0, 2500, 1000);
  const truesize = skb(b).truesize;
  assert(startXmit(0, <u32>headers(0, 0, 2500, ACK), HEADERS, b, 17, 0) == 0, 'taken');
  skbFree(b, false);
  const end = 2 * (1054 + 24) + 554 + 24;
  runUntil(end - 1, false);
  assert(told() == 0, 'not yet');
  runUntil(end, false);
  assert(told() == 1 && load<u32>(TOLD, 4) == 17 && load<u32>(TOLD, 8) == truesize && load<u64>(TOLD, 16) == end, 'now');
  runUntil(10000000, false);
  assert(told() == 1, 'and never again');
}

/** What a NIC that cannot cut sends is the same, and the stack's core has the work. */
function inSoftware(tx_checksum: u64): void {
  small();
  setHost(0, AT_NIC_TSO, tx_checksum ^ 1);
  setHost(0, AT_NIC_TX_CHECKSUM, tx_checksum);
  setHost(0, AT_COST_GSO_SEGMENT, 1000);
  setHost(0, AT_COST_DRIVER_TX_FRAME, 100);
  start();
  enterContext(0, 1, CONTEXT_SYSCALL);
  const before = coreCycles(coreIndex(coreState().host, coreState().core), ACCOUNT_NETDEVICE);
  assert(sendPacket(70, 2500, 1000, ACK | PSH) == 0, 'taken');
  const cycles = coreCycles(coreIndex(coreState().host, coreState().core), ACCOUNT_NETDEVICE) - before;
  assert(cycles >= 3000, 'three segments are paid for');
  leaveContext();
  enterHardware(0);
  assert(nicqCounter(0, NICQ_TX_PACKETS) == 0 && traced(EV_NIC_TX) == 0, 'nothing has left');
  for (let i: u32 = 0; i < 3; i++) {
    const f = arrival(0);
    assert(frame(f).seq == 70 + i * 1000 && frame(f).pkt_id == 1 + i && framePayloadIs(f, 70 + i * 1000), 'as the NIC would have cut it');
    assert(load<u8>(ip(f), 33) == <u8>(i == 2 ? ACK | PSH : ACK), 'flags too');
    if (tx_checksum == 0) frame(f).flags &= ~FRAME_GOOD;
    assert(frameChecksumsOk(frame(f)), 'with its sums');
    frameFree(f);
  }
  runUntil(10000000, false);
  assert(arrival(0) == NONE && told() == 1 && load<u32>(TOLD, 4) == 17, 'told once');
  assert(poolState().tx_pages_used == 0 && wireVerify() == 0, 'nothing is left');
}
export function without_tso_packets_are_cut_in_software(): void {
  inSoftware(1);
}
export function without_checksum_offload_there_is_no_tso(): void {
  inSoftware(0);
}

export function a_packet_takes_one_place_in_the_ring(): void {
  small();
  setHost(0, AT_NIC_TX_QUEUES, 1);
  setHost(0, AT_NIC_TX_RING, 2);
  setHost(0, AT_WIRE_QUEUE_PACKETS, 1);
  start();
  for (let i: u32 = 0; i < 3; i++) assert(sendPacket(i * 3000, 3000, 1000) == 0, 'two in the ring, one in the qdisc');
  assert(sendPacket(9000, 3000, 1000) == 1 && drops(0, DROP_FULL_RING) == 1, 'one too many is one drop');
  for (let i: u32 = 0; i < 9; i++) {
    const f = arrival(0);
    assert(frame(f).seq == i * 1000, 'nine segments, in order');
    frameFree(f);
  }
  runUntil(10000000, false);
  assert(arrival(0) == NONE && told() == 3 && poolState().tx_pages_used == 0, 'three owners are told; nobody of the fourth');
}

export function in_software_each_segment_takes_a_place(): void {
  small();
  setHost(0, AT_NIC_TSO, 0);
  setHost(0, AT_NIC_TX_QUEUES, 1);
  setHost(0, AT_NIC_TX_RING, 2);
  setHost(0, AT_WIRE_QUEUE_PACKETS, 2);
  start();
  assert(sendPacket(0, 6000, 1000) == 0 && drops(0, DROP_FULL_RING) == 2, 'two of six find no room');
  assert(sendPacket(6000, 3000, 1000) == 1, 'then none');
  for (let i: u32 = 0; i < 4; i++) {
    const f = arrival(0);
    assert(frame(f).seq == i * 1000, 'the first four');
    frameFree(f);
  }
  runUntil(10000000, false);
  assert(arrival(0) == NONE && told() == 1, 'their owner is told by the last that found room');
  assert(poolState().tx_pages_used == 0 && wireVerify() == 0, 'nothing is left');
}

export function without_frames_the_rest_of_a_packet_is_dropped(): void {
  small();
  setRun(AT_LIMITS_FRAMES, 3);
  start();
  assert(sendPacket(0, 4000, 1000) == 0, 'taken: it is one frame');
  frameFree(arrival(0));
  assert(drops(0, DROP_NOMEM) == 2, 'two of four had none');
  frameFree(arrival(0));
  runUntil(10000000, false);
  assert(arrival(0) == NONE && told() == 1, 'the owner is told all the same');
  assert(poolState().tx_pages_used == 0 && wireVerify() == 0, 'nothing is left');
}

/** Captures what the client sends from now on. */
function capture(): usize {
  const ring = arenaAlloc(65536);
  const cursor = traceCursor();
  cursor.capture_base = <u32>ring;
  cursor.capture_next = <u32>ring;
  cursor.capture_end = <u32>ring + 65536;
  return ring;
}

export function the_capture_has_segments_with_checksums_and_their_times(): void {
  small();
  setHost(0, AT_WIRE_RATE_BPS, 8000000000); // a byte a nanosecond
  start();
  const ring = capture();
  sendPacket(42, 2500, 1000);
  for (let i = 0; i < 3; i++) frameFree(arrival(0));
  let at = ring;
  for (let i: u32 = 0; i < 3; i++) {
    const len = load<u32>(at, 8);
    assert(len == (i == 2 ? 554 : 1054) && load<u32>(at, 12) == 1 + i, 'each frame by itself');
    assert(load<u64>(at) == <u64>i * 1078, 'when its first bit leaves');
    assert(wireInject(1, coreState().clock_ns + 5 + i, at + 24, len, 0) == 0, 'fed back');
    at += 24 + ((len + 7) & ~7);
  }
  assert(<u32>at == traceCursor().capture_next, 'three records');
  traceCursor().capture_next = 0;
  for (let i = 0; i < 3; i++) assert(frameChecksumsOk(frame(arrival(1))), 'right sums');
}

export function the_link_loses_segments_and_not_packets(): void {
  small();
  setHost(0, AT_WIRE_LOSS_PPM, 1000000);
  start();
  const ring = capture();
  sendPacket(0, 2500, 1000);
  assert(arrival(0) == NONE && drops(0, DROP_SIM_WIRE_LOSS) == 3, 'three are lost');
  assert(load<u8>(ring, 17) == CAPTURE_LOST, 'and the capture says so');
  assert(told() == 1 && poolState().tx_pages_used == 0, 'they have left nevertheless');
}
