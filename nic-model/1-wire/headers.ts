/**
 * What the header bytes of a frame say. Found once, when the frame is made, and again when a bit of its head was flipped:
 * the sender's NIC, the capture and the receiver's NIC look at the same bytes.
 *
 *      0        14 (+4 for each VLAN tag)   l4_off      payload_off      ip_end   len
 *     +--------+---------------------------+-----------+----------------+--------+
 *     | Eth    | IPv4 or IPv6              | TCP, UDP  | payload        | padding|
 *     +--------+---------------------------+-----------+----------------+--------+
 */
import { loadBe16, loadBe32 } from '../../sim/core';
import { Frame, frameHead } from './frame';

export const PROTO_IPV4: u8 = 1;
export const PROTO_IPV6: u8 = 2;
/** TCP follows the IP header directly and the frame is no fragment. */
export const PROTO_TCP: u8 = 4;
export const PROTO_FRAGMENT: u8 = 8;
/** IPv6 extension headers. */
export const PROTO_EXTENSION: u8 = 16;
export const PROTO_VLAN: u8 = 32;
/** UDP follows the IP header directly and the frame is no fragment. */
export const PROTO_UDP: u8 = 64;

export const ETH_HLEN: u32 = 14;
export const VLAN_HLEN: u32 = 4;
const TAGS_MAX: u32 = 2;

// EtherTypes as a 16-bit load in machine order sees them.
const TYPE_IPV4: u32 = 0x0008;
const TYPE_IPV6: u32 = 0xdd86;
const TYPE_VLAN: u32 = 0x0081;
const TYPE_QINQ: u32 = 0xa888;

const IPPROTO_HOPOPTS: u32 = 0;
const IPPROTO_TCP: u32 = 6;
const IPPROTO_UDP: u32 = 17;
const UDP_HLEN: u32 = 8;
const IPPROTO_ROUTING: u32 = 43;
const IPPROTO_FRAGMENT: u32 = 44;
const IPPROTO_AH: u32 = 51;
const IPPROTO_DSTOPTS: u32 = 60;

/** Fills l3_off, l4_off, payload_off, proto, ip_end and seq from the frame's head bytes. */
export function frameParse(f: Frame): void {
  const head = frameHead(f);
  const have = <u32>f.head_len;
  let off = ETH_HLEN;
  let proto: u8 = 0;
  let type = <u32>load<u16>(head, 12);
  f.l3_off = <u8>ETH_HLEN;
  f.l4_off = 0;
  f.payload_off = 0;
  f.ip_end = f.len;
  f.seq = 0;
  f.proto = 0;
  if (type == TYPE_VLAN || type == TYPE_QINQ) {
    for (let tags: u32 = 0; tags < TAGS_MAX && (type == TYPE_VLAN || type == TYPE_QINQ); tags++) {
      if (have < off + VLAN_HLEN) return;
      type = <u32>load<u16>(head + off, 2);
      off += VLAN_HLEN;
    }
    proto = PROTO_VLAN;
    f.proto = proto;
    f.l3_off = <u8>off;
  }
  if (type == TYPE_IPV4) parseIpv4(f, head, off, proto);
  else if (type == TYPE_IPV6) parseIpv6(f, head, off, proto);
}

function parseIpv4(f: Frame, head: usize, off: u32, proto: u8): void {
  const ip = head + off;
  if (<u32>f.head_len < off + 20) return;
  const first = <u32>load<u8>(ip);
  if (first >> 4 != 4 || first < 0x45) return;
  f.proto = proto | PROTO_IPV4;
  const ip_len = (first & 15) << 2;
  setEnd(f, off, loadBe16(ip + 2));
  if ((loadBe16(ip + 6) & 0x3fff) != 0) f.proto = proto | PROTO_IPV4 | PROTO_FRAGMENT;
  else if (<u32>load<u8>(ip, 9) == IPPROTO_TCP) parseTcp(f, head, off + ip_len, proto | PROTO_IPV4);
  else if (<u32>load<u8>(ip, 9) == IPPROTO_UDP) parseUdp(f, off + ip_len, proto | PROTO_IPV4);
}

function parseIpv6(f: Frame, head: usize, off: u32, proto: u8): void {
  const ip = head + off;
  if (<u32>f.head_len < off + 40) return;
  if (load<u8>(ip) >> 4 != 6) return;
  const payload = loadBe16(ip + 4);
  setEnd(f, off, payload == 0 ? 0 : payload + 40);
  switch (<u32>load<u8>(ip, 6)) {
    case IPPROTO_TCP: return parseTcp(f, head, off + 40, proto | PROTO_IPV6);
    case IPPROTO_UDP: return parseUdp(f, off + 40, proto | PROTO_IPV6);
    case IPPROTO_FRAGMENT: {
      f.proto = proto | PROTO_IPV6 | PROTO_EXTENSION | PROTO_FRAGMENT;
      return;
    }
    case IPPROTO_HOPOPTS:
    case IPPROTO_ROUTING:
    case IPPROTO_AH:
    case IPPROTO_DSTOPTS: {
      f.proto = proto | PROTO_IPV6 | PROTO_EXTENSION;
      return;
    }
    default: f.proto = proto | PROTO_IPV6;
  }
}

/** A length of 0 is what a capture of segments above 64 KiB shows: then the datagram ends with the frame. */
function setEnd(f: Frame, off: u32, ip_len: u32): void {
  const end = off + ip_len;
  if (ip_len != 0 && end < f.len) f.ip_end = end;
}

function parseTcp(f: Frame, head: usize, off: u32, proto: u8): void {
  const have = <u32>f.head_len;
  f.proto = proto;
  if (have < off + 20 || f.ip_end < off + 20) return;
  f.l4_off = <u8>off;
  f.proto = proto | PROTO_TCP;
  f.seq = loadBe32(head + off + 4);
  const tcp_len = (<u32>load<u8>(head + off, 12) >> 4) << 2;
  const end = off + tcp_len;
  if (tcp_len >= 20 && end <= have && end <= f.ip_end) f.payload_off = <u8>end;
}

/** A datagram has no payload offset: nothing cuts its header off (2-nic/header_split.ts). */
function parseUdp(f: Frame, off: u32, proto: u8): void {
  f.proto = proto;
  if (<u32>f.head_len < off + UDP_HLEN || f.ip_end < off + UDP_HLEN) return;
  f.l4_off = <u8>off;
  f.proto = proto | PROTO_UDP;
}
