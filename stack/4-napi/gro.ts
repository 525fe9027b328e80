/**
 * Generic receive offload: segments of a flow that follow each other become one skb, whose headers are the first one's
 * (net/core/gro.c: dev_gro_receive, skb_gro_receive; net/ipv4/tcp_offload.c: tcp_gro_receive; inet_gro_receive,
 * ipv6_gro_receive). A NAPI holds up to MAX_GRO_SKBS packets in each of GRO_HASH_BUCKETS lists, the youngest first.
 *
 *      held:   [Eth IP TCP] frag frag                      seq = held.seq + payload of held
 *      next:   [Eth IP TCP] frag          ──────────────►  [Eth IP TCP] frag frag frag
 *
 * Differs from Linux: a packet is not merged when the NIC did not validate its checksum, or when its payload is linear.
 * Differs from Linux: a packet that the NIC merged is not merged with others.
 * Differs from Linux: without frag_list a merged packet ends at MAX_SKB_FRAGS fragments.
 */
import {
  bug, charge, COST_GRO_FRAME, hostConfig, loadBe16, loadBe32, MAX_SKB_FRAGS, NONE, now, NS_PER_JIFFY, RUN_BUG_COALESCED_TWICE_FREED,
  RUN_BUG_LRO_BAD_CHECKSUM, storeBe16, traceGroMerge,
} from '../../sim/core';
import { Skb, skb, skbFrag, skbFree, skbFreeHead, SKB_HEAD_TRUESIZE } from '../3-pool';
import { ipReceive } from '../5-tcp';
import { groBucket, GroBucket, GRO_HASH_BUCKETS, Napi, napi } from './state';

/** net/core/gro.c: MAX_GRO_SKBS. */
const MAX_GRO_SKBS: u32 = 8;
/** include/linux/netdevice.h: GRO_LEGACY_MAX_SIZE. */
const GRO_MAX_SIZE: u32 = 65536;

// EtherTypes as a 16-bit load in machine order sees them.
const TYPE_IPV4: u32 = 0x0008;
const TYPE_IPV6: u32 = 0xdd86;
const IPV4_HLEN: u32 = 20;
const IPV6_HLEN: u32 = 40;
const TCP_HLEN: u32 = 20;
const IPPROTO_TCP: u32 = 6;

// Flags in the second byte of the word that holds data offset, flags and window (tcp_flag_word), loaded in machine order.
const FLAG_FIN: u32 = 0x01 << 8;
const FLAG_SYN: u32 = 0x02 << 8;
const FLAG_RST: u32 = 0x04 << 8;
const FLAG_PSH: u32 = 0x08 << 8;
const FLAG_URG: u32 = 0x20 << 8;
const FLAGS_MERGED: u32 = FLAG_FIN | FLAG_PSH;
const FLAGS_FINAL: u32 = FLAG_URG | FLAG_PSH | FLAG_RST | FLAG_SYN | FLAG_FIN;

/** Skb.cb0 of a held packet: its IPv4 identification does not count up (napi_gro_cb.ip_fixedid). */
const FIXED_ID: u64 = 1;

/** Takes a packet from the driver; it goes up now, or with others at the latest when the NAPI completes. */
export function groReceive(napi_idx: u32, skb_idx: u32): void {
  charge(COST_GRO_FRAME);
  const b = skb(skb_idx);
  const host = <u32>b.host;
  const ip = <usize>b.head + <u32>b.network_off;
  if (bug(RUN_BUG_LRO_BAD_CHECKSUM)) b.ip_summed = 1;
  const iph_len = b.ip_summed != 0 && hostConfig(host).napi_gro ? ipHeaderLen(b, ip) : 0;
  if (iph_len == 0) return ipReceive(host, skb_idx, napi_idx);
  const th = ip + iph_len;
  const th_len = (<u32>load<u8>(th, 12) >> 4) << 2;
  const header_len = iph_len + th_len;
  if (th_len < TCP_HLEN || <u32>b.head_len < header_len) return ipReceive(host, skb_idx, napi_idx);

  const n = napi(napi_idx);
  const i = b.hash & (GRO_HASH_BUCKETS - 1);
  const bucket = groBucket(n, i);
  const len = b.len - header_len;
  const word = load<u32>(th, 12);
  const held = bucket.count == 0 ? NONE : findFlow(bucket, b, ip, iph_len, th);
  // A length that is not the datagram's means padding or a truncated packet.
  const whole = iph_len == IPV4_HLEN ? loadBe16(ip + 2) == b.len : loadBe16(ip + 4) + IPV6_HLEN == b.len;
  if (b.gso_segs > 1) {
    // Merged by the NIC, up to its limits.
    if (held != NONE) release(n, i, held, napi_idx);
    return ipReceive(host, skb_idx, napi_idx);
  }
  if (held != NONE) {
    const p = skb(held);
    const mss = <u32>p.gso_size;
    if (whole && follows(p, b, ip, iph_len, th_len, len) && merge(held, skb_idx, len)) {
      const th2 = <usize>p.head + <u32>p.network_off + iph_len;
      store<u32>(th2, load<u32>(th2, 12) | (word & FLAGS_MERGED), 12);
      if (len < mss || (word & FLAGS_FINAL) != 0) release(n, i, held, napi_idx);
      return;
    }
    release(n, i, held, napi_idx);
  }
  if (!whole || len == 0 || (word & FLAGS_FINAL) != 0) return ipReceive(host, skb_idx, napi_idx);
  hold(n, i, napi_idx, skb_idx, len);
}

