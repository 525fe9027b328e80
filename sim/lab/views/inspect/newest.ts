/** What a record is about, and what the inspector offers while nothing is selected. */
import { KIND, narrate, NO_BUFFER, type TraceRecord } from '../../../host/index.ts';
import type { Moment } from '../../moment.ts';

/** What a record is about, as selections name it. */
export function idOfRecord(r: TraceRecord, record: number): string {
  if (r.kind === KIND.cqe) return `cqe:${record}`;
  if (r.kind === KIND.ring_submit) return `request:${record}`;
  if (r.pkt_id !== 0) return `packet:${r.pkt_id}`;
  if (r.niov_idx !== NO_BUFFER) return `buffer:${r.host}:${r.niov_idx}`;
  return `record:${record}`;
}

/** What the inspector offers while nothing is selected: the newest of each kind. */
export function newest(moment: Moment): readonly { readonly id: string; readonly text: string }[] {
  const { trace } = moment.recording;
  const found = new Map<string, { id: string; text: string }>();
  for (let i = moment.records - 1; i >= Math.max(0, moment.records - NEWEST_FAR) && found.size < 4; i--) {
    const r = trace.record(i);
    const id = idOfRecord(r, i);
    const kind = id.slice(0, id.indexOf(':'));
    if (kind !== 'record' && !found.has(kind)) found.set(kind, { id, text: narrate(r) });
  }
  return [...found.values()];
}
const NEWEST_FAR = 20_000;
