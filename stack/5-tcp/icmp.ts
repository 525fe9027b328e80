/**
 * ICMP messages that arrive (net/ipv4/icmp.c: icmp_rcv, icmp_unreach; net/ipv6/icmp.c: icmpv6_rcv, icmpv6_notify). An error
 * quotes the IP header and at least the first eight bytes of a packet of ours; one about TCP goes on to icmp_error.ts.
 *
 *     +------+------+----------+----------------+-------------------------+-------+-------+--------+
 *     | type | code | checksum |  MTU or other  | IP header of a segment  | sport | dport |  seq   |
 *     +------+------+----------+----------------+-------------------------+-------+-------+--------+
 *
 * Differs from Linux: redirects, echoes and neighbour discovery are dropped, and a quoted IPv6 packet may not have extension headers.
 */
import {
  csumFinish, csumPartial, csumPseudo, DROP_ICMP_CSUM, DROP_PKT_TOO_SMALL, DROP_UNHANDLED_PROTO, hostConfig, loadBe16, loadBe32, NONE,
  TCP_ICMP6INCSUMERRORS, TCP_ICMP6INERRORS, TCP_ICMP6INMSGS, TCP_ICMPINCSUMERRORS, TCP_ICMPINERRORS, TCP_ICMPINMSGS,
} from '../../sim/core';
import { Skb } from '../3-pool';
import { ehashLookup, mibInc, tupleKey } from '../6-socket';
import { clockRefresh } from './clock';
import {
  ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMP_PARAMETERPROB, ICMP_TIME_EXCEEDED, IcmpError, ICMPV6_DEST_UNREACH, ICMPV6_PARAMPROB,
  NR_ICMP_UNREACH, tcpErr,
} from './icmp_error';
import { rxFree } from './ip';
import { udpInputError } from './port';
import { icmpScratch } from './stage';

const IPPROTO_TCP: u32 = 6;
const IPPROTO_UDP: u32 = 17;
const IPPROTO_ICMPV6: u32 = 58;
const ICMP_HLEN: u32 = 8;
const IPV4_HLEN: u32 = 20;
const IPV6_HLEN: u32 = 40;
/** What is quoted of the packet behind its IP headers, at least. */
const QUOTED: u32 = 8;
const ICMP_EXC_FRAGTIME: u32 = 1;

/** An ICMP packet whose IP header of `ip_len` bytes has been checked. NONE, or why it is dropped. */
export function icmpReceive(host: u32, b: Skb, skb_idx: u32, ip: usize, family: u32, ip_len: u32): u32 {
  mibInc(host, family == 4 ? TCP_ICMPINMSGS : TCP_ICMP6INMSGS);
  const len = b.len - ip_len;
  // What does not lie in the linear part is too long for an error.
  if (len < ICMP_HLEN || <u32>b.head_len < b.len) return wrong(host, family, DROP_PKT_TOO_SMALL);
  const icmp = ip + ip_len;
  if (b.ip_summed == 0) {
    const start: u64 = family == 4 ? 0 : csumPseudo(ip + 8, ip + 24, 16, IPPROTO_ICMPV6, len);
    if (csumFinish(csumPartial(start, icmp, len)) != 0) {
      mibInc(host, family == 4 ? TCP_ICMPINCSUMERRORS : TCP_ICMP6INCSUMERRORS);
      return wrong(host, family, DROP_ICMP_CSUM);
    }
  }
  const quoted = icmp + ICMP_HLEN;
  const e = changetype<IcmpError>(icmpScratch());
  e.type = load<u8>(icmp);
  e.code = load<u8>(icmp, 1);
  e.skb_idx = skb_idx;
  let quoted_len = IPV6_HLEN;
  if (family == 4) {
    const reason = unreach4(host, e, icmp);
    if (reason != NONE) return reason;
    if (len < ICMP_HLEN + IPV4_HLEN || load<u8>(quoted) < 0x45) return wrong(host, 4, DROP_PKT_TOO_SMALL);
    quoted_len = (<u32>load<u8>(quoted) & 15) << 2;
  } else {
    if (e.type < ICMPV6_DEST_UNREACH || e.type > ICMPV6_PARAMPROB) return DROP_UNHANDLED_PROTO;
    e.info = loadBe32(icmp + 4);
  }
  if (len < ICMP_HLEN + quoted_len + QUOTED) return wrong(host, family, DROP_PKT_TOO_SMALL);
  const protocol = <u32>(family == 4 ? load<u8>(quoted, 9) : load<u8>(quoted, 6));
  if (protocol == IPPROTO_UDP) {
    udpInputError(host, family, quoted, quoted + quoted_len, e.type, e.code);
    rxFree(skb_idx);
    return NONE;
  }
  if (protocol != IPPROTO_TCP) return DROP_UNHANDLED_PROTO;
  return deliver(host, b, e, quoted, quoted_len, family);
}

function wrong(host: u32, family: u32, reason: u32): u32 {
  mibInc(host, family == 4 ? TCP_ICMPINERRORS : TCP_ICMP6INERRORS);
  return reason;
}

/** What there is to know of an error over IPv4 (icmp_unreach). NONE, or why it goes no further. */
function unreach4(host: u32, e: IcmpError, icmp: usize): u32 {
  e.info = 0;
  switch (e.type) {
    case ICMP_DEST_UNREACH: {
      if ((e.code & 15) == ICMP_FRAG_NEEDED) {
        const mode = hostConfig(host).tcp_no_pmtu_disc;
        if (mode == 2) return DROP_UNHANDLED_PROTO;
        // TCP checks what is quoted, so that 3 is no different from 0.
        if (mode != 1) e.info = loadBe16(icmp + 6);
      }
      return e.code > NR_ICMP_UNREACH ? DROP_UNHANDLED_PROTO : NONE;
    }
    case ICMP_PARAMETERPROB: {
      e.info = load<u8>(icmp, 4);
      return NONE;
    }
    case ICMP_TIME_EXCEEDED: return e.code == ICMP_EXC_FRAGTIME ? DROP_UNHANDLED_PROTO : NONE;
    default: return DROP_UNHANDLED_PROTO;
  }
}

/** To the socket that sent the packet. */
function deliver(host: u32, b: Skb, e: IcmpError, quoted: usize, quoted_len: u32, family: u32): u32 {
  const th = quoted + quoted_len;
  const key = tupleKey(host, family, loadBe16(th), loadBe16(th + 2));
  const handle = family == 4 ? ehashLookup(<u64>load<u32>(quoted, 12), 0, <u64>load<u32>(quoted, 16), 0, key)
    : ehashLookup(load<u64>(quoted, 8), load<u64>(quoted, 16), load<u64>(quoted, 24), load<u64>(quoted, 32), key);
  if (handle == NONE) {
    wrong(host, family, NONE);
    rxFree(e.skb_idx);
    return NONE;
  }
  e.seq = loadBe32(th + 4);
  clockRefresh();
  // The error queue gets what is quoted of the segment.
  const pulled = <u32>(th - (<usize>b.head + b.data_off));
  b.data_off += <u16>pulled;
  b.head_len -= <u16>pulled;
  b.len -= pulled;
  tcpErr(handle, e);
  return NONE;
}
