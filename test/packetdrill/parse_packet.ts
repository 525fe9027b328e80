/** A packet line, behind its time. */
import { icmpCode, icmpType } from './icmp_names.ts';
import {
  type Direction, type Icmp, IPPROTO_TCP, IPPROTO_UDP, newPacket, newTcp, optionsLength, type Packet, ipHeaderLength, type Tcp,
} from './packet.ts';
import { parseOptions } from './parse_options.ts';
import type { TokenStream } from './token_stream.ts';
import { Unsupported } from './verdict.ts';

const U16 = 0xffff;
const U32 = 0xffffffff;
const DATAGRAM_MAX = 64 * 1024;
const ECN: Readonly<Record<string, number>> = { noecn: 0, ect1: 1, ect0: 2, ce: 3 };

function parseTos(t: TokenStream, p: Packet): void {
  const word = t.word();
  if (word in ECN) [p.tos_check, p.tos] = ['ecn', ECN[word] ?? 0];
  else if (word === 'ect01') p.tos_check = 'ect01';
  else if (word === 'tos') [p.tos_check, p.tos] = ['tos', t.integer('tos', 255)];
  else t.fail(`${word} says nothing about an IP header`);
}

/** `[ect0]`, `(tos 0x10, flowlabel 0x1)`, `[ttl 64]`. */
function parseIpInfo(t: TokenStream, p: Packet): void {
  if (!t.isChar('[') && !t.isChar('(')) return;
  const close = t.take().text === '[' ? ']' : ')';
  if (t.skipWord('ttl')) p.ttl = t.integer('ttl', 255);
  else {
    if (!t.isWord('flowlabel')) {
      parseTos(t, p);
      if (t.skipChar(',') && !t.isWord('flowlabel')) t.wrong('flowlabel');
    }
    if (t.skipWord('flowlabel')) p.flow_label = t.integer('flowlabel', 0xfffff);
  }
  t.char(close);
  if (p.tos_check === 'ect01' && p.direction === 'in') t.fail('[ect01] can only be used with outbound packets');
}

/** `S.`, `P`, `.`, `-`, `.5`, `SEW`. */
function parseFlags(t: TokenStream): string {
  if (t.skipChar('-')) return '';
  let text = '';
  if (t.is('word')) text = t.take().text;
  if (t.skipChar('.')) return `${text}.`;
  if (t.is('float') && /^\.[0-9]+$/.test(t.peek().text)) return text + t.take().text;
  if (text === '') t.wrong('TCP flags');
  return text;
}

function setFlags(t: TokenStream, p: Packet, tcp: Tcp, flags: string): void {
  const digits = [...flags].filter((c) => /[0-7]/.test(c));
  for (const c of flags) if (!/[.FSRPEWAU0-7]/.test(c)) t.fail(`invalid TCP flag ${c}`);
  if (digits.length > 1 || (digits.length === 1 && /[EWA]/.test(flags))) t.fail('conflicting TCP flags for ECN');
  const ace = Number(digits[0] ?? 0);
  p.ace = ace !== 0;
  tcp.fin = flags.includes('F');
  tcp.syn = flags.includes('S');
  tcp.rst = flags.includes('R');
  tcp.psh = flags.includes('P');
  tcp.ack = flags.includes('.');
  tcp.urg = flags.includes('U');
  tcp.ece = p.ace ? (ace & 1) !== 0 : flags.includes('E');
  tcp.cwr = p.ace ? (ace & 2) !== 0 : flags.includes('W');
  tcp.ae = p.ace ? (ace & 4) !== 0 : flags.includes('A');
}

/** `1:1001(1000)`: start and length. */
function parseSeq(t: TokenStream): { seq: number; len: number } {
  const seq = t.integer('TCP start sequence number', U32);
  t.char(':');
  const end = t.integer('TCP end sequence number', U32);
  t.char('(');
  const len = t.integer('TCP payload size', U16);
  t.char(')');
  if (end !== seq + len) t.fail('inconsistent TCP sequence numbers and payload size');
  return { seq, len };
}

