/**
 * The link between two hosts that have nothing but TCP (config_loopback.as.ts): a port for StartXmit that cuts packets into
 * segments, holds each segment for a while and hands it to the other host, dropping, delaying or doubling it on demand.
 */
import {
  arenaAlloc, chance, CONTEXT_SOFTIRQ, coreFreeAt, coreState, enterContext, EVENT_TX, EVENT_WIRE, leaveContext, loadBe16, loadBe32,
  MAX_SKB_FRAGS, newPktIds, NONE, now, runConfig, schedule, storeBe16, storeBe32, STREAM_WIRE_DUPLICATE, STREAM_WIRE_LOSS,
  STREAM_WIRE_REORDER,
} from '../../sim/core';
import { fragUnref, netmemRef, skb, skbAddFrag, skbAlloc, skbDestructor, skbFrag, SKB_HEAD_TRUESIZE } from '../../stack/3-pool';
import { ipReceive } from '../../stack/5-tcp';
import { setStartXmit } from '../../stack/5-tcp/port';
import { sock } from '../../stack/6-socket';
export const FIN: u32 = 1;
export const SYN: u32 = 2;
export const RST: u32 = 4;
export const PSH: u32 = 8;
export const ACK: u32 = 16;
export const ECE: u32 = 64;
export const CWR: u32 = 128;

/** A segment under way. */
@unmanaged
class Flight {
  arrives_ns: u64;
  next: u32;
  /** Whom the destructor is called for, and with what: the last segment of a packet has it. */
  sock: u32;
  truesize: u32;
  len: u32;
  pkt_id: u32;
  header_len: u32;
  nr_frags: u32;
  /** Its number among the data segments, and the sequence number behind it. */
  nth: u32;
  end_seq: u32;
}
const HEADER_AT: usize = 64;
const FRAGS_AT: usize = 192;
const FLIGHT_BYTES: usize = 448;

/** One direction; index: the sending host. */
@unmanaged
export class Link {
  // What a test sets
  delay_ns: u64;
  /** Nanoseconds of a byte, times 1024. */
  byte_ns_q10: u64;
  loss_ppm: u32;
  reorder_ppm: u32;
  duplicate_ppm: u32;
  /** Drops data segments number drop_from to drop_to (counted from 1, retransmissions too). */
  drop_from: u32;
  drop_to: u32;
  /** Drops once the segment that ends at this sequence number. */
  drop_end: u32;
  /** Drops everything. */
  cut: u32;
  /** Drops segments without payload. */
  drop_acks: u32;
  reorder_ns: u32;
  /** Marks data segments number mark_from to mark_to, if they are ECN-capable. */
  mark_from: u32;
  mark_to: u32;
  /** Clears the ECN field of the IP header. */
  bleach: u32;
  // What it learns
  segments: u32;
  data_segments: u32;
  /** Packets with payload that the stack gave to the device, the segments of the last one, and of the largest. */
  packets: u32;
  packet_segs: u32;
  packet_segs_max: u32;
  packet_len: u32;
  acks: u32;
  rsts: u32;
  last_flags: u32;
  last_seq: u32;
  last_ack: u32;
  last_window: u32;
  last_len: u32;
  /** Number of SACK blocks of the last segment, and the first one. */
  last_sacks: u32;
  last_sack_start: u32;
  last_sack_end: u32;
  /** ECN field and the number in AE, CWR and ECE; fields of the AccECN option, and -1 without. */
  last_ecn: u32;
  last_ace: u32;
  last_accecn: i32;
  /** Segments sent with CE, ECE, CWR. */
  ece_segments: u32;
  cwr_segments: u32;
  marked: u32;
  last_ns: u64;
  // Its own
  device_head: u32;
  device_tail: u32;
  head: u32;
  tail: u32;
  scheduled: u32;
}

@unmanaged
class Segments {
  base: u32;
  free: u32;
}
const SEGMENTS: usize = 0x14040;
const LINKS: usize = 0x14100;

function segments(): Segments {
  return changetype<Segments>(SEGMENTS);
}
export function link(from: u32): Link {
  return changetype<Link>(LINKS + <usize>from * 0x100);
}
function flight(i: u32): Flight {
  return changetype<Flight>(<usize>segments().base + <usize>i * FLIGHT_BYTES);
}

