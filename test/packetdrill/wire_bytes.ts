/** Packets to bytes and back: Ethernet, IPv4 or IPv6, TCP or ICMP. Checksums are left to the NIC. */
import { fold, sumBytes } from '../../sim/host/internet_checksum.ts';
import {
  type Icmp, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP, ipHeaderLength, newPacket, newTcp, OPT_EOL, OPT_NOP,
  type Packet, setWord32, type Tcp, type TcpOption, tcpHeaderLength, word16, word32,
} from './packet.ts';

const ETH_HLEN = 14;
const TTL = 255;

/** The sixteen or four bytes of an address, and its text as the wire has it. */
export function addressBytes(text: string): Uint8Array {
  if (/^[0-9.]+$/.test(text)) return Uint8Array.from(text.split('.'), Number);
  const [head = '', tail] = text.split('::');
  const words = (part: string) => part.split(':').filter((s) => s !== '').map((s) => Number.parseInt(s, 16));
  const first = words(head);
  const last = tail === undefined ? [] : words(tail);
  const zeros = Array<number>(8 - first.length - last.length).fill(0);
  return Uint8Array.from([...first, ...zeros, ...last].flatMap((w) => [w >> 8, w & 255]));
}

function set16(data: Uint8Array, at: number, value: number): void {
  data[at] = (value >> 8) & 255;
  data[at + 1] = value & 255;
}

function writeIp(data: Uint8Array, p: Packet, protocol: number, ip_len: number, src: Uint8Array, dst: Uint8Array): void {
  if (p.version === 4) {
    data[0] = 0x45;
    data[1] = p.tos;
    set16(data, 2, ip_len);
    data[8] = p.ttl !== 0 ? p.ttl : TTL;
    data[9] = protocol;
    data.set(src, 12);
    data.set(dst, 16);
    set16(data, 10, checksum(data.subarray(0, 20)));
    return;
  }
  setWord32(data, 0, ((6 << 28) | (p.tos << 20) | p.flow_label) >>> 0);
  set16(data, 4, ip_len - 40);
  data[6] = protocol;
  data[7] = p.ttl !== 0 ? p.ttl : TTL;
  data.set(src, 8);
  data.set(dst, 24);
}

/** RFC 1071. */
export function checksum(data: Uint8Array, start = 0): number {
  return ~fold(sumBytes(start, data, 0, data.length)) & 0xffff;
}

function writeTcp(data: Uint8Array, tcp: Tcp): void {
  const header = tcpHeaderLength(tcp);
  set16(data, 0, tcp.src_port);
  set16(data, 2, tcp.dst_port);
  setWord32(data, 4, tcp.seq);
  setWord32(data, 8, tcp.ack_seq);
  const bit = (on: boolean, n: number) => (on ? 1 << n : 0);
  data[12] = ((header / 4) << 4) | (tcp.res << 1) | bit(tcp.ae, 0);
  data[13] = bit(tcp.cwr, 7) | bit(tcp.ece, 6) | bit(tcp.urg, 5) | bit(tcp.ack, 4) | bit(tcp.psh, 3) | bit(tcp.rst, 2) | bit(tcp.syn, 1)
    | bit(tcp.fin, 0);
  set16(data, 14, tcp.window);
  set16(data, 18, tcp.urg_ptr);
  let at = 20;
  for (const option of tcp.options) {
    data[at++] = option.kind;
    if (option.kind <= OPT_NOP) continue;
    data[at++] = option.data.length + 2;
    data.set(option.data, at);
    at += option.data.length;
  }
}

/** The message and what it quotes: an IP header and eight bytes of a packet that went the other way. */
function writeIcmp(data: Uint8Array, p: Packet, icmp: Icmp, ports: readonly [number, number], src: Uint8Array, dst: Uint8Array): void {
  data[0] = icmp.type;
  data[1] = icmp.code;
  if (icmp.mtu >= 0) {
    if (p.version === 4) set16(data, 6, icmp.mtu);
    else setWord32(data, 4, icmp.mtu);
  }
  if (icmp.echo_id > 0) set16(data, 4, icmp.echo_id);
  const ip_len = ipHeaderLength(p.version);
  const l4 = icmp.quoted_protocol === IPPROTO_UDP ? 8 : 20;
  const quoted = newPacket('out', p.version);
  writeIp(data.subarray(8), quoted, icmp.quoted_protocol, ip_len + l4 + icmp.quoted_payload, dst, src);
  const th = 8 + ip_len;
  set16(data, th, ports[1]);
  set16(data, th + 2, ports[0]);
  setWord32(data, th + 4, icmp.quoted_seq);
  if (p.version === 4) set16(data, 2, checksum(data));
  else {
    const pseudo = new Uint8Array(40);
    pseudo.set(src, 0);
    pseudo.set(dst, 16);
    setWord32(pseudo, 32, data.length);
    pseudo[39] = IPPROTO_ICMPV6;
    set16(data, 2, checksum(data, ~checksum(pseudo) & 0xffff));
  }
}

