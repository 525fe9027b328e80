/**
 * What passed between two hosts around an instant, row by row in the order of time: the sequence diagram. Segments that leave one
 * behind the other are one train.
 */
import { narrate } from '../../../host/index.ts';
import type { Moment } from '../../moment.ts';
import { endOf, type FlowIndex, flowIndex, type FlowTracks, NEVER } from './flow_index.ts';
import { packetFits } from './plot.ts';

export interface LadderParams {
  readonly flow: number;
  readonly time_ns: number;
  /** Rows before the instant and behind it. */
  readonly before: number;
  readonly after: number;
  /** Trains that it does not fit are told. */
  readonly filter?: string;
  readonly budget_ms?: number;
}
export interface LadderTrain {
  readonly side: 0 | 1;
  readonly pkt: number;
  readonly segments: number;
  /** Of them lost or dropped. */
  readonly lost: number;
  readonly again: boolean;
  readonly flags: string;
  readonly low: number;
  readonly high: number;
  readonly ack: number;
  readonly window: number;
  readonly sacks: readonly (readonly [number, number])[];
  /** Of them, why the first was dropped; empty: none was. */
  readonly why: string;
  /** No record of its first segment fits the filter. */
  readonly dim: boolean;
  /** Rows, from 0 on; those before the first are negative, those after the last lie beyond it. */
  readonly leaves: readonly [number, number];
  readonly arrives: readonly [number, number] | undefined;
}
export interface LadderNote {
  readonly side: 0 | 1;
  readonly row: number;
  readonly record: number;
  readonly text: string;
}
export interface Ladder {
  readonly times: readonly number[];
  /** Rows that are past. */
  readonly past: number;
  readonly trains: readonly LadderTrain[];
  readonly notes: readonly LadderNote[];
}

interface Draft {
  readonly side: 0 | 1;
  readonly first: number;
  readonly count: number;
  readonly leave: readonly [number, number];
  readonly arrive: readonly [number, number] | undefined;
}

const FLAGS: readonly (readonly [number, string])[] = [[2, 'SYN'], [1, 'FIN'], [4, 'RST'], [8, 'PSH'], [64, 'ECE'], [128, 'CWR']];

export function tcpLadder({ recording }: Moment, p: LadderParams): Ladder | undefined {
  const index = flowIndex(recording, p.budget_ms);
  const fits = packetFits(recording, p);
  const flow = index.flows[p.flow];
  if (!flow) return undefined;
  const drafts = ([0, 1] as const).flatMap((side) => draftsOf(index, flow, side, p));
  const notes = ([0, 1] as const).flatMap((side) => notesOf(flow, side, p));
  const all = new Set<number>();
  for (const d of drafts) for (const time of [...d.leave, ...(d.arrive ?? [])]) all.add(time);
  for (const n of notes) all.add(n.time_ns);
  const sorted = [...all].sort((a, b) => a - b);
  const past = sorted.filter((time) => time <= p.time_ns).length;
  const begin = Math.max(0, past - p.before);
  const times = sorted.slice(begin, past + p.after);
  const rows = new Map(sorted.map((time, i) => [time, i - begin]));
  const row = (time: number) => rows.get(time) as number;
  const inside = (r: number) => r >= 0 && r < times.length;
  const trains = drafts.map((d) => trainOf(index, flow, d, row, fits));
  return {
    times, past: past - begin,
    trains: trains.filter((t) => inside(t.leaves[0]) || (t.arrives !== undefined && t.leaves[0] < 0 && t.arrives[1] >= 0)),
    notes: notes.map((n) => ({ side: n.side, record: n.record, row: row(n.time_ns), text: narrate(recording.trace.record(n.record)) }))
      .filter((n) => inside(n.row)),
  };
}

/** Trains of one way around the instant: more than can be shown. */
function draftsOf({ frames, arrival }: FlowIndex, flow: FlowTracks, side: 0 | 1, p: LadderParams): Draft[] {
  const way = flow.ways[side];
  const middle = way.train_times.countUpTo(p.time_ns);
  const out: Draft[] = [];
  for (let n = Math.max(0, middle - p.before); n < Math.min(way.trains.length, middle + p.after); n++) {
    const first = way.trains.at(n);
    const end = n + 1 < way.trains.length ? way.trains.at(n + 1) : way.sent.length;
    let [early, late] = [NEVER, -Infinity];
    for (let place = first; place < end; place++) {
      const came = arrival.at(way.sent.frame.at(place));
      if (came === NEVER) continue;
      early = Math.min(early, came);
      late = Math.max(late, came);
    }
    const leave = [frames.time.at(way.sent.frame.at(first)), frames.time.at(way.sent.frame.at(end - 1))] as const;
    out.push({ side, first, count: end - first, leave, arrive: early === NEVER ? undefined : [early, late] });
  }
  return out;
}

function notesOf(flow: FlowTracks, side: 0 | 1, p: LadderParams): { side: 0 | 1; time_ns: number; record: number }[] {
  const { notes } = flow.ends[side];
  const middle = notes.time.countUpTo(p.time_ns);
  const out: { side: 0 | 1; time_ns: number; record: number }[] = [];
  for (let n = Math.max(0, middle - p.before); n < Math.min(notes.time.length, middle + p.after); n++)
    out.push({ side, time_ns: notes.time.at(n), record: notes.record.at(n) });
  return out;
}

type Fits = (pkt: number) => boolean;
function trainOf(index: FlowIndex, flow: FlowTracks, d: Draft, row: (time: number) => number, fits: Fits): LadderTrain {
  const { frames, dropped } = index;
  const way = flow.ways[d.side];
  const frame = (place: number) => way.sent.frame.at(place);
  const last = frame(d.first + d.count - 1);
  let lost = 0;
  let why = '';
  for (let place = d.first; place < d.first + d.count; place++) {
    if (dropped.at(frame(place)) === 0) continue;
    lost++;
    if (why === '') why = index.reason(frame(place));
  }
  const at = frames.sack.at(last);
  const sacks = Array.from({ length: at === 0 ? 0 : frames.blocks.at(at) },
    (_, b) => [frames.blocks.at(at + 1 + 2 * b), frames.blocks.at(at + 2 + 2 * b)] as const);
  const bits = frames.flags.at(last);
  return {
    side: d.side, pkt: frames.pkt.at(frame(d.first)), segments: d.count, lost, why, dim: !fits(frames.pkt.at(frame(d.first))),
    again: way.again.countUpTo(d.first) > way.again.countUpTo(d.first - 1),
    flags: FLAGS.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name).join(' '),
    low: frames.seq.at(frame(d.first)), high: endOf(frames, last), ack: frames.ack.at(last), window: frames.window.at(last), sacks,
    leaves: [row(d.leave[0]), row(d.leave[1])], arrives: d.arrive && [row(d.arrive[0]), row(d.arrive[1])],
  };
}
