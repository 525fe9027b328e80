/** A stretch of the timeline, as many columns wide as there are pixels: what is narrower than a column is told as its share of it. */
import { CONTEXTS } from '../../../schema/costs.ts';
import { HOSTS, KIND, type TraceStore } from '../../../host/index.ts';
import { type LevelName, levelsOf, LEVELS, matchesOf, NO_LEVEL } from '../../filter/index.ts';
import type { Moment } from '../../moment.ts';
import type { Recording } from '../../recording.ts';
import { predicateOf } from '../find.ts';
import { spanText, tellingRecord } from './span_text.ts';
import { type Track, type TrackIndex, trackIndex } from './tracks.ts';

export interface TimelineParams {
  readonly from_ns: number;
  readonly to_ns: number;
  readonly columns: number;
  /** What is selected: its way through the tracks is told. */
  readonly selected: string | undefined;
  /** Spans without a record that fits are told. */
  readonly filter?: string;
  /** How long reading the trace may take; left out: as long as it takes. */
  readonly budget_ms?: number;
}
export interface TimelineSpan {
  readonly from_ns: number;
  readonly to_ns: number;
  /** Of the time between: 1 for one span, less for a column of many. */
  readonly share: number;
  readonly count: number;
  /** The record that tells most of it. */
  readonly record: number;
  /** Of a frame on a link. 0: none. */
  readonly pkt: number;
  /** Where there is room for it. */
  readonly text: string;
  /** Something was dropped. */
  readonly drop: boolean;
  /** No record of it fits the filter. */
  readonly dim: boolean;
}
export interface TimelineTrack {
  readonly id: string;
  readonly kind: Track['kind'];
  readonly host: 0 | 1;
  readonly core: number;
  /** hardirq, softirq, task_work, syscall, user; of links and NICs: hardware. */
  readonly context: (typeof CONTEXTS)[number];
  readonly name: string;
  readonly spans: readonly TimelineSpan[];
  /** Of the stretch, how much it worked. */
  readonly busy: number;
}
export interface TimelineCounter {
  readonly id: string;
  readonly host: 0 | 1;
  readonly name: string;
  readonly about: string;
  readonly bytes: boolean;
  readonly points: readonly { readonly time_ns: number; readonly low: number; readonly high: number; readonly value: number }[];
  /** Highest of the whole run: the scale. */
  readonly top: number;
}
export interface TimelineFlow {
  readonly points: readonly { readonly time_ns: number; readonly track: string; readonly record: number }[];
}
export interface Timeline {
  readonly tracks: readonly TimelineTrack[];
  readonly counters: readonly TimelineCounter[];
  readonly flow: TimelineFlow | undefined;
  readonly begin_ns: number;
  readonly end_ns: number;
  /** All that is recorded has been read. */
  readonly whole: boolean;
}

/** Wider than this many columns there is room for words. */
const TEXT_COLUMNS = 14;
const FLOW_MAX = 240;
const SAMPLES = 12;
/** Levels that a timeline has as counters, and from where on they are worth a track. */
const COUNTED: readonly LevelName[] = ['link', 'rx', 'posted', 'live', 'queued', 'window', 'cq', 'rq', 'cwnd'];

/** A function of what is recorded, and not of the moment: the page asks again only when that has grown, or it shows another stretch. */
export function timeline({ recording }: Moment, p: TimelineParams): Timeline | undefined {
  if (!(p.to_ns > p.from_ns) || p.columns < 1) return undefined;
  const index = trackIndex(recording, p.budget_ms);
  const fits = fitsOf(recording, p);
  const tracks = [...index.tracks].sort(order).map((t) => trackFrame(recording.trace, t, p, fits));
  const edges = edgesOf(recording, p);
  const counters = ([0, 1] as const).flatMap((host) => COUNTED.flatMap((name) => counterFrame(recording, name, host, p, edges)));
  const flow = flowOf(recording, index, p.selected);
  // A run may end long after the last that happened in it.
  const end_ns = index.tracks.reduce((last, t) => Math.max(last, t.length === 0 ? 0 : t.end(t.length - 1)), 0);
  return { tracks, counters, flow, begin_ns: 0, end_ns, whole: index.whole };
}

const KINDS = ['core', 'nic', 'link'];
/** The hosts one after the other; in each the application above, the wire below. */
const order = (a: Track, b: Track): number =>
  a.host - b.host || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.core - b.core || b.context - a.context;

