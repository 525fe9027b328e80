/**
 * Fragments become datagrams again (net/ipv4/ip_fragment.c: ip_defrag; net/ipv4/inet_fragment.c: inet_frag_queue_insert;
 * net/ipv6/reassembly.c). Those of one datagram wait in a list in the order of their bytes until none is missing:
 *
 *     queue { id, addresses, meat, len } ──► skb [0, 1480) ──► skb [1480, 2960) ──► …      Skb.seq, Skb.end_seq
 *
 * Differs from Linux: a datagram that never becomes whole is thrown away when the next fragment comes after its time, or when its
 * place is needed, and not by a timer; nobody is told that its time is over.
 */
import {
  arenaAlloc, charge, COST_IP_DEFRAG, countDrop, DROP_DUP_FRAG, DROP_FRAG_REASM_TIMEOUT, DROP_NOMEM, HOSTS_MAX, NONE, now, STAGE_TCP,
  UDP_REASMFAILS, UDP_REASMOKS, UDP_REASMREQDS,
} from '../../sim/core';
import { skb, skbFree } from '../3-pool';
import { mibInc, udpHost, UdpName } from './sock';

/** net.ipv4.ipfrag_time, ipfrag_high_thresh. */
const FRAG_TIME_NS: u64 = 30000000000;
const HIGH_THRESH: u32 = 4 << 20;
const QUEUES: u32 = 128;

@unmanaged
class FragQueue {
  saddr0: u64;
  saddr1: u64;
  daddr0: u64;
  daddr1: u64;
  since_ns: u64;
  id: u32;
  /** 4 or 6; 0: free. */
  family: u32;
  /** First skb. */
  head: u32;
  /** Bytes that are there, and of the whole datagram, 0 while its end is not known. */
  meat: u32;
  len: u32;
  truesize: u32;
}
const QUEUE_BYTES: usize = 64;

function queue(host: u32, i: u32): FragQueue {
  return changetype<FragQueue>(<usize>udpHost(0).frags_base + <usize>(host * QUEUES + i) * QUEUE_BYTES);
}
export function defragInit(): void {
  udpHost(0).frags_base = <u32>arenaAlloc(<u64>(HOSTS_MAX * QUEUES) * QUEUE_BYTES);
}

/** Throws away what a queue holds. */
function kill(host: u32, q: FragQueue, reason: u32): void {
  for (let idx = q.head; idx != NONE; ) {
    const next = skb(idx).next;
    countDrop(reason, STAGE_TCP, skb(idx).pkt_id, skb(idx).len);
    skbFree(idx, false);
    idx = next;
  }
  release(host, q);
  mibInc(host, UDP_REASMFAILS);
}
function release(host: u32, q: FragQueue): void {
  udpHost(host).frag_mem -= q.truesize;
  q.family = 0;
}

/** The queue of a datagram, an empty one, or null when there is none. */
function find(host: u32, from: UdpName, to: UdpName, id: u32): FragQueue | null {
  let free: FragQueue | null = null;
  const time = now();
  for (let i: u32 = 0; i < QUEUES; i++) {
    const q = queue(host, i);
    if (q.family != 0 && q.since_ns + FRAG_TIME_NS <= time) kill(host, q, DROP_FRAG_REASM_TIMEOUT);
    if (q.family == 0) {
      if (free == null) free = q;
      // Free places lie behind those that were ever used.
      if (q.since_ns == 0) break;
      continue;
    }
    const same = q.id == id && q.family == from.family && q.saddr0 == from.addr0 && q.saddr1 == from.addr1;
    if (same && q.daddr0 == to.addr0 && q.daddr1 == to.addr1) return q;
  }
  if (free == null || udpHost(host).frag_mem > HIGH_THRESH) return null;
  free.saddr0 = from.addr0;
  free.saddr1 = from.addr1;
  free.daddr0 = to.addr0;
  free.daddr1 = to.addr1;
  free.since_ns = max<u64>(time, 1);
  free.id = id;
  free.family = from.family;
  free.head = NONE;
  free.meat = 0;
  free.len = 0;
  free.truesize = 0;
  return free;
}

/** Puts a fragment into its place. 0: there it is; 1: it was there before; 2: it overlaps with another. */
function insert(q: FragQueue, idx: u32): u32 {
  const b = skb(idx);
  let before = NONE;
  let next = q.head;
  while (next != NONE && skb(next).seq < b.seq) {
    before = next;
    next = skb(next).next;
  }
  const twice = next != NONE && skb(next).seq == b.seq && skb(next).end_seq == b.end_seq;
  if (twice) return 1;
  if (before != NONE && skb(before).end_seq > b.seq) return skb(before).end_seq >= b.end_seq ? 1 : 2;
  if (next != NONE && skb(next).seq < b.end_seq) return 2;
  b.next = next;
  if (before == NONE) q.head = idx;
  else skb(before).next = idx;
  return 0;
}

/**
 * A fragment, whose data begins at data_off and lies `offset` bytes into its datagram. The first skb of the whole datagram, the
 * others behind it by Skb.next; or NONE, when some are missing. It takes the skb over in any case.
 */
export function defrag(host: u32, idx: u32, from: UdpName, to: UdpName, id: u32, offset: u32, more: bool): u32 {
  charge(COST_IP_DEFRAG);
  mibInc(host, UDP_REASMREQDS);
  const b = skb(idx);
  const q = find(host, from, to, id);
  if (q == null) return lost(host, idx, DROP_NOMEM);
  const end = offset + b.len;
  const wrong = more ? (b.len & 7) != 0 || (q.len != 0 && end > q.len) : q.len != 0 && q.len != end;
  b.seq = offset;
  b.end_seq = end;
  const place = wrong || end > 0xffff ? 2 : insert(q, idx);
  if (place == 1) {
    countDrop(DROP_DUP_FRAG, STAGE_TCP, b.pkt_id, b.len);
    skbFree(idx, false);
    return NONE;
  }
  if (place == 2) {
    kill(host, q, DROP_DUP_FRAG);
    return lost(host, idx, DROP_DUP_FRAG);
  }
  if (!more) q.len = end;
  q.meat += b.len;
  q.truesize += b.truesize;
  udpHost(host).frag_mem += b.truesize;
  if (q.len == 0 || q.meat != q.len) return NONE;
  const first = q.head;
  release(host, q);
  mibInc(host, UDP_REASMOKS);
  return first;
}
function lost(host: u32, idx: u32, reason: u32): u32 {
  countDrop(reason, STAGE_TCP, skb(idx).pkt_id, skb(idx).len);
  skbFree(idx, false);
  mibInc(host, UDP_REASMFAILS);
  return NONE;
}
