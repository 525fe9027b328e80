/** The last events of a run, a line each: what happens again and again is one of them. */
import { timelineText, type TraceRecord } from '../../host/index.ts';

const WORDS = ['kind', 'host', 'context', 'core', 'pkt_id', 'niov_idx', 'a', 'b', 'c'] as const;

const same = (a: TraceRecord | undefined, b: TraceRecord): boolean => a !== undefined && WORDS.every((word) => a[word] === b[word]);

export class LastEvents {
  private readonly rows: { record: TraceRecord; times: number }[] = [];
  private readonly max: number;

  constructor(max: number) {
    this.max = max;
  }

  add(record: TraceRecord): void {
    const last = this.rows.at(-1);
    if (last && same(last.record, record)) {
      last.record = record;
      last.times++;
      return;
    }
    this.rows.push({ record, times: 1 });
    if (this.rows.length > this.max) this.rows.shift();
  }
  /** The time of a line is that of the last time. */
  lines(): string[] {
    return this.rows.map(({ record, times }) => `${timelineText(record)}${times === 1 ? '' : ` (${times} times)`}`);
  }
}
