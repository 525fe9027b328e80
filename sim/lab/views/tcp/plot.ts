/** The sequence–time plot of one way of a connection, as many columns wide as there are pixels. */
import { matchesOf } from '../../filter/index.ts';
import type { Moment } from '../../moment.ts';
import type { Recording } from '../../recording.ts';
import { predicateOf } from '../find.ts';
import { endOf, type FlowIndex, flowIndex, type FlowTracks, NEVER, type Passing } from './flow_index.ts';

export interface PlotParams {
  readonly flow: number;
  /** Who sends the data: 0 the client, 1 the server. */
  readonly side: 0 | 1;
  /** Who watches. */
  readonly vantage: 'sender' | 'receiver';
  readonly from_ns: number;
  readonly to_ns: number;
  readonly columns: number;
  /** Segments that it does not fit are told. */
  readonly filter?: string;
  readonly budget_ms?: number;
}
/** A segment with data, or several that share a column. */
export interface PlotData {
  readonly time_ns: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
  readonly pkt: number;
  /** No record of it fits the filter. */
  readonly dim: boolean;
}
export interface PlotSpot {
  readonly time_ns: number;
  readonly low: number;
  readonly high: number;
  readonly pkt: number;
}
export interface PlotStep {
  readonly time_ns: number;
  readonly ack: number;
  /** Where the window ends that the receiver has opened. */
  readonly edge: number;
  readonly pkt: number;
}
export interface PlotCwnd {
  readonly time_ns: number;
  /** In bytes. */
  readonly cwnd: number;
  /** Infinity: none yet. */
  readonly ssthresh: number;
}
export interface Plot {
  readonly data: readonly PlotData[];
  readonly acks: readonly PlotStep[];
  readonly sacks: readonly PlotSpot[];
  readonly again: readonly PlotSpot[];
  readonly lost: readonly PlotSpot[];
  readonly cwnd: readonly PlotCwnd[];
  /** Bytes that are sent and not acknowledged. */
  readonly flight: readonly { readonly time_ns: number; readonly bytes: number }[];
  /** Spots that found no room in the answer. */
  readonly left_out: number;
}

const SPOTS_MAX = 400;
const FITS_MAX = 64;
const NO_SSTHRESH = 0x7fffffff;

export function tcpPlot({ recording }: Moment, p: PlotParams): Plot | undefined {
  const index = flowIndex(recording, p.budget_ms);
  const flow = index.flows[p.flow];
  if (!flow || !(p.to_ns > p.from_ns) || p.columns < 1) return undefined;
  return new Plotter(index, flow, p, packetFits(recording, p)).plot();
}

/** Whether a packet has a record that fits a filter. */
export function packetFits(recording: Recording, { filter = '', budget_ms = Infinity }: Pick<PlotParams, 'filter' | 'budget_ms'>) {
  if (filter.trim() === '') return () => true;
  const index = matchesOf(recording, predicateOf(filter)).extend(budget_ms);
  return (pkt: number): boolean => index.ofPacket(pkt) !== Infinity;
}

class Plotter {
  readonly #index: FlowIndex;
  readonly #flow: FlowTracks;
  readonly #p: PlotParams;
  readonly #data: Passing;
  readonly #acks: Passing;
  readonly #fits: (pkt: number) => boolean;
  #left_out = 0;

  constructor(index: FlowIndex, flow: FlowTracks, p: PlotParams, fits: (pkt: number) => boolean) {
    this.#fits = fits;
    this.#index = index;
    this.#flow = flow;
    this.#p = p;
    const [data, acks] = [flow.ways[p.side], flow.ways[(1 - p.side) as 0 | 1]];
    [this.#data, this.#acks] = p.vantage === 'sender' ? [data.sent, acks.arrived] : [data.arrived, acks.sent];
  }

  plot(): Plot {
    const { again, lost } = this.#flow.ways[this.#p.side];
    return {
      data: this.#segments(), acks: this.#steps(), sacks: this.#sacks(),
      again: this.#spots(again), lost: this.#spots(lost), cwnd: this.#cwnd(), flight: this.#flight(), left_out: this.#left_out,
    };
  }

  /** The places of a list that lie in each column: from, to. Columns without any are skipped. */
  *#columns(list: { readonly time: Passing['time'] }): Generator<[number, number]> {
    const { from_ns, to_ns, columns } = this.#p;
    const width = (to_ns - from_ns) / columns;
    let from = list.time.countUpTo(from_ns - 1e-9);
    const end = list.time.countUpTo(to_ns);
    while (from < end) {
      const column = Math.floor((list.time.at(from) - from_ns) / width);
      const to = Math.min(end, Math.max(from + 1, list.time.countUpTo(from_ns + (column + 1) * width - 1e-9, from)));
      yield [from, to];
      from = to;
    }
  }

