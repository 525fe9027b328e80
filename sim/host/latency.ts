/**
 * How long bytes and requests took, from a trace. Of a receiver: from the DMA of the last byte of what a completion gives to the
 * application until the application has it. Of an rpc client: from writing a request until the last byte of its answer is read.
 *
 *     wire_arrive ── seq ─┐
 *     nic_steer ── flow ──┼─► arrivals of a flow ── sock_queue ─► pieces of a socket ── app_read ─► sample
 *     nic_dma ──── time ──┘
 */
import type { Percentiles } from './measure.ts';
import { roleOf } from './result.ts';
import type { Scenario } from './scenario.ts';
import { KIND, type TraceBatch } from './trace.ts';

/** TCP_CLOSE */
const CLOSE = 7;
/** Beyond this many samples every second one is left out: percentiles are exact up to there. */
const SAMPLES_MAX = 4_000_000;

const UNKNOWN = -1;

/** A frame with payload that was written to memory. `flow`: frames of one connection, as the NIC tells them apart. */
interface Arrival {
  readonly pkt_id: number;
  readonly seq: number;
  readonly time_ns: number;
  readonly flow: Arrival[];
}
/** Bytes in a socket that came at the same time. */
interface Piece {
  left: number;
  readonly time_ns: number;
}
/** What an rpc client has asked and not been answered on a flow. */
interface Asked {
  readonly since_ns: number[];
  written: number;
  read: number;
}

/** a - b in the arithmetic of sequence numbers. */
const ahead = (a: number, b: number): number => (a - b) | 0;

export class LatencyMeter {
  readonly #host: number;
  readonly #request: number;
  readonly #last: number;
  #times: number[] = [];
  #values: number[] = [];
  #stride = 1;
  #seen = 0;

  #arriving = { pkt_id: 0, seq: 0 };
  #steered: Arrival[] = [];
  readonly #flows = new Map<number, Arrival[]>();
  readonly #arrivals = new Map<number, Arrival>();
  /** Whose frames a socket gets: a frame that came twice may be merged with new ones after it was done with. */
  readonly #socks = new Map<number, Arrival[]>();
  readonly #pieces = new Map<number, Piece[]>();
  readonly #streams = new Map<number, Piece[]>();
  readonly #asked = new Map<number, Asked>();

  /** `host`: whose application has the latencies. */
  constructor(scenario: Scenario, host: 0 | 1) {
    const { values } = scenario.hosts[host];
    const rpc = roleOf(scenario, host) === 'rpc';
    this.#host = host;
    this.#request = rpc ? values['app.chunk'] : 0;
    this.#last = values['app.bytes'];
  }

  add(batch: TraceBatch): void {
    for (let i = 0; i < batch.length; i++) if (batch.host(i) === this.#host) this.#one(batch, i);
  }

  #one(batch: TraceBatch, i: number): void {
    if (this.#request > 0) {
      if (batch.kind(i) === KIND.app_write) this.#write(batch.a(i), batch.c(i), batch.timeNs(i));
      else if (batch.kind(i) === KIND.app_read) this.#answer(batch.a(i), batch.c(i), batch.timeNs(i));
      return;
    }
    switch (batch.kind(i)) {
      case KIND.wire_arrive:
        this.#arriving = { pkt_id: batch.pktId(i), seq: batch.b(i) };
        return;
      case KIND.nic_steer:
        this.#steered = this.#flowOf(batch.b(i));
        return;
      case KIND.nic_dma: return this.#dma(batch.pktId(i), batch.timeNs(i));
      case KIND.drop: return this.#forget(batch.pktId(i));
      case KIND.tcp_rx:
        if (batch.c(i) === 0) this.#forget(batch.pktId(i));
        return;
      case KIND.sock_queue: return this.#queue(batch.pktId(i), batch.a(i), batch.b(i), batch.c(i));
      case KIND.tcp_state:
        if (batch.c(i) === CLOSE) this.#pieces.delete(batch.a(i));
        return;
      case KIND.app_stream:
        this.#streams.set(batch.a(i), this.#socket(batch.b(i)));
        return;
      case KIND.app_read: return this.#read(batch.a(i), batch.c(i), batch.timeNs(i));
      default:
    }
  }

