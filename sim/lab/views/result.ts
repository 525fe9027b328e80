/** What came of a run: the numbers of its end, what the scenario promises of it, and each application's streams. */
import type { RunResult, StreamResult } from '../../host/index.ts';
import type { Moment } from '../moment.ts';
import type { Recording } from '../recording.ts';

export interface ResultSummary {
  readonly scenario: string;
  readonly seed: number;
  readonly state_hash: string;
  readonly virtual_ns: number;
  readonly events: number;
  readonly dropped: number;
  readonly drops: readonly (readonly [string, number])[];
  readonly bytes: number;
  readonly zero_copy_bytes: number;
  readonly copied_bytes: number;
  /** When the last stream ended; 0: one is still open, or there was none. */
  readonly traffic_ns: number;
  readonly expectations: RunResult['expect'];
  readonly streams: readonly StreamResult[];
  /** Streams there are; more than are shown. */
  readonly streams_total: number;
  /** Of a step scenario: whether its program came to its end, and how many results and completions it saw. */
  readonly program: { readonly complete: boolean; readonly why: string; readonly returns: number; readonly cqes: number } | undefined;
}

const STREAMS_MAX = 200;

const summaries = new WeakMap<Recording, ResultSummary>();

/** undefined until all is recorded. Of the whole run, wherever the playhead stands. */
export function result({ recording }: Moment, _: Readonly<Record<string, never>>): ResultSummary | undefined {
  const known = summaries.get(recording);
  if (known) return known;
  const r = recording.result();
  if (!r) return undefined;
  const made = summaryOf(r);
  summaries.set(recording, made);
  return made;
}

function summaryOf(r: RunResult): ResultSummary {
  const sum = (of: (s: StreamResult) => number) => r.streams.reduce((a, s) => a + of(s), 0);
  const ends = r.streams.map((s) => s.endNs);
  return {
    scenario: r.scenario, seed: r.seed, state_hash: r.stateHash, virtual_ns: r.virtualTimeNs, events: r.eventCount, dropped: r.dropped,
    drops: Object.entries(r.drops).filter(([, n]) => n > 0), bytes: sum((s) => s.bytes), zero_copy_bytes: sum((s) => s.zeroCopyBytes),
    copied_bytes: sum((s) => s.copiedBytes), traffic_ns: ends.includes(0) ? 0 : Math.max(0, ...ends), expectations: r.expect,
    streams: r.streams.slice(0, STREAMS_MAX), streams_total: r.streams.length,
    program: r.steps && { complete: r.steps.complete, why: r.steps.why, returns: r.steps.rets.length, cqes: r.steps.cqes.length },
  };
}
