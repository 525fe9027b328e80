/**
 * Receive coalescing in hardware (ethtool -K rx-gro-hw, lro): segments of a flow that follow each other become one completion,
 * with the first one's header and the payload of all of them packed into buffers without a gap.
 *
 *      header buffer          posted buffers
 *     [ Eth IP TCP ]         [ seg 0   | seg 1   | se ][ g 2 | seg 3 |      ]        len, segs = 4, gso_size
 *
 * rx-gro-hw merges only what could be cut into the same segments again, and only where headers are split from payload. LRO also
 * merges segments whose acknowledgement, window or timestamps differ, and keeps the last ones.
 *
 * A queue has one packet under way at a time, the one of its last completion: it grows until the driver takes it, another
 * packet comes, a segment says that it is the last (shorter, PSH, FIN), or it is full.
 *
 * Hardware file: imports the core, the wire and buffers, nothing of the stack above.
 */
import {
  coreState, loadBe16, MAX_SKB_FRAGS, memDmaWrite, NICQ_RX_BYTES, NICQ_RX_HDS_BYTES, NICQ_RX_HDS_PACKETS, NICQ_RX_HW_GRO_BYTES,
  NICQ_RX_HW_GRO_PACKETS, NICQ_RX_HW_GRO_WIRE_BYTES, NICQ_RX_HW_GRO_WIRE_PACKETS, NICQ_RX_LRO_BYTES, NICQ_RX_LRO_PACKETS,
  NICQ_RX_PACKETS, storeBe16, traceNicDma, traceNicDmaBuf,
} from '../../sim/core';
import { netmem } from '../../stack/3-pool';
import { Frame, frameChecksumsOk, frameCopy, frameHead, FRAME_INJECTED, PROTO_FRAGMENT, PROTO_IPV4, PROTO_TCP } from '../1-wire';
import { busWrite } from './bus';
import { bump } from './counters';
import { completion, COMPLETION_CSUM_OK, descriptor, headerBuffer, RxCompletion, RxQueue } from './rx_ring';
import { Nic } from './state';

/** Nic.rx_gro. */
export const RX_GRO_HW: u32 = 1;
export const RX_LRO: u32 = 2;

const PACKET_MAX: u32 = 65535;
const TCP_HLEN: u32 = 20;
const IPV4_HLEN: u32 = 20;
const IPV6_HLEN: u32 = 40;
const FIN: u32 = 0x01;
const PSH: u32 = 0x08;
const ACK: u32 = 0x10;

/** Payload that a segment of a plain flow has; 0: nothing to merge with. */
function plainPayload(f: Frame): u32 {
  const payload_off = <u32>f.payload_off;
  if ((f.proto & (PROTO_TCP | PROTO_FRAGMENT)) != PROTO_TCP || payload_off == 0 || f.ip_end != f.len || f.gso_size != 0) return 0;
  if ((f.flags & FRAME_INJECTED) != 0) return 0;
  const ip_len: u32 = (f.proto & PROTO_IPV4) != 0 ? IPV4_HLEN : IPV6_HLEN;
  return <u32>f.l4_off - <u32>f.l3_off == ip_len ? f.len - payload_off : 0;
}

function flagsOf(header: usize, f: Frame): u32 {
  return load<u8>(header + f.l4_off, 13);
}

/** A frame became a completion of its own: may it grow? */
export function hwGroOpen(nic: Nic, q: RxQueue, f: Frame, c: RxCompletion): void {
  c.segs = 1;
  q.gro_open = 0;
  if (nic.rx_gro == 0 || (nic.rx_gro == RX_GRO_HW && c.header_len == 0) || (c.flags & COMPLETION_CSUM_OK) == 0) return;
  const len = plainPayload(f);
  // A header buffer with payload behind the header is a small frame, not a split one.
  if (len == 0 || flagsOf(frameHead(f), f) != ACK || (c.header_len != 0 && <u32>c.header_len != <u32>f.payload_off)) return;
  q.gro_open = 1;
  q.gro_seq = f.seq + len;
  q.gro_size = len;
}

