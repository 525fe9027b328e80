/**
 * Who worked when: for each core and context of each host its spans, for each link the frames that kept it busy, for each NIC what it
 * did. Read off the trace once; it grows with the recording.
 *
 *     span    what a context did in one go. It ends where its charges are traced (run.charges), and began so many cycles earlier.
 */
import { KIND, NO_BUFFER, type TraceStore } from '../../../host/index.ts';
import { Floats, Words } from '../../columns.ts';
import type { Recording } from '../../recording.ts';

export const HARDWARE_CORE = 0xff;
/** Records between two looks at the clock. */
const STRIDE = 1024;
const UNKNOWN_CYCLES = 0xffffffff;
/** Preamble, frame check sequence and gap of a frame, and how short it may be (nic-model/1-wire/send.ts). */
const ETH_OVERHEAD = 24;
const ETH_ZLEN = 60;

export type TrackKind = 'link' | 'nic' | 'core';

export class Track {
  readonly kind: TrackKind;
  readonly host: 0 | 1;
  /** Of cores: which, and which context of it. */
  readonly core: number;
  readonly context: number;
  readonly start = new Floats();
  readonly #end = new Floats();
  readonly first = new Words();
  readonly #last = new Words();
  /** How long spans before each lasted, in all. */
  readonly #before = new Floats();

  constructor(kind: TrackKind, host: 0 | 1, core: number, context: number) {
    this.kind = kind;
    this.host = host;
    this.core = core;
    this.context = context;
  }
  get id(): string {
    return `${this.kind}/${this.host}/${this.core}/${this.context}`;
  }
  get length(): number {
    return this.start.length;
  }

  /** What a NIC does has no length: nothing is kept of that. */
  end(n: number): number {
    return this.kind === 'nic' ? this.start.at(n) : this.#end.at(n);
  }
  last(n: number): number {
    return this.kind === 'nic' ? this.first.at(n) : this.#last.at(n);
  }

  add(start: number, end: number, first: number, last: number): void {
    const n = this.length;
    // A context's spans follow one another. Where rounding says otherwise the earlier one has the time.
    const from = n === 0 ? start : Math.max(start, this.end(n - 1));
    if (this.kind !== 'nic') {
      this.#before.push(n === 0 ? 0 : this.#before.at(n - 1) + this.end(n - 1) - this.start.at(n - 1));
      this.#end.push(Math.max(from, end));
      this.#last.push(last);
    }
    this.start.push(from);
    this.first.push(first);
  }
  /** How much of the time until `time_ns` it worked. */
  busy(time_ns: number): number {
    const n = this.kind === 'nic' ? -1 : this.start.countUpTo(time_ns) - 1;
    return n < 0 ? 0 : this.#before.at(n) + Math.min(time_ns, this.end(n)) - this.start.at(n);
  }
}

type Knobs = Recording['scenario']['hosts'][number]['values'];

interface Open {
  readonly track: Track;
  readonly first: number;
  readonly from_ns: number;
  last: number;
  until_ns: number;
  cycles: number;
  charged: boolean;
}

export class TrackIndex {
  readonly tracks: Track[] = [];
  readonly #trace: TraceStore;
  readonly #recording: Recording;
  readonly #by_key = new Map<number, Track>();
  readonly #links: readonly [Track, Track] = [new Track('link', 0, HARDWARE_CORE, 0), new Track('link', 1, HARDWARE_CORE, 0)];
  readonly #nics: readonly [Track, Track] = [new Track('nic', 0, HARDWARE_CORE, 0), new Track('nic', 1, HARDWARE_CORE, 0)];
  readonly #ns_per_byte: readonly [number, number];
  readonly #ns_per_cycle: readonly [number, number];
  readonly #link_free: [number, number] = [0, 0];
  #open: Open | undefined;
  #step = 1;
  #records = 0;
  /** By record: the next one of the same packet or buffer, as a distance. 0: none. */
  readonly #next_packet = new Words();
  readonly #next_buffer = new Words();
  readonly #packets = new Map<number, { readonly first: number; last: number }>();
  readonly #buffers = new Map<number, { readonly first: number; last: number }>();

  constructor(recording: Recording) {
    this.#recording = recording;
    this.#trace = recording.trace;
    const [client, server] = recording.scenario.hosts.map((h) => h.values) as [Knobs, Knobs];
    this.#ns_per_byte = [8e9 / Number(client['wire.rate_bps']), 8e9 / Number(server['wire.rate_bps'])];
    this.#ns_per_cycle = [1000 / Number(client['cpu.mhz']), 1000 / Number(server['cpu.mhz'])];
  }

