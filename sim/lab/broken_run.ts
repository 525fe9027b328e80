/** What ended a run that is looked on at, in words, and what of the run one should look at then. */
import { eventOf, KIND, narrate, NO_BUFFER, TrapError } from '../host/index.ts';
import { isForInvariants } from '../schema/events.ts';
import type { BrokenRule } from './guard.ts';
import type { Recording } from './recording.ts';
import { idOfRecord } from './views/inspect/newest.ts';

export interface BrokenRun extends BrokenRule {
  /** The core stopped within the step: it has no state after it, and the last one is that before it. */
  readonly within: boolean;
  /** Where a program of steps was. */
  readonly program: string;
  /** The record that broke it, or the last one before that was seen: `the record: “…”`. */
  readonly record: string;
  /** What to select: packet:12, buffer:1:7, record:1234. */
  readonly selects: string | undefined;
}

export function brokenRun(recording: Recording): BrokenRun | undefined {
  const { broken, failure, length, trace } = recording;
  if (!broken) return undefined;
  const within = failure instanceof TrapError;
  const record = within ? lastTold(recording) : recording.breaker ?? lastTold(recording);
  const which = recording.breaker === undefined || within ? 'its last record' : 'the record';
  return {
    ...broken, within, program: recording.programAt(within ? length : Math.max(0, length - 1)),
    // Over loopback no segment is on a wire, and there is nothing to draw of a connection.
    view: broken.view === 'tcp' && recording.frames.length === 0 ? 'log' : broken.view,
    record: record === undefined ? '' : `${which}: “${narrate(trace.record(record))}”`,
    selects: within ? nearest(recording, broken.view) : selected(recording, broken),
  };
}

/** What it cost, and what only invariants look at, says nothing to people. */
function told({ trace }: Recording, i: number): boolean {
  return trace.kind(i) !== KIND.cpu_charge && !isForInvariants(eventOf(trace.record(i)));
}
function lastTold(recording: Recording): number | undefined {
  let i = recording.trace.length - 1;
  while (i >= 0 && !told(recording, i)) i--;
  return i < 0 ? undefined : i;
}

/** The core says where in its source it stopped, and not what for: a buffer, packet or request of the last records. */
function nearest({ trace, steps, length }: Recording, view: string): string | undefined {
  for (let i = trace.length - 1; i >= Math.max(0, trace.length - NEAR); i--) {
    const r = trace.record(i);
    if (view === 'memory' && r.niov_idx !== NO_BUFFER) return `buffer:${r.host}:${r.niov_idx}`;
    // Of the moment before what the step recorded is not there yet.
    if (view !== 'memory' && i < steps.records(length) && !idOfRecord(r, i).startsWith('record:')) return idOfRecord(r, i);
  }
  return undefined;
}
const NEAR = 200;

/** What the sentence names; else what the record is about. */
function selected(recording: Recording, { seen }: BrokenRule): string | undefined {
  const { trace, breaker } = recording;
  const [, buffer] = /\bbuffer (\d+)\b(?! of group)/.exec(seen) ?? [];
  if (buffer !== undefined) return `buffer:${hostOf(recording, Number(buffer))}:${buffer}`;
  const [, thing, n] = /\b(packet|socket) (\d+)/.exec(seen) ?? [];
  if (thing !== undefined) return `${thing === 'socket' ? 'sock' : thing}:${n}`;
  const of_record = breaker === undefined ? undefined : idOfRecord(trace.record(breaker), breaker);
  const [, ring] = /(?<!refill )\bring (\d+)/.exec(seen) ?? [];
  return of_record?.startsWith('record:') === false || ring === undefined ? of_record : `ring:${ring}`;
}

/** A buffer is told of by the host whose it is. */
function hostOf({ trace }: Recording, buffer: number): number {
  for (let i = trace.length - 1; i >= 0; i--) {
    const r = trace.record(i);
    if (r.niov_idx === buffer) return r.host;
  }
  return 1;
}