/** Adds a frame to the packet that is under way. False: it does not continue it, and that one is complete. */
export function hwGroMerge(nic: Nic, q: RxQueue, f: Frame): bool {
  if (q.gro_open == 0) return false;
  q.gro_open = 0;
  if (q.done == q.taken) return false;
  const c = completion(q, q.done - 1);
  const len = plainPayload(f);
  if (len == 0 || len > q.gro_size || f.seq != q.gro_seq || c.len + len > PACKET_MAX) return false;
  const header = headerOf(q, c);
  if (!follows(nic, header, f, c.segs)) return false;
  const size: u32 = 1 << q.buf_shift;
  const body = c.len - <u32>c.header_len;
  const count = (body + len + size - 1) >> q.buf_shift;
  if (count > MAX_SKB_FRAGS || q.posted - q.filled < count - <u32>c.desc_count || !frameChecksumsOk(f)) return false;
  const wait = writePayload(nic, q, f, c, body, len);
  const buffers = count - <u32>c.desc_count;
  q.filled = c.first_desc + count;
  c.desc_count = <u16>count;
  c.len += len;
  c.segs++;
  c.gso_size = q.gro_size;
  c.ready_ns = busWrite(q.host, nic, f.len, buffers, false, wait) + nic.dma_ns;
  writeHeader(nic, header, f, c.len);
  countMerged(nic, q, c, f, len);
  q.gro_seq += len;
  if (len == q.gro_size && (flagsOf(frameHead(f), f) & (PSH | FIN)) == 0) q.gro_open = 1;
  return true;
}

/** The header that a packet began with. */
function headerOf(q: RxQueue, c: RxCompletion): usize {
  return c.header_len != 0 ? headerBuffer(q, q.done - 1) : <usize>netmem(load<u32>(descriptor(q, c.first_desc))).addr;
}

/** Is the header of a frame that of the packet, as far as it has to be? */
function follows(nic: Nic, header: usize, f: Frame, segs: u32): bool {
  const head = frameHead(f);
  const l3 = <u32>f.l3_off;
  const v4 = (f.proto & PROTO_IPV4) != 0;
  for (let i: u32 = 0; i < l3; i += 2) if (load<u16>(head + i) != load<u16>(header + i)) return false;
  if (v4 ? !sameIpv4(head + l3, header + l3, segs) : !sameIpv6(head + l3, header + l3)) return false;
  const th = head + f.l4_off;
  const th2 = header + f.l4_off;
  // Ports and data offset; no other flags than ACK, and PSH or FIN at the end.
  if (load<u32>(th) != load<u32>(th2) || load<u8>(th, 12) != load<u8>(th2, 12)) return false;
  if ((<u32>load<u8>(th, 13) & ~(PSH | FIN)) != ACK) return false;
  if (nic.rx_gro == RX_LRO) return true;
  if (load<u32>(th, 8) != load<u32>(th2, 8) || load<u16>(th, 14) != load<u16>(th2, 14)) return false;
  const th_len = <u32>f.payload_off - <u32>f.l4_off;
  for (let i = TCP_HLEN; i < th_len; i += 4) if (load<u32>(th + i) != load<u32>(th2 + i)) return false;
  return true;
}

