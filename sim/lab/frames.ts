/**
 * The TCP segments that a recording put on the wire, from their headers: what no trace record says, windows and SACK blocks
 * among it. Frames that are no TCP are left out. Numbers are relative to the first one of their direction, and do not wrap.
 */
import { CAPTURE_LOST, KIND, parseTcp, readWireFrames, type TcpPacket, type TraceStore } from '../host/index.ts';
import { Floats, Words } from './columns.ts';

/** A connection, or what has the four-tuple of one. Side 0 is the client host. */
export interface Flow {
  readonly n: number;
  readonly addresses: readonly [Uint8Array, Uint8Array];
  readonly ports: readonly [number, number];
  /** The sequence number that counts as 0, by side; undefined: it has not sent yet. */
  readonly base: [number | undefined, number | undefined];
  readonly scale: [number, number];
  /** Last unwrapped numbers, by side: what the next ones lie near to. */
  readonly seq: [number, number];
}

const OPTION_WSCALE = 3;
const OPTION_SACK = 5;
const FLAG_SYN = 0x02;
/** Without a SYN nobody knows the scale: what the world's hosts use. */
const SCALE_MAX = 14;

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);
const be32 = (d: Uint8Array, at: number): number =>
  (((d[at] as number) << 24) | ((d[at + 1] as number) << 16) | ((d[at + 2] as number) << 8) | (d[at + 3] as number)) >>> 0;

export class FrameStore {
  readonly flows: Flow[] = [];
  /** When the first bit was on the link. */
  readonly time = new Floats();
  readonly pkt = new Words();
  readonly flow = new Words();
  /** The host that sent it. */
  readonly side = new Words();
  /** TCP's flags; bit 8: the link lost it. */
  readonly flags = new Words();
  readonly seq = new Floats();
  readonly len = new Words();
  /** -1: no ACK flag. */
  readonly ack = new Floats();
  readonly window = new Floats();
  /** Where its SACK blocks are in `blocks`: their number, then left and right ends. 0: none. */
  readonly sack = new Words();
  readonly blocks = new Floats();
  readonly #by_ports = new Map<number, Flow[]>();

  constructor() {
    this.blocks.push(0);
  }

  get length(): number {
    return this.time.length;
  }
  lost(frame: number): boolean {
    return (this.flags.at(frame) & 0x100) !== 0;
  }

  /** Captured bytes, as the engine hands them out. */
  add(bytes: Uint8Array): void {
    for (const { time_ns, link, pkt_id, flags, data } of readWireFrames(bytes)) {
      const p = parseTcp(data, data.length);
      if (typeof p !== 'string') this.#push(time_ns, link as 0 | 1, pkt_id, (flags & CAPTURE_LOST) !== 0, p, data);
    }
  }

  /** What was sent in the first `records` of a trace: a recording that leaves this one begins with it. */
  prefix(trace: TraceStore, records: number): FrameStore {
    const sent = new Set<number>();
    for (let i = 0; i < records; i++) if (trace.kind(i) === KIND.wire_send) sent.add(trace.pktId(i));
    const copy = new FrameStore();
    for (let i = 0; i < this.length; i++) if (sent.has(this.pkt.at(i))) copy.#copy(this, i);
    return copy;
  }

