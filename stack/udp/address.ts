/** Addresses of UDP sockets: reading and writing them, ports, and which socket a datagram is for (net/ipv4/udp.c, net/ipv6/udp.c). */
import { loadBe16, NONE, storeBe16, UDP_SOCKS_MAX } from '../../sim/core';
import { hostAddress0, hostAddress1, isLocal, sourceAddress0, sourceAddress1 } from '../5-tcp';
import {
  AF_INET, AF_INET6, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL, SOCKADDR_IN6_BYTES, SOCKADDR_IN_BYTES,
} from '../../uring-model/uapi.gen';
import { localName, nextPort, remoteName, udpLive, UdpName, UdpSock, udpSock } from './sock';

/** The kernel takes an IPv6 address without its scope (SIN6_LEN_RFC2133). */
const SIN6_LEN_RFC2133: u32 = 24;
const MAPPED: u32 = 0xffff0000;
const PORTS: u32 = 60999 - 32768 + 1;

/** Reads a struct sockaddr for a socket into `to`; a mapped IPv4 address becomes one of IPv4. 0 or -errno. */
export function readName(u: UdpSock, name: usize, len: u32, to: UdpName): i32 {
  const v6 = u.family == 6;
  const least = v6 ? SIN6_LEN_RFC2133 : SOCKADDR_IN_BYTES;
  if (len < least) return -EINVAL;
  if (<u32>load<u16>(name) != (v6 ? AF_INET6 : AF_INET)) return -EAFNOSUPPORT;
  to.port = loadBe16(name + 2);
  to.family = v6 ? 6 : 4;
  to.addr0 = v6 ? load<u64>(name, 8) : <u64>load<u32>(name, 4);
  to.addr1 = v6 ? load<u64>(name, 16) : 0;
  if (v6 && to.addr0 == 0 && <u32>to.addr1 == MAPPED) {
    to.family = 4;
    to.addr0 = to.addr1 >> 32;
    to.addr1 = 0;
  }
  return 0;
}
/** Writes a name as a socket has it: how long it is. */
export function writeName(u: UdpSock, from: UdpName, to: usize): u32 {
  storeBe16(to + 2, from.port);
  if (u.family == 4) {
    store<u16>(to, <u16>AF_INET);
    store<u32>(to, <u32>from.addr0, 4);
    store<u64>(to, 0, 8);
    return SOCKADDR_IN_BYTES;
  }
  const mapped = from.family == 4 && from.addr0 != 0;
  store<u16>(to, <u16>AF_INET6);
  store<u32>(to, 0, 4);
  store<u64>(to, mapped ? 0 : from.addr0, 8);
  store<u64>(to, mapped ? (from.addr0 << 32) | MAPPED : from.addr1, 16);
  store<u32>(to, 0, 24);
  return SOCKADDR_IN6_BYTES;
}

function isAny(n: UdpName): bool {
  return n.addr0 == 0 && n.addr1 == 0;
}
function sameAddress(a: UdpName, b: UdpName): bool {
  return a.family == b.family && a.addr0 == b.addr0 && a.addr1 == b.addr1;
}

/** Has somebody the port, and an address that this one overlaps with? */
function conflict(u: UdpSock, n: UdpName, port: u32): bool {
  for (let i: u32 = 0; i < UDP_SOCKS_MAX; i++) {
    const other = udpSock(i);
    if (!udpLive(i) || other.host != u.host || i == u.idx) continue;
    const l = localName(other);
    if (l.port == port && (isAny(l) || isAny(n) || sameAddress(l, n))) return true;
  }
  return false;
}

/** Gives the socket an address and a port; port 0: one that is free. 0 or -errno. Differs from Linux: as if without SO_REUSEADDR. */
export function bindTo(u: UdpSock, n: UdpName): i32 {
  if (localName(u).port != 0) return -EINVAL;
  if (!isAny(n) && !isLocal(u.host, n.family, n.addr0, n.addr1)) return -EADDRNOTAVAIL;
  let port = n.port;
  if (port == 0) {
    for (let i: u32 = 0; i < PORTS && port == 0; i++) {
      const next = nextPort();
      if (!conflict(u, n, next)) port = next;
    }
  } else if (conflict(u, n, port)) port = 0;
  if (port == 0) return -EADDRINUSE;
  const l = localName(u);
  l.addr0 = n.addr0;
  l.addr1 = n.addr1;
  l.family = n.family;
  l.port = port;
  u.bound_addr = isAny(n) ? 0 : 1;
  return 0;
}
/** A socket without a port gets one (inet_autobind). */
export function autobind(u: UdpSock, any: UdpName): i32 {
  if (localName(u).port != 0) return 0;
  memory.fill(changetype<usize>(any), 0, offsetof<UdpName>());
  any.family = u.family;
  return bindTo(u, any);
}

/** Where a datagram to `to` comes from: the socket's address, or the route's. */
export function sourceOf(u: UdpSock, to: UdpName, from: UdpName): void {
  const l = localName(u);
  from.port = l.port;
  from.family = to.family;
  from.addr0 = isAny(l) ? sourceAddress0(u.host, to.family, to.addr0, to.addr1) : l.addr0;
  from.addr1 = isAny(l) ? sourceAddress1(u.host, to.family, to.addr0, to.addr1) : l.addr1;
}

/** Is it the address of the other host? Differs from Linux: there are no further ones, and no addresses for many. */
export function isPeer(host: u32, n: UdpName): bool {
  return n.addr0 == hostAddress0(1 - host, n.family) && n.addr1 == hostAddress1(1 - host, n.family);
}

/** The socket that is connected from one name to another, or NONE. */
export function lookupConnected(host: u32, own: UdpName, peer: UdpName): u32 {
  for (let i: u32 = 0; i < UDP_SOCKS_MAX; i++) {
    const u = udpSock(i);
    if (!udpLive(i) || <u32>u.host != host || u.connected == 0 || localName(u).port != own.port) continue;
    if (remoteName(u).port == peer.port && sameAddress(remoteName(u), peer)) return i;
  }
  return NONE;
}

/** The socket that a datagram is for: connected ones first, then those with the very address; or NONE (__udp4_lib_lookup). */
export function lookup(host: u32, to: UdpName, from: UdpName): u32 {
  let best = NONE;
  let best_score = 0;
  for (let i: u32 = 0; i < UDP_SOCKS_MAX; i++) {
    const u = udpSock(i);
    const l = localName(u);
    if (!udpLive(i) || <u32>u.host != host || l.port != to.port || (u.family == 4 && to.family == 6)) continue;
    if (!isAny(l) && !sameAddress(l, to)) continue;
    const r = remoteName(u);
    if (u.connected != 0 && (r.port != from.port || !sameAddress(r, from))) continue;
    const score = 1 + (u.connected != 0 ? 4 : 0) + (isAny(l) ? 0 : 2);
    if (score <= best_score) continue;
    best = i;
    best_score = score;
  }
  return best;
}
