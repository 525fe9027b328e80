/** What a context did in one go, in a few words: of its records the one that tells most. */
import { CONTEXTS } from '../../../schema/costs.ts';
import { EVENTS } from '../../../schema/events.ts';
import { KIND, type TraceStore } from '../../../host/index.ts';

/** Records of a span that are looked at. */
const LOOK_MAX = 400;

type Words = (t: TraceStore, i: number) => string;
const s = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

/** From what tells most to what tells least. */
const TELLING: readonly (readonly [number | undefined, Words])[] = [
  [KIND.napi_poll, (t, i) => `poll, ${s(t.b(i), 'frame')}`],
  [KIND.nic_irq, (t, i) => `interrupt of queue ${t.a(i)}`],
  [KIND.task_work, (t, i) => `task work, ${s(t.b(i), 'item')}`],
  [KIND.ring_enter, (t, i) => `io_uring_enter, submits ${t.b(i)}, waits for ${t.c(i)}`],
  [KIND.tcp_timer, () => 'TCP timer'],
  [KIND.app_wake, (t, i) => `application, ${s(t.b(i), 'completion')}`],
  [KIND.app_read, (t, i) => `reads ${t.c(i)} bytes`],
  [KIND.sock_read, (t, i) => `reads ${t.b(i)} bytes`],
  [KIND.sock_send, (t, i) => `sends ${t.b(i)} bytes`],
  [KIND.tcp_rx, () => 'TCP receives'],
  [KIND.tcp_tx, () => 'TCP sends'],
];
const RANK = new Map(TELLING.map(([kind], rank) => [kind as number, rank]));

/** The record of a span that tells most; its first one if none is known for that. */
export function tellingRecord(trace: TraceStore, first: number, last: number): number {
  let best = first;
  let rank = TELLING.length;
  for (let i = first; i <= Math.min(last, first + LOOK_MAX); i++) {
    const r = RANK.get(trace.kind(i)) ?? TELLING.length;
    if (r >= rank) continue;
    rank = r;
    best = i;
  }
  return best;
}

export function spanText(trace: TraceStore, first: number, last: number): string {
  const i = tellingRecord(trace, first, last);
  const words = TELLING[RANK.get(trace.kind(i)) ?? TELLING.length]?.[1];
  if (words) return words(trace, i);
  const name = EVENTS[trace.kind(i) - 1]?.name ?? '';
  return name === 'cpu_charge' ? CONTEXTS[trace.context(i)]?.replace('_', ' ') ?? '' : name.replaceAll('_', ' ');
}
