/** One span in detail: what it cost, by account, and what happened in it. */
import { CONTEXTS, COSTS } from '../../../schema/costs.ts';
import { HOSTS, KIND, narrate } from '../../../host/index.ts';
import type { Moment } from '../../moment.ts';
import { spanText } from './span_text.ts';
import { trackIndex } from './tracks.ts';

export interface SpanDetail {
  readonly title: string;
  readonly where: string;
  readonly from_ns: number;
  readonly to_ns: number;
  /** Cycles by account, the most first. */
  readonly accounts: readonly { readonly name: string; readonly cycles: number }[];
  readonly costs: readonly { readonly about: string; readonly account: string; readonly cycles: number; readonly units: number }[];
  readonly records: readonly { readonly record: number; readonly time_ns: number; readonly text: string }[];
  readonly left_out: number;
}

const RECORDS_MAX = 200;

export function timelineSpan({ recording }: Moment, { record }: { readonly record: number }): SpanDetail | undefined {
  const { trace } = recording;
  const index = trackIndex(recording);
  if (!(record >= 0 && record < index.records)) return undefined;
  const found = index.spanOf(record);
  if (!found) return undefined;
  const { track, n } = found;
  const [first, last] = [track.first.at(n), track.last(n)];
  const costs: { about: string; account: string; cycles: number; units: number }[] = [];
  const records: { record: number; time_ns: number; text: string }[] = [];
  let left_out = 0;
  for (let i = first; i <= last; i++) {
    // What another context or the hardware wrote meanwhile is not of this span.
    if (trace.core(i) !== trace.core(record) || trace.context(i) !== trace.context(record) || trace.host(i) !== track.host) continue;
    if (trace.kind(i) === KIND.cpu_charge) {
      const cost = COSTS[trace.a(i)];
      if (cost && trace.b(i) > 0) costs.push({ about: cost.about, account: cost.account, cycles: trace.b(i), units: trace.c(i) });
    } else if (records.length < RECORDS_MAX) records.push({ record: i, time_ns: trace.timeNs(i), text: narrate(trace.record(i)) });
    else left_out++;
  }
  const sums = new Map<string, number>();
  for (const c of costs) sums.set(c.account, (sums.get(c.account) ?? 0) + c.cycles);
  const host = HOSTS[track.host];
  const where = track.kind === 'core' ? `${host}, core ${track.core}, ${(CONTEXTS[track.context] ?? '').replace('_', ' ')}`
    : `${host}, ${track.kind === 'link' ? 'link' : 'NIC'}`;
  return {
    title: track.kind === 'core' ? spanText(trace, first, last) : narrate(trace.record(first)), where,
    from_ns: track.start.at(n), to_ns: track.end(n),
    accounts: [...sums].map(([name, cycles]) => ({ name, cycles })).sort((a, b) => b.cycles - a.cycles),
    costs: costs.sort((a, b) => b.cycles - a.cycles), records, left_out,
  };
}
