/** The records of a run as rows: those that fit a filter, a page at a time, wherever the playhead stands. */
import { eventOf, NO_BUFFER, narrate, timelineText, type TraceRecord, whereText } from '../../host/index.ts';
import { matchesOf } from '../filter/index.ts';
import type { Moment } from '../moment.ts';
import type { Recording } from '../recording.ts';
import { predicateOf } from './find.ts';

export interface LogParams {
  readonly filter: string;
  /** The first row; left out: as many rows as `before` are shown above the playhead. */
  readonly first?: number | undefined;
  readonly before: number;
  readonly count: number;
}
export interface LogRow {
  readonly row: number;
  readonly record: number;
  readonly time_ns: number;
  readonly host: number;
  readonly where: string;
  readonly stage: string;
  readonly event: string;
  /** 0: none */
  readonly pkt: number;
  /** -1: none */
  readonly buf: number;
  readonly text: string;
}
export interface LogPage {
  /** Rows in all, as far as is known. */
  readonly total: number;
  /** Records that have been looked at, and that are recorded. */
  readonly scanned: number;
  readonly records: number;
  /** Rows that are written by the moment: the playhead stands before this row. */
  readonly now: number;
  readonly first: number;
  readonly rows: readonly LogRow[];
}

const SCAN_MS = 6;
const ROWS_MAX = 400;

/** Rows by number, whatever the filter: without one every record is a row. */
interface Rows {
  readonly total: number;
  readonly scanned: number;
  readonly record: (row: number) => number;
  readonly rowOf: (record: number) => number;
}
function rowsOf(recording: Recording, filter: string, budget_ms: number): Rows {
  const { length } = recording.trace;
  if (filter.trim() === '') return { total: length, scanned: length, record: (row) => row, rowOf: (record) => record };
  const index = matchesOf(recording, predicateOf(filter)).extend(budget_ms);
  return { total: index.count, scanned: index.scanned, record: (row) => index.record(row), rowOf: (record) => index.rowOf(record) };
}

function rowOf(r: TraceRecord, row: number, record: number): LogRow {
  const { name: event, stage } = eventOf(r);
  return {
    row, record, time_ns: r.time_ns, host: r.host, where: whereText(r), stage, event, pkt: r.pkt_id,
    buf: r.niov_idx === NO_BUFFER ? -1 : r.niov_idx, text: narrate(r),
  };
}

export function logRows({ recording, records }: Moment, p: LogParams): LogPage {
  const all = rowsOf(recording, p.filter, SCAN_MS);
  const now = all.rowOf(records);
  const count = Math.min(p.count, ROWS_MAX);
  const first = Math.max(0, Math.min(p.first ?? now - p.before, all.total - count));
  const rows = Array.from({ length: Math.min(count, all.total - first) }, (_, i) => {
    const record = all.record(first + i);
    return rowOf(recording.trace.record(record), first + i, record);
  });
  return { total: all.total, scanned: all.scanned, records: recording.trace.length, now, first, rows };
}

/** The row of a record, or of the next one that fits. */
export const logRowOf = ({ recording }: Moment, p: { readonly filter: string; readonly record: number }): number =>
  rowsOf(recording, p.filter, 1000).rowOf(p.record);

const TEXT_MAX = 20_000;
/** Rows as lines of text, as `ringlab trace` prints them. */
export function logText({ recording }: Moment, p: { readonly filter: string; readonly first: number; readonly count: number }): string {
  const all = rowsOf(recording, p.filter, 1000);
  const count = Math.max(0, Math.min(p.count, TEXT_MAX, all.total - p.first));
  return Array.from({ length: count }, (_, i) => `${timelineText(recording.trace.record(all.record(p.first + i)))}\n`).join('');
}

export interface ThingsParams {
  readonly filter: string;
  readonly ids: readonly string[];
  /** Buffers of a host, by number: many at once. */
  readonly cells?: readonly { readonly host: number; readonly first: number; readonly count: number }[];
}
export interface ThingsAnswer {
  readonly fits: readonly boolean[];
  readonly cells: readonly Uint8Array[];
  /** All records have been looked at; else one asks again. */
  readonly whole: boolean;
}

/**
 * Whether things fit a filter: a packet or a buffer when a record about it does, by now; a record by itself. Of what the filter says
 * nothing at all, true.
 */
export function matchingThings({ recording, records }: Moment, p: ThingsParams): ThingsAnswer {
  const runs = p.cells ?? [];
  if (p.filter.trim() === '')
    return { fits: p.ids.map(() => true), cells: runs.map(({ count }) => new Uint8Array(count).fill(1)), whole: true };
  const test = predicateOf(p.filter);
  const index = matchesOf(recording, test).extend(SCAN_MS);
  const fits = (id: string): boolean => {
    const [kind, ...rest] = id.split(':');
    const [a = -1, b = -1] = rest.map(Number);
    switch (kind) {
      case 'packet': return index.ofPacket(a) < records;
      case 'buffer': return index.ofBuffer(a, b) < records;
      case 'record':
      case 'cqe':
      case 'request': return a < records && a >= 0 && test(recording, a);
      default: return true;
    }
  };
  const cells = runs.map(({ host, first, count }) =>
    Uint8Array.from({ length: count }, (_, i) => (index.ofBuffer(host, first + i) < records ? 1 : 0)));
  return { fits: p.ids.map(fits), cells, whole: index.whole };
}
