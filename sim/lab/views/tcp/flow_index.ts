/**
 * The connections of a recording, ready to be drawn: for each direction its segments in the order of leaving and of arriving, which
 * were sent again, which were lost, and how cwnd went. It grows with the recording.
 *
 *     vantage   a segment has two times: it leaves its sender, and it arrives. Who watches at the data's sender sees data leave and
 *               ACKs arrive; who watches at the receiver sees data arrive and ACKs leave.
 */
import { DROPS, KIND, type TraceStore } from '../../../host/index.ts';
import { Floats, Words } from '../../columns.ts';
import type { FrameStore } from '../../frames.ts';
import type { Recording } from '../../recording.ts';

export const NEVER = Infinity;
const FIN = 0x01;
const SYN = 0x02;
const BLOCK = 64;
/** Records between two looks at the clock. */
const STRIDE = 1024;
const VERDICT_DUPLICATE = 2;
/** Segments that leave one behind the other, this close, are one train: what a sender put on the wire in one go. */
const TRAIN_GAP_NS = 3000;
const TRAIN_MAX = 64;

/** Segments of one direction, in the order of one of their two times. */
export class Passing {
  readonly time = new Floats();
  readonly frame = new Words();
  /** How many up to and with each have data. */
  readonly #with_data = new Words();
  /** Lowest first byte and highest end of each 64 segments with data. */
  readonly #low = new Floats();
  readonly #high = new Floats();

  push(time_ns: number, frame: number, low: number, high: number): void {
    if (this.time.length % BLOCK === 0) {
      this.#low.push(Infinity);
      this.#high.push(-Infinity);
    }
    this.time.push(time_ns);
    this.frame.push(frame);
    this.#with_data.push(this.withData(this.length - 1) + (high === low ? 0 : 1));
    if (high === low) return;
    const block = this.#low.length - 1;
    this.#low.set(block, Math.min(this.#low.at(block), low));
    this.#high.set(block, Math.max(this.#high.at(block), high));
  }
  get length(): number {
    return this.time.length;
  }

  /** How many of the first so many have data. */
  withData(places: number): number {
    return places === 0 ? 0 : this.#with_data.at(places - 1);
  }

