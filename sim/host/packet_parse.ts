/**
 * Ethernet (with VLAN tags), IPv4, IPv6 with extension headers, and TCP, as far as a replay must know them. Offsets are
 * into the frame's bytes; nothing is copied.
 */
import { fold, sumBytes } from './internet_checksum.ts';

export const FLAG_FIN = 0x01;
export const FLAG_SYN = 0x02;
export const FLAG_RST = 0x04;
export const FLAG_PSH = 0x08;
export const FLAG_ACK = 0x10;

export interface TcpPacket {
  readonly family: 4 | 6;
  readonly ip: number;
  readonly tcp: number;
  readonly payload: number;
  /** Bytes of payload on the wire; the captured frame may hold fewer. */
  readonly payload_bytes: number;
  readonly captured_payload_bytes: number;
  readonly src: Uint8Array;
  readonly dst: Uint8Array;
  readonly src_port: number;
  readonly dst_port: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly checksum: number;
  readonly mss: number | undefined;
  readonly tsval: number | undefined;
  readonly tsecr: number | undefined;
}

/** Why a frame is no TCP packet that can be replayed. */
export type NotTcp = 'not IP' | 'not TCP' | 'IP fragment' | 'cut inside its headers' | 'malformed';

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPES_VLAN = [0x8100, 0x88a8, 0x9100];
const PROTOCOL_TCP = 6;
/** IPv6 headers that may stand before TCP: hop-by-hop, routing, destination options, mobility, HIP, shim6. */
const EXTENSIONS = [0, 43, 60, 135, 139, 140];

const be16 = (d: Uint8Array, at: number): number => ((d[at] as number) << 8) | (d[at + 1] as number);
const be32 = (d: Uint8Array, at: number): number => ((be16(d, at) << 16) | be16(d, at + 2)) >>> 0;

/** `wire_bytes`: the frame's length before a snapshot length cut it. */
export function parseTcp(data: Uint8Array, wire_bytes: number): TcpPacket | NotTcp {
  let at = 12;
  if (data.length < 14) return 'cut inside its headers';
  while (at + 6 <= data.length && ETHERTYPES_VLAN.includes(be16(data, at))) at += 4;
  const ether_type = be16(data, at);
  const ip = at + 2;
  if (ether_type === ETHERTYPE_IPV4) return parseIpv4(data, ip, wire_bytes);
  if (ether_type === ETHERTYPE_IPV6) return parseIpv6(data, ip, wire_bytes);
  return 'not IP';
}

function parseIpv4(data: Uint8Array, ip: number, wire_bytes: number): TcpPacket | NotTcp {
  if (data.length < ip + 20) return 'cut inside its headers';
  const header = ((data[ip] as number) & 15) * 4;
  if ((data[ip] as number) >> 4 !== 4 || header < 20) return 'malformed';
  if (data[ip + 9] !== PROTOCOL_TCP) return 'not TCP';
  if (be16(data, ip + 6) & 0x3fff) return 'IP fragment';
  // A sender with TCP segmentation offload may leave the length of an oversized packet at 0.
  const total = be16(data, ip + 2) || wire_bytes - ip;
  if (total < header) return 'malformed';
  return parseSegment(data, 4, ip, ip + header, ip + total, data.subarray(ip + 12, ip + 16), data.subarray(ip + 16, ip + 20));
}

function parseIpv6(data: Uint8Array, ip: number, wire_bytes: number): TcpPacket | NotTcp {
  if (data.length < ip + 40) return 'cut inside its headers';
  if ((data[ip] as number) >> 4 !== 6) return 'malformed';
  const length = be16(data, ip + 4);
  const end = length === 0 ? wire_bytes : ip + 40 + length;
  let next = data[ip + 6] as number;
  let at = ip + 40;
  while (EXTENSIONS.includes(next)) {
    if (at + 8 > data.length) return 'cut inside its headers';
    next = data[at] as number;
    at += ((data[at + 1] as number) + 1) * 8;
  }
  if (next === 44) return 'IP fragment';
  if (next !== PROTOCOL_TCP) return 'not TCP';
  return parseSegment(data, 6, ip, at, end, data.subarray(ip + 8, ip + 24), data.subarray(ip + 24, ip + 40));
}