/** Room for limits.frames segments under way; two links of 100 Gbit/s and 50 microseconds. */
export function linkInit(): void {
  const w = segments();
  const count = runConfig().limits_frames;
  w.base = <u32>arenaAlloc(<u64>count * FLIGHT_BYTES);
  w.free = NONE;
  for (let i = count; i > 0; i--) {
    flight(i - 1).next = w.free;
    w.free = i - 1;
  }
  for (let host: u32 = 0; host < 2; host++) {
    const l = link(host);
    l.delay_ns = 50000;
    l.byte_ns_q10 = 82;
    l.reorder_ns = 30000;
    l.device_head = NONE;
    l.device_tail = NONE;
    l.head = NONE;
    l.tail = NONE;
  }
  setStartXmit(xmit);
}

/** StartXmit: cuts a packet into segments, which follow each other. */
function xmit(
  host: u32, header: u32, header_len: u32, skb_idx: u32, sock_idx: u32, hash: u32, flow: u32, edt_ns: u64,
): u32 {
  if (skb_idx == NONE) {
    queueSegment(host, takeFlight(newPktIds(1), header, header_len));
    return 0;
  }
  const b = skb(skb_idx);
  const segs = <u32>b.gso_segs;
  const size = segs > 1 ? <u32>b.gso_size : b.len;
  assert(segs != 0 && (segs - 1) * size < max<u32>(b.len, 1) && b.len <= segs * size, 'a packet knows its segments');
  assert(b.head_len == 0 && b.data_len == b.len, 'payload lies in fragments');
  const l = link(host);
  l.packets++;
  l.packet_segs = segs;
  l.packet_len = b.len;
  if (segs > l.packet_segs_max) l.packet_segs_max = segs;
  const pkt_id = newPktIds(segs);
  for (let i: u32 = 0; i < segs; i++) {
    const idx = takeFlight(pkt_id + i, header, header_len);
    const f = flight(idx);
    f.len = min(b.len - i * size, size);
    shareFrags(f, skb_idx, i * size);
    if (segs > 1) writeFields(f, i, size, i + 1 == segs, b.gso_type != 0);
    if (i + 1 == segs) {
      f.sock = sock_idx;
      f.truesize = b.truesize;
    }
    queueSegment(host, idx);
  }
  return 0;
}

function takeFlight(pkt_id: u32, header: u32, header_len: u32): u32 {
  const w = segments();
  const idx = w.free;
  assert(idx != NONE, 'the loopback has room for segments');
  const f = flight(idx);
  w.free = f.next;
  f.next = NONE;
  f.sock = NONE;
  f.len = 0;
  f.pkt_id = pkt_id;
  f.header_len = header_len;
  f.nr_frags = 0;
  memory.copy(changetype<usize>(f) + HEADER_AT, <usize>header, header_len);
  return idx;
}

/** References to f.len bytes of an skb's payload from `off` on. */
function shareFrags(f: Flight, skb_idx: u32, off: u32): void {
  let at: u32 = 0;
  const end = off + f.len;
  for (let i: u32 = 0; i < <u32>skb(skb_idx).nr_frags; i++) {
    const frag = skbFrag(skb_idx, i);
    const first = max(at, off);
    const last = min(at + frag.len, end);
    if (first < last) {
      assert(f.nr_frags < MAX_SKB_FRAGS, 'a segment has room for its fragments');
      const to = changetype<usize>(f) + FRAGS_AT + <usize>f.nr_frags * 12;
      f.nr_frags++;
      netmemRef(frag.netmem);
      store<u32>(to, frag.netmem);
      store<u32>(to, frag.off + first - at, 4);
      store<u32>(to, last - first, 8);
    }
    at += frag.len;
  }
  assert(end <= at, 'a packet has its bytes');
}

/** Lengths, identification, sequence number and flags of the i-th segment. */
function writeFields(f: Flight, i: u32, size: u32, last: bool, accecn: bool): void {
  const ip = changetype<usize>(f) + HEADER_AT + 14;
  const v4 = load<u8>(ip) >> 4 == 4;
  assert(!v4 || (load<u8>(ip, 1) & ~3) == 0, 'the length of a packet stays in its field');
  const th = ip + (v4 ? 20 : 40);
  const ip_len = f.header_len - 14 + f.len;
  if (v4) {
    storeBe16(ip + 2, ip_len);
    storeBe16(ip + 4, loadBe16(ip + 4) + i);
  } else storeBe16(ip + 4, ip_len - 40);
  storeBe32(th + 4, loadBe32(th + 4) + i * size);
  const flags = <u32>load<u8>(th, 13) & ~(last ? 0 : FIN | PSH) & ~(i == 0 || accecn ? 0 : CWR);
  store<u8>(th, <u8>flags, 13);
}

