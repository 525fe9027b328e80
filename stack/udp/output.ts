/**
 * Datagrams to the other host (net/ipv4/udp.c: udp_send_skb; net/ipv4/ip_output.c: __ip_append_data, ip_do_fragment;
 * net/ipv6/ip6_output.c). A datagram that is longer than the MTU allows leaves as fragments, each with an skb of its own:
 *
 *     +----+-----+--------------------------------------------------+
 *     | IP | UDP | data                                             |      the datagram
 *     +----+-----+------------------+-------------------------------+
 *     +----+-----+------------------+  +----+-----------------------+
 *     | IP | UDP |                  |  | IP |                       |      fragments: a multiple of 8 bytes but for the last
 *     +----+-----+------------------+  +----+-----------------------+
 *
 * Differs from Linux: there is no path MTU but that of the device, and identifications count up per host.
 */
import {
  charge, chargeBytes, COST_CSUM_KIB, COST_IP_FRAGMENT, COST_SEND, COST_SKB_HEAD_PAGES, COST_UDP_TX, csumFinish, csumPartial, csumPseudo,
  hostConfig, NONE, runConfig, storeBe16, storeBe32, TX_PAGE_SIZE, UDP_ADDR, UDP_FRAGCREATES, UDP_FRAGOKS, UDP_OUTDATAGRAMS,
  UDP_SNDBUFERRORS,
} from '../../sim/core';
import { DATAGRAM_OWNER, netmem, netmemRef, skb, skbAddFrag, skbAlloc, skbFrag, skbFree, skbZcopySet, zcopyComplete } from '../3-pool';
import {
  ETH_HLEN, ETH_P_IP, ETH_P_IPV6, hostMac, messageBegin, messageOf, pageFrag, pageFragRefill, SendMessage, skbAddUserPages, startXmit,
} from '../5-tcp';
import { iovTotal, Msg, msgCopyIn, pageAlign, SKB_MAX_ALLOC, skbTruesize } from '../6-socket';
import { EAGAIN, EFAULT, EMSGSIZE, ENOBUFS, MSG_ZEROCOPY } from '../../uring-model/uapi.gen';
import { mibInc, udpHost, UdpName, UdpSock } from './sock';
import { zerocopyAbort, zerocopyAlloc, zerocopyCopied } from './zerocopy';

const SCRATCH: usize = UDP_ADDR + 0x200;
const MESSAGE: usize = UDP_ADDR + 0x300;
const IPPROTO_UDP: u32 = 17;
const NEXTHDR_FRAGMENT: u32 = 44;
export const UDP_HLEN: u32 = 8;
const IPV4_HLEN: u32 = 20;
const IPV6_HLEN: u32 = 40;
const FRAG_HLEN: u32 = 8;
const IP_DF: u32 = 0x4000;
const IP_MF: u32 = 0x2000;
const HOP_LIMIT: u32 = 64;
/** Link, IP and UDP headers before the payload, and what is kept free. */
export const HEADERS: u32 = 64;

/** The largest object of a slab (include/linux/slab.h: two pages). */
const KMALLOC_MAX_CACHE_SIZE: u32 = 8192;

/** Where the headers of a packet are built. */
export function udpScratch(): usize {
  return SCRATCH;
}
/** What a datagram weighs at a socket. */
export function datagramTruesize(len: u32): u32 {
  const paged = len + HEADERS > SKB_MAX_ALLOC ? len : 0;
  return skbTruesize(len - paged + HEADERS, pageAlign(paged));
}

/** Copies `len` bytes of the message from `offset` on behind those of an skb. 0 or -errno. */
function copyIn(host: u32, idx: u32, m: Msg, offset: u32, len: u32): i32 {
  const f = pageFrag();
  for (let done: u32 = 0; done < len; ) {
    if (!pageFragRefill(f, host)) return -ENOBUFS;
    const part = min(len - done, TX_PAGE_SIZE - f.off);
    if (!msgCopyIn(m, offset + done, part, <usize>netmem(f.netmem).addr + f.off, runConfig().run_payload)) return -EFAULT;
    netmemRef(f.netmem);
    skbAddFrag(idx, f.netmem, f.off, part, 0);
    f.off += part;
    done += part;
  }
  return 0;
}

