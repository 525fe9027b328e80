/**
 * Datagrams from the other host (net/ipv4/udp.c: __udp4_lib_rcv, udp_queue_rcv_skb, __udp_enqueue_schedule_skb; net/ipv6/udp.c).
 *
 * Differs from Linux: a checksum that the NIC did not verify is computed when the datagram arrives, and not while it is copied to
 * the application; GRO leaves datagrams alone.
 */
import {
  charge, chargeBytes, COST_CSUM_KIB, COST_UDP_RX, countDrop, csumFinish, csumPartial, csumPseudo, DROP_NO_SOCKET, DROP_PKT_TOO_SMALL,
  DROP_SOCKET_RCVBUFF, DROP_UDP_CSUM, loadBe16, loadBe32, NONE, runConfig, STAGE_TCP, UDP_INCSUMERRORS, UDP_INDATAGRAMS, UDP_INERRORS,
  UDP_NOPORTS, UDP_RCVBUFERRORS, wakeUp,
} from '../../sim/core';
import { KIND_NIOV, netmem, skb, skbFrag, skbFree } from '../3-pool';
import { trimTail } from '../5-tcp';
import { POLLERR, READ_BITS } from '../6-socket';
import { ECONNREFUSED, ENOPROTOOPT } from '../../uring-model/uapi.gen';
import { lookup, lookupConnected } from './address';
import { defrag } from './defrag';
import { portUnreachable } from './icmp';
import { UDP_HLEN } from './output';
import {
  copyName, fromName, mibInc, skbNew, takenName, UdpName, udpSkb, udpSock, udpWaiters, wireName,
} from './sock';

const IPPROTO_UDP: u32 = 17;
const IPV4_HLEN: u32 = 20;
const IPV6_HLEN: u32 = 40;
const FRAG_HLEN: u32 = 8;

/** Addresses of a packet whose IP header is at `ip`: its source, or its destination. */
function address(n: UdpName, ip: usize, family: u32, source: bool): void {
  n.family = family;
  n.port = 0;
  if (family == 4) {
    n.addr0 = <u64>load<u32>(ip + (source ? 12 : 16));
    n.addr1 = 0;
  } else {
    n.addr0 = load<u64>(ip + (source ? 8 : 24));
    n.addr1 = load<u64>(ip + (source ? 16 : 32));
  }
}

/** Throws a datagram away, with all skbs that it is made of. */
function drop(host: u32, first: u32, reason: u32, counter: u32): void {
  mibInc(host, counter);
  countDrop(reason, STAGE_TCP, skb(first).pkt_id, skb(first).len);
  for (let idx = first; idx != NONE; ) {
    const next = skb(idx).next;
    skbFree(idx, false);
    idx = next;
  }
}

/** The checksum over all skbs; the first one begins with the UDP header. */
function checksumOk(first: u32, from: UdpName, to: UdpName, len: u32): bool {
  const bytes: u32 = from.family == 4 ? 4 : 16;
  let sum = csumPseudo(changetype<usize>(from), changetype<usize>(to), bytes, IPPROTO_UDP, len);
  let odd = false;
  for (let idx = first; idx != NONE; idx = skb(idx).next) {
    const b = skb(idx);
    sum = csumPartial(sum, <usize>b.head + b.data_off, b.head_len, odd);
    if ((b.head_len & 1) != 0) odd = !odd;
    for (let i: u32 = 0; i < b.nr_frags; i++) {
      const f = skbFrag(idx, i);
      if (netmem(f.netmem).kind == KIND_NIOV) return false;
      sum = csumPartial(sum, <usize>netmem(f.netmem).addr + f.off, f.len, odd);
      if ((f.len & 1) != 0) odd = !odd;
    }
  }
  return csumFinish(sum) == 0;
}

/** Strips `len` bytes of headers. */
function pull(idx: u32, len: u32): void {
  const b = skb(idx);
  b.data_off += <u16>len;
  b.head_len -= <u16>len;
  b.len -= len;
}

