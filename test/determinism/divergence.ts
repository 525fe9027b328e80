/** Where two runs part: the first trace record that differs, in words. */
import { eventOf, NO_BUFFER, type TraceRecord, wordsOf } from '../../sim/host/trace.ts';

export interface Divergence {
  /** Index of the record in both traces. */
  readonly index: number;
  /** undefined: this trace had ended. */
  readonly left: TraceRecord | undefined;
  readonly right: TraceRecord | undefined;
}

const COLUMNS = ['time_ns', 'kind', 'host', 'context', 'core', 'pkt_id', 'niov_idx', 'a', 'b', 'c'] as const;

const same = (a: TraceRecord, b: TraceRecord): boolean => COLUMNS.every((column) => a[column] === b[column]);

/** The first record in which two traces differ, or undefined when they are equal to their end. */
export function firstDivergence(left: Iterable<TraceRecord>, right: Iterable<TraceRecord>): Divergence | undefined {
  const a = left[Symbol.iterator]();
  const b = right[Symbol.iterator]();
  for (let index = 0; ; index++) {
    const x = a.next();
    const y = b.next();
    if (x.done && y.done) return undefined;
    const l = x.done ? undefined : x.value;
    const r = y.done ? undefined : y.value;
    if (l === undefined || r === undefined || !same(l, r)) return { index, left: l, right: r };
  }
}

/** A record on one line. */
export function recordText(record: TraceRecord | undefined): string {
  if (record === undefined) return 'the end of the trace';
  const words = Object.entries(wordsOf(record)).map(([name, value]) => `${name}=${value}`);
  const buffer = record.niov_idx === NO_BUFFER ? [] : [`buffer=${record.niov_idx}`];
  const packet = record.pkt_id === 0 ? [] : [`packet=${record.pkt_id}`];
  return [`${record.time_ns} ns`, `host ${record.host}`, eventOf(record).name, ...packet, ...buffer, ...words].join('  ');
}

/** What a failing test prints. */
export function divergenceText(found: Divergence | undefined, names: readonly [string, string]): string {
  if (found === undefined) return 'The traces are equal; the difference lies in state that no record shows.';
  const sides = [`${names[0]}: ${recordText(found.left)}`, `${names[1]}: ${recordText(found.right)}`];
  return [`The runs part at trace record ${found.index}:`, ...sides].join('\n  ');
}
