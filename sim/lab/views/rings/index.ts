/** The rings of both hosts at a moment, as the view draws them. */
import type { Engine } from '../../../host/index.ts';
import type { Moment } from '../../moment.ts';
import { appOf, ifqOf, IFQS_MAX, QUEUES_MAX, type RingMemory, ringOf, RINGS_MAX, rxQueueOf } from '../core_memory.ts';
import { Requests } from '../requests.ts';
import { rqView, rxdView } from './memory_rings.ts';
import type { RingKind, RingView } from './shape.ts';
import { bufRings, bufView, cqView, sqView } from './uring_rings.ts';

export type { Piece, RingKind, RingMark, RingSlot, RingView, SlotState, Span, Twice } from './shape.ts';

const CQE_MIXED = 1 << 18;

export interface RingsParams {
  /** Only these; empty: all kinds. */
  readonly kinds: readonly RingKind[];
  /** 0, 1, or both. */
  readonly host: 0 | 1 | undefined;
  /** Receive queues that saw no frame, too. */
  readonly idle: boolean;
}
export interface RingsAnswer {
  readonly rings: readonly RingView[];
  /** Receive queues that were left out. */
  readonly idle_queues: number;
}

export function rings(moment: Moment, { kinds, host, idle }: RingsParams): RingsAnswer {
  const engine = moment.engine();
  const wanted = (kind: RingKind, h: number) => (kinds.length === 0 || kinds.includes(kind)) && (host === undefined || host === h);
  const found: RingView[] = [];
  for (const h of [0, 1] as const) {
    if (host !== undefined && host !== h) continue;
    found.push(...uringsOf(moment, h).filter((v) => wanted(v.kind, h)));
    if (wanted('rq', h)) found.push(...refillsOf(engine, h));
  }
  let idle_queues = 0;
  for (const h of [0, 1] as const) {
    if (!wanted('rxd', h)) continue;
    for (let n = 0; n < QUEUES_MAX; n++) {
      const q = rxQueueOf(engine, h, n);
      if (!q) continue;
      // A queue that gets only frames without payload is not of interest either.
      if (idle || q.provider !== 0 || q.filled > 0) found.push(rxdView(engine, q));
      else idle_queues++;
    }
  }
  return { rings: found.sort((a, b) => a.host - b.host), idle_queues };
}

/** Records of completions by their place: known where a host has one ring, with entries of one size. */
export function cqeOf(moment: Moment, ring: RingMemory): (counter: number) => number | undefined {
  const engine = moment.engine();
  const others = Array.from({ length: RINGS_MAX }, (_, n) => n).some((n) => n !== ring.idx && ringOf(engine, n)?.host === ring.host);
  if (others || (ring.flags & CQE_MIXED) !== 0) return () => undefined;
  const requests = Requests.of(moment.recording);
  return (counter) => {
    const record = requests.cqeOf(ring.host, counter);
    return record !== undefined && record < moment.records ? record : undefined;
  };
}

function uringsOf(moment: Moment, host: number): RingView[] {
  const engine = moment.engine();
  const found: RingView[] = [];
  for (let n = 0; n < RINGS_MAX; n++) {
    const r = ringOf(engine, n);
    if (!r || r.host !== host) continue;
    const groups = bufRings(engine, r).map((g) => bufView(engine, r, g));
    found.push(sqView(engine, r, appOf(engine, host)), cqView(engine, r, cqeOf(moment, r)), ...groups);
  }
  return found;
}

function refillsOf(engine: Engine, host: number): RingView[] {
  const found: RingView[] = [];
  for (let n = 0; n < IFQS_MAX; n++) {
    const q = ifqOf(engine, n);
    if (q && q.host === host && q.rq_entries > 0) found.push(rqView(engine, n, q));
  }
  return found;
}
