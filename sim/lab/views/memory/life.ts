/** The life of one buffer up to a moment: each change of owner, with its cause and how long it lasted. */
import { KIND, narrate } from '../../../host/index.ts';
import type { Moment } from '../../moment.ts';
import { bufferIndexOf } from './index.ts';
import { LENT, REFILL, STACK } from './states.ts';

export interface LifeStep {
  readonly record: number;
  readonly time_ns: number;
  /** The packet that the record names; 0: none. */
  readonly pkt_id: number;
  readonly text: string;
  /** A number of BUFFER_STATES, from here on; -1: it stays what it is. */
  readonly state: number;
  /** Until the next change; undefined: it lasts. */
  readonly lasted_ns: number | undefined;
}
export interface BufferLife {
  readonly niov: number;
  readonly steps: readonly LifeStep[];
  /** Records of it so far; those that are not told are the oldest. */
  readonly all: number;
  /** How often it was written by DMA, lent, and read back from the refill ring, of what is told. */
  readonly rounds: number;
}

const EVENTS = [
  'ledger', 'nic_dma', 'nic_dma_buf', 'skb_build', 'gro_merge', 'zc_deliver', 'zc_copy', 'cqe', 'app_read', 'rqe_push', 'rqe_take',
];
const TOLD = new Set(EVENTS.map((name) => KIND[name]));
/** Of rqe_take. */
const REFERENCED = 1;

/** The state that a record brings; -1: none. Places of the ledger and states have the same first four numbers. */
function stateAfter(kind: number, b: number): number {
  if (kind === KIND.ledger) return b;
  if (kind === KIND.zc_deliver || kind === KIND.zc_copy) return LENT;
  if (kind === KIND.rqe_push) return REFILL;
  // A packet holds it still; otherwise the ledger says where it goes.
  return kind === KIND.rqe_take && b === REFERENCED ? STACK : -1;
}

export function bufferLife(moment: Moment, p: { readonly niov: number; readonly most: number }): BufferLife {
  const { niov, most } = p;
  const { recording, records, time_ns } = moment;
  const { trace } = recording;
  const { list, all } = bufferIndexOf(recording, records).recordsOf(niov, records, most);
  const told = list.filter((r) => TOLD.has(trace.kind(r)));
  const steps = told.map((record): LifeStep => {
    const state = stateAfter(trace.kind(record), trace.b(record));
    const [text, pkt_id] = [narrate(trace.record(record)), trace.pktId(record)];
    return { record, time_ns: trace.timeNs(record), pkt_id, text, state, lasted_ns: undefined };
  });
  const changes = steps.filter((s) => s.state >= 0);
  const until = new Map(changes.map((s, i) => [s, changes[i + 1]?.time_ns]));
  return {
    niov, all, rounds: told.filter((r) => trace.kind(r) === KIND.zc_deliver).length,
    steps: steps.map((s) => {
      const end = until.get(s);
      return s.state < 0 || end === undefined || end > time_ns ? s : { ...s, lasted_ns: end - s.time_ns };
    }),
  };
}