/** An skb of `len` bytes of the message from `offset` on, or -errno. */
function build(host: u32, m: Msg, offset: u32, len: u32): i32 {
  const idx = skbAlloc(host);
  if (idx == NONE) return -ENOBUFS;
  const ret = copyIn(host, idx, m, offset, len);
  if (ret != 0) {
    skbFree(idx, false);
    return ret;
  }
  const b = skb(idx);
  b.truesize = datagramTruesize(len);
  // ___kmalloc_large_node: beyond the largest slab heads are pages.
  if (len + HEADERS <= SKB_MAX_ALLOC && b.truesize > 2 * KMALLOC_MAX_CACHE_SIZE) charge(COST_SKB_HEAD_PAGES);
  return <i32>idx;
}
/** An skb whose payload is the message's own memory (net/core/datagram.c: skb_zerocopy_iter_dgram), or -errno. */
function lend(host: u32, m: Msg, uarg: u32): i32 {
  const idx = skbAlloc(host);
  if (idx == NONE) return -ENOBUFS;
  const s = changetype<SendMessage>(MESSAGE);
  messageOf(s, 0, 0, m.flags);
  s.begun = 0;
  s.iov = m.iov;
  s.iov_nr = m.iov_count;
  s.fixed = m.fixed;
  messageBegin(s);
  const b = skb(idx);
  b.truesize = skbTruesize(HEADERS, 0);
  while (s.total != 0) {
    const got = skbAddUserPages(b, idx, s, s.total);
    if (got > 0) continue;
    skbFree(idx, false);
    return got == 0 ? -EMSGSIZE : -EFAULT;
  }
  skbZcopySet(b, uarg);
  return <i32>idx;
}

/**
 * Ethernet and IP headers of one packet with `len` bytes behind them, `offset` bytes into its datagram; `more`: others follow.
 * Returns where the next header belongs.
 */
export function writeHeaders(
  host: u32, to: UdpName, from: UdpName, protocol: u32, id: u32, len: u32, offset: u32, more: bool,
): usize {
  store<u64>(SCRATCH, hostMac(1 - host));
  store<u64>(SCRATCH, hostMac(host), 6);
  const ip = SCRATCH + ETH_HLEN;
  const whole = offset == 0 && !more;
  if (to.family == 4) {
    store<u16>(SCRATCH, bswap<u16>(<u16>ETH_P_IP), 12);
    storeBe32(ip, 0x45000000 | (IPV4_HLEN + len));
    storeBe32(ip + 4, (id << 16) | (whole ? IP_DF : (more ? IP_MF : 0) | (offset >> 3)));
    storeBe32(ip + 8, (HOP_LIMIT << 24) | (protocol << 16));
    store<u32>(ip, <u32>from.addr0, 12);
    store<u32>(ip, <u32>to.addr0, 16);
    return ip + IPV4_HLEN;
  }
  store<u16>(SCRATCH, bswap<u16>(<u16>ETH_P_IPV6), 12);
  storeBe32(ip, 0x60000000);
  storeBe32(ip + 4, ((len + (whole ? 0 : FRAG_HLEN)) << 16) | ((whole ? protocol : NEXTHDR_FRAGMENT) << 8) | HOP_LIMIT);
  store<u64>(ip, from.addr0, 8);
  store<u64>(ip, from.addr1, 16);
  store<u64>(ip, to.addr0, 24);
  store<u64>(ip, to.addr1, 32);
  if (whole) return ip + IPV6_HLEN;
  storeBe32(ip + IPV6_HLEN, (protocol << 24) | offset | (more ? 1 : 0));
  storeBe32(ip + IPV6_HLEN + 4, id);
  return ip + IPV6_HLEN + FRAG_HLEN;
}
function writeUdp(uh: usize, to: UdpName, from: UdpName, len: u32, check: u32): void {
  storeBe16(uh, from.port);
  storeBe16(uh + 2, to.port);
  storeBe16(uh + 4, len);
  store<u16>(uh, <u16>check, 6);
}

