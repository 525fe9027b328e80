/** The next and the last packet that arrived, completion, system call, interrupt: what one steps by. */
import { KIND, narrate, type TraceStore } from '../../host/index.ts';
import type { Moment } from '../moment.ts';
import type { Recording } from '../recording.ts';

export const STEPS_BY = ['arrival', 'completion', 'call', 'interrupt'] as const;
export type StepBy = (typeof STEPS_BY)[number];

export interface NextEvent {
  readonly step: number;
  readonly record: number;
  /** What it is about, as a selection says it. */
  readonly select: string;
  readonly text: string;
}
export interface NextAnswer {
  readonly found: NextEvent | undefined;
  /** What is recorded later may still bring one. */
  readonly recording: boolean;
}

const CONTEXT_SYSCALL = 4;
const kinds = (...names: readonly string[]) => new Set(names.map((name) => KIND[name]));
const OF: Readonly<Record<StepBy, ReadonlySet<number | undefined>>> = {
  arrival: kinds('wire_arrive'), completion: kinds('cqe', 'cq_overflow'), call: kinds('ring_enter'), interrupt: kinds('nic_irq'),
};
/** Without a ring a program calls for its bytes itself. */
const PLAIN_CALLS = kinds('sock_send', 'sock_read');

const WITH_RINGS = new WeakMap<Recording, Set<number>>();
/** The hosts that have entered a ring so far. */
function ringHosts(recording: Recording): Set<number> {
  const known = WITH_RINGS.get(recording);
  if (known && (known.size === 2 || !recording.done)) return known;
  const found = new Set<number>();
  for (const batch of recording.trace.batches)
    for (let i = 0; i < batch.length && found.size < 2; i++) if (batch.kind(i) === KIND.ring_enter) found.add(batch.host(i));
  WITH_RINGS.set(recording, found);
  return found;
}

function selection(trace: TraceStore, record: number, by: StepBy): string {
  if (by === 'arrival') return `packet:${trace.pktId(record)}`;
  return by === 'completion' && trace.kind(record) === KIND.cqe ? `cqe:${record}` : `record:${record}`;
}

interface NextParams {
  readonly by: StepBy;
  readonly direction: 1 | -1;
}

/** From here on, or back. What happened in the last step is where one stands, and is not found again. */
export function nextEvent({ recording, step, records }: Moment, { by, direction }: NextParams): NextAnswer {
  const { trace, steps } = recording;
  const wanted = OF[by];
  const rings = by === 'call' ? ringHosts(recording) : undefined;
  const fits = (i: number): boolean => {
    if (wanted.has(trace.kind(i))) return true;
    return rings !== undefined && trace.context(i) === CONTEXT_SYSCALL && !rings.has(trace.host(i)) && PLAIN_CALLS.has(trace.kind(i));
  };
  const last = Math.min(trace.length, steps.records(recording.length));
  let i = direction > 0 ? records : steps.records(Math.max(0, step - 1)) - 1;
  while (i >= 0 && i < last && !fits(i)) i += direction;
  if (i < 0 || i >= last) return { found: undefined, recording: direction > 0 && !recording.done };
  const found = { step: steps.ofRecord(i), record: i, select: selection(trace, i, by), text: narrate(trace.record(i)) };
  return { found, recording: !recording.done };
}
