/** What the trace says of each buffer, found by its number: its records, since when it is lent, what was refused. */
import { KIND, NO_BUFFER, type TraceStore } from '../../../host/index.ts';
import type { Recording } from '../../recording.ts';
import { grown, Level } from '../road/columns.ts';

/** Records of one buffer, in their order. */
class Own {
  records = new Uint32Array(8);
  length = 0;
  add(record: number): void {
    this.records = grown(this.records, this.length);
    this.records[this.length++] = record;
  }
}

/** How many numbers of an ordered column lie before one. */
export function before(column: ArrayLike<number>, length: number, record: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((column[middle] as number) < record) low = middle + 1;
    else high = middle;
  }
  return low;
}

const OK_RESULTS = 2;

export class BufferIndex {
  readonly #own: (Own | undefined)[] = [];
  /** Since when each is lent to user space, as times; 0 while it is not. */
  readonly #lent: (Level | undefined)[] = [];
  /** Refill entries that the kernel refused, and how many there were so far. */
  readonly refused: number[] = [];
  /** Times at which a pool had nothing to give, by host. */
  readonly empty: Level[] = [new Level(), new Level()];
  /** Buffers that were lent, by offset, of each host. */
  readonly #offsets: readonly Map<number, number>[] = [new Map(), new Map()];
  length = 0;

  extend({ trace }: Recording, records: number): void {
    for (; this.length < Math.min(trace.length, records); this.length++) {
      const i = this.length;
      const kind = trace.kind(i);
      if (kind === KIND.pool_empty) this.empty[trace.host(i)]?.add(i, 1);
      if (kind === KIND.rqe_take && trace.b(i) >= OK_RESULTS) this.refused.push(i);
      const niov = this.#named(trace, i, kind);
      if (niov === undefined) continue;
      this.#ownOf(niov).add(i);
      if (kind === KIND.zc_deliver || kind === KIND.zc_copy) {
        const lent = this.#lent[niov] ?? new Level(4);
        this.#lent[niov] = lent;
        if (lent.now === 0) lent.set(i, trace.timeNs(i) + 1);
      } else if (kind === KIND.rqe_take && trace.b(i) < OK_RESULTS) this.#lent[niov]?.set(i, 0);
    }
  }

  /** The buffer that a record is about; the application names it by its offset in the area. */
  #named(trace: TraceStore, i: number, kind: number): number | undefined {
    const niov = trace.niovIdx(i);
    const offsets = this.#offsets[trace.host(i)];
    if (kind === KIND.zc_deliver) offsets?.set(trace.b(i), niov);
    if (niov !== NO_BUFFER) return niov;
    if (kind === KIND.rqe_push) return offsets?.get(trace.a(i));
    return kind === KIND.app_read ? offsets?.get(trace.b(i)) : undefined;
  }
  #ownOf(niov: number): Own {
    const own = this.#own[niov] ?? new Own();
    this.#own[niov] = own;
    return own;
  }

  /** The last `most` records of a buffer before one; the older ones are only counted. */
  recordsOf(niov: number, records: number, most: number): { readonly list: readonly number[]; readonly all: number } {
    const own = this.#own[niov];
    if (!own) return { list: [], all: 0 };
    const n = before(own.records, own.length, records);
    return { list: [...own.records.subarray(Math.max(0, n - most), n)], all: n };
  }
  /** Since when it is lent; undefined while it is not, as far as the trace goes. */
  lentSince(niov: number, records: number): number | undefined {
    const since = this.#lent[niov]?.at(records) ?? 0;
    return since === 0 ? undefined : since - 1;
  }
}

const INDEXES = new WeakMap<Recording, BufferIndex>();

export function bufferIndexOf(recording: Recording, records: number): BufferIndex {
  const index = INDEXES.get(recording) ?? new BufferIndex();
  INDEXES.set(recording, index);
  index.extend(recording, records);
  return index;
}