/** One packet goes to the device: it belongs to the socket until it has been sent. */
function xmit(u: UdpSock, idx: u32, header_len: u32, hash: u32): bool {
  const truesize = skb(idx).truesize;
  u.wmem_alloc += truesize;
  const refused = startXmit(u.host, <u32>SCRATCH, header_len, idx, DATAGRAM_OWNER | u.idx, hash);
  if (refused != 0) u.wmem_alloc -= truesize;
  skbFree(idx, false);
  return refused == 0;
}

/** The UDP checksum of a datagram in skbs that follow each other: the header in the scratch, its own field 0. */
function checksum(uh: usize, to: UdpName, from: UdpName, first: u32, len: u32): u32 {
  const bytes: u32 = to.family == 4 ? 4 : 16;
  let sum = csumPseudo(changetype<usize>(from), changetype<usize>(to), bytes, IPPROTO_UDP, len);
  sum = csumPartial(sum, uh, UDP_HLEN);
  let odd = false;
  for (let idx = first; idx != NONE; idx = skb(idx).next) {
    for (let i: u32 = 0; i < skb(idx).nr_frags; i++) {
      const f = skbFrag(idx, i);
      sum = csumPartial(sum, <usize>netmem(f.netmem).addr + f.off, f.len, odd);
      if ((f.len & 1) != 0) odd = !odd;
    }
  }
  const check = csumFinish(sum);
  return check == 0 ? 0xffff : check;
}

/** Which TX queue: the same for all packets of a pair of ports (sk_set_txhash; not the kernel's function). */
function flowHash(to: UdpName, from: UdpName): u32 {
  return ((from.port << 16) | to.port) * 0x9e3779b1;
}

/** Bytes of a datagram, with its header, that one fragment takes. */
function fragmentBytes(family: u32, mtu: u32): u32 {
  return family == 4 ? (mtu - IPV4_HLEN) & ~7 : ((mtu - IPV6_HLEN) & ~7) - FRAG_HLEN;
}

function freeAll(first: u32): void {
  for (let idx = first; idx != NONE; ) {
    const next = skb(idx).next;
    skbFree(idx, false);
    idx = next;
  }
}

/** A datagram in fragments: its checksum is computed here, because no device sees all of it. */
function sendFragments(u: UdpSock, to: UdpName, from: UdpName, m: Msg, len: u32, each: u32): i32 {
  let first = NONE;
  let last = NONE;
  let weight: u32 = 0;
  for (let offset: u32 = 0; offset < len; ) {
    const part = min(len - offset, offset == 0 ? each - UDP_HLEN : each);
    // Of a datagram that was begun more is let through (sock_wmalloc).
    const ret = offset != 0 && u.wmem_alloc + weight > 2 * u.sndbuf ? -ENOBUFS : build(u.host, m, offset, part);
    if (ret < 0) {
      freeAll(first);
      return ret;
    }
    if (first == NONE) first = ret;
    else skb(last).next = ret;
    last = ret;
    weight += skb(ret).truesize;
    offset += part;
  }
  const id = udpHost(u.host).ip_id++;
  const hash = flowHash(to, from);
  const total = len + UDP_HLEN;
  let check: u32 = 0;
  if (runConfig().run_payload) {
    writeUdp(SCRATCH, to, from, total, 0);
    check = checksum(SCRATCH, to, from, first, total);
  }
  chargeBytes(COST_CSUM_KIB, total);
  let offset: u32 = 0;
  let sent = true;
  for (let idx = first; idx != NONE; ) {
    const next = skb(idx).next;
    const bytes = skb(idx).len + (offset == 0 ? UDP_HLEN : 0);
    let end = writeHeaders(u.host, to, from, IPPROTO_UDP, id, bytes, offset, next != NONE);
    if (offset == 0) {
      writeUdp(end, to, from, total, check);
      end += UDP_HLEN;
    }
    charge(COST_IP_FRAGMENT);
    skb(idx).next = NONE;
    mibInc(u.host, UDP_FRAGCREATES);
    if (!xmit(u, idx, <u32>(end - SCRATCH), hash)) sent = false;
    offset += bytes;
    idx = next;
  }
  mibInc(u.host, UDP_FRAGOKS);
  return sent ? 0 : -ENOBUFS;
}

