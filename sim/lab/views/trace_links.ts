/**
 * Which records are about one packet or one buffer: each record points to the one before it of the same packet, and of the same
 * buffer. Built while a recording grows, 8 bytes a record; asked from the end backward, so a moment sees only what was before it.
 */
import { KIND, NO_BUFFER, type TraceStore } from '../../host/index.ts';
import type { Recording } from '../recording.ts';

const NONE = 0xffffffff;

/** Numbers that are found by a small number, for tables that grow. */
class Growing {
  #words = new Uint32Array(4096).fill(NONE);

  get(i: number): number {
    return i < this.#words.length ? (this.#words[i] as number) : NONE;
  }
  set(i: number, value: number): void {
    if (i >= this.#words.length) {
      const grown = new Uint32Array(Math.max(i + 1, this.#words.length * 2)).fill(NONE);
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[i] = value;
  }
}

/** Goes over records from a number on, where they lie: `at` is the place of the record's first word. */
export function eachRecord(trace: TraceStore, from: number, visit: (i: number, words: Uint32Array, at: number) => void): void {
  let first = 0;
  for (const batch of trace.batches) {
    const words = batch.columns();
    for (let i = Math.max(0, from - first); i < batch.length; i++) visit(first + i, words, i * 8);
    first += batch.length;
  }
}

const LINKS = new WeakMap<Recording, TraceLinks>();

export class TraceLinks {
  readonly #trace: TraceStore;
  #length = 0;
  readonly #before_packet = new Growing();
  readonly #before_buffer = new Growing();
  readonly #last_packet = new Growing();
  readonly #last_buffer = new Growing();
  /** Records of gro_merge by the packet that is merged into; of nic_tx by the packet that is cut. */
  readonly #merges = new Map<number, number[]>();
  readonly #cuts = new Map<number, number[]>();

  constructor(trace: TraceStore) {
    this.#trace = trace;
  }

  /** Those of a recording, up to what it has recorded. */
  static of(recording: Recording): TraceLinks {
    let links = LINKS.get(recording);
    if (!links) {
      links = new TraceLinks(recording.trace);
      LINKS.set(recording, links);
    }
    links.#extend();
    return links;
  }

  /** Records about a packet before a record, in order. */
  ofPacket(pkt_id: number, before: number): number[] {
    return this.#back(this.#last_packet.get(pkt_id), this.#before_packet, before);
  }
  /** Records about a buffer before a record, in order. */
  ofBuffer(niov_idx: number, before: number): number[] {
    return this.#back(this.#last_buffer.get(niov_idx), this.#before_buffer, before);
  }
  /** The record about a record's packet just before it. */
  packetBefore(record: number): number | undefined {
    return some(this.#before_packet.get(record));
  }
  bufferBefore(record: number): number | undefined {
    return some(this.#before_buffer.get(record));
  }
  /** Records that merged others into a packet; that cut frames out of it. */
  mergesInto(pkt_id: number, before: number): number[] {
    return (this.#merges.get(pkt_id) ?? []).filter((r) => r < before);
  }
  cutsOf(pkt_id: number, before: number): number[] {
    return (this.#cuts.get(pkt_id) ?? []).filter((r) => r < before);
  }

  #back(last: number, chain: Growing, before: number): number[] {
    const found: number[] = [];
    for (let r = last; r !== NONE; r = chain.get(r)) if (r < before) found.push(r);
    return found.reverse();
  }

  #extend(): void {
    if (this.#length === this.#trace.length) return;
    eachRecord(this.#trace, this.#length, (i, words, at) => {
      const packet = words[at + 3] as number;
      if (packet !== 0) {
        const before = this.#last_packet.get(packet);
        if (before !== NONE) this.#before_packet.set(i, before);
        this.#last_packet.set(packet, i);
      }
      const buffer = words[at + 4] as number;
      if (buffer !== NO_BUFFER) {
        const before = this.#last_buffer.get(buffer);
        if (before !== NONE) this.#before_buffer.set(i, before);
        this.#last_buffer.set(buffer, i);
      }
      const kind = (words[at + 2] as number) & 0xff;
      if (kind === KIND.gro_merge) add(this.#merges, words[at + 5] as number, i);
      else if (kind === KIND.nic_tx && words[at + 7] !== 0) add(this.#cuts, words[at + 7] as number, i);
    });
    this.#length = this.#trace.length;
  }
}

const some = (r: number): number | undefined => (r === NONE ? undefined : r);

function add(map: Map<number, number[]>, key: number, record: number): void {
  const list = map.get(key);
  if (list) list.push(record);
  else map.set(key, [record]);
}
