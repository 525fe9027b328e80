/**
 * The trace for ui.perfetto.dev: a process for each host with a track for its hardware and one for each core, a slice for
 * each stretch of one context, the records in it as instants, and counters. Instants of one packet are a flow.
 *
 * Field numbers: protos/perfetto/trace/{trace,trace_packet}.proto and track_event/*.proto of Perfetto.
 */
import { CONTEXTS } from '../schema/costs.ts';
import { EVENTS } from '../schema/events.ts';
import { ProtobufWriter } from './protobuf.ts';
import { HOSTS, KIND, NO_BUFFER, type TraceBatch, type TraceRecord, wordsOf } from './trace.ts';

const TRACE_PACKET = 1;
const TIMESTAMP = 8;
const SEQUENCE_ID = 10;
const TRACK_EVENT = 11;
const SEQUENCE_FLAGS = 13;
const TRACK_DESCRIPTOR = 60;
const TYPE_BEGIN = 1;
const TYPE_END = 2;
const TYPE_INSTANT = 3;
const TYPE_COUNTER = 4;
const HARDWARE_CORE = 0xff;
const PLACES = ['free', 'cache', 'posted', 'live'] as const;

/** Tracks are numbered by host, core and purpose; 0 is no track. */
const hostTrack = (host: number) => 1 + host;
const coreTrack = (host: number, core: number) => 16 + host * 512 + core;
const counterTrack = (n: number) => 4096 + n;

export class PerfettoWriter {
  private readonly out = new ProtobufWriter();
  private readonly known = new Set<number>();
  /** The open slice: the stretch of records of one host, core and context. */
  private open: { track: number; context: number; last_ns: number } | undefined;
  private readonly places = [new Map<number, number>(), new Map<number, number>()];

  constructor() {
    HOSTS.forEach((name, host) => {
      this.packet((p) => {
        p.varint(SEQUENCE_FLAGS, 1);
        p.message(TRACK_DESCRIPTOR, (d) => {
          d.varint(1, hostTrack(host)).string(2, name);
          d.message(3, (process) => process.varint(1, host + 1).string(6, name));
        });
      });
    });
  }

  add(batch: TraceBatch): void {
    for (const record of batch.records()) this.record(record);
  }

  /** What was written since the last call. */
  take(): Uint8Array {
    return this.out.out.take();
  }

  /** Ends the open slice; call it once, before the last take. */
  finish(): void {
    this.close();
  }

  private record(r: TraceRecord): void {
    const track = this.track(r.host, r.core);
    if (!this.open || this.open.track !== track || this.open.context !== r.context) {
      this.close();
      if (r.core !== HARDWARE_CORE) this.begin(track, r);
    }
    if (this.open) this.open.last_ns = r.time_ns;
    this.instant(track, r);
    this.counters(r);
  }

  private begin(track: number, r: TraceRecord): void {
    this.event(r.time_ns, TYPE_BEGIN, track, (e) => e.string(23, CONTEXTS[r.context]?.replace('_', ' ') ?? `context ${r.context}`));
    this.open = { track, context: r.context, last_ns: r.time_ns };
  }

  private close(): void {
    if (!this.open) return;
    this.event(this.open.last_ns, TYPE_END, this.open.track, () => {});
    this.open = undefined;
  }

  private instant(track: number, r: TraceRecord): void {
    const event = EVENTS[r.kind - 1];
    this.event(r.time_ns, TYPE_INSTANT, track, (e) => {
      e.string(22, event?.stage ?? 'unknown').string(23, event?.name ?? `kind ${r.kind}`);
      if (r.pkt_id !== 0) this.argument(e, 'pkt_id', r.pkt_id);
      if (r.niov_idx !== NO_BUFFER) this.argument(e, 'niov_idx', r.niov_idx);
      for (const [name, value] of Object.entries(wordsOf(r))) this.argument(e, name, value);
      if (r.pkt_id !== 0) e.fixed64(47, BigInt(r.pkt_id));
    });
  }

  /** DebugAnnotation: name 10, uint_value 3. */
  private argument(e: ProtobufWriter, name: string, value: number): void {
    e.message(4, (a) => a.string(10, name).varint(3, value));
  }

  private counters(r: TraceRecord): void {
    if (r.kind === KIND.tcp_cwnd) this.counter(r, 16 + r.a, `cwnd of socket ${r.a}`, r.b);
    else if (r.kind === KIND.wire_send) this.counter(r, r.host, 'frames waiting for the link', r.c);
    else if (r.kind === KIND.ledger) {
      const counts = this.places[r.host] ?? new Map<number, number>();
      for (const [place, change] of [[r.a, -1], [r.b, 1]] as const) {
        const now = (counts.get(place) ?? 0) + change;
        counts.set(place, now);
        // Buffers begin as free ones that no record announced: that place would count from below zero.
        if (place !== 0) this.counter(r, 4 + r.host * 4 + place, `buffers: ${PLACES[place] ?? place}`, Math.max(0, now));
      }
    }
  }

  private counter(r: TraceRecord, n: number, name: string, value: number): void {
    const track = counterTrack(n);
    if (!this.known.has(track)) {
      this.known.add(track);
      this.descriptor((d) => d.varint(1, track).string(2, name).varint(5, hostTrack(r.host)).bytes(8, new Uint8Array(0)));
    }
    this.event(r.time_ns, TYPE_COUNTER, track, (e) => e.varint(30, value));
  }

  private track(host: number, core: number): number {
    const track = coreTrack(host, core);
    if (!this.known.has(track)) {
      this.known.add(track);
      const name = core === HARDWARE_CORE ? 'wire and NIC' : `core ${core}`;
      this.descriptor((d) => d.varint(1, track).string(2, name).varint(5, hostTrack(host)));
    }
    return track;
  }

  private descriptor(fill: (d: ProtobufWriter) => void): void {
    this.packet((p) => p.message(TRACK_DESCRIPTOR, fill));
  }

  private event(time_ns: number, type: number, track: number, fill: (e: ProtobufWriter) => void): void {
    this.packet((p) => {
      p.varint(TIMESTAMP, time_ns);
      p.message(TRACK_EVENT, (e) => {
        e.varint(9, type).varint(11, track);
        fill(e);
      });
    });
  }

  private packet(fill: (p: ProtobufWriter) => void): void {
    this.out.message(TRACE_PACKET, (p) => {
      p.varint(SEQUENCE_ID, 1);
      fill(p);
    });
  }
}