/** A segment waits for the device. */
function queueSegment(host: u32, idx: u32): void {
  const f = flight(idx);
  const l = link(host);
  const begin = l.device_tail == NONE ? now() : flight(l.device_tail).arrives_ns;
  f.arrives_ns = begin + ((<u64>(f.header_len + f.len) * l.byte_ns_q10) >> 10);
  if (l.device_tail == NONE) {
    l.device_head = idx;
    schedule(f.arrives_ns, EVENT_TX, host);
  } else flight(l.device_tail).next = idx;
  l.device_tail = idx;
  learn(l, f);
}

/** What a test may ask about the last segment. */
function learn(l: Link, f: Flight): void {
  const eth = changetype<usize>(f) + HEADER_AT;
  const th = eth + (load<u8>(eth, 14) >> 4 == 4 ? 34 : 54);
  l.segments++;
  l.last_ns = now();
  l.last_seq = loadBe32(th + 4);
  l.last_ack = loadBe32(th + 8);
  l.last_flags = load<u8>(th, 13);
  l.last_window = loadBe16(th + 14);
  l.last_len = f.len;
  l.last_sacks = 0;
  l.last_accecn = -1;
  l.last_ecn = ecnField(eth);
  l.last_ace = (loadBe16(th + 12) >> 6) & 7;
  if ((l.last_flags & (ECE | SYN)) == ECE) l.ece_segments++;
  if ((l.last_flags & (CWR | SYN)) == CWR) l.cwr_segments++;
  if (f.len != 0) l.data_segments++;
  else l.acks++;
  f.nth = l.data_segments;
  f.end_seq = l.last_seq + f.len;
  if ((l.last_flags & RST) != 0) l.rsts++;
  const end = th + ((<u32>load<u8>(th, 12) >> 4) << 2);
  let p = th + 20;
  while (p < end) {
    const kind = load<u8>(p);
    if (kind == 0) return;
    if (kind == 1) {
      p++;
      continue;
    }
    const len = <u32>load<u8>(p, 1);
    if (kind == 172 || kind == 174) l.last_accecn = <i32>(len - 2) / 3;
    if (kind == 5) {
      l.last_sacks = (len - 2) >> 3;
      l.last_sack_start = loadBe32(p + 2);
      l.last_sack_end = loadBe32(p + 6);
    }
    p += len;
  }
}

/** The two bits of the IP header. */
function ecnField(eth: usize): u32 {
  return load<u8>(eth, 14) >> 4 == 4 ? <u32>load<u8>(eth, 15) & 3 : (<u32>load<u8>(eth, 15) >> 4) & 3;
}
function setEcnField(eth: usize, field: u32): void {
  const shift: u32 = load<u8>(eth, 14) >> 4 == 4 ? 0 : 4;
  store<u8>(eth, <u8>((<u32>load<u8>(eth, 15) & ~(3 << shift)) | (field << shift)), 15);
}

function flightFree(idx: u32): void {
  const f = flight(idx);
  for (let i: u32 = 0; i < f.nr_frags; i++) fragUnref(load<u32>(changetype<usize>(f) + FRAGS_AT + <usize>i * 12), false);
  f.nr_frags = 0;
  f.next = segments().free;
  segments().free = idx;
}

