/**
 * "Port unreachable": what a host answers to a datagram that no socket is for (net/ipv4/icmp.c: __icmp_send; net/ipv6/icmp.c:
 * icmp6_send), not more often than its limits allow.
 *
 *     +----+------+------+----------+---+----------------+-----+
 *     | IP | type | code | checksum | 0 | IP header of   | UDP |
 *     +----+------+------+----------+---+----------------+-----+
 *
 * Differs from Linux: of the datagram no more is quoted than its UDP header, and the packet's IPv4 header is that of a whole datagram.
 */
import { csumFinish, csumPartial, csumPseudo, hostConfig, NONE, now, storeBe16, UDP_ICMPOUT } from '../../sim/core';
import { ETH_HLEN, startXmit } from '../5-tcp';
import { skb } from '../3-pool';
import { udpScratch, UDP_HLEN, writeHeaders } from './output';
import { mibInc, udpHost, UdpName } from './sock';

const IPPROTO_ICMP: u32 = 1;
const IPPROTO_ICMPV6: u32 = 58;
const IPV4_HLEN: u32 = 20;
const IPV6_HLEN: u32 = 40;
const ICMP_HLEN: u32 = 8;
const ICMP_DEST_UNREACH: u32 = 3;
const ICMP_PORT_UNREACH: u32 = 3;
const ICMPV6_DEST_UNREACH: u32 = 1;
const ICMPV6_PORT_UNREACH: u32 = 4;
/** net.ipv4.icmp_ratelimit, and how many may come at once (net/ipv4/inetpeer.c: inet_peer_xrlim_allow). */
const RATELIMIT_NS: u64 = 1000000000;
const XRLIM_BURST: u64 = 6;

/** May another one be sent? The tokens are nanoseconds. */
function allowed(host: u32): bool {
  const h = udpHost(host);
  const time = now();
  const most = XRLIM_BURST * RATELIMIT_NS;
  h.icmp_tokens = h.icmp_last_ns == 0 ? most : min<u64>(h.icmp_tokens + (time - min<u64>(h.icmp_last_ns, time)), most);
  h.icmp_last_ns = max<u64>(time, 1);
  if (h.icmp_tokens < RATELIMIT_NS) return false;
  h.icmp_tokens -= RATELIMIT_NS;
  return true;
}

/** Tells the sender of a datagram, whose skb begins with its UDP header, that nobody has the port. */
export function portUnreachable(host: u32, skb_idx: u32, from: UdpName, to: UdpName): void {
  if (!allowed(host)) return;
  const b = skb(skb_idx);
  const v4 = from.family == 4;
  const ip_len = v4 ? IPV4_HLEN : IPV6_HLEN;
  const len = ICMP_HLEN + ip_len + UDP_HLEN;
  const icmp = writeHeaders(host, from, to, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, udpHost(host).ip_id++, len, 0, false);
  memory.fill(icmp, 0, ICMP_HLEN);
  store<u8>(icmp, <u8>(v4 ? ICMP_DEST_UNREACH : ICMPV6_DEST_UNREACH));
  store<u8>(icmp, <u8>(v4 ? ICMP_PORT_UNREACH : ICMPV6_PORT_UNREACH), 1);
  memory.copy(icmp + ICMP_HLEN, <usize>b.head + b.network_off, ip_len);
  memory.copy(icmp + ICMP_HLEN + ip_len, <usize>b.head + b.data_off, UDP_HLEN);
  const ip = udpScratch() + ETH_HLEN;
  const start: u64 = v4 ? 0 : csumPseudo(ip + 8, ip + 24, 16, IPPROTO_ICMPV6, len);
  storeBe16(icmp + 2, 0);
  store<u16>(icmp + 2, <u16>csumFinish(csumPartial(start, icmp, len)));
  mibInc(host, UDP_ICMPOUT);
  if (hostConfig(host).nic_mtu >= ip_len + len) startXmit(host, <u32>udpScratch(), <u32>(icmp - udpScratch()) + len, NONE, NONE, 0);
}