/** Bytes of the IP header when the packet is plain IPv4 or IPv6 that carries TCP, else 0. */
function ipHeaderLen(b: Skb, ip: usize): u32 {
  const type = <u32>load<u16>(ip - 2);
  const head_len = <u32>b.head_len;
  if (type == TYPE_IPV4) {
    if (head_len < IPV4_HLEN + TCP_HLEN || load<u8>(ip) != 0x45 || <u32>load<u8>(ip, 9) != IPPROTO_TCP) return 0;
    return (loadBe16(ip + 6) & 0x3fff) == 0 ? IPV4_HLEN : 0;
  }
  if (type == TYPE_IPV6) {
    if (head_len < IPV6_HLEN + TCP_HLEN || load<u8>(ip) >> 4 != 6 || <u32>load<u8>(ip, 6) != IPPROTO_TCP) return 0;
    return IPV6_HLEN;
  }
  return 0;
}

/** The held packet of the same flow (gro_list_prepare, inet_gro_receive, ipv6_gro_receive, tcp_gro_lookup), or NONE. */
function findFlow(bucket: GroBucket, b: Skb, ip: usize, iph_len: u32, th: usize): u32 {
  const hash = b.hash;
  const network_off = <u32>b.network_off;
  const ports = load<u32>(th);
  let idx = bucket.youngest;
  for (let left = bucket.count; left > 0; left--) {
    const p = skb(idx);
    if (p.hash == hash && <u32>p.network_off == network_off) {
      const ip2 = <usize>p.head + network_off;
      const same = iph_len == IPV4_HLEN ? sameIpv4(ip, ip2) : sameIpv6(ip, ip2);
      if (same && load<u32>(ip2 + iph_len) == ports && sameLink(<usize>b.head, <usize>p.head, network_off)) return idx;
    }
    idx = p.next;
  }
  return NONE;
}

function sameIpv4(ip: usize, ip2: usize): bool {
  return load<u8>(ip2) == 0x45 && load<u64>(ip, 12) == load<u64>(ip2, 12);
}

/** Version and flow label (not traffic class) and addresses. */
function sameIpv6(ip: usize, ip2: usize): bool {
  return (
    ((load<u32>(ip) ^ load<u32>(ip2)) & 0xffff0ff0) == 0 &&
    load<u64>(ip, 8) == load<u64>(ip2, 8) && load<u64>(ip, 16) == load<u64>(ip2, 16) &&
    load<u64>(ip, 24) == load<u64>(ip2, 24) && load<u64>(ip, 32) == load<u64>(ip2, 32)
  );
}

/** Ethernet addresses, type and VLAN tags. */
function sameLink(eth: usize, eth2: usize, network_off: u32): bool {
  if (load<u64>(eth) != load<u64>(eth2) || load<u32>(eth, 8) != load<u32>(eth2, 8)) return false;
  for (let i: u32 = 12; i < network_off; i += 2) {
    if (load<u16>(eth + i) != load<u16>(eth2 + i)) return false;
  }
  return true;
}

/** Whether packet b continues the held packet p so that nothing is lost by merging (tcp_gro_receive, gro_receive_network_flush). */
function follows(p: Skb, b: Skb, ip: usize, iph_len: u32, th_len: u32, len: u32): bool {
  const ip2 = <usize>p.head + <u32>p.network_off;
  const th = ip + iph_len;
  const th2 = ip2 + iph_len;
  if (((load<u32>(th, 12) ^ load<u32>(th2, 12)) & ~FLAGS_MERGED) != 0) return false; // also data offset and window
  if (load<u32>(th, 8) != load<u32>(th2, 8)) return false; // acknowledgement
  for (let i: u32 = TCP_HLEN; i < th_len; i += 4) {
    if (load<u32>(th + i) != load<u32>(th2 + i)) return false;
  }
  const held_len = p.len - iph_len - th_len;
  if (loadBe32(th2 + 4) + held_len != loadBe32(th + 4)) return false;
  if (len - 1 >= <u32>p.gso_size) return false; // nothing, or longer than the first
  if (<u32>b.head_len != iph_len + th_len) return false; // linear payload
  return iph_len == IPV4_HLEN ? ipv4Follows(p, ip, ip2) : ipv6Follows(ip, ip2);
}

