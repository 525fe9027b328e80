/**
 * IP, as far as TCP and UDP need it: the checks on the way in (net/ipv4/ip_input.c: ip_rcv_core; net/ipv6/ip6_input.c:
 * ip6_rcv_core), the headers on the way out (net/ipv4/ip_output.c: __ip_queue_xmit; net/ipv6/ip6_output.c: ip6_xmit).
 *
 * Differs from Linux: no routing, no fragments but those of UDP (stack/udp), no IP options and no IPv6 extension headers; such packets
 * are dropped.
 */
import {
  countDrop, csumFinish, csumPartial, csumPseudo, DROP_IP_CSUM, DROP_IP_INHDR, DROP_OTHERHOST, DROP_PKT_TOO_SMALL, DROP_TCP_CSUM,
  DROP_UNHANDLED_PROTO, hostConfig, loadBe16, NONE, STAGE_TCP, storeBe16, storeBe32, TCP_INCEPKTS, TCP_INCSUMERRORS,
  TCP_INECT0PKTS, TCP_INECT1PKTS, TCP_INERRS, TCP_INNOECTPKTS,
} from '../../sim/core';
import { fragUnref, KIND_NIOV, NAPI_LO, netmem, Skb, skb, skbFrag, skbFree } from '../3-pool';
import { mibAdd, mibInc, SockCommon } from '../6-socket';
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6, hostAddress0, hostAddress1, hostMac } from './address';
import { TCP_HLEN, TH_SOURCE } from './header';
import { icmpReceive } from './icmp';
import { tcpReceive } from './input';
import { udpInput } from './port';
import { headerScratch, stage } from './stage';

const IPPROTO_ICMP: u32 = 1;
const IPPROTO_TCP: u32 = 6;
const IPPROTO_UDP: u32 = 17;
const NEXTHDR_FRAGMENT: u32 = 44;
const FRAG_HLEN: u32 = 8;
const IPPROTO_ICMPV6: u32 = 58;
const IPV4_HLEN: u32 = 20;
const IPV6_HLEN: u32 = 40;
const IP_DF: u32 = 0x4000;
const IP_FRAGMENT: u32 = 0x3fff;
const HOP_LIMIT: u32 = 64;

/** Frees a received skb; into the pool's cache when TCP runs in the poll that received it. */
export function rxFree(skb_idx: u32): void {
  skbFree(skb_idx, <u32>skb(skb_idx).napi == stage().napi);
}

/** Segments that an skb is made of. */
export function segsOf(b: Skb): u64 {
  return b.gso_segs > 1 ? <u64>b.gso_segs : 1;
}

/** Drops a received skb for a reason. */
export function dropSkb(skb_idx: u32, reason: u32): void {
  const b = skb(skb_idx);
  countDrop(reason, STAGE_TCP, b.pkt_id, b.len);
  rxFree(skb_idx);
}

/** A packet from the driver or GRO. data_off is at the IP header. NONE as napi_idx: not in a poll. */
export function ipReceive(host: u32, skb_idx: u32, napi_idx: u32): void {
  const b = skb(skb_idx);
  stage().napi = napi_idx;
  const ip = <usize>b.head + b.data_off;
  let reason: u32 = DROP_UNHANDLED_PROTO;
  if (b.head_len >= <u16>IPV4_HLEN) {
    const version = <u32>load<u8>(ip) >> 4;
    if (version == 4) reason = receive4(host, b, skb_idx, ip);
    else if (version == 6) reason = receive6(host, b, skb_idx, ip);
  } else reason = DROP_PKT_TOO_SMALL;
  if (reason != NONE) dropSkb(skb_idx, reason);
  stage().napi = NONE;
}