function nameOf(t: Track): string {
  if (t.kind === 'link') return `link to the ${HOSTS[1 - t.host]}`;
  if (t.kind === 'nic') return 'NIC';
  return (CONTEXTS[t.context] ?? '').replace('_', ' ');
}

/** Whether records from one to another have one that fits the filter. */
type Fits = (first: number, last: number) => boolean;

function fitsOf(recording: Recording, { filter = '', budget_ms = Infinity }: TimelineParams): Fits {
  if (filter.trim() === '') return () => true;
  const index = matchesOf(recording, predicateOf(filter)).extend(budget_ms);
  return (first, last) => index.rowOf(last + 1) > index.rowOf(first);
}

function trackFrame(trace: TraceStore, t: Track, p: TimelineParams, fits: Fits): TimelineTrack {
  const column = (p.to_ns - p.from_ns) / p.columns;
  const spans: TimelineSpan[] = [];
  let n = Math.max(0, t.start.countUpTo(p.from_ns) - 1);
  if (n < t.length && t.end(n) < p.from_ns) n++;
  const end = t.start.countUpTo(p.to_ns);
  while (n < end) {
    const [from, to] = [t.start.at(n), t.end(n)];
    const edge = p.from_ns + (Math.floor((from - p.from_ns) / column) + 1) * column;
    const next = to - from >= 2 * column ? n + 1 : Math.min(end, Math.max(n + 1, t.start.countUpTo(edge, n)));
    const dim = !fits(t.first.at(n), t.last(next - 1));
    spans.push(next === n + 1 ? oneSpan(trace, t, n, column, dim) : manySpans(trace, t, n, next, Math.max(edge, from + column), dim));
    n = next;
  }
  const busy = (t.busy(p.to_ns) - t.busy(p.from_ns)) / (p.to_ns - p.from_ns);
  const context = CONTEXTS[t.context] ?? 'hardware';
  return { id: t.id, kind: t.kind, host: t.host, core: t.core, context, name: nameOf(t), spans, busy };
}

function oneSpan(trace: TraceStore, t: Track, n: number, column: number, dim: boolean): TimelineSpan {
  const [from_ns, to_ns, first, last] = [t.start.at(n), t.end(n), t.first.at(n), t.last(n)];
  const room = to_ns - from_ns >= TEXT_COLUMNS * column;
  return {
    from_ns, to_ns, share: 1, count: 1, record: t.kind === 'core' ? tellingRecord(trace, first, last) : first, pkt: trace.pktId(first),
    text: !room ? '' : t.kind === 'link' ? `packet ${trace.pktId(first)}` : spanText(trace, first, last),
    drop: t.kind === 'nic' && trace.kind(first) === KIND.drop, dim,
  };
}
function manySpans(trace: TraceStore, t: Track, from: number, to: number, until_ns: number, dim: boolean): TimelineSpan {
  const from_ns = t.start.at(from);
  const share = t.kind === 'nic' ? 1 : Math.min(1, (t.busy(until_ns) - t.busy(from_ns)) / Math.max(1, until_ns - from_ns));
  let drop = false;
  for (let n = from; t.kind === 'nic' && n < Math.min(to, from + 64); n++) drop ||= trace.kind(t.first.at(n)) === KIND.drop;
  return { from_ns, to_ns: until_ns, share, count: to - from, record: t.first.at(from), pkt: 0, text: '', drop, dim };
}

/** Where columns begin and end, as records of the trace: once for all levels. */
function edgesOf({ steps }: Recording, p: TimelineParams): { readonly records: Float64Array; readonly column_ns: number } {
  const columns = Math.max(1, Math.floor(p.columns / 2));
  const column_ns = (p.to_ns - p.from_ns) / columns;
  const records = Float64Array.from({ length: columns + 1 }, (_, c) => steps.records(steps.atTime(p.from_ns + c * column_ns)));
  return { records, column_ns };
}

