/** Addresses of the two hosts. Network order; an IPv4 address fills the first four bytes of sixteen. */
import { tcpHost } from './stage';

/** First eight bytes of a host's address: 10.0.0.1 and 10.0.0.2, or fd00::1 and fd00::2, unless it was given another. */
export function hostAddress0(host: u32, family: u32): u64 {
  const h = tcpHost(host);
  if (family == 4) return h.address4 != 0 ? h.address4 : <u64>0x0000000a | ((<u64>host + 1) << 24);
  return h.address6_0 != 0 ? h.address6_0 : 0x00fd;
}
/** Last eight bytes. */
export function hostAddress1(host: u32, family: u32): u64 {
  if (family == 4) return 0;
  const h = tcpHost(host);
  return h.address6_0 != 0 ? h.address6_1 : (<u64>host + 1) << 56;
}

/** Gives a host the address at `at` (sixteen bytes) instead of its own (ip address add). */
export function setHostAddress(host: u32, family: u32, at: usize): void {
  const h = tcpHost(host);
  if (family == 4) h.address4 = <u64>load<u32>(at);
  else {
    h.address6_0 = load<u64>(at);
    h.address6_1 = load<u64>(at, 8);
  }
}

/** 127.0.0.1 or ::1: what a host calls itself. */
export function loopbackAddress0(family: u32): u64 {
  return family == 4 ? 0x0100007f : 0;
}
export function loopbackAddress1(family: u32): u64 {
  return family == 4 ? 0 : <u64>1 << 56;
}
export function isLoopback(family: u32, a0: u64, a1: u64): bool {
  return family == 4 ? (a0 & 0xff) == 127 : a0 == 0 && a1 == loopbackAddress1(6);
}

/** Is it an address of the host's own? What goes there goes over the loopback device (the table local of routes). */
export function isLocal(host: u32, family: u32, a0: u64, a1: u64): bool {
  return isLoopback(family, a0, a1) || (a0 == hostAddress0(host, family) && a1 == hostAddress1(host, family));
}

/** The address that packets to another one have as their source (inet_select_addr, ipv6_dev_get_saddr). */
export function sourceAddress0(host: u32, family: u32, a0: u64, a1: u64): u64 {
  return isLoopback(family, a0, a1) ? loopbackAddress0(family) : hostAddress0(host, family);
}
export function sourceAddress1(host: u32, family: u32, a0: u64, a1: u64): u64 {
  return isLoopback(family, a0, a1) ? loopbackAddress1(family) : hostAddress1(host, family);
}

/** Largest IP packet over the loopback device, whose MTU is 65536: IPv4's length field ends before (net/ipv4/route.c: ip_mtu). */
export function loopbackMtu(family: u32): u32 {
  return family == 4 ? 65535 : 65536;
}

/** The Ethernet address of a host, 02:00:00:00:00:01 or :02, as the first six bytes of a little-endian word. */
export function hostMac(host: u32): u64 {
  return 0x02 | ((<u64>host + 1) << 40);
}

export const ETH_HLEN: u32 = 14;
export const ETH_P_IP: u32 = 0x0800;
export const ETH_P_IPV6: u32 = 0x86dd;
