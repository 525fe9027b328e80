/** From a run to what the page shows of it. The receiver is the host whose application gets the streams. */
import {
  type Counts, DROPS, eventOf, type HostResult, journeyOfByte, KIND, narrate, PLACES, PlaceSeries, readStreams, type RunOutcome,
  type RunResult, type Scenario, type StreamResult, STAGES, storyOf, type TraceBatch, TraceStore,
} from '../sim/host/index.ts';
import type { Drop, Fact, JourneyStep, MemoryView, RunView, StageView, StreamView } from './page_model.ts';

/** Enough for the first byte of any run; later records are only counted. */
const RECORDS_KEPT = 4_000_000;

/** Listens to a run's trace. */
export class RunWatch {
  readonly trace = new TraceStore();
  readonly places = [new PlaceSeries(0), new PlaceSeries(1)] as const;
  /** Drops by stage and reason: stage * 256 + reason. */
  readonly drops = new Map<number, number>();

  add(batch: TraceBatch): void {
    if (this.trace.length + batch.length <= RECORDS_KEPT) this.trace.add(batch);
    for (const series of this.places) series.add(batch);
    for (let i = 0; i < batch.length; i++) {
      if (batch.kind(i) !== KIND.drop) continue;
      const key = batch.b(i) * 256 + batch.a(i);
      this.drops.set(key, (this.drops.get(key) ?? 0) + 1);
    }
  }

  dropsOf(stage: number): Drop[] {
    const own = [...this.drops].filter(([key]) => key >> 8 === stage).sort((a, b) => b[1] - a[1]);
    return own.map(([key, count]) => {
      const [reason, about] = DROPS[key & 255] ?? ['NOT_SPECIFIED', 'no reason given'];
      return { reason, about, count };
    });
  }
}

const sum = <T>(list: readonly T[], of: (x: T) => number | undefined): number => list.reduce((n, x) => n + (of(x) ?? 0), 0);
const fact = (label: string, value: number | undefined, about = '', unit: Fact['unit'] = 'count'): Fact => ({
  label, value: value ?? 0, unit, about,
});

const copiedBytes = (z: Counts): number => (z.copy_linear_bytes ?? 0) + (z.copy_page_bytes ?? 0);
const refusedEntries = (z: Counts): number => (z.rqe_malformed ?? 0) + (z.rqe_not_lent ?? 0);

interface Sides {
  readonly scenario: Scenario;
  readonly result: RunResult;
  readonly sender: HostResult;
  readonly receiver: HostResult;
  /** Index of the receiver. */
  readonly host: 0 | 1;
  readonly places: PlaceSeries;
  readonly buffers: number;
}

const areaBuffers = (h: HostResult): number => sum(h.area, (a: Counts) => sum(PLACES, (p) => a[p]));

function sidesOf({ engine, result }: RunOutcome, scenario: Scenario, watch: RunWatch): Sides {
  const host = readStreams(engine, 1).length > 0 || result.server.area.length > 0 ? 1 : 0;
  const receiver = host === 1 ? result.server : result.client;
  const sender = host === 1 ? result.client : result.server;
  return { scenario, result, sender, receiver, host, places: watch.places[host], buffers: areaBuffers(receiver) };
}

