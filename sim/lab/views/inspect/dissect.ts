/** A frame as a tree: Ethernet, VLAN, IPv4 or IPv6, TCP with its options or UDP, payload; each node knows its bytes. */
import { addressText } from '../../../host/index.ts';
import type { TreeNode } from './doc.ts';

const hex = (n: number, digits = 2): string => `0x${n.toString(16).padStart(digits, '0')}`;
const node = (name: string, value: string | number, from: number, to: number, more: Partial<TreeNode> = {}): TreeNode =>
  ({ name, value: String(value), from, to, children: [], ...more });

/** Reads big-endian fields in order, and makes nodes of them. */
class Reader {
  readonly #d: Uint8Array;
  at: number;
  constructor(d: Uint8Array, at: number) {
    this.#d = d;
    this.at = at;
  }
  get left(): number {
    return this.#d.length - this.at;
  }
  number(bytes: number): number {
    let n = 0;
    for (let i = 0; i < bytes; i++) n = n * 256 + (this.#d[this.at++] ?? 0);
    return n;
  }
  /** A field of a number of bytes, told by `text`. */
  field(name: string, bytes: number, text: (n: number) => string = String, about?: string): TreeNode {
    const from = this.at;
    const value = text(this.number(bytes));
    return node(name, value, from, this.at, about === undefined ? {} : { about });
  }
  bytes(name: string, count: number, text: (d: Uint8Array) => string): TreeNode {
    const from = this.at;
    this.at += count;
    return node(name, text(this.#d.subarray(from, this.at)), from, this.at);
  }
}

const mac = (d: Uint8Array): string => [...d].map((b) => b.toString(16).padStart(2, '0')).join(':');
const ETHERTYPES: ReadonlyMap<number, string> = new Map([
  [0x0800, 'IPv4'], [0x86dd, 'IPv6'], [0x8100, 'VLAN'], [0x88a8, 'VLAN'], [0x0806, 'ARP'],
]);
const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6' };
const TCP_FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR', 'AE'];
const ECN = ['not ECT', 'ECT(1)', 'ECT(0)', 'CE'];

export const tcpFlagNames = (flags: number): string => TCP_FLAGS.filter((_, i) => flags & (1 << i)).join(' ') || 'none';

/** Whole trees of what the frame holds; a frame that is cut off short ends where its bytes do. */
export function dissect(d: Uint8Array): TreeNode[] {
  const r = new Reader(d, 0);
  if (r.left < 14) return [node('frame', `${d.length} bytes: too short for Ethernet`, 0, d.length)];
  const children = [r.bytes('destination', 6, mac), r.bytes('source', 6, mac)];
  let type = 0;
  do {
    const from = r.at;
    type = r.number(2);
    children.push(node('type', `${hex(type, 4)} ${ETHERTYPES.get(type) ?? ''}`.trim(), from, r.at));
    if (ETHERTYPES.get(type) === 'VLAN') children.push(r.field('tag', 2, (n) => `VLAN ${n & 0xfff}, priority ${n >> 13}`));
  } while (ETHERTYPES.get(type) === 'VLAN' && r.left >= 4);
  const summary = `${children[1]?.value} to ${children[0]?.value}`;
  const trees = [node('Ethernet', summary, 0, r.at, { children })];
  if (type === 0x0800 && r.left >= 20) trees.push(...ipv4(d, r.at));
  else if (type === 0x86dd && r.left >= 40) trees.push(...ipv6(d, r.at));
  else if (r.left > 0) trees.push(node('payload', `${r.left} bytes`, r.at, d.length));
  return trees;
}

function ipv4(d: Uint8Array, from: number): TreeNode[] {
  const r = new Reader(d, from);
  const header = ((d[from] as number) & 15) * 4;
  const children = [
    r.field('version, header length', 1, (n) => `${n >> 4}, ${(n & 15) * 4} bytes`),
    r.field('DSCP, ECN', 1, (n) => `${n >> 2}, ${ECN[n & 3]}`),
    r.field('total length', 2, (n) => `${n} bytes`), r.field('identification', 2, (n) => hex(n, 4)),
    r.field('flags, fragment offset', 2, (n) =>
      `${n & 0x4000 ? "don't fragment" : n & 0x2000 ? 'more fragments' : 'none'}, ${(n & 0x1fff) * 8}`),
    r.field('time to live', 1), r.field('protocol', 1, (n) => `${n} ${PROTOCOLS[n] ?? ''}`.trim()),
    r.field('header checksum', 2, (n) => hex(n, 4)), r.bytes('source', 4, addressText), r.bytes('destination', 4, addressText),
  ];
  if (header > 20) children.push(r.bytes('options', header - 20, (o) => `${o.length} bytes`));
  const total = ((d[from + 2] as number) << 8) | (d[from + 3] as number);
  const summary = `${children[8]?.value} to ${children[9]?.value}`;
  const fragment = ((((d[from + 6] as number) << 8) | (d[from + 7] as number)) & 0x1fff) !== 0;
  const end = Math.min(d.length, total === 0 ? d.length : from + total);
  const protocol = fragment ? 0 : (d[from + 9] as number);
  return [node('IPv4', summary, from, from + header, { children }), ...upper(d, from + header, end, protocol)];
}

function ipv6(d: Uint8Array, from: number): TreeNode[] {
  const r = new Reader(d, from);
  const children = [
    r.field('version, traffic class, flow label', 4, (n) => `6, ${ECN[(n >>> 20) & 3]}, ${hex(n & 0xfffff, 5)}`),
    r.field('payload length', 2, (n) => `${n} bytes`), r.field('next header', 1, (n) => `${n} ${PROTOCOLS[n] ?? ''}`.trim()),
    r.field('hop limit', 1), r.bytes('source', 16, addressText), r.bytes('destination', 16, addressText),
  ];
  const length = ((d[from + 4] as number) << 8) | (d[from + 5] as number);
  const end = Math.min(d.length, length === 0 ? d.length : from + 40 + length);
  const summary = `${children[4]?.value} to ${children[5]?.value}`;
  return [node('IPv6', summary, from, from + 40, { children }), ...upper(d, from + 40, end, d[from + 6] as number)];
}

function upper(d: Uint8Array, from: number, end: number, protocol: number): TreeNode[] {
  if (protocol === 6 && end - from >= 20) return tcp(d, from, end);
  if (protocol === 17 && end - from >= 8) return udp(d, from, end);
  return end > from ? [node('payload', `${end - from} bytes`, from, end)] : [];
}

function udp(d: Uint8Array, from: number, end: number): TreeNode[] {
  const r = new Reader(d, from);
  const children = [
    r.field('source port', 2), r.field('destination port', 2), r.field('length', 2, (n) => `${n} bytes`),
    r.field('checksum', 2, (n) => hex(n, 4)),
  ];
  return [node('UDP', `port ${children[0]?.value} to ${children[1]?.value}`, from, r.at, { children }), ...payload(r.at, end)];
}
const payload = (from: number, end: number): TreeNode[] => (end > from ? [node('payload', `${end - from} bytes`, from, end)] : []);

function tcp(d: Uint8Array, from: number, end: number): TreeNode[] {
  const r = new Reader(d, from);
  const header = Math.min(((d[from + 12] as number) >> 4) * 4, end - from);
  const children = [
    r.field('source port', 2), r.field('destination port', 2),
    r.field('sequence number', 4, String, 'of the first byte of payload'),
    r.field('acknowledgment', 4, String, 'the next byte that is wanted'),
    r.field('header length, flags', 2, (n) => `${(n >> 12) * 4} bytes, ${tcpFlagNames(n & 0x1ff)}`),
    r.field('window', 2, String, 'in units of the window scale'), r.field('checksum', 2, (n) => hex(n, 4)), r.field('urgent pointer', 2),
  ];
  const options = tcpOptions(d, r.at, from + header);
  if (options.length > 0) children.push(node('options', `${from + header - r.at} bytes`, r.at, from + header, { children: options }));
  const flags = (((d[from + 12] as number) & 1) << 8) | (d[from + 13] as number);
  const bytes = end - from - header;
  const summary = `${tcpFlagNames(flags)}, sequence ${children[2]?.value}, acknowledges ${children[3]?.value}, ${bytes} bytes`;
  return [node('TCP', summary, from, from + header, { children }), ...payload(from + header, end)];
}

function tcpOptions(d: Uint8Array, from: number, end: number): TreeNode[] {
  const found: TreeNode[] = [];
  const view = new DataView(d.buffer, d.byteOffset, d.byteLength);
  for (let at = from; at < end;) {
    const kind = d[at] as number;
    if (kind === 0) return [...found, node('end of options', '', at, end)];
    if (kind === 1) {
      found.push(node('no operation', 'padding', at, at + 1));
      at++;
      continue;
    }
    const length = d[at + 1] ?? 0;
    if (length < 2 || at + length > end) return [...found, node('malformed option', `kind ${kind}, length ${length}`, at, end)];
    found.push(option(view, kind, at, at + length));
    at += length;
  }
  return found;
}

function option(view: DataView, kind: number, from: number, to: number): TreeNode {
  const u32 = (at: number) => view.getUint32(at);
  switch (kind) {
    case 2: return node('maximum segment size', view.getUint16(from + 2), from, to);
    case 3: return node('window scale', `${view.getUint8(from + 2)}: windows are shifted by so many bits`, from, to);
    case 4: return node('SACK permitted', '', from, to);
    case 5: {
      const blocks: TreeNode[] = [];
      for (let at = from + 2; at + 8 <= to; at += 8) blocks.push(node('block', `${u32(at)} to ${u32(at + 4)}`, at, at + 8));
      return node('SACK', blocks.map((b) => b.value).join(', '), from, to, { children: blocks });
    }
    case 8: return node('timestamps', `value ${u32(from + 2)}, echo ${u32(from + 6)}`, from, to);
    case 34: return node('fast open cookie', `${to - from - 2} bytes`, from, to);
    default: return node(`option ${kind}`, `${to - from} bytes`, from, to);
  }
}