  #push(time_ns: number, side: 0 | 1, pkt_id: number, lost: boolean, p: TcpPacket, data: Uint8Array): void {
    const flow = this.#flowOf(side, p);
    const options = readOptions(data, p.tcp + 20, p.payload);
    const syn = (p.flags & FLAG_SYN) !== 0;
    if (syn && options.scale !== undefined) flow.scale[side] = Math.min(options.scale, SCALE_MAX);
    if (syn || flow.base[side] === undefined) {
      flow.base[side] = p.seq;
      flow.seq[side] = 0;
    }
    const seq = this.#unwrapped(flow, side, p.seq);
    if (seq > flow.seq[side]) flow.seq[side] = seq;
    const peer = (1 - side) as 0 | 1;
    if ((p.flags & 0x10) !== 0) flow.base[peer] ??= p.ack;
    this.time.push(time_ns);
    this.pkt.push(pkt_id);
    this.flow.push(flow.n);
    this.side.push(side);
    this.flags.push(p.flags | (lost ? 0x100 : 0));
    this.seq.push(seq);
    this.len.push(p.payload_bytes);
    this.ack.push((p.flags & 0x10) === 0 ? -1 : this.#unwrapped(flow, peer, p.ack));
    const window = ((data[p.tcp + 14] as number) << 8) | (data[p.tcp + 15] as number);
    this.window.push(syn ? window : window * 2 ** flow.scale[side]);
    this.sack.push(options.blocks.length === 0 ? 0 : this.blocks.length);
    if (options.blocks.length === 0) return;
    this.blocks.push(options.blocks.length / 2);
    for (const edge of options.blocks) this.blocks.push(this.#unwrapped(flow, peer, edge));
  }

  #unwrapped(flow: Flow, side: 0 | 1, number: number): number {
    const near = flow.seq[side];
    return near + ((number - (((flow.base[side] as number) + near) >>> 0)) | 0);
  }

  #flowOf(side: 0 | 1, p: TcpPacket): Flow {
    const ports = side === 0 ? [p.src_port, p.dst_port] as const : [p.dst_port, p.src_port] as const;
    const [a, b] = side === 0 ? [p.src, p.dst] : [p.dst, p.src];
    const key = ports[0] * 65536 + ports[1];
    const known = this.#by_ports.get(key) ?? [];
    const found = known.find((f) => same(f.addresses[0], a) && same(f.addresses[1], b));
    return found ?? this.#newFlow(key, [a.slice(), b.slice()], ports);
  }

  #newFlow(key: number, addresses: Flow['addresses'], ports: Flow['ports']): Flow {
    const flow: Flow = { n: this.flows.length, addresses, ports, base: [undefined, undefined], scale: [0, 0], seq: [0, 0] };
    this.flows.push(flow);
    this.#by_ports.set(key, [...(this.#by_ports.get(key) ?? []), flow]);
    return flow;
  }

  /** A frame of another store. */
  #copy(from: FrameStore, i: number): void {
    const theirs = from.flows[from.flow.at(i)] as Flow;
    const key = theirs.ports[0] * 65536 + theirs.ports[1];
    const same_ends = (f: Flow) => same(f.addresses[0], theirs.addresses[0]) && same(f.addresses[1], theirs.addresses[1]);
    const found = this.#by_ports.get(key)?.find(same_ends);
    const flow = found ?? this.#newFlow(key, theirs.addresses, theirs.ports);
    const side = from.side.at(i) as 0 | 1;
    for (const s of [0, 1] as const) {
      flow.base[s] ??= theirs.base[s];
      flow.scale[s] = theirs.scale[s];
    }
    flow.seq[side] = Math.max(flow.seq[side], from.seq.at(i));
    this.flow.push(flow.n);
    for (const name of ['time', 'pkt', 'side', 'flags', 'seq', 'len', 'ack', 'window'] as const) this[name].push(from[name].at(i));
    const blocks = from.sack.at(i);
    this.sack.push(blocks === 0 ? 0 : this.blocks.length);
    if (blocks === 0) return;
    for (let at = blocks; at <= blocks + 2 * from.blocks.at(blocks); at++) this.blocks.push(from.blocks.at(at));
  }
}

function readOptions(data: Uint8Array, from: number, end: number): { scale: number | undefined; blocks: number[] } {
  let scale: number | undefined;
  const blocks: number[] = [];
  for (let at = from; at < end; ) {
    const kind = data[at] as number;
    if (kind === 0) break;
    if (kind === 1) {
      at++;
      continue;
    }
    const len = at + 1 < end ? (data[at + 1] as number) : 0;
    if (len < 2 || at + len > end) break;
    if (kind === OPTION_WSCALE && len === 3) scale = data[at + 2];
    if (kind === OPTION_SACK) for (let edge = at + 2; edge + 4 <= at + len; edge += 4) blocks.push(be32(data, edge));
    at += len;
  }
  return { scale, blocks };
}