/** What is worth a number at each stage; the first fact is the main one. */
const FACTS: readonly ((s: Sides) => Fact[])[] = [
  ({ sender, scenario, host }) => [
    fact('frames sent', sender.events.wire_send, 'frames that the sender put on its link'),
    fact('bytes', sender.nic.tx_bytes, 'bytes of these frames', 'bytes'),
    fact('delay', scenario.hosts[host === 1 ? 0 : 1].values['wire.delay_ns'], 'propagation delay of the link', 'ns'),
    fact('disturbed', sender.events.wire_fault, 'frames reordered, doubled, corrupted, marked or delayed by the link'),
  ],
  ({ receiver, scenario, host, buffers }) => {
    const queue = scenario.hosts[host].values['refill.queue'];
    const steered = fact(`to queue ${queue}`, receiver.nicq[queue]?.rx_packets, 'frames steered to the queue that has the area');
    const bound = buffers > 0 ? [steered] : [];
    return [
      fact('frames received', receiver.nic.rx_packets, 'frames that the receiver took from the link'),
      ...bound,
      fact('header split', sum(receiver.nicq, (q) => q.rx_hds_packets), 'frames whose payload was split from their header'),
      fact('interrupts', sum(receiver.nicq, (q) => q.rx_irqs), 'interrupts of all queues'),
    ];
  },
  ({ places, receiver, buffers }) => [
    fact('buffers filled', places.moves('posted', 'live'), 'buffers of the area that the NIC wrote payload into'),
    fact('live at most', places.most('live', buffers), 'buffers that held payload at the same time'),
    fact('ran dry', receiver.events.pool_empty, 'times that the pool had nothing to give'),
  ],
  ({ receiver }) => {
    const polls = sum(receiver.nicq, (q) => q.rx_polls);
    const frames = sum(receiver.nicq, (q) => q.rx_packets);
    return [
      fact('frames a poll', polls === 0 ? 0 : frames / polls, 'frames that one call of the poll function harvested', 'ratio'),
      fact('polls', polls, 'calls of the poll function'),
      fact('merged', receiver.events.gro_merge, 'packets that GRO merged into an earlier one'),
    ];
  },
  ({ sender, receiver }) => [
    fact('segments', receiver.tcp.InSegs, 'segments that reached the receiver'),
    fact('out of order', receiver.tcp.TCPOFOQueue, 'segments that had to wait for an earlier one'),
    fact('sent again', sender.tcp.RetransSegs, 'segments that the sender retransmitted'),
  ],
  ({ receiver }) => [
    fact('wake-ups', receiver.events.sock_wake, 'times that somebody who waited on a socket was told'),
    fact('queued', receiver.events.sock_queue, 'times that packets went into a receive queue, in order'),
    fact('window closed', receiver.tcp.TCPToZeroWindowAdv, 'times that the receiver had to announce a window of zero'),
  ],
  ({ receiver }) => [
    fact('completions', receiver.events.cqe, 'entries posted to completion queues'),
    fact('enters', receiver.events.ring_enter, 'calls of io_uring_enter'),
    fact('overflows', receiver.events.cq_overflow, 'completions that found the queue full'),
  ],
  ({ result, receiver }) => [
    fact('read', sum(result.streams, (s) => s.bytes), 'payload bytes that the application got', 'bytes'),
    fact('streams whole', result.streams.filter((s) => s.complete).length, 'streams that arrived to their end, unchanged'),
    fact('turns', receiver.events.app_wake, 'times that the application ran'),
  ],
  ({ receiver }) => [
    fact('buffers returned', sum(receiver.zcrx, (z) => z.rqe_recycled), 'refill entries that made a buffer free for the pool again'),
    fact('copied', sum(receiver.zcrx, copiedBytes), 'bytes that the copy fallback copied', 'bytes'),
    fact('refused', sum(receiver.zcrx, refusedEntries), 'refill entries that the kernel skipped or refused'),
  ],
];

function memoryOf({ places, buffers, scenario, host }: Sides): MemoryView | undefined {
  if (buffers === 0) return undefined;
  const samples = places.samples(buffers);
  const series = (i: number) => samples.map((s) => s.counts[i] ?? 0);
  const most = (place: (typeof PLACES)[number]) => places.most(place, buffers);
  return {
    buffers, buffer_bytes: scenario.hosts[host].values['refill.rx_buf_len'], times_ns: samples.map((s) => s.time_ns),
    free: series(0), cache: series(1), nic: series(2), live: series(3),
    most: { free: most('free'), cache: most('cache'), nic: most('posted'), live: most('live') },
  };
}

function journeyOf(watch: RunWatch, { engine, result }: RunOutcome): JourneyStep[] {
  if ((result.streams[0]?.bytes ?? 0) === 0) return [];
  // The receiving stream is the server's, or the client's where the server has none, as in ringlab tour.
  const host = readStreams(engine, 1).length > 0 ? 1 : 0;
  const [row] = readStreams(engine, host);
  const story = storyOf(journeyOfByte(watch.trace, { host, sock: row?.sock ?? 0, offset: 0 }));
  return story.map((r) => ({
    time_ns: r.time_ns, stage: eventOf(r).stage, host: r.host === host ? 'receiver' : 'sender',
    begins: eventOf(r).name === 'app_write', text: narrate(r),
  }));
}

const WHY = [['linear', 'linear'], ['page', 'ordinary pages']] as const;

function streamOf(s: StreamResult): StreamView {
  const why = WHY.filter(([key]) => s.copiedWhy[key] > 0).map(([, text]) => text).join(', ');
  return {
    id: s.id, peer: `${s.family === 6 ? `[${s.peer}]` : s.peer}:${s.peerPort}`, bytes: s.bytes, zero_copy_bytes: s.zeroCopyBytes,
    copied_bytes: s.copiedBytes, copied_why: why, sha256: /^0*$/.test(s.sha256) ? '' : s.sha256, cqes: s.cqes, segments: s.segments,
    ok: s.complete,
  };
}

const lastEnd = (streams: readonly StreamResult[]): number =>
  streams.some((s) => s.endNs === 0) ? 0 : Math.max(0, ...streams.map((s) => s.endNs));

/** Everything that the page shows. */
export function viewOf(outcome: RunOutcome, scenario: Scenario, watch: RunWatch, wall_ms: number): RunView {
  const { result } = outcome;
  const sides = sidesOf(outcome, scenario, watch);
  const stages = STAGES.map((stage, i): StageView => ({
    n: stage.n, name: stage.name, about: stage.about, facts: FACTS[i]?.(sides) ?? [], drops: watch.dropsOf(stage.n),
  }));
  return {
    scenario: scenario.name, seed: result.seed, state_hash: result.stateHash, virtual_ns: result.virtualTimeNs, events: result.eventCount,
    traffic_ns: lastEnd(result.streams), wall_ms, dropped: result.dropped, stages, memory: memoryOf(sides),
    journey: journeyOf(watch, outcome), streams: result.streams.map(streamOf), expectations: result.expect,
  };
}