  /** Over the segments from one place to before another: lowest first byte and highest end; empty when there is no data. */
  extent(frames: FrameStore, from: number, to: number): { low: number; high: number } {
    let low = Infinity;
    let high = -Infinity;
    for (let i = from; i < to; ) {
      if (i % BLOCK === 0 && i + BLOCK <= to) {
        low = Math.min(low, this.#low.at(i / BLOCK));
        high = Math.max(high, this.#high.at(i / BLOCK));
        i += BLOCK;
        continue;
      }
      const frame = this.frame.at(i++);
      if (endOf(frames, frame) === frames.seq.at(frame)) continue;
      low = Math.min(low, frames.seq.at(frame));
      high = Math.max(high, endOf(frames, frame));
    }
    return { low, high };
  }
}

/** One way of a connection. */
export interface Way {
  readonly sent: Passing;
  readonly arrived: Passing;
  /** Places in `sent` of segments with data that was sent before, and of segments that got lost. */
  readonly again: Words;
  readonly lost: Words;
  /** Trains: the place in `sent` of the first segment of each, and when it left. */
  readonly trains: Words;
  readonly train_times: Floats;
  high: number;
  mss: number;
  bytes: number;
}
export interface Change {
  readonly time: Floats;
  readonly record: Words;
}
/** What one host's end of it did. */
export interface End {
  /** undefined until it sent something. */
  sock: number | undefined;
  readonly cwnd: Change & { readonly value: Words; readonly ssthresh: Words };
  /** tcp_state, tcp_timer: what a sequence diagram notes beside the line. */
  readonly notes: Change;
}
export interface FlowTracks {
  readonly ways: readonly [Way, Way];
  readonly ends: readonly [End, End];
}

export const endOf = (frames: FrameStore, frame: number): number =>
  frames.seq.at(frame) + frames.len.at(frame) + ((frames.flags.at(frame) & (SYN | FIN)) === 0 ? 0 : 1);

const newWay = (): Way => ({
  sent: new Passing(), arrived: new Passing(), again: new Words(), lost: new Words(), trains: new Words(), train_times: new Floats(),
  high: -Infinity, mss: 0, bytes: 0,
});
const newEnd = (): End => ({
  sock: undefined, cwnd: { time: new Floats(), record: new Words(), value: new Words(), ssthresh: new Words() },
  notes: { time: new Floats(), record: new Words() },
});

export class FlowIndex {
  readonly frames: FrameStore;
  readonly flows: FlowTracks[] = [];
  /** By frame: when it arrived, NEVER until it has; the record that says how it ended. 0: none yet. */
  readonly arrival = new Floats();
  readonly ending = new Words();
  readonly dropped = new Words();
  readonly #trace: TraceStore;
  #faults = 0;
  #records = 0;
  readonly #frame_of = new Map<number, number>();
  readonly #twins = new Set<number>();
  /** Ends by host and socket. A socket's number is used again: the last connection that used it has it. */
  readonly #socks: [Map<number, End>, Map<number, End>] = [new Map(), new Map()];
  /** Of sockets that have not sent yet. */
  #early: { host: number; sock: number; record: number }[] = [];

  constructor({ trace, frames }: Recording) {
    this.#trace = trace;
    this.frames = frames;
  }

  /** Reads what was recorded since, for about a time. */
  update(budget_ms: number): this {
    const end = performance.now() + budget_ms;
    const { length } = this.#trace;
    // Who is a twin must be known before it would count as sent again.
    while (this.#faults < length) {
      const i = this.#faults++;
      if (this.#trace.kind(i) === KIND.wire_fault && this.#trace.a(i) === VERDICT_DUPLICATE) this.#twins.add(this.#trace.b(i));
      if (i % STRIDE === 0 && performance.now() > end) return this;
    }
    while (this.arrival.length < this.frames.length) {
      this.#frame(this.arrival.length);
      if (this.arrival.length % STRIDE === 0 && performance.now() > end) return this;
    }
    while (this.#records < length) {
      this.#record(this.#records++);
      if (this.#records % STRIDE === 0 && performance.now() > end) return this;
    }
    return this;
  }
  /** All that is recorded is read. */
  get whole(): boolean {
    return this.#records >= this.#trace.length;
  }
  /** Why a segment was dropped, as Linux names it; empty: it was not. */
  reason(frame: number): string {
    const record = this.ending.at(frame) - 1;
    return record < 0 || this.#trace.kind(record) !== KIND.drop ? '' : DROPS[this.#trace.a(record)]?.[0] ?? '';
  }
  /** The segment that a packet is. */
  frameOf(pkt_id: number): number | undefined {
    return this.#frame_of.get(pkt_id);
  }

  #frame(frame: number): void {
    const { frames } = this;
    const n = frames.flow.at(frame);
    while (this.flows.length <= n) this.flows.push({ ways: [newWay(), newWay()], ends: [newEnd(), newEnd()] });
    const way = (this.flows[n] as FlowTracks).ways[frames.side.at(frame) as 0 | 1];
    this.arrival.push(NEVER);
    this.ending.push(0);
    this.dropped.push(frames.lost(frame) ? 1 : 0);
    this.#frame_of.set(frames.pkt.at(frame), frame);
    const [low, high, len] = [frames.seq.at(frame), endOf(frames, frame), frames.len.at(frame)];
    const place = way.sent.length;
    const again = high > low && low < way.high && !this.#twins.has(frames.pkt.at(frame));
    const before = place === 0 ? -1 : way.sent.frame.at(place - 1);
    way.sent.push(frames.time.at(frame), frame, low, high);
    if (again) way.again.push(place);
    if (frames.lost(frame)) way.lost.push(place);
    if (!this.#joins(way, before, frame, place, again)) {
      way.trains.push(place);
      way.train_times.push(frames.time.at(frame));
    }
    way.high = Math.max(way.high, high);
    way.mss = Math.max(way.mss, len);
    if (!again) way.bytes += len;
  }

  /** Whether a segment goes on with the train of the one before it. */
  #joins(way: Way, before: number, frame: number, place: number, again: boolean): boolean {
    const { frames } = this;
    if (before < 0 || again || frames.len.at(frame) === 0 || frames.lost(frame) || frames.lost(before)) return false;
    const first = way.trains.at(way.trains.length - 1);
    return frames.len.at(before) > 0 && frames.seq.at(frame) === endOf(frames, before) && place - first < TRAIN_MAX &&
      frames.time.at(frame) - frames.time.at(before) <= TRAIN_GAP_NS;
  }

  #record(i: number): void {
    const t = this.#trace;
    switch (t.kind(i)) {
      case KIND.wire_arrive: return this.#arrived(i);
      case KIND.drop: return this.#drop(i);
      case KIND.tcp_tx: return this.#sends(i);
      case KIND.tcp_cwnd: return this.#cwnd(i);
      case KIND.tcp_state:
      case KIND.tcp_timer: return this.#note(i);
      default:
    }
  }

  #arrived(i: number): void {
    const t = this.#trace;
    const frame = this.#frame_of.get(t.pktId(i));
    if (frame === undefined || this.arrival.at(frame) !== NEVER) return;
    const { frames } = this;
    this.arrival.set(frame, t.timeNs(i));
    this.ending.set(frame, i + 1);
    const way = (this.flows[frames.flow.at(frame)] as FlowTracks).ways[frames.side.at(frame) as 0 | 1];
    way.arrived.push(t.timeNs(i), frame, frames.seq.at(frame), endOf(frames, frame));
  }