/** NONE when the packet went on, or the reason to drop it. */
function receive4(host: u32, b: Skb, skb_idx: u32, ip: usize): u32 {
  if (load<u8>(ip) != 0x45) return DROP_IP_INHDR;
  const gro = b.gso_segs > 1;
  const total = loadBe16(ip + 2);
  if (!gro) {
    if (total < IPV4_HLEN) return DROP_IP_INHDR;
    if (total > b.len) return DROP_PKT_TOO_SMALL;
    if (b.ip_summed == 0 && csumFinish(csumPartial(0, ip, IPV4_HLEN)) != 0) return DROP_IP_CSUM;
    if (total < b.len) trimTail(b, skb_idx, total);
  }
  const protocol = <u32>load<u8>(ip, 9);
  if ((loadBe16(ip + 6) & IP_FRAGMENT) != 0 && protocol != IPPROTO_UDP) return DROP_UNHANDLED_PROTO;
  const daddr = <u64>load<u32>(ip, 16);
  if (daddr != hostAddress0(host, 4) && b.napi != NAPI_LO && !hostConfig(host).tcp_anyip) return DROP_OTHERHOST;
  b.ip_dsfield = load<u8>(ip, 1);
  countEcn(host, b);
  if (protocol == IPPROTO_UDP) return udpInput(host, skb_idx, 4);
  if (protocol == IPPROTO_ICMP) return icmpReceive(host, b, skb_idx, ip, 4, IPV4_HLEN);
  if (protocol != IPPROTO_TCP) return DROP_UNHANDLED_PROTO;
  return receiveTcp(host, b, skb_idx, ip, IPV4_HLEN, 4, <u64>load<u32>(ip, 12), 0, daddr, 0);
}

function receive6(host: u32, b: Skb, skb_idx: u32, ip: usize): u32 {
  if (b.head_len < <u16>IPV6_HLEN) return DROP_PKT_TOO_SMALL;
  const gro = b.gso_segs > 1;
  const total = loadBe16(ip + 4) + IPV6_HLEN;
  if (!gro) {
    if (total > b.len) return DROP_PKT_TOO_SMALL;
    if (total < b.len) trimTail(b, skb_idx, total);
  }
  const daddr0 = load<u64>(ip, 24);
  const daddr1 = load<u64>(ip, 32);
  const own = daddr0 == hostAddress0(host, 6) && daddr1 == hostAddress1(host, 6);
  if (!own && b.napi != NAPI_LO && !hostConfig(host).tcp_anyip) return DROP_OTHERHOST;
  b.ip_dsfield = <u8>(loadBe16(ip) >> 4);
  countEcn(host, b);
  const next = <u32>load<u8>(ip, 6);
  const fragment = next == NEXTHDR_FRAGMENT && <u32>b.head_len >= IPV6_HLEN + FRAG_HLEN && <u32>load<u8>(ip, 40) == IPPROTO_UDP;
  if (next == IPPROTO_UDP || fragment) return udpInput(host, skb_idx, 6);
  if (load<u8>(ip, 6) == <u8>IPPROTO_ICMPV6) return icmpReceive(host, b, skb_idx, ip, 6, IPV6_HLEN);
  if (load<u8>(ip, 6) != <u8>IPPROTO_TCP) return DROP_UNHANDLED_PROTO;
  return receiveTcp(host, b, skb_idx, ip, IPV6_HLEN, 6, load<u64>(ip, 8), load<u64>(ip, 16), daddr0, daddr1);
}

/** Packets by code point (__IP_ADD_STATS of IPSTATS_MIB_NOECTPKTS and its like). */
function countEcn(host: u32, b: Skb): void {
  const field = <u32>b.ip_dsfield & 3;
  const counter = field == 0 ? TCP_INNOECTPKTS : field == 1 ? TCP_INECT1PKTS : field == 2 ? TCP_INECT0PKTS : TCP_INCEPKTS;
  mibAdd(host, counter, segsOf(b));
}

/** Moves data_off to the TCP header, verifies the checksum where the NIC did not, and hands the segment over. */
function receiveTcp(
  host: u32, b: Skb, skb_idx: u32, ip: usize, ip_len: u32, family: u32, saddr0: u64, saddr1: u64, daddr0: u64, daddr1: u64,
): u32 {
  if (<u32>b.head_len < ip_len + TCP_HLEN) return DROP_PKT_TOO_SMALL;
  b.data_off += <u16>ip_len;
  b.head_len -= <u16>ip_len;
  b.len -= ip_len;
  b.transport_off = b.data_off;
  if (b.ip_summed == 0) {
    const addresses = family == 4 ? ip + 12 : ip + 8;
    if (!checksumOk(b, skb_idx, addresses, family == 4 ? 4 : 16)) {
      mibInc(host, TCP_INCSUMERRORS);
      mibInc(host, TCP_INERRS);
      return DROP_TCP_CSUM;
    }
  }
  tcpReceive(host, b, skb_idx, family, saddr0, saddr1, daddr0, daddr1);
  return NONE;
}

