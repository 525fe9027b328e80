/**
 * What crossed the seam between an application and its kernel: calls with their arguments, the submission entries that
 * each enter published, refill entries, results, times. It replays the application's side, and two kernels can be compared by it.
 */
import type { Call } from '../../uring-model/8-app/index.ts';

export interface TranscriptEntry {
  readonly task: number;
  readonly call: Call;
  /** When the call began and ended, in virtual time. */
  readonly begin_ns: number;
  readonly end_ns: number;
  readonly result: number;
  /** Submission entries of an enter: 64 bytes each, in hex. */
  readonly sqes: readonly string[];
  /** Refill entries given back since the last enter: 16 bytes each, in hex. */
  readonly rqes: readonly string[];
}

export class Transcript {
  readonly entries: TranscriptEntry[] = [];

  add(entry: TranscriptEntry): void {
    this.entries.push(entry);
  }

  /** One JSON line for each entry. */
  *lines(): Generator<string> {
    for (const e of this.entries) yield JSON.stringify(e, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v));
  }
}

export const hex = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