/** `ports`: source and destination of the connection that an ICMP message is about. */
export function packetBytes(p: Packet, src: Uint8Array, dst: Uint8Array, ports: readonly [number, number]): Uint8Array {
  const ip_header = ipHeaderLength(p.version);
  const l4 = p.tcp ? tcpHeaderLength(p.tcp) : 8 + ip_header + 8;
  const ip_len = ip_header + l4 + (p.tcp ? p.payload_len : 0);
  const frame = new Uint8Array(ETH_HLEN + ip_len);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]);
  set16(frame, 12, p.version === 4 ? 0x0800 : 0x86dd);
  const ip = frame.subarray(ETH_HLEN);
  const icmp_protocol = p.version === 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
  writeIp(ip, p, p.tcp ? IPPROTO_TCP : icmp_protocol, ip_len, src, dst);
  if (p.tcp) writeTcp(ip.subarray(ip_header), p.tcp);
  else if (p.icmp) writeIcmp(ip.subarray(ip_header), p, p.icmp, ports, src, dst);
  return frame;
}

function readOptions(data: Uint8Array): TcpOption[] {
  const options: TcpOption[] = [];
  for (let at = 0; at < data.length; ) {
    const kind = data[at] ?? 0;
    if (kind <= OPT_NOP) {
      options.push({ kind, data: new Uint8Array(0) });
      at++;
      if (kind === OPT_EOL) break;
      continue;
    }
    const length = Math.max(2, data[at + 1] ?? 2);
    options.push({ kind, data: data.slice(at + 2, at + length) });
    at += length;
  }
  return options;
}

function readTcp(data: Uint8Array): { tcp: Tcp; header: number } {
  const tcp = newTcp();
  const header = ((data[12] ?? 0) >> 4) * 4;
  const flags = data[13] ?? 0;
  tcp.src_port = word16(data, 0);
  tcp.dst_port = word16(data, 2);
  tcp.seq = word32(data, 4);
  tcp.ack_seq = word32(data, 8);
  tcp.res = ((data[12] ?? 0) >> 1) & 7;
  tcp.ae = ((data[12] ?? 0) & 1) !== 0;
  [tcp.fin, tcp.syn, tcp.rst, tcp.psh, tcp.ack, tcp.urg, tcp.ece, tcp.cwr] = [0, 1, 2, 3, 4, 5, 6, 7].map(
    (n) => (flags & (1 << n)) !== 0,
  ) as [boolean, boolean, boolean, boolean, boolean, boolean, boolean, boolean];
  tcp.window = word16(data, 14);
  tcp.urg_ptr = word16(data, 18);
  tcp.options = readOptions(data.subarray(20, header));
  return { tcp, header };
}

const hex = (data: Uint8Array) => [...data].map((b) => b.toString(16).padStart(2, '0')).join('');

/** A frame of the host under test; undefined when it is not TCP. */
export function readPacket(frame: Uint8Array, time_us: number): Packet | undefined {
  const ip = frame.subarray(ETH_HLEN);
  const version = (ip[0] ?? 0) >> 4;
  if (version !== 4 && version !== 6) return undefined;
  const p = newPacket('out', version);
  p.time_us = time_us;
  p.ip_header_len = version === 4 ? ((ip[0] ?? 0) & 15) * 4 : 40;
  p.ip_len = version === 4 ? word16(ip, 2) : word16(ip, 4) + 40;
  p.tos = version === 4 ? (ip[1] ?? 0) : (word16(ip, 0) >> 4) & 255;
  p.ttl = (version === 4 ? ip[8] : ip[7]) ?? 0;
  p.flow_label = version === 6 ? word32(ip, 0) & 0xfffff : 0;
  if ((version === 4 ? ip[9] : ip[6]) !== IPPROTO_TCP) return undefined;
  p.src = hex(version === 4 ? ip.subarray(12, 16) : ip.subarray(8, 24));
  p.dst = hex(version === 4 ? ip.subarray(16, 20) : ip.subarray(24, 40));
  const { tcp, header } = readTcp(ip.subarray(p.ip_header_len));
  p.tcp = tcp;
  p.payload = ip.slice(p.ip_header_len + header, p.ip_len);
  p.payload_len = p.payload.length;
  return p;
}

export const addressKey = (text: string): string => hex(addressBytes(text));