/** The TCP checksum over linear part and fragments; memory that the CPU may not read never verifies (skb_frags_readable). */
function checksumOk(b: Skb, skb_idx: u32, addresses: usize, address_bytes: u32): bool {
  let sum = csumPseudo(addresses, addresses + address_bytes, address_bytes, IPPROTO_TCP, b.len);
  sum = csumPartial(sum, <usize>b.head + b.data_off, b.head_len);
  let odd = (b.head_len & 1) != 0;
  for (let i: u32 = 0; i < b.nr_frags; i++) {
    const f = skbFrag(skb_idx, i);
    const n = netmem(f.netmem);
    if (n.kind == KIND_NIOV) return false;
    sum = csumPartial(sum, <usize>n.addr + f.off, f.len, odd);
    if ((f.len & 1) != 0) odd = !odd;
  }
  return csumFinish(sum) == 0;
}

/** Cuts a packet to `len` bytes: Ethernet padding (pskb_trim_rcsum). */
export function trimTail(b: Skb, skb_idx: u32, len: u32): void {
  let cut = b.len - len;
  while (cut > 0 && b.nr_frags > 0) {
    const f = skbFrag(skb_idx, b.nr_frags - 1);
    const part = f.len < cut ? f.len : cut;
    f.len -= part;
    b.data_len -= part;
    b.len -= part;
    cut -= part;
    if (f.len > 0) break;
    b.nr_frags--;
    fragUnref(f.netmem, <u32>b.napi == stage().napi);
  }
  b.head_len -= <u16>cut;
  b.len -= cut;
}

/** Length of Ethernet and IP headers. */
export function linkHeaderLen(family: u32): u32 {
  return ETH_HLEN + (family == 4 ? IPV4_HLEN : IPV6_HLEN);
}

/**
 * Writes Ethernet and IP headers and the ports for a segment of `tcp_len` bytes into the header scratch; returns the
 * address of the TCP header. Checksums stay 0: the device fills them in.
 */
export function writeLinkHeaders(c: SockCommon, ip_id: u32, txhash: u32, tcp_len: u32): usize {
  const eth = headerScratch();
  const host = <u32>c.host;
  store<u64>(eth, hostMac(1 - host));
  store<u64>(eth, hostMac(host), 6);
  const ip = eth + ETH_HLEN;
  let th: usize;
  if (c.family == 4) {
    store<u16>(eth, bswap<u16>(<u16>ETH_P_IP), 12);
    // A packet of two huge segments is longer than the field: who cuts it writes the lengths.
    storeBe32(ip, 0x45000000 | ((IPV4_HLEN + tcp_len) & 0xffff));
    storeBe32(ip + 4, (ip_id << 16) | IP_DF);
    storeBe32(ip + 8, (HOP_LIMIT << 24) | (IPPROTO_TCP << 16));
    store<u32>(ip, <u32>c.laddr0, 12);
    store<u32>(ip, <u32>c.raddr0, 16);
    th = ip + IPV4_HLEN;
  } else {
    store<u16>(eth, bswap<u16>(<u16>ETH_P_IPV6), 12);
    storeBe32(ip, 0x60000000 | (txhash & 0xfffff));
    storeBe32(ip + 4, (tcp_len << 16) | (IPPROTO_TCP << 8) | HOP_LIMIT);
    store<u64>(ip, c.laddr0, 8);
    store<u64>(ip, c.laddr1, 16);
    store<u64>(ip, c.raddr0, 24);
    store<u64>(ip, c.raddr1, 32);
    th = ip + IPV6_HLEN;
  }
  storeBe16(th + TH_SOURCE, c.lport);
  storeBe16(th + 2, c.rport);
  return th;
}

/** Type of service or traffic class of the headers in the scratch. */
export function writeTos(family: u32, tos: u32): void {
  const ip = headerScratch() + ETH_HLEN;
  if (family == 4) store<u8>(ip, <u8>tos, 1);
  else storeBe16(ip, (loadBe16(ip) & 0xf00f) | (tos << 4));
}

/** Routers may cut the packet (IP_PMTUDISC_DONT). IPv6 has no such bit. */
export function clearDf(family: u32): void {
  if (family == 4) store<u16>(headerScratch() + ETH_HLEN, 0, 6);
}
