/** Builds capture files byte by byte, for tests of their readers. */
export interface FrameSpec {
  readonly time_ns: bigint;
  readonly data: Uint8Array;
  readonly wire?: number;
}

export interface PcapSpec {
  readonly little: boolean;
  readonly ns: boolean;
  readonly link_type?: number;
  readonly frames: readonly FrameSpec[];
}

export function pcapFile(spec: PcapSpec): Uint8Array {
  const total = 24 + spec.frames.reduce((n, f) => n + 16 + f.data.length, 0);
  const out = new Uint8Array(total);
  const view = new DataView(out.buffer);
  const le = spec.little;
  view.setUint32(0, spec.ns ? 0xa1b23c4d : 0xa1b2c3d4, le);
  view.setUint16(4, 2, le);
  view.setUint16(6, 4, le);
  view.setUint32(16, 262144, le);
  view.setUint32(20, spec.link_type ?? 1, le);
  let at = 24;
  for (const f of spec.frames) {
    view.setUint32(at, Number(f.time_ns / 1_000_000_000n), le);
    view.setUint32(at + 4, Number((f.time_ns % 1_000_000_000n) / (spec.ns ? 1n : 1000n)), le);
    view.setUint32(at + 8, f.data.length, le);
    view.setUint32(at + 12, f.wire ?? f.data.length, le);
    out.set(f.data, at + 16);
    at += 16 + f.data.length;
  }
  return out;
}

/** pcapng blocks in either byte order. */
export class Blocks {
  private readonly parts: Uint8Array[] = [];
  private readonly le: boolean;

  constructor(little: boolean) {
    this.le = little;
  }

  block(type: number, body: Uint8Array): this {
    const padded = (body.length + 3) & ~3;
    const out = new Uint8Array(12 + padded);
    const view = new DataView(out.buffer);
    view.setUint32(0, type, this.le);
    view.setUint32(4, out.length, this.le);
    out.set(body, 8);
    view.setUint32(out.length - 4, out.length, this.le);
    this.parts.push(out);
    return this;
  }
  section(): this {
    return this.block(0x0a0d0d0a, this.words([0x1a2b3c4d, 0x00000001, 0xffffffff, 0xffffffff]));
  }
  iface(link_type: number, snaplen = 0, options: Uint8Array = new Uint8Array(0)): this {
    const head = new Uint8Array(8);
    const view = new DataView(head.buffer);
    view.setUint16(0, link_type, this.le);
    view.setUint32(4, snaplen, this.le);
    return this.block(1, join([head, options]));
  }
  option(code: number, value: Uint8Array): Uint8Array {
    const out = new Uint8Array(4 + ((value.length + 3) & ~3));
    const view = new DataView(out.buffer);
    view.setUint16(0, code, this.le);
    view.setUint16(2, value.length, this.le);
    out.set(value, 4);
    return out;
  }
  enhanced(iface: number, ticks: bigint, data: Uint8Array, wire = data.length): this {
    const head = this.words([iface, Number(ticks >> 32n), Number(ticks & 0xffff_ffffn), data.length, wire]);
    return this.block(6, join([head, data]));
  }
  simple(data: Uint8Array, wire = data.length): this {
    return this.block(3, join([this.words([wire]), data]));
  }
  words(values: readonly number[]): Uint8Array {
    const out = new Uint8Array(values.length * 4);
    const view = new DataView(out.buffer);
    values.forEach((v, i) => {
      view.setUint32(i * 4, v, this.le);
    });
    return out;
  }
  file(): Uint8Array {
    return join(this.parts);
  }
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

export interface SegmentSpec {
  readonly seq: number;
  readonly ack?: number;
  readonly flags: number;
  readonly payload?: Uint8Array;
  /** From server to client. */
  readonly reply?: boolean;
  readonly vlans?: readonly number[];
  readonly ipv6?: boolean;
  /** IPv6 extension headers before TCP. */
  readonly extensions?: readonly number[];
  readonly options?: Uint8Array;
  /** Leave the checksum as a sender with offload does. */
  readonly offload?: boolean;
  readonly client_port?: number;
}

const CLIENT4 = [192, 0, 2, 1];
const SERVER4 = [192, 0, 2, 2];
const CLIENT6 = [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1];
const SERVER6 = [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 2];
export const SERVER_PORT = 8080;

/** An Ethernet frame with a TCP segment. */
export function segment(s: SegmentSpec): Uint8Array {
  const payload = s.payload ?? new Uint8Array(0);
  const options = s.options ?? new Uint8Array(0);
  const [client, server] = s.ipv6 ? [CLIENT6, SERVER6] : [CLIENT4, SERVER4];
  const src = new Uint8Array(s.reply ? server : client);
  const dst = new Uint8Array(s.reply ? client : server);
  const port = s.client_port ?? 40000;
  const tcp = new Uint8Array(20 + options.length + payload.length);
  const view = new DataView(tcp.buffer);
  view.setUint16(0, s.reply ? SERVER_PORT : port);
  view.setUint16(2, s.reply ? port : SERVER_PORT);
  view.setUint32(4, s.seq);
  view.setUint32(8, s.ack ?? 0);
  tcp[12] = ((20 + options.length) / 4) << 4;
  tcp[13] = s.flags;
  view.setUint16(14, 65535);
  tcp.set(options, 20);
  tcp.set(payload, 20 + options.length);
  const pseudo = sum(join([src, dst, new Uint8Array([0, 6, tcp.length >> 8, tcp.length & 0xff])]));
  view.setUint16(16, s.offload ? pseudo : checksum(src, dst, tcp));
  const ethernet = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, ...(s.vlans ?? []).flatMap((v) => [0x81, 0, v >> 8, v & 0xff])];
  return join([new Uint8Array(ethernet), s.ipv6 ? ipv6(src, dst, tcp, s.extensions ?? []) : ipv4(src, dst, tcp)]);
}

function ipv4(src: Uint8Array, dst: Uint8Array, tcp: Uint8Array): Uint8Array {
  const total = 20 + tcp.length;
  const ip = new Uint8Array([0x45, 0, total >> 8, total & 0xff, 0, 1, 0x40, 0, 64, 6, 0, 0, ...src, ...dst]);
  const c = ~sum(ip) & 0xffff;
  ip[10] = c >> 8;
  ip[11] = c & 0xff;
  return join([new Uint8Array([8, 0]), ip, tcp]);
}

function ipv6(src: Uint8Array, dst: Uint8Array, tcp: Uint8Array, extensions: readonly number[]): Uint8Array {
  const chain = extensions.map((_, i) => new Uint8Array([extensions[i + 1] ?? 6, 0, 1, 4, 0, 0, 0, 0]));
  const length = tcp.length + chain.length * 8;
  const ip = new Uint8Array([0x60, 0, 0, 0, length >> 8, length & 0xff, extensions[0] ?? 6, 64, ...src, ...dst]);
  return join([new Uint8Array([0x86, 0xdd]), ip, ...chain, tcp]);
}

function sum(data: Uint8Array): number {
  let s = 0;
  for (let i = 0; i < data.length; i += 2) s += ((data[i] as number) << 8) | (data[i + 1] ?? 0);
  while (s > 0xffff) s = (s & 0xffff) + Math.floor(s / 0x10000);
  return s;
}

function checksum(src: Uint8Array, dst: Uint8Array, tcp: Uint8Array): number {
  const clean = tcp.slice();
  clean[16] = 0;
  clean[17] = 0;
  return ~sum(join([src, dst, new Uint8Array([0, 6, tcp.length >> 8, tcp.length & 0xff]), clean])) & 0xffff;
}