/** Sends a datagram of `len` bytes from `from` to `to`, another host: `len`, or -errno. -EAGAIN: the socket has no room. */
export function sendAway(u: UdpSock, to: UdpName, from: UdpName, m: Msg, len: u32): i32 {
  if (u.wmem_alloc >= u.sndbuf) {
    u.no_space = 1;
    return -EAGAIN;
  }
  assert(iovTotal(m.iov, m.iov_count) == len, 'a datagram is as long as its message');
  charge(COST_SEND);
  charge(COST_UDP_TX);
  if (len == 0 || (m.flags & MSG_ZEROCOPY) == 0 || (m.ubuf == 0 && u.zerocopy == 0)) return sendDatagram(u, to, from, m, len, 0);
  if (m.ubuf != 0) return sendDatagram(u, to, from, m, len, m.ubuf);
  const uarg = zerocopyAlloc(u);
  if (uarg == 0) return -ENOBUFS;
  const ret = sendDatagram(u, to, from, m, len, uarg);
  if (ret < 0) zerocopyAbort(u, uarg);
  else if (lendable(u.host, to.family, len)) zcopyComplete(NONE, uarg, true);
  else zerocopyCopied(uarg);
  return ret;
}

/** Fits a packet? */
function fits(host: u32, family: u32, len: u32): bool {
  return len + UDP_HLEN + (family == 4 ? IPV4_HLEN : IPV6_HLEN) <= hostConfig(host).nic_mtu;
}
/** Memory can be lent where the device writes the checksum of the whole datagram; else it is copied. */
function lendable(host: u32, family: u32, len: u32): bool {
  return hostConfig(host).nic_tx_checksum && fits(host, family, len);
}

/** `uarg`: who lends the memory; 0: nobody. */
function sendDatagram(u: UdpSock, to: UdpName, from: UdpName, m: Msg, len: u32, uarg: u32): i32 {
  let ret: i32 = 0;
  if (!fits(u.host, to.family, len)) {
    ret = sendFragments(u, to, from, m, len, fragmentBytes(to.family, hostConfig(u.host).nic_mtu));
    if (ret < 0 && ret != -ENOBUFS) return ret;
  } else {
    const lends = uarg != 0 && lendable(u.host, to.family, len);
    const idx = lends ? lend(u.host, m, uarg) : build(u.host, m, 0, len);
    if (idx < 0) return idx;
    const uh = writeHeaders(u.host, to, from, IPPROTO_UDP, udpHost(u.host).ip_id++, len + UDP_HLEN, 0, false);
    writeUdp(uh, to, from, len + UDP_HLEN, 0);
    ret = xmit(u, idx, <u32>(uh - SCRATCH) + UDP_HLEN, flowHash(to, from)) ? 0 : -ENOBUFS;
  }
  mibInc(u.host, ret == 0 ? UDP_OUTDATAGRAMS : UDP_SNDBUFERRORS);
  // What a device refused is lost, and nobody hears of it without IP_RECVERR (udp_send_skb).
  return <i32>len;
}