function parseTcp(t: TokenStream, p: Packet, ports: readonly [number, number]): void {
  const tcp = newTcp();
  p.tcp = tcp;
  [tcp.src_port, tcp.dst_port] = ports;
  setFlags(t, p, tcp, parseFlags(t));
  const { seq, len } = parseSeq(t);
  tcp.seq = seq;
  p.payload_len = len;
  if (t.skipWord('ack')) tcp.ack_seq = t.integer('TCP ack sequence number', U32);
  if (t.skipWord('win')) tcp.window = t.integer('TCP window', U16);
  else if (p.direction === 'in') t.fail('window must be specified for inbound packets');
  else p.any_window = true;
  if (t.skipWord('urg')) tcp.urg_ptr = t.integer('urg_ptr', U16);
  const options = parseOptions(t);
  if (options === undefined && p.direction === 'in') t.fail('<...> for TCP options can only be used with outbound packets');
  p.any_options = options === undefined;
  tcp.options = options ?? [];
  if (ipHeaderLength(p.version) + 20 + optionsLength(tcp.options) + len > DATAGRAM_MAX) t.fail('TCP segment too large');
}

/** What an ICMP message quotes: `[1:1461(1460)]`, `[udp (100)]`. */
function parseQuoted(t: TokenStream): { protocol: number; seq: number; len: number } {
  if (!t.skipChar('[')) return { protocol: IPPROTO_TCP, seq: 0, len: 0 };
  if (t.isWord('raw')) throw new Unsupported('ICMP message of raw bytes');
  if (t.skipWord('udp')) {
    t.char('(');
    const len = t.integer('UDP payload size', U16);
    t.char(')');
    t.char(']');
    return { protocol: IPPROTO_UDP, seq: 0, len };
  }
  const { seq, len } = parseSeq(t);
  t.char(']');
  return { protocol: IPPROTO_TCP, seq, len };
}

function parseIcmp(t: TokenStream, p: Packet): void {
  t.word('icmp');
  const type_name = t.word();
  const type = icmpType(p.version, type_name);
  if (type === undefined) return t.fail(`bad ICMP type ${type_name}`);
  let code: number | undefined = 0;
  if (t.is('word') && !t.isWord('mtu') && !t.isWord('id')) {
    const code_name = t.word();
    code = icmpCode(p.version, type, code_name);
    if (code === undefined) return t.fail(`bad ICMP code ${code_name}`);
  }
  const mtu = t.skipWord('mtu') ? t.integer('ICMP MTU', p.version === 4 ? U16 : U32) : -1;
  const too_big = p.version === 4 ? type === 3 && code === 4 : type === 2 && code === 0;
  if (mtu >= 0 && !too_big) t.fail('an MTU belongs to a packet that was too big only');
  const echo_id = t.skipWord('id') ? t.integer('ICMP echo id', U16) : 0;
  const quoted = parseQuoted(t);
  const icmp: Icmp = {
    type, code, mtu, echo_id, quoted_protocol: quoted.protocol, quoted_seq: quoted.seq, quoted_payload: quoted.len,
  };
  p.icmp = icmp;
}

const ENCAPSULATIONS = ['ipv4', 'ipv6', 'gre', 'GREv0', 'mpls', 'udp', 'encap'];

export function parsePacket(t: TokenStream, version: number): Packet {
  const direction: Direction = t.take().text === '<' ? 'in' : 'out';
  const p = newPacket(direction, version);
  for (const name of ENCAPSULATIONS) if (t.isWord(name)) throw new Unsupported(`${name} packets`);
  parseIpInfo(t, p);
  if (t.isWord('encap')) throw new Unsupported('PSP encapsulation');
  if (t.isWord('udp')) throw new Unsupported('udp packets');
  if (t.isWord('icmp')) {
    parseIcmp(t, p);
    return p;
  }
  let ports: readonly [number, number] = [0, 0];
  if (t.is('integer') && t.isChar('>', 1)) {
    const src = t.integer('src port', U16);
    t.char('>');
    ports = [src, t.integer('dst port', U16)];
  }
  parseTcp(t, p, ports);
  return p;
}