/** The device has sent a segment: it is on the link, or lost. */
export function sent(host: u32): void {
  const l = link(host);
  const idx = l.device_head;
  const f = flight(idx);
  l.device_head = f.next;
  f.next = NONE;
  if (l.device_head == NONE) l.device_tail = NONE;
  else schedule(flight(l.device_head).arrives_ns, EVENT_TX, host);
  const truesize = f.truesize;
  const sock_idx = f.sock;
  const nth = f.nth;
  const unwanted = f.len == 0 ? l.drop_acks != 0 : (nth >= l.drop_from && nth <= l.drop_to && l.drop_from != 0) || dropsEnd(l, f);
  const lost = l.cut != 0 || unwanted || chance(host, STREAM_WIRE_LOSS, l.loss_ppm);
  if (lost) flightFree(idx);
  else {
    const eth = changetype<usize>(f) + HEADER_AT;
    if (l.bleach != 0) setEcnField(eth, 0);
    if (f.len != 0 && nth >= l.mark_from && nth <= l.mark_to && ecnField(eth) != 0) {
      setEcnField(eth, 3);
      l.marked++;
    }
    f.arrives_ns = coreState().clock_ns + l.delay_ns;
    if (chance(host, STREAM_WIRE_REORDER, l.reorder_ppm)) f.arrives_ns += l.reorder_ns;
    if (chance(host, STREAM_WIRE_DUPLICATE, l.duplicate_ppm)) arriveLater(l, host, copyOf(f));
    arriveLater(l, host, idx);
  }
  if (sock_idx != NONE) skbDestructor(sock_idx, truesize);
}

function dropsEnd(l: Link, f: Flight): bool {
  if (l.drop_end == 0 || f.end_seq != l.drop_end) return false;
  l.drop_end = 0;
  return true;
}

function copyOf(f: Flight): u32 {
  const w = segments();
  const idx = w.free;
  const c = flight(idx);
  w.free = c.next;
  memory.copy(changetype<usize>(c), changetype<usize>(f), FLIGHT_BYTES);
  c.next = NONE;
  for (let i: u32 = 0; i < c.nr_frags; i++) netmemRef(load<u32>(changetype<usize>(c) + FRAGS_AT + <usize>i * 12));
  return idx;
}

/** Puts a segment on the link, sorted by arrival. One event for the head of the link. */
function arriveLater(l: Link, host: u32, idx: u32): void {
  const f = flight(idx);
  if (l.head == NONE) {
    l.head = idx;
    l.tail = idx;
    // A turn that waits for the core will see it.
    if (l.scheduled == 0) schedule(f.arrives_ns, EVENT_WIRE, host);
    l.scheduled = 1;
    return;
  }
  if (f.arrives_ns >= flight(l.tail).arrives_ns) {
    flight(l.tail).next = idx;
    l.tail = idx;
    return;
  }
  if (f.arrives_ns < flight(l.head).arrives_ns) {
    f.next = l.head;
    l.head = idx;
    return;
  }
  let before = l.head;
  while (flight(flight(before).next).arrives_ns <= f.arrives_ns) before = flight(before).next;
  f.next = flight(before).next;
  flight(before).next = idx;
}

/** Everything that has arrived goes up, when the core is free. */
export function arrived(host: u32): void {
  const l = link(host);
  const to = 1 - host;
  const free_at = coreFreeAt(to, 0, CONTEXT_SOFTIRQ);
  if (free_at > coreState().clock_ns) {
    schedule(free_at, EVENT_WIRE, host);
    return;
  }
  enterContext(to, 0, CONTEXT_SOFTIRQ);
  while (l.head != NONE && flight(l.head).arrives_ns <= coreState().clock_ns) {
    const idx = l.head;
    const f = flight(idx);
    l.head = f.next;
    if (l.head == NONE) l.tail = NONE;
    const skb_idx = skbAlloc(to);
    if (skb_idx == NONE) {
      flightFree(idx);
      continue;
    }
    const b = skb(skb_idx);
    memory.copy(<usize>b.head, changetype<usize>(f) + HEADER_AT, f.header_len);
    b.data_off = 14;
    b.network_off = 14;
    b.head_len = <u16>(f.header_len - 14);
    b.len = b.head_len;
    b.truesize = SKB_HEAD_TRUESIZE;
    b.ip_summed = 1;
    b.gso_segs = 1;
    b.pkt_id = f.pkt_id;
    for (let i: u32 = 0; i < f.nr_frags; i++) {
      const at = changetype<usize>(f) + FRAGS_AT + <usize>i * 12;
      skbAddFrag(skb_idx, load<u32>(at), load<u32>(at, 4), load<u32>(at, 8), 2048);
    }
    f.nr_frags = 0;
    flightFree(idx);
    ipReceive(to, skb_idx, 0xff);
  }
  leaveContext();
  if (l.head != NONE) schedule(flight(l.head).arrives_ns, EVENT_WIRE, host);
  else l.scheduled = 0;
}

