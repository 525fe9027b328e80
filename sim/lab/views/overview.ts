/** Where the run stands, in words and a handful of numbers. */
import { eventOf, KIND, narrate } from '../../host/index.ts';
import type { Moment } from '../moment.ts';

export interface Overview {
  readonly step: number;
  readonly steps: number;
  readonly time_ns: number;
  readonly end_ns: number;
  readonly done: boolean;
  readonly state_hash: string;
  /** To which of its steps a program of steps has come. */
  readonly program: string;
  /** What the last record of the trace says that is no charge. */
  readonly last: { readonly stage: string; readonly event: string; readonly host: number; readonly text: string } | undefined;
}

export function overview(moment: Moment, { hash }: { readonly hash: boolean }): Overview {
  const { recording, step, time_ns, records } = moment;
  // What it cost says nothing of what happened.
  let i = records - 1;
  while (i > 0 && recording.trace.kind(i) === KIND.cpu_charge) i--;
  const record = i >= 0 ? recording.trace.record(i) : undefined;
  return {
    step, steps: recording.length, time_ns, end_ns: recording.steps.timeNs(recording.length), done: recording.done,
    program: recording.programAt(step), state_hash: hash ? moment.engine().stateHash() : '',
    last: record && { stage: eventOf(record).stage, event: eventOf(record).name, host: record.host, text: narrate(record) },
  };
}