  #segments(): PlotData[] {
    const { frames } = this.#index;
    const out: PlotData[] = [];
    for (const [from, to] of this.#columns(this.#data)) {
      const { low, high } = this.#data.extent(frames, from, to);
      if (high < low) continue;
      // Segments without data may stand before the first that has some.
      let first = from;
      while (endOf(frames, this.#data.frame.at(first)) === frames.seq.at(this.#data.frame.at(first))) first++;
      const segments = this.#data.withData(to) - this.#data.withData(from);
      const pkt = frames.pkt.at(this.#data.frame.at(first));
      out.push({ time_ns: this.#data.time.at(first), low, high, count: segments, pkt, dim: !this.#anyFits(first, to) });
    }
    return out;
  }

  /** Of a column with more segments than that, the first ones decide. */
  #anyFits(from: number, to: number): boolean {
    for (let i = from; i < Math.min(to, from + FITS_MAX); i++)
      if (this.#fits(this.#index.frames.pkt.at(this.#data.frame.at(i)))) return true;
    return false;
  }

  /** How the ACKs went, with the one before the first column so that the line begins at the edge. */
  #steps(): PlotStep[] {
    const before = this.#acks.time.countUpTo(this.#p.from_ns) - 1;
    const out: PlotStep[] = [];
    if (before >= 0) this.#step(before, out);
    for (const [, to] of this.#columns(this.#acks)) this.#step(to - 1, out);
    return out;
  }
  #step(place: number, out: PlotStep[]): void {
    const { frames } = this.#index;
    const frame = this.#acks.frame.at(place);
    const ack = frames.ack.at(frame);
    if (ack < 0) return;
    // What came late takes nothing back.
    const last = out.at(-1);
    const edge = Math.max(last?.edge ?? 0, ack + frames.window.at(frame));
    out.push({ time_ns: this.#acks.time.at(place), ack: Math.max(last?.ack ?? 0, ack), edge, pkt: frames.pkt.at(frame) });
  }

  #sacks(): PlotSpot[] {
    const { frames } = this.#index;
    const out: PlotSpot[] = [];
    for (const [, to] of this.#columns(this.#acks)) {
      const frame = this.#acks.frame.at(to - 1);
      const at = frames.sack.at(frame);
      for (let b = 0; at !== 0 && b < frames.blocks.at(at); b++) {
        if (out.length >= SPOTS_MAX * 4) this.#left_out++;
        else {
          const [low, high] = [frames.blocks.at(at + 1 + 2 * b), frames.blocks.at(at + 2 + 2 * b)];
          out.push({ time_ns: this.#acks.time.at(to - 1), low, high, pkt: frames.pkt.at(frame) });
        }
      }
    }
    return out;
  }

  /** Segments that are shown one by one: sent again, or lost. They are listed by their place among those sent. */
  #spots(places: { readonly length: number; at(i: number): number; countUpTo(value: number): number }): PlotSpot[] {
    const { frames, arrival } = this.#index;
    const { sent } = this.#flow.ways[this.#p.side];
    const { from_ns, to_ns, vantage } = this.#p;
    const first = places.countUpTo(sent.time.countUpTo(from_ns - 1e-9) - 1);
    const end = places.countUpTo(sent.time.countUpTo(to_ns) - 1);
    const out: PlotSpot[] = [];
    const skip = Math.max(1, Math.ceil((end - first) / SPOTS_MAX));
    for (let i = first; i < end; i++) {
      if ((i - first) % skip !== 0) {
        this.#left_out++;
        continue;
      }
      const frame = sent.frame.at(places.at(i));
      const came = arrival.at(frame);
      const time_ns = vantage === 'sender' || came === NEVER ? frames.time.at(frame) : came;
      out.push({ time_ns, low: frames.seq.at(frame), high: endOf(frames, frame), pkt: frames.pkt.at(frame) });
    }
    return out;
  }

  #cwnd(): PlotCwnd[] {
    const { cwnd } = this.#flow.ends[this.#p.side];
    const mss = this.#flow.ways[this.#p.side].mss;
    const out: PlotCwnd[] = [];
    const add = (place: number) => {
      const ssthresh = cwnd.ssthresh.at(place);
      out.push({
        time_ns: cwnd.time.at(place), cwnd: cwnd.value.at(place) * mss, ssthresh: ssthresh >= NO_SSTHRESH ? Infinity : ssthresh * mss,
      });
    };
    const before = cwnd.time.countUpTo(this.#p.from_ns) - 1;
    if (before >= 0) add(before);
    for (const [from, to] of this.#columns(cwnd)) {
      // A fall within a column must not get lost.
      let lowest = from;
      for (let i = from; i < to && i < from + 256; i++) if (cwnd.value.at(i) < cwnd.value.at(lowest)) lowest = i;
      if (lowest !== to - 1) add(lowest);
      add(to - 1);
    }
    return out;
  }

  /** As the sender has it, whoever watches: it is the sender's limit. */
  #flight(): { time_ns: number; bytes: number }[] {
    const { frames } = this.#index;
    const { from_ns, to_ns, columns, side } = this.#p;
    const { sent } = this.#flow.ways[side];
    const acks = this.#flow.ways[(1 - side) as 0 | 1].arrived;
    const out: { time_ns: number; bytes: number }[] = [];
    const steps = Math.min(columns, 400);
    for (let c = 0; c <= steps; c++) {
      const time_ns = from_ns + ((to_ns - from_ns) * c) / steps;
      const [s, a] = [sent.time.countUpTo(time_ns), acks.time.countUpTo(time_ns)];
      if (s === 0) continue;
      // Of a long run of segments the last few tell how far it got: what is sent again lies behind.
      const high = sent.extent(frames, Math.max(0, s - 256), s).high;
      const ack = a === 0 ? 0 : frames.ack.at(acks.frame.at(a - 1));
      out.push({ time_ns, bytes: Math.max(0, high - Math.max(0, ack)) });
    }
    return out;
  }
}
