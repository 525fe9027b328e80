/** A packet as fields: what a script says, and what was seen on the wire. Sequence numbers are the script's or live ones. */

export type Direction = 'in' | 'out';
export type Ecn = 'any' | 'ecn' | 'ect01' | 'tos';

/** One TCP option: its kind, and the bytes behind kind and length. */
export interface TcpOption {
  readonly kind: number;
  data: Uint8Array;
}

export interface Tcp {
  src_port: number;
  dst_port: number;
  seq: number;
  ack_seq: number;
  fin: boolean;
  syn: boolean;
  rst: boolean;
  psh: boolean;
  ack: boolean;
  urg: boolean;
  ece: boolean;
  cwr: boolean;
  ae: boolean;
  /** Reserved bits. */
  res: number;
  window: number;
  urg_ptr: number;
  options: TcpOption[];
}

export interface Icmp {
  readonly type: number;
  readonly code: number;
  readonly mtu: number;
  readonly echo_id: number;
  /** What the message quotes: start of a TCP segment. */
  readonly quoted_protocol: number;
  readonly quoted_seq: number;
  readonly quoted_payload: number;
}

export interface Packet {
  direction: Direction;
  /** 4 or 6. */
  version: number;
  tos: number;
  ttl: number;
  flow_label: number;
  tcp: Tcp | undefined;
  icmp: Icmp | undefined;
  payload_len: number;
  /** Bytes of payload; undefined: all zeros. */
  payload: Uint8Array | undefined;
  // What a script asks to be compared.
  tos_check: Ecn;
  any_window: boolean;
  any_options: boolean;
  /** The flags were written with a number for the ACE field. */
  ace: boolean;
  /** Live packets: when it was on the wire. */
  time_us: number;
  /** IP total length and header words, as found. */
  ip_len: number;
  ip_header_len: number;
  src: string;
  dst: string;
}

export const OPT_EOL = 0;
export const OPT_NOP = 1;
export const OPT_MSS = 2;
export const OPT_WSCALE = 3;
export const OPT_SACK_OK = 4;
export const OPT_SACK = 5;
export const OPT_TS = 8;
export const OPT_MD5 = 19;
export const OPT_FASTOPEN = 34;
export const OPT_ACCECN0 = 172;
export const OPT_ACCECN1 = 174;
export const OPT_EXP = 254;
export const FASTOPEN_MAGIC = 0xf989;

export const IPPROTO_ICMP = 1;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_ICMPV6 = 58;

export const optionLength = (option: TcpOption): number => (option.kind <= OPT_NOP ? 1 : 2 + option.data.length);
export const optionsLength = (options: readonly TcpOption[]): number => options.reduce((n, o) => n + optionLength(o), 0);
export const tcpHeaderLength = (tcp: Tcp): number => 20 + ((optionsLength(tcp.options) + 3) & ~3);
export const ipHeaderLength = (version: number): number => (version === 4 ? 20 : 40);

export function newPacket(direction: Direction, version: number): Packet {
  return {
    direction, version, tos: 0, ttl: 0, flow_label: 0, tcp: undefined, icmp: undefined, payload_len: 0, payload: undefined,
    tos_check: 'any', any_window: false, any_options: false, ace: false, time_us: 0, ip_len: 0,
    ip_header_len: ipHeaderLength(version), src: '', dst: '',
  };
}

export function newTcp(): Tcp {
  return {
    src_port: 0, dst_port: 0, seq: 0, ack_seq: 0, fin: false, syn: false, rst: false, psh: false, ack: false, urg: false, ece: false,
    cwr: false, ae: false, res: 0, window: 0, urg_ptr: 0, options: [],
  };
}

export const copyPacket = (p: Packet): Packet => ({
  ...p,
  tcp: p.tcp && { ...p.tcp, options: p.tcp.options.map((o) => ({ kind: o.kind, data: o.data.slice() })) },
});

/** Big-endian words of an option's data. */
export function word32(data: Uint8Array, at: number): number {
  return (((data[at] ?? 0) << 24) | ((data[at + 1] ?? 0) << 16) | ((data[at + 2] ?? 0) << 8) | (data[at + 3] ?? 0)) >>> 0;
}
export function setWord32(data: Uint8Array, at: number, value: number): void {
  data.set([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255], at);
}
export const word16 = (data: Uint8Array, at: number): number => ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);

/** The timestamp option of a segment, or undefined. The last one counts. */
export function timestampOf(tcp: Tcp): TcpOption | undefined {
  return tcp.options.findLast((o) => o.kind === OPT_TS && o.data.length === 8);
}

export const aceOf = (tcp: Tcp): number => (tcp.ae ? 4 : 0) | (tcp.cwr ? 2 : 0) | (tcp.ece ? 1 : 0);