  /** Reads what was recorded since, for about a time. A span that may go on stays open until its step is over. */
  update(budget_ms: number): this {
    const { steps } = this.#recording;
    const end = performance.now() + budget_ms;
    const until = Math.min(this.#trace.length, steps.records(steps.length - 1));
    for (; this.#records < until; this.#records++) {
      while (this.#step < steps.length && steps.records(this.#step) <= this.#records) {
        this.#step++;
        this.#close();
      }
      this.#record(this.#records);
      if (this.#records % STRIDE !== 0 || performance.now() <= end) continue;
      this.#records++;
      return this;
    }
    this.#close();
    return this;
  }
  /** All that is recorded is read. */
  get whole(): boolean {
    const { steps } = this.#recording;
    return this.#records >= Math.min(this.#trace.length, steps.records(steps.length - 1));
  }
  /** Records of the trace that are read. */
  get records(): number {
    return this.#records;
  }

  /** The span that a record is in. */
  spanOf(record: number): { readonly track: Track; readonly n: number } | undefined {
    const track = this.#trackOf(record);
    if (!track) return undefined;
    const n = track.first.countUpTo(record) - 1;
    return n >= 0 && record <= track.last(n) ? { track, n } : undefined;
  }
  /** The records of a packet, or of a buffer of a host, from the first on. */
  *recordsOf(what: 'packet' | 'buffer', id: number, host = 0): Generator<number> {
    const [chain, next] = what === 'packet'
      ? [this.#packets.get(id), this.#next_packet] : [this.#buffers.get(id * 2 + host), this.#next_buffer];
    if (!chain) return;
    for (let i = chain.first; ; i += next.at(i)) {
      yield i;
      if (next.at(i) === 0) return;
    }
  }

  #trackOf(record: number): Track | undefined {
    const t = this.#trace;
    const host = t.host(record) as 0 | 1;
    if (t.core(record) !== HARDWARE_CORE) return this.#by_key.get(keyOf(host, t.core(record), t.context(record)));
    return t.kind(record) === KIND.wire_send ? this.#links[host] : this.#nics[host];
  }

  #record(i: number): void {
    const t = this.#trace;
    this.#chain(i);
    const host = t.host(i) as 0 | 1;
    if (t.core(i) === HARDWARE_CORE) {
      if (t.kind(i) === KIND.wire_send) this.#sends(i, host);
      else {
        const track = this.#nics[host];
        if (track.length === 0) this.tracks.push(track);
        track.add(t.timeNs(i), t.timeNs(i), i, i);
      }
      return;
    }
    const track = this.#core(host, t.core(i), t.context(i));
    const charge = t.kind(i) === KIND.cpu_charge;
    if (this.#open && (this.#open.track !== track || (this.#open.charged && !charge))) this.#close();
    this.#open ??= { track, first: i, from_ns: t.timeNs(i), last: i, until_ns: t.timeNs(i), cycles: 0, charged: false };
    this.#open.last = i;
    this.#open.until_ns = Math.max(this.#open.until_ns, t.timeNs(i));
    if (!charge) return;
    this.#open.charged = true;
    if (t.b(i) !== UNKNOWN_CYCLES) this.#open.cycles += t.b(i);
  }

  #close(): void {
    const open = this.#open;
    if (!open) return;
    this.#open = undefined;
    const start = Math.min(open.from_ns, open.until_ns - open.cycles * this.#ns_per_cycle[open.track.host]);
    open.track.add(Math.max(0, start), open.until_ns, open.first, open.last);
  }

  /** A link sends one frame at a time. */
  #sends(i: number, host: 0 | 1): void {
    const track = this.#links[host];
    if (track.length === 0) this.tracks.push(track);
    const start = Math.max(this.#trace.timeNs(i), this.#link_free[host]);
    const end = start + (Math.max(this.#trace.a(i), ETH_ZLEN) + ETH_OVERHEAD) * this.#ns_per_byte[host];
    this.#link_free[host] = end;
    track.add(start, end, i, i);
  }

  #core(host: 0 | 1, core: number, context: number): Track {
    const key = keyOf(host, core, context);
    const known = this.#by_key.get(key);
    if (known) return known;
    const track = new Track('core', host, core, context);
    this.#by_key.set(key, track);
    this.tracks.push(track);
    return track;
  }

  #chain(i: number): void {
    const t = this.#trace;
    this.#next_packet.push(0);
    this.#next_buffer.push(0);
    if (t.pktId(i) !== 0) link(this.#packets, this.#next_packet, t.pktId(i), i);
    if (t.niovIdx(i) !== NO_BUFFER) link(this.#buffers, this.#next_buffer, t.niovIdx(i) * 2 + t.host(i), i);
  }
}

const keyOf = (host: number, core: number, context: number): number => (host << 16) | (core << 8) | context;

function link(chains: Map<number, { readonly first: number; last: number }>, next: Words, key: number, i: number): void {
  const chain = chains.get(key);
  if (!chain) {
    chains.set(key, { first: i, last: i });
    return;
  }
  next.set(chain.last, i - chain.last);
  chain.last = i;
}

const INDEXES = new WeakMap<Recording, TrackIndex>();

/** `budget_ms`: how long reading on may take; left out: as long as it takes. */
export function trackIndex(recording: Recording, budget_ms = Infinity): TrackIndex {
  const known = INDEXES.get(recording) ?? new TrackIndex(recording);
  INDEXES.set(recording, known);
  return known.update(budget_ms);
}