function parseSegment(
  data: Uint8Array, family: 4 | 6, ip: number, tcp: number, end: number, src: Uint8Array, dst: Uint8Array,
): TcpPacket | NotTcp {
  if (data.length < tcp + 20) return 'cut inside its headers';
  const header = ((data[tcp + 12] as number) >> 4) * 4;
  const payload = tcp + header;
  if (header < 20 || payload > end) return 'malformed';
  if (payload > data.length) return 'cut inside its headers';
  return {
    family, ip, tcp, payload, src, dst,
    payload_bytes: end - payload,
    captured_payload_bytes: Math.min(end, data.length) - payload,
    src_port: be16(data, tcp),
    dst_port: be16(data, tcp + 2),
    seq: be32(data, tcp + 4),
    ack: be32(data, tcp + 8),
    flags: data[tcp + 13] as number,
    checksum: be16(data, tcp + 16),
    ...parseOptions(data, tcp + 20, payload),
  };
}

function parseOptions(data: Uint8Array, from: number, end: number) {
  let mss: number | undefined;
  let tsval: number | undefined;
  let tsecr: number | undefined;
  for (let at = from; at < end; ) {
    const kind = data[at] as number;
    if (kind === 0) break;
    if (kind === 1) {
      at++;
      continue;
    }
    const len = at + 1 < end ? (data[at + 1] as number) : 0;
    if (len < 2 || at + len > end) break;
    if (kind === 2 && len === 4) mss = be16(data, at + 2);
    else if (kind === 8 && len === 10) {
      tsval = be32(data, at + 2);
      tsecr = be32(data, at + 6);
    }
    at += len;
  }
  return { mss, tsval, tsecr };
}

/** The sum of the pseudo header, folded: what a sender that leaves the checksum to its NIC writes into the field. */
export function pseudoHeaderSum(p: TcpPacket, tcp_bytes: number): number {
  let sum = sumBytes(0, p.src, 0, p.src.length);
  sum = sumBytes(sum, p.dst, 0, p.dst.length);
  return fold(sum + PROTOCOL_TCP + tcp_bytes);
}

export type ChecksumVerdict = 'good' | 'offloaded' | 'bad' | 'unknown';

/** Whether the TCP checksum is right; `offloaded`: the sender left it to its NIC and the capture shows it unfinished. */
export function judgeChecksum(data: Uint8Array, p: TcpPacket): ChecksumVerdict {
  const tcp_bytes = p.payload - p.tcp + p.payload_bytes;
  const pseudo = pseudoHeaderSum(p, tcp_bytes);
  if (p.captured_payload_bytes < p.payload_bytes) return p.checksum === pseudo ? 'offloaded' : 'unknown';
  if (fold(sumBytes(pseudo, data, p.tcp, p.tcp + tcp_bytes)) === 0xffff) return 'good';
  // Segments for the NIC to cut carry a pseudo header of length 0 or of the whole; some stacks leave the field at 0.
  return p.checksum === pseudo || p.checksum === pseudoHeaderSum(p, 0) || p.checksum === 0 ? 'offloaded' : 'bad';
}

/** Writes the right TCP checksum into a frame. */
export function writeChecksum(data: Uint8Array, p: Pick<TcpPacket, 'src' | 'dst' | 'tcp'>, end: number): void {
  data[p.tcp + 16] = 0;
  data[p.tcp + 17] = 0;
  const sum = sumBytes(pseudoHeaderSum(p as TcpPacket, end - p.tcp), data, p.tcp, end);
  const checksum = ~fold(sum) & 0xffff;
  data[p.tcp + 16] = checksum >> 8;
  data[p.tcp + 17] = checksum & 0xff;
}

/** 10.0.0.1 or fd00::1, as RFC 5952 writes it; an IPv4 address in IPv6 clothes (::ffff:) comes without them. */
export function addressText(address: Uint8Array): string {
  if (address.length === 4) return [...address].join('.');
  if (address.subarray(0, 10).every((x) => x === 0) && address[10] === 0xff && address[11] === 0xff) return address.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => be16(address, i * 2));
  let best = { at: -1, len: 1 };
  for (let i = 0; i < 8; i++) {
    let len = 0;
    while (i + len < 8 && groups[i + len] === 0) len++;
    if (len > best.len) best = { at: i, len };
  }
  const hex = (g: number[]) => g.map((x) => x.toString(16)).join(':');
  return best.at < 0 ? hex(groups) : `${hex(groups.slice(0, best.at))}::${hex(groups.slice(best.at + best.len))}`;
}
