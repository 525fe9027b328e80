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

/** The Ethernet address of a host, 02:00:00:00:00:01 or :02, as the first six bytes of a little-endian word. */
export function hostMac(host: u32): u64 {
  return 0x02 | ((<u64>host + 1) << 40);
}

export const ETH_HLEN: u32 = 14;
export const ETH_P_IP: u32 = 0x0800;
export const ETH_P_IPV6: u32 = 0x86dd;
