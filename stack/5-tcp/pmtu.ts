/**
 * Path MTUs that ICMP messages told (net/ipv4/route.c: __ip_rt_update_pmtu; net/ipv6/route.c: __ip6_rt_update_pmtu). A host
 * remembers them by the peer's address for a while; then the link's own MTU is tried again.
 *
 * Differs from Linux: a host remembers the last sixteen peers, and has one route to all of them.
 */
import { arenaAlloc, hostConfig, HOSTS_MAX, TCP_ADDR } from '../../sim/core';
import { Sock, SockCommon } from '../6-socket';
import { isLocal, loopbackMtu } from './address';
import { HZ, jiffies } from './clock';

@unmanaged
class PathMtu {
  addr0: u64;
  addr1: u64;
  family: u32;
  mtu: u32;
  expires: u32;
  /** A router said less than is believed: packets may be cut on their way (rt_mtu_locked). */
  locked: u32;
}

@unmanaged
class PathMtuTable {
  base: u32;
  /** Of each host: entries ever made. 0: no path is narrower than the link. */
  count0: u32;
  count1: u32;
}

const TABLE_AT: usize = 0x690;
const PATH_MTU_BYTES: usize = 32;
const PATHS: u32 = 16;
export const IPV6_MIN_MTU: u32 = 1280;

/** Sock.pmtudisc: IP_MTU_DISCOVER, IPV6_MTU_DISCOVER. */
export const IP_PMTUDISC_DONT: u8 = 0;
export const IP_PMTUDISC_WANT: u8 = 1;
const IP_PMTUDISC_DO: u8 = 2;
const IP_PMTUDISC_INTERFACE: u8 = 4;
export const IP_PMTUDISC_OMIT: u8 = 5;

function table(): PathMtuTable {
  return changetype<PathMtuTable>(TCP_ADDR + TABLE_AT);
}
export function pmtuInit(): void {
  table().base = <u32>arenaAlloc(<u64>(HOSTS_MAX * PATHS) * PATH_MTU_BYTES);
}
function path(host: u32, i: u32): PathMtu {
  return changetype<PathMtu>(<usize>table().base + <usize>(host * PATHS + i) * PATH_MTU_BYTES);
}
function counts(host: u32): usize {
  return TCP_ADDR + TABLE_AT + offsetof<PathMtuTable>('count0') + (<usize>host << 2);
}

/** Has the host ever heard of a narrow path? */
export function pmtuKnown(host: u32): bool {
  return load<u32>(counts(host)) != 0;
}

function find(c: SockCommon): PathMtu | null {
  for (let i: u32 = 0; i < PATHS; i++) {
    const p = path(c.host, i);
    if (p.family == <u32>c.family && p.addr0 == c.raddr0 && p.addr1 == c.raddr1) return p;
  }
  return null;
}

/** What is known of the path to a peer and still holds; null: nothing. */
function known(c: SockCommon): PathMtu | null {
  if (!pmtuKnown(c.host)) return null;
  const p = find(c);
  return p == null || <i32>(jiffies() - p.expires) >= 0 ? null : p;
}

/** MTU of the route to the peer; 0: the NIC's. */
export function routeMtu(c: SockCommon): u32 {
  return isLocal(c.host, c.family, c.raddr0, c.raddr1) ? loopbackMtu(c.family) : hostConfig(c.host).tcp_route_mtu;
}

/** Largest IP packet on the way to the peer (dst_mtu). */
export function pathMtu(c: SockCommon): u32 {
  const route = routeMtu(c);
  const mtu = route != 0 ? route : hostConfig(c.host).nic_mtu;
  const p = known(c);
  return p != null && p.mtu <= hostConfig(c.host).nic_mtu ? p.mtu : mtu;
}

/** Are packets sent without the bit that forbids cutting them (the opposite of ip_dont_fragment)? */
export function mayFragment(sk: Sock): bool {
  if (sk.pmtudisc == IP_PMTUDISC_WANT) {
    if (hostConfig(sk.host).tcp_route_mtu_lock) return true;
    if (!pmtuKnown(sk.host)) return false;
    const p = known(sk);
    return p != null && p.locked != 0;
  }
  return sk.pmtudisc != IP_PMTUDISC_DO;
}

/** Does a socket believe what routers say (ip_sk_accept_pmtu)? */
export function acceptsPmtu(sk: Sock): bool {
  return sk.pmtudisc < IP_PMTUDISC_INTERFACE;
}

/** A router says that packets to the peer may have `mtu` bytes. */
export function updatePmtu(c: SockCommon, mtu: u32): void {
  const h = hostConfig(c.host);
  const old = pathMtu(c);
  let now = mtu;
  let locked: u32 = 0;
  const before = known(c);
  if (c.family == 4) {
    if (h.tcp_route_mtu_lock || (before != null && before.locked != 0) || old < mtu) return;
    if (now < h.tcp_min_pmtu) {
      now = min(old, h.tcp_min_pmtu);
      locked = 1;
    }
  } else if (mtu < IPV6_MIN_MTU || mtu >= old) return;
  let p = find(c);
  if (p == null) {
    const count = load<u32>(counts(c.host));
    store<u32>(counts(c.host), count + 1);
    p = path(c.host, count & (PATHS - 1));
  }
  p.family = c.family;
  p.addr0 = c.raddr0;
  p.addr1 = c.raddr1;
  p.mtu = now;
  p.locked = locked;
  p.expires = jiffies() + h.tcp_mtu_expires * HZ;
}
