/**
 * Levels after each record, read off the trace: where a record changes one, its new value is noted. Indexes grow with their recording.
 */
import { AREA, completionsLeft, KIND, NO_BUFFER, readField, VIEW_AREA, zcrxAreas, zcrxInstances } from '../../host/index.ts';
import type { Recording } from '../recording.ts';
import type { LevelName } from './vocabulary.ts';
import { Windows } from './windows.ts';

/** A host that has nothing of the kind: no area, no connection. */
export const NO_LEVEL = -1;

export interface LevelRange {
  readonly least: number;
  readonly most: number;
  readonly last: number;
}

/** Values by the records that changed them. */
class Column {
  length = 0;
  #records = new Uint32Array(256);
  #values = new Float64Array(256);
  #hint = 0;

  get now(): number {
    return this.length === 0 ? NO_LEVEL : (this.#values[this.length - 1] as number);
  }

  set(record: number, value: number): void {
    if (this.now === value) return;
    if (this.length === this.#records.length) this.#grow();
    this.#records[this.length] = record;
    this.#values[this.length++] = value;
  }
  add(record: number, change: number): void {
    this.set(record, Math.max(0, Math.max(0, this.now) + change));
  }

  recordAt(i: number): number {
    return this.#records[i] as number;
  }
  valueAt(i: number): number {
    return this.#values[i] as number;
  }

  /** The value after a record. */
  at(record: number): number {
    const records = this.#records;
    let low = this.#hint;
    // Passes go from record to record: the next value is mostly this one, or the one after it.
    if (low < this.length && (records[low] as number) <= record) {
      for (let n = 0; n < 4; n++, low++) {
        if (low + 1 >= this.length || (records[low + 1] as number) > record) {
          this.#hint = low;
          return this.#values[low] as number;
        }
      }
    }
    low = this.#after(record);
    this.#hint = Math.max(0, low - 1);
    return low === 0 ? NO_LEVEL : (this.#values[low - 1] as number);
  }

  /** The least and the most of it over some records, and what it was after them. */
  range(from: number, to: number): LevelRange {
    let last = from === 0 ? NO_LEVEL : this.at(from - 1);
    let [least, most] = [last, last];
    for (let i = from === 0 ? 0 : this.#after(from - 1); i < this.length && (this.#records[i] as number) < to; i++) {
      last = this.#values[i] as number;
      most = Math.max(most, last);
      least = least === NO_LEVEL ? last : Math.min(least, last);
    }
    return { least, most, last };
  }
  /** The first change behind a record. */
  #after(record: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#records[middle] as number) <= record) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #grow(): void {
    const [records, values] = [this.#records, this.#values];
    this.#records = new Uint32Array(records.length * 2);
    this.#records.set(records);
    this.#values = new Float64Array(values.length * 2);
    this.#values.set(values);
  }
}

/** How a level went: the records that changed it, in their order, and its value after each. */
export interface LevelChanges {
  readonly length: number;
  recordAt(i: number): number;
  valueAt(i: number): number;
}

type Columns = Readonly<Record<LevelName, Column>>;
const columns = (): Columns => ({
  free: new Column(), cache: new Column(), posted: new Column(), live: new Column(), rx: new Column(), link: new Column(),
  queued: new Column(), cq: new Column(), rq: new Column(), window: new Column(), cwnd: new Column(),
});
const PLACES = ['free', 'cache', 'posted', 'live'] as const;

type Reader = (c: Columns, i: number, a: number, b: number, words_c: number) => void;
const BY_KIND: readonly (readonly [number | undefined, Reader])[] = [
  [KIND.sock_queue, (c, i, _, __, len) => c.queued.add(i, len)],
  [KIND.sock_read, (c, i, _, len) => c.queued.add(i, -len)],
  [KIND.nic_dma, (c, i) => c.rx.add(i, 1)],
  [KIND.napi_poll, (c, i, _, work) => c.rx.add(i, -work)],
  [KIND.cqe, (c, i) => c.cq.add(i, 1)],
  [KIND.app_wake, (c, i, _, cqes) => c.cq.set(i, completionsLeft(c.cq.now || 0, cqes))],
  [KIND.rqe_push, (c, i) => c.rq.add(i, 1)],
  [KIND.rqe_take, (c, i) => c.rq.add(i, -1)],
  [KIND.wire_send, (c, i, _, __, waiting) => c.link.set(i, waiting)],
];
/** By kind: every record of a run is looked at. */
const READERS: (Reader | undefined)[] = [];
for (const [kind, reader] of BY_KIND) if (kind !== undefined) READERS[kind] = reader;

/** Records between two looks at the clock, and read at once beyond what is asked for. */
const STRIDE = 4096;
const AHEAD = 16_384;

export class LevelIndex {
  readonly #recording: Recording;
  readonly #hosts: readonly [Columns, Columns] = [columns(), columns()];
  /** Congestion windows by socket. */
  readonly #cwnds: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()];
  readonly #windows: Windows;
  #read = 0;

  constructor(recording: Recording) {
    this.#recording = recording;
    this.#windows = new Windows(recording.frames);
  }

  /** A host's level after a record; NO_LEVEL: there is none. */
  at(name: LevelName, host: 0 | 1, record: number): number {
    if (record >= this.#read) this.extend(Infinity, record + AHEAD);
    return this.#hosts[host][name].at(record);
  }

  changes(name: LevelName, host: 0 | 1): LevelChanges {
    this.extend();
    return this.#hosts[host][name];
  }

  range(name: LevelName, host: 0 | 1, from: number, to: number): LevelRange {
    return this.#hosts[host][name].range(from, to);
  }

  /** Share of the trace that has been read, 0 to 1. */
  get read(): number {
    return this.#recording.trace.length === 0 ? 1 : this.#read / this.#recording.trace.length;
  }

  /** Reads what the trace has got since, or some of it. */
  extend(budget_ms = Infinity, until = this.#recording.trace.length): void {
    const { trace } = this.#recording;
    const end = Math.min(until, trace.length);
    const stop_ms = performance.now() + budget_ms;
    for (; this.#read < end; this.#read++) {
      const i = this.#read;
      if (i % STRIDE === 0 && performance.now() > stop_ms) return;
      const kind = trace.kind(i);
      const host = trace.host(i) as 0 | 1;
      const own = this.#hosts[host];
      if (!own) continue;
      const reader = READERS[kind];
      if (kind === KIND.wire_send) own.window.set(i, this.#windows.sent(host, trace.pktId(i)));
      if (reader) reader(own, i, trace.a(i), trace.b(i), trace.c(i));
      else if (kind === KIND.ledger && trace.niovIdx(i) !== NO_BUFFER) this.#move(own, host, i, trace.a(i), trace.b(i));
      else if (kind === KIND.tcp_cwnd) this.#cwnd(own, host, i, trace.a(i), trace.b(i));
      else if (kind === KIND.tcp_state && trace.c(i) === CLOSE) this.#cwnd(own, host, i, trace.a(i), 0);
    }
  }

  #move(own: Columns, host: 0 | 1, i: number, from: number, to: number): void {
    if (own.free.now === NO_LEVEL) {
      // Before its first move all of an area is free, and the trace does not say how much that is.
      own.free.set(i, this.#size(host, this.#recording.steps.ofRecord(i)));
      for (const place of PLACES.slice(1)) own[place].set(i, 0);
    }
    own[PLACES[from] as 'free'].add(i, -1);
    own[PLACES[to] as 'free'].add(i, 1);
  }

  /** Buffers of a host's areas after a step. */
  #size(host: 0 | 1, step: number): number {
    const engine = this.#recording.engineAt(Math.min(step, this.#recording.length));
    const areas = zcrxInstances(engine, host).flatMap((instance) => zcrxAreas(engine, instance));
    return areas.reduce((sum, area) => sum + readField(engine.view, engine.core.view(VIEW_AREA, area), AREA.num_niovs), 0);
  }

  #cwnd(own: Columns, host: 0 | 1, i: number, sock: number, cwnd: number): void {
    const all = this.#cwnds[host];
    if (cwnd === 0) all.delete(sock);
    else all.set(sock, cwnd);
    own.cwnd.set(i, all.size === 0 ? NO_LEVEL : Math.min(...all.values()));
  }
}
const CLOSE = 7;

const INDEXES = new WeakMap<Recording, LevelIndex>();
export function levelsOf(recording: Recording): LevelIndex {
  const known = INDEXES.get(recording);
  if (known) return known;
  const made = new LevelIndex(recording);
  INDEXES.set(recording, made);
  return made;
}
