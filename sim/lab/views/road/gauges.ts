/** Levels of queues and rings, and what was counted, as the trace tells them: each a number at any record of it. */
import { completionsLeft, HOSTS, KIND, NO_BUFFER, roleOf, type Scenario, STAGES, type TraceStore } from '../../../host/index.ts';
import { EVENTS } from '../../../schema/events.ts';
import { HOST_KNOBS } from '../../../schema/scenario.ts';
import { Level } from './columns.ts';
import { placeCode } from './places.ts';

/** Levels of a host. */
export const GAUGES = [
  'written', 'send_queue', 'sent_packets', 'tx_waiting', 'posted', 'rx_waiting', 'cached', 'live', 'free', 'received', 'unread', 'early',
  'cq', 'on_loan', 'held', 'rq', 'read', 'copied', 'interrupts', 'polls', 'completions', 'submissions', 'cwnd', 'overflows',
] as const;
export type Gauge = (typeof GAUGES)[number];

const CLOSE = 7;
const PLACE_GAUGES = ['free', 'cached', 'posted', 'live'] as const;

export interface DropRow {
  readonly record: number;
  readonly time_ns: number;
  readonly at: number;
  readonly reason: number;
  readonly pkt_id: number;
}

class HostGauges {
  readonly levels = Object.fromEntries(GAUGES.map((g) => [g, new Level()])) as Record<Gauge, Level>;
  /** The last record of each stage: what happened there. */
  readonly last = STAGES.map(() => new Level());
  /** The end of what was written, by flow. */
  readonly written_to = new Map<number, number>();
  readonly sent_unacked = new Map<number, number>();
  readonly unread = new Map<number, number>();
  /** Completions are taken where the trace tells it: by the ring applications of the core. */
  readonly drains: boolean;

  constructor(drains: boolean) {
    this.drains = drains;
  }
}

type Reader = (h: HostGauges, t: TraceStore, i: number) => void;

function setOf(by: Map<number, number>, level: Level, i: number, sock: number, value: number): void {
  const before = by.get(sock) ?? 0;
  by.set(sock, Math.max(0, value));
  level.set(i, level.now - before + Math.max(0, value));
}

const bump = (gauge: Gauge, by: (t: TraceStore, i: number) => number = () => 1): Reader => (h, t, i) => h.levels[gauge].add(i, by(t, i));
const all = (...readers: readonly Reader[]): Reader => (h, t, i) => {
  for (const reader of readers) reader(h, t, i);
};
const minusOne = () => -1;
const isLoan = (t: TraceStore, i: number) => (t.niovIdx(i) === NO_BUFFER ? 0 : 1);

const RULES: Readonly<Record<string, Reader>> = {
  // What a short send has left over is written once more: the stream's end counts, not the writes.
  app_write: (h, t, i) => {
    const end = t.b(i) + t.c(i);
    const before = h.written_to.get(t.a(i)) ?? 0;
    if (end <= before) return;
    h.written_to.set(t.a(i), end);
    h.levels.written.add(i, end - before);
  },
  sock_send: (h, t, i) => setOf(h.sent_unacked, h.levels.send_queue, i, t.a(i), t.c(i)),
  tcp_ack: (h, t, i) => setOf(h.sent_unacked, h.levels.send_queue, i, t.a(i), (h.sent_unacked.get(t.a(i)) ?? 0) - t.c(i)),
  tcp_tx: all(bump('sent_packets'), bump('tx_waiting')),
  // A packet of several segments has left the queue with its first frame.
  nic_tx: (h, t, i) => {
    if (t.c(i) === 0 || t.c(i) === t.pktId(i)) h.levels.tx_waiting.add(i, -1);
  },
  lo_xmit: bump('tx_waiting', minusOne),
  nic_dma: bump('rx_waiting'),
  skb_build: all(bump('rx_waiting', minusOne), bump('received')),
  nic_irq: bump('interrupts'),
  napi_poll: bump('polls'),
  ledger: (h, t, i) => {
    const [from, to] = [PLACE_GAUGES[t.a(i)], PLACE_GAUGES[t.b(i)]];
    if (from) h.levels[from].set(i, h.levels[from].now - 1);
    if (to) h.levels[to].set(i, h.levels[to].now + 1);
  },
  tcp_cwnd: (h, t, i) => h.levels.cwnd.set(i, t.b(i)),
  tcp_ooo: bump('early'),
  sock_queue: (h, t, i) => setOf(h.unread, h.levels.unread, i, t.a(i), (h.unread.get(t.a(i)) ?? 0) + t.c(i)),
  sock_read: (h, t, i) => setOf(h.unread, h.levels.unread, i, t.a(i), (h.unread.get(t.a(i)) ?? 0) - t.b(i)),
  tcp_state: (h, t, i) => {
    if (t.c(i) !== CLOSE) return;
    setOf(h.unread, h.levels.unread, i, t.a(i), 0);
    setOf(h.sent_unacked, h.levels.send_queue, i, t.a(i), 0);
  },
  cqe: all(bump('completions'), (h, t, i) => (h.drains ? h.levels.cq.add(i, 1) : bump('completions', () => 0)(h, t, i))),
  app_wake: (h, t, i) => {
    if (h.drains) h.levels.cq.set(i, completionsLeft(h.levels.cq.now, t.b(i)));
  },
  cq_overflow: bump('overflows'),
  ring_submit: bump('submissions'),
  zc_deliver: all(bump('on_loan', isLoan), bump('held', isLoan)),
  zc_copy: all(bump('on_loan', isLoan), bump('held', isLoan), bump('copied', (t, i) => t.b(i))),
  app_read: bump('read', (t, i) => t.c(i)),
  rqe_push: all(bump('held', minusOne), bump('rq')),
  rqe_take: all(bump('rq', minusOne), bump('on_loan', (t, i) => (t.b(i) < 2 ? -1 : 0))),
};
const READERS: readonly (Reader | undefined)[] = (() => {
  const readers: (Reader | undefined)[] = [];
  for (const [name, reader] of Object.entries(RULES)) readers[KIND[name] as number] = reader;
  return readers;
})();

