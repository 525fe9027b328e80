/** From what a lesson says of a run to where that is: a step of a recording, and what is selected there. */
import { NO_BUFFER } from '../../host/index.ts';
import { compileFilter } from '../filter/index.ts';
import type { Recording } from '../recording.ts';
import type { Mark, Pick, RecordMark } from './lesson.ts';

/** `pending`: not as far as it is recorded; undefined: not in all of it. */
export type Found<T> = T | 'pending' | undefined;

export function findRecord(recording: Recording, { text, nth }: RecordMark): Found<number> {
  const fits = compileFilter(text);
  const { length } = recording.trace;
  if (nth < 0 && !recording.done) return 'pending';
  let left = Math.abs(nth);
  for (let i = 0; i < length; i++) {
    const record = nth > 0 ? i : length - 1 - i;
    if (fits(recording, record) && --left === 0) return record;
  }
  return recording.done ? undefined : 'pending';
}

/** The step after which a mark is reached. */
export function stepOf(recording: Recording, mark: Mark): Found<number> {
  if (mark === 'start') return 0;
  // Behind the last record there is only time that passes.
  if (mark === 'end') return recording.done ? stepWritten(recording, recording.trace.length - 1) : 'pending';
  const record = findRecord(recording, mark);
  if (typeof record !== 'number') return record;
  const step = stepWritten(recording, record);
  // A record that is written is not yet a step that has ended.
  return step <= recording.length ? step : 'pending';
}
const stepWritten = (recording: Recording, record: number): number => Math.max(0, recording.steps.ofRecord(record));

/** A selection as views know it: packet:12, buffer:1:7, cqe:3456. */
export function selectionOf(recording: Recording, { kind, mark }: Pick): Found<string> {
  const record = findRecord(recording, mark);
  if (typeof record !== 'number') return record;
  const { trace } = recording;
  if (kind === 'packet') return trace.pktId(record) === 0 ? undefined : `packet:${trace.pktId(record)}`;
  if (kind === 'buffer') return trace.niovIdx(record) === NO_BUFFER ? undefined : `buffer:${trace.host(record)}:${trace.niovIdx(record)}`;
  return `${kind}:${record}`;
}

export interface Placed {
  readonly step: number | undefined;
  readonly selected: string | undefined;
  /** More has to be recorded first. */
  readonly pending: boolean;
  /** What is not in the run, though the lesson says so. */
  readonly missing: readonly string[];
}

const said = (mark: Mark): string => (typeof mark === 'string' ? mark : mark.text);

export function placeOf(recording: Recording, at: Mark | undefined, select: Pick | undefined): Placed {
  const step = at && stepOf(recording, at);
  const selected = select && selectionOf(recording, select);
  const missing = [...(at && step === undefined ? [said(at)] : []), ...(select && selected === undefined ? [said(select.mark)] : [])];
  return {
    step: typeof step === 'number' ? step : undefined, selected: selected === 'pending' ? undefined : selected,
    pending: step === 'pending' || selected === 'pending', missing,
  };
}