/** Type of service, DF, time to live and addresses; the identification counts up. */
function sameIpv4(ip: usize, ip2: usize, segs: u32): bool {
  return load<u16>(ip) == load<u16>(ip2) && load<u16>(ip, 6) == load<u16>(ip2, 6) && load<u8>(ip, 8) == load<u8>(ip2, 8)
    && load<u64>(ip, 12) == load<u64>(ip2, 12) && ((loadBe16(ip + 4) - loadBe16(ip2 + 4)) & 0xffff) == (segs & 0xffff);
}
/** Version, traffic class, flow label, hop limit and addresses. */
function sameIpv6(ip: usize, ip2: usize): bool {
  return load<u32>(ip) == load<u32>(ip2) && load<u16>(ip, 6) == load<u16>(ip2, 6) && load<u64>(ip, 8) == load<u64>(ip2, 8)
    && load<u64>(ip, 16) == load<u64>(ip2, 16) && load<u64>(ip, 24) == load<u64>(ip2, 24) && load<u64>(ip, 32) == load<u64>(ip2, 32);
}

/** Writes the payload behind the `body` bytes that lie in buffers already. Returns how long memory makes the NIC wait. */
function writePayload(nic: Nic, q: RxQueue, f: Frame, c: RxCompletion, body: u32, len: u32): u64 {
  const size: u32 = 1 << q.buf_shift;
  let wait: u64 = 0;
  let at = body;
  let from = <u32>f.payload_off;
  let left = len;
  while (left > 0) {
    const idx = load<u32>(descriptor(q, c.first_desc + (at >> q.buf_shift)));
    const off = at & (size - 1);
    const part = min(left, size - off);
    if (nic.payload != 0) frameCopy(f, from, <usize>netmem(idx).addr + off, part);
    wait = max(wait, memDmaWrite(q.host, <usize>netmem(idx).addr + off, part, coreState().clock_ns));
    if (left == len) traceNicDma(f.pkt_id, idx, q.queue, <u32>c.header_len == 0 ? 0 : <u32>f.payload_off, len);
    else traceNicDmaBuf(f.pkt_id, idx, len - left, part);
    at += part;
    from += part;
    left -= part;
  }
  return wait;
}

/** What the header says of the whole packet. */
function writeHeader(nic: Nic, header: usize, f: Frame, packet_len: u32): void {
  const ip = header + f.l3_off;
  const ip_bytes = packet_len - <u32>f.l3_off;
  if ((f.proto & PROTO_IPV4) != 0) storeBe16(ip + 2, ip_bytes);
  else storeBe16(ip + 4, ip_bytes - IPV6_HLEN);
  const th = frameHead(f) + f.l4_off;
  const th2 = header + f.l4_off;
  store<u8>(th2, load<u8>(th2, 13) | load<u8>(th, 13), 13);
  if (nic.rx_gro != RX_LRO) return;
  store<u32>(th2, load<u32>(th, 8), 8);
  store<u16>(th2, load<u16>(th, 14), 14);
  const th_len = <u32>f.payload_off - <u32>f.l4_off;
  memory.copy(th2 + TCP_HLEN, th + TCP_HLEN, th_len - TCP_HLEN);
}

function countMerged(nic: Nic, q: RxQueue, c: RxCompletion, f: Frame, len: u32): void {
  bump(q.counters, NICQ_RX_PACKETS);
  bump(q.counters, NICQ_RX_BYTES, f.len);
  if (c.header_len != 0) {
    bump(q.counters, NICQ_RX_HDS_PACKETS);
    bump(q.counters, NICQ_RX_HDS_BYTES, len);
  }
  const first = c.segs == 2;
  if (nic.rx_gro == RX_LRO) {
    bump(q.counters, NICQ_RX_LRO_PACKETS, first ? 2 : 1);
    bump(q.counters, NICQ_RX_LRO_BYTES, first ? c.len : len);
    return;
  }
  if (first) bump(q.counters, NICQ_RX_HW_GRO_PACKETS);
  bump(q.counters, NICQ_RX_HW_GRO_BYTES, first ? c.len : len);
  bump(q.counters, NICQ_RX_HW_GRO_WIRE_PACKETS, first ? 2 : 1);
  // The first frame was as long as the packet without what came after it.
  bump(q.counters, NICQ_RX_HW_GRO_WIRE_BYTES, first ? c.len - len + f.len : f.len);
}