function counterFrame(
  recording: Recording, name: LevelName, host: 0 | 1, p: TimelineParams, edges: ReturnType<typeof edgesOf>,
): TimelineCounter[] {
  const changes = levelsOf(recording).changes(name, host);
  // Applications outside of the core do not say when they look at their completions.
  if (changes.length === 0 || (name === 'cq' && recording.scripted)) return [];
  const points: { time_ns: number; low: number; high: number; value: number }[] = [];
  const add = (time_ns: number, from: number, to: number) => {
    let [low, high] = [Infinity, -Infinity];
    const skip = Math.max(1, Math.floor((to - from) / SAMPLES));
    for (let i = from; i < to; i += skip) {
      low = Math.min(low, changes.valueAt(i));
      high = Math.max(high, changes.valueAt(i));
    }
    const value = changes.valueAt(to - 1);
    points.push({ time_ns, low: Math.max(0, Math.min(low, value)), high: Math.max(0, high, value), value: Math.max(0, value) });
  };
  let from = lowerBound(changes, edges.records[0] as number, 0);
  if (from > 0) add(p.from_ns, from - 1, from);
  for (let c = 1; c < edges.records.length && from < changes.length; c++) {
    const edge = edges.records[c] as number;
    if (changes.recordAt(from) >= edge) continue;
    const to = lowerBound(changes, edge, from);
    add(p.from_ns + (c - 0.5) * edges.column_ns, from, to);
    from = to;
  }
  const field = LEVELS.find((l) => l.name === name);
  return [{
    id: counterId(host, name), host, name, about: field?.about ?? '', bytes: field?.unit === 'bytes', points,
    top: topOf(recording, name, host),
  }];
}
const counterId = (host: 0 | 1, name: LevelName): string => `counter/${host}/${name}`;

/** The levels at the moment, by the ids of their counters. */
export function timelineNow({ recording, records }: Moment, _params: Record<string, never>): Record<string, number> {
  const now: Record<string, number> = {};
  for (const host of [0, 1] as const) {
    for (const name of COUNTED) {
      const changes = levelsOf(recording).changes(name, host);
      const n = lowerBound(changes, records, 0);
      now[counterId(host, name)] = n === 0 ? 0 : Math.max(0, changes.valueAt(n - 1));
    }
  }
  return now;
}

/** How many changes the first `records` records made. */
function lowerBound(changes: { readonly length: number; recordAt(i: number): number }, records: number, from: number): number {
  let low = from;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (changes.recordAt(middle) < records) low = middle + 1;
    else high = middle;
  }
  return low;
}

const TOPS = new WeakMap<Recording, Map<string, { read: number; top: number }>>();
/** The highest value of a level so far, kept from question to question. */
function topOf(recording: Recording, name: LevelName, host: 0 | 1): number {
  const kept = TOPS.get(recording) ?? new Map<string, { read: number; top: number }>();
  TOPS.set(recording, kept);
  const changes = levelsOf(recording).changes(name, host);
  const entry = kept.get(`${host}${name}`) ?? { read: 0, top: 0 };
  for (; entry.read < changes.length; entry.read++) {
    const value = changes.valueAt(entry.read);
    if (value !== NO_LEVEL) entry.top = Math.max(entry.top, value);
  }
  kept.set(`${host}${name}`, entry);
  return entry.top;
}

/** The way of what is selected: a packet, or the packet that a GRO merge made of it, or a buffer. */
function flowOf({ trace }: Recording, index: TrackIndex, selected: string | undefined): TimelineFlow | undefined {
  const records = selectedRecords(trace, index, selected);
  if (!records) return undefined;
  const points: { time_ns: number; track: string; record: number }[] = [];
  for (const record of records) {
    const span = index.spanOf(record);
    if (!span) continue;
    const last = points.at(-1);
    // One point for each visit of a track: where it comes in, and where it leaves.
    const time_ns = span.track.kind === 'link' ? span.track.start.at(span.n) : trace.timeNs(record);
    const point = { time_ns, track: span.track.id, record };
    if (last?.track === point.track && points.at(-2)?.track === point.track) points[points.length - 1] = point;
    else points.push(point);
    if (points.length >= FLOW_MAX) break;
  }
  return points.length === 0 ? undefined : { points };
}

function* packetRecords(trace: TraceStore, index: TrackIndex, id: number, depth = 0): Generator<number> {
  for (const record of index.recordsOf('packet', id)) {
    yield record;
    if (trace.kind(record) !== KIND.gro_merge || depth > 3) continue;
    for (const later of packetRecords(trace, index, trace.a(record), depth + 1)) if (later > record) yield later;
    return;
  }
}
function selectedRecords(trace: TraceStore, index: TrackIndex, selected: string | undefined): Iterable<number> | undefined {
  const [kind, a = '', b = ''] = (selected ?? '').split(':');
  if (kind === 'packet') return packetRecords(trace, index, Number(a));
  if (kind === 'buffer') return index.recordsOf('buffer', Number(b), Number(a));
  if (kind !== 'record' && kind !== 'cqe' && kind !== 'request') return undefined;
  const record = Number(a);
  if (!(record < index.records)) return undefined;
  return trace.pktId(record) === 0 ? [record] : packetRecords(trace, index, trace.pktId(record));
}