export class Gauges {
  readonly hosts: readonly HostGauges[];
  /** In the order of their records. */
  readonly drops: DropRow[] = [];
  /** How many there were, by place and reason. */
  readonly dropped_by = new Map<number, { readonly at: number; readonly reason: number; readonly count: Level }>();

  constructor(scenario: Scenario) {
    this.hosts = HOSTS.map((_, host) => new HostGauges(drainsRing(scenario, host)));
  }

  read(t: TraceStore, i: number): void {
    const host = this.hosts[t.host(i)];
    if (!host) return;
    const kind = t.kind(i);
    READERS[kind]?.(host, t, i);
    // What it costs is no event of the road.
    if (kind !== KIND.cpu_charge) host.last[(STAGE_OF[kind] ?? 1) - 1]?.set(i, i);
  }
  dropped(t: TraceStore, i: number, receives: boolean): void {
    const at = placeCode(t.host(i), receives, t.b(i));
    const reason = t.a(i);
    this.drops.push({ record: i, time_ns: t.timeNs(i), at, reason, pkt_id: t.pktId(i) });
    const by = this.dropped_by.get(at * 256 + reason) ?? { at, reason, count: new Level() };
    this.dropped_by.set(at * 256 + reason, by);
    by.count.add(i, 1);
  }
}

/** How many drops were before a record. */
export function dropsBefore(drops: readonly DropRow[], records: number): number {
  let low = 0;
  let high = drops.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((drops[middle] as DropRow).record < records) low = middle + 1;
    else high = middle;
  }
  return low;
}

const STAGE_OF: readonly number[] = [0, ...EVENTS.map((e) => STAGES.find((s) => s.name === e.stage)?.n ?? 1)];
/** Ways to receive and to send without a ring. */
const PLAIN = ['read', 'epoll', 'mmap', 'write', 'sendmsg', 'msg_zerocopy'];

function optionOf(scenario: Scenario, host: number, name: 'receive' | 'send'): string {
  const knob = HOST_KNOBS.find((k) => k.section === 'app' && k.name === name);
  return knob?.options?.[scenario.hosts[host]?.values[`app.${name}`] ?? 0] ?? '';
}
/** Its application will receive into an area: known before there is one. */
export const wantsArea = (scenario: Scenario, host: number): boolean =>
  roleOf(scenario, host) === 'sink' && optionOf(scenario, host, 'receive') === 'zc';

function drainsRing(scenario: Scenario, host: number): boolean {
  const role = roleOf(scenario, host);
  if (role === 'source') return !PLAIN.includes(optionOf(scenario, host, 'send'));
  return role === 'sink' ? !PLAIN.includes(optionOf(scenario, host, 'receive')) : role !== 'script' && role !== 'none';
}