/** UdpReceive: a packet, or a fragment of one, whose IP header was checked. NONE: it has been taken; or why it is dropped. */
export function udpReceive(host: u32, skb_idx: u32, family: u32): u32 {
  const b = skb(skb_idx);
  const ip = <usize>b.head + b.data_off;
  const from = wireName();
  const to = takenName();
  address(from, ip, family, true);
  address(to, ip, family, false);
  let id = loadBe16(ip + 4);
  let word = loadBe16(ip + 6);
  let header_len = IPV4_HLEN;
  let offset = (word & 0x1fff) << 3;
  let more = (word & 0x2000) != 0;
  if (family == 6) {
    const fragment = load<u8>(ip, 6) != <u8>IPPROTO_UDP;
    header_len = fragment ? IPV6_HLEN + FRAG_HLEN : IPV6_HLEN;
    if (<u32>b.head_len < header_len) return DROP_PKT_TOO_SMALL;
    word = fragment ? loadBe32(ip + IPV6_HLEN) & 0xffff : 0;
    id = fragment ? loadBe32(ip + IPV6_HLEN + 4) : 0;
    offset = word & 0xfff8;
    more = (word & 1) != 0;
  }
  pull(skb_idx, header_len);
  b.next = NONE;
  let first = skb_idx;
  if (offset != 0 || more) {
    first = defrag(host, skb_idx, from, to, id, offset, more);
    if (first == NONE) return NONE;
  }
  datagram(host, first, from, to);
  return NONE;
}

/** A whole datagram, whose first skb begins with the UDP header. */
function datagram(host: u32, first: u32, from: UdpName, to: UdpName): void {
  charge(COST_UDP_RX);
  const b = skb(first);
  let total: u32 = 0;
  let truesize: u32 = 0;
  let summed = true;
  for (let idx = first; idx != NONE; idx = skb(idx).next) {
    total += skb(idx).len;
    truesize += skb(idx).truesize;
    if (skb(idx).ip_summed == 0) summed = false;
  }
  if (<u32>b.head_len < UDP_HLEN) return drop(host, first, DROP_PKT_TOO_SMALL, UDP_INERRORS);
  const uh = <usize>b.head + b.data_off;
  const len = loadBe16(uh + 4);
  if (len > total || len < UDP_HLEN) return drop(host, first, DROP_PKT_TOO_SMALL, UDP_INERRORS);
  if (len < total && b.next == NONE) trimTail(b, first, len);
  from.port = loadBe16(uh);
  to.port = loadBe16(uh + 2);
  if (!summed && load<u16>(uh, 6) != 0 && runConfig().run_payload) {
    chargeBytes(COST_CSUM_KIB, len);
    if (!checksumOk(first, from, to, len)) {
      mibInc(host, UDP_INCSUMERRORS);
      return drop(host, first, DROP_UDP_CSUM, UDP_INERRORS);
    }
  }
  const sock_idx = lookup(host, to, from);
  if (sock_idx == NONE) {
    portUnreachable(host, first, from, to);
    return drop(host, first, DROP_NO_SOCKET, UDP_NOPORTS);
  }
  pull(first, UDP_HLEN);
  if (queue(sock_idx, first, from, len - UDP_HLEN, truesize)) mibInc(host, UDP_INDATAGRAMS);
  else {
    mibInc(host, UDP_INERRORS);
    drop(host, first, DROP_SOCKET_RCVBUFF, UDP_RCVBUFERRORS);
  }
}

/** Appends a datagram to the queue of a socket. False: there is no room, and something else waits. */
function queue(sock_idx: u32, first: u32, from: UdpName, len: u32, truesize: u32): bool {
  const u = udpSock(sock_idx);
  if (u.rmem_alloc + truesize > u.rcvbuf && u.rmem_alloc != 0) return false;
  const idx = skbNew();
  if (idx == NONE) return false;
  const d = udpSkb(idx);
  d.chain = NONE;
  d.skb = first;
  d.len = len;
  d.truesize = truesize;
  d.next = NONE;
  copyName(fromName(d), from);
  if (u.queue_head == NONE) u.queue_head = idx;
  else udpSkb(u.queue_tail).next = idx;
  u.queue_tail = idx;
  u.rmem_alloc += truesize;
  wakeUp(udpWaiters(u), READ_BITS);
  return true;
}

/**
 * UdpError: an ICMP error quotes a datagram of ours, whose IP header is at `ip` and whose ports are at `uh`. Only a connected
 * socket hears of it, and only of what will not pass: a port or a protocol that nobody has (udp_err, udpv6_err).
 */
export function udpError(host: u32, family: u32, ip: usize, uh: usize, type: u32, code: u32): void {
  const own = wireName();
  const peer = takenName();
  address(own, ip, family, true);
  address(peer, ip, family, false);
  own.port = loadBe16(uh);
  peer.port = loadBe16(uh + 2);
  const port = family == 4 ? type == 3 && code == 3 : type == 1 && code == 4;
  const protocol = family == 4 && type == 3 && code == 2;
  if (!port && !protocol) return;
  const idx = lookupConnected(host, own, peer);
  if (idx == NONE) return;
  const u = udpSock(idx);
  u.err = port ? ECONNREFUSED : ENOPROTOOPT;
  wakeUp(udpWaiters(u), POLLERR);
}