  #drop(i: number): void {
    const t = this.#trace;
    const frame = this.#frame_of.get(t.pktId(i));
    if (frame === undefined) return;
    this.ending.set(frame, i + 1);
    if (this.dropped.at(frame) !== 0) return;
    this.dropped.set(frame, 2);
  }

  #sends(i: number): void {
    const t = this.#trace;
    const frame = this.#frame_of.get(t.pktId(i));
    const host = t.host(i) as 0 | 1;
    if (frame === undefined || this.frames.side.at(frame) !== host) return;
    const end = (this.flows[this.frames.flow.at(frame)] as FlowTracks).ends[host];
    // A listener answers a SYN before there is a socket of the connection's own: the last one it is.
    if (end.sock === t.a(i) && this.#socks[host].get(t.a(i)) === end) return;
    end.sock = t.a(i);
    this.#socks[host].set(t.a(i), end);
    // What was noted of it before it sent its first segment.
    const mine = (e: { host: number; sock: number }) => e.host === host && e.sock === end.sock;
    for (const early of this.#early.filter(mine)) this.#into(end, early.record);
    this.#early = this.#early.filter((e) => !mine(e));
  }

  #cwnd(i: number): void {
    const t = this.#trace;
    const end = this.#socks[t.host(i) as 0 | 1].get(t.a(i));
    if (!end) return;
    end.cwnd.time.push(t.timeNs(i));
    end.cwnd.record.push(i);
    end.cwnd.value.push(t.b(i));
    end.cwnd.ssthresh.push(t.c(i));
  }

  #note(i: number): void {
    const t = this.#trace;
    const host = t.host(i) as 0 | 1;
    const end = this.#socks[host].get(t.a(i));
    if (end) this.#into(end, i);
    else if (this.#early.length < 4096) this.#early.push({ host, sock: t.a(i), record: i });
  }
  #into(end: End, record: number): void {
    end.notes.time.push(this.#trace.timeNs(record));
    end.notes.record.push(record);
  }
}

const INDEXES = new WeakMap<Recording, FlowIndex>();

/** `budget_ms`: how long reading on may take; left out: as long as it takes. */
export function flowIndex(recording: Recording, budget_ms = Infinity): FlowIndex {
  const known = INDEXES.get(recording) ?? new FlowIndex(recording);
  INDEXES.set(recording, known);
  return known.update(budget_ms);
}