/** include/net/gro.h: inet_gro_flush. TOS, TTL and DF alike; the identification counts up, or stays the same all along. */
function ipv4Follows(p: Skb, ip: usize, ip2: usize): bool {
  if (load<u8>(ip, 1) != load<u8>(ip2, 1) || load<u8>(ip, 8) != load<u8>(ip2, 8)) return false;
  if (((load<u8>(ip, 6) ^ load<u8>(ip2, 6)) & 0x40) != 0) return false;
  const step = (loadBe16(ip + 4) - loadBe16(ip2 + 4)) & 0xffff;
  const count = <u32>p.gso_segs;
  if (count == 1 && step == 0) p.cb0 = FIXED_ID;
  return step == (p.cb0 == FIXED_ID ? 0 : count);
}

/** include/net/gro.h: ipv6_gro_flush. */
function ipv6Follows(ip: usize, ip2: usize): bool {
  return ((load<u32>(ip) ^ load<u32>(ip2)) & 0x0000f00f) == 0 && load<u8>(ip, 7) == load<u8>(ip2, 7);
}

/** Moves the fragments of one packet behind those of another; its head is freed (skb_gro_receive). False: no room. */
function merge(into: u32, skb_idx: u32, len: u32): bool {
  const p = skb(into);
  const b = skb(skb_idx);
  const count = p.nr_frags;
  const more = b.nr_frags;
  if (count + more > MAX_SKB_FRAGS || p.len + len >= GRO_MAX_SIZE) return false;
  const from = changetype<usize>(skbFrag(skb_idx, 0));
  const to = changetype<usize>(skbFrag(into, count));
  for (let i: usize = 0; i < <usize>more * 12; i += 12) {
    store<u64>(to + i, load<u64>(from + i));
    store<u32>(to + i, load<u32>(from + i, 8), 8);
  }
  p.nr_frags = count + more;
  p.len += len;
  p.data_len += len;
  p.truesize += b.truesize - SKB_HEAD_TRUESIZE;
  p.gso_segs++;
  traceGroMerge(b.pkt_id, skbFrag(skb_idx, 0).netmem, p.pkt_id, p.gso_segs, p.len);
  if (bug(RUN_BUG_COALESCED_TWICE_FREED)) skbFree(skb_idx, true);
  else skbFreeHead(skb_idx);
  return true;
}

function hold(n: Napi, i: u32, napi_idx: u32, skb_idx: u32, len: u32): void {
  const bucket = groBucket(n, i);
  if (bucket.count >= MAX_GRO_SKBS) release(n, i, oldest(bucket), napi_idx);
  const b = skb(skb_idx);
  b.gso_size = <u16>len;
  b.cb0 = 0;
  b.next = bucket.count == 0 ? NONE : bucket.youngest;
  bucket.youngest = skb_idx;
  bucket.count++;
  n.bitmap |= 1 << i;
}

function oldest(bucket: GroBucket): u32 {
  let idx = bucket.youngest;
  while (skb(idx).next != NONE) idx = skb(idx).next;
  return idx;
}

/** Takes a held packet off its list and hands it up. */
function release(n: Napi, i: u32, skb_idx: u32, napi_idx: u32): void {
  const bucket = groBucket(n, i);
  const next = skb(skb_idx).next;
  if (bucket.youngest == skb_idx) {
    bucket.youngest = next;
  } else {
    let before = bucket.youngest;
    while (skb(before).next != skb_idx) before = skb(before).next;
    skb(before).next = next;
  }
  if (--bucket.count == 0) n.bitmap &= ~(1 << i);
  complete(skb_idx, napi_idx);
}

/** Writes the length of what it has become into a merged packet's IP header and hands it up (gro_complete). */
function complete(skb_idx: u32, napi_idx: u32): void {
  const b = skb(skb_idx);
  b.next = NONE;
  b.cb0 = 0;
  if (b.gso_segs == 1) {
    b.gso_size = 0;
  } else {
    const ip = <usize>b.head + <u32>b.network_off;
    if (load<u8>(ip) == 0x45) storeBe16(ip + 2, b.len);
    else storeBe16(ip + 4, b.len - IPV6_HLEN);
  }
  ipReceive(b.host, skb_idx, napi_idx);
}

/** Hands up what is held, the oldest of each list first (__gro_flush). `old_only`: what came in before this jiffy. */
export function groFlush(napi_idx: u32, old_only: bool): void {
  const n = napi(napi_idx);
  let bits = n.bitmap;
  if (bits == 0) return;
  const jiffy = old_only ? now() / NS_PER_JIFFY : u64.MAX_VALUE;
  while (bits != 0) {
    const i = ctz(bits);
    bits &= bits - 1;
    const bucket = groBucket(n, i);
    while (bucket.count != 0) {
      const idx = oldest(bucket);
      if (old_only && skb(idx).tstamp_ns / NS_PER_JIFFY == jiffy) break;
      release(n, i, idx, napi_idx);
    }
  }
}