  #flowOf(hash: number): Arrival[] {
    const known = this.#flows.get(hash);
    if (known) return known;
    const made: Arrival[] = [];
    this.#flows.set(hash, made);
    return made;
  }
  #socket(sock: number): Piece[] {
    const known = this.#pieces.get(sock);
    if (known) return known;
    const made: Piece[] = [];
    this.#pieces.set(sock, made);
    return made;
  }

  #dma(pkt_id: number, time_ns: number): void {
    if (pkt_id !== this.#arriving.pkt_id) return;
    const arrival = { ...this.#arriving, time_ns, flow: this.#steered };
    this.#steered.push(arrival);
    this.#arrivals.set(pkt_id, arrival);
  }
  #forget(pkt_id: number): void {
    const gone = this.#arrivals.get(pkt_id);
    if (!gone) return;
    this.#arrivals.delete(pkt_id);
    gone.flow.splice(gone.flow.indexOf(gone), 1);
  }

  /** Bytes from seq on are in order. Frames that the NIC or GRO merged into the packet are done with, too. */
  #queue(pkt_id: number, sock: number, seq: number, len: number): void {
    const own = this.#arrivals.get(pkt_id);
    if (own) this.#socks.set(sock, own.flow);
    let last = own;
    for (const a of [...(this.#socks.get(sock) ?? [])]) {
      const place = ahead(a.seq, seq);
      if (place >= len) continue;
      if (place >= 0 && (last === undefined || ahead(a.seq, last.seq) > 0)) last = a;
      if (a === own || place !== 0) this.#forget(a.pkt_id);
    }
    // What came over loopback no NIC has written.
    this.#socket(sock).push({ left: len, time_ns: last?.time_ns ?? UNKNOWN });
  }

  #read(flow: number, len: number, time_ns: number): void {
    const pieces = this.#streams.get(flow);
    let since_ns = UNKNOWN;
    for (let left = len; pieces && left > 0; ) {
      const [piece] = pieces;
      if (!piece) break;
      const part = Math.min(left, piece.left);
      left -= part;
      piece.left -= part;
      since_ns = piece.time_ns;
      if (piece.left === 0) pieces.shift();
    }
    if (since_ns !== UNKNOWN) this.#sample(time_ns, time_ns - since_ns);
  }

  #of(flow: number): Asked {
    const known = this.#asked.get(flow);
    if (known) return known;
    const made = { since_ns: [], written: 0, read: 0 };
    this.#asked.set(flow, made);
    return made;
  }
  #write(flow: number, len: number, time_ns: number): void {
    const asked = this.#of(flow);
    if (asked.written % this.#request === 0) asked.since_ns.push(time_ns);
    asked.written += len;
  }
  #answer(flow: number, len: number, time_ns: number): void {
    const asked = this.#of(flow);
    let end = (Math.floor(asked.read / this.#request) + 1) * this.#request;
    asked.read += len;
    for (; asked.read >= Math.min(end, this.#last); end += this.#request) {
      const since_ns = asked.since_ns.shift();
      if (since_ns === undefined) return;
      this.#sample(time_ns, time_ns - since_ns);
    }
  }

  /** Samples in the order of their end: when that was, and how long it took. */
  get times_ns(): readonly number[] {
    return this.#times;
  }
  get values_ns(): readonly number[] {
    return this.#values;
  }

  #sample(time_ns: number, value_ns: number): void {
    if (this.#seen++ % this.#stride !== 0) return;
    this.#times.push(time_ns);
    this.#values.push(value_ns);
    if (this.#values.length < SAMPLES_MAX) return;
    this.#times = this.#times.filter((_, i) => i % 2 === 0);
    this.#values = this.#values.filter((_, i) => i % 2 === 0);
    this.#stride *= 2;
  }

  /** Latencies of what reached the application in a window, the least first. */
  sorted(from_ns: number, to_ns: number): Float64Array {
    const within = this.#values.filter((_, i) => (this.#times[i] as number) >= from_ns && (this.#times[i] as number) <= to_ns);
    return Float64Array.from(within).sort();
  }
}

/** The value that a share of all does not exceed: of n values in order, number ⌈share · n⌉. */
export const percentile = (sorted: ArrayLike<number>, share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length - 1e-9) - 1)] ?? 0;

export const percentilesOf = (sorted: ArrayLike<number>): Percentiles => ({
  count: sorted.length,
  p50: percentile(sorted, 0.5), p90: percentile(sorted, 0.9), p99: percentile(sorted, 0.99), p999: percentile(sorted, 0.999),
  max: percentile(sorted, 1),
});
