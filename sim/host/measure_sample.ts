/** What a run has come to at one moment, in sums that only grow: two such moments bound a window. */
import { byAccount, type Charge, chargesOf } from './charges.ts';
import { VIEW_STREAM, VIEW_STREAMS } from './core_exports.ts';
import type { Engine } from './engine.ts';
import { roleOf } from './result.ts';
import type { Scenario } from './scenario.ts';
import { readField } from './struct_read.ts';
import { STREAM } from './structs.gen.ts';
import { type Counts, memoryCounters, nicCounters } from './tables.ts';

export interface HostSample {
  /** Payload bytes of its application, sent or received, and its requests. */
  readonly bytes: number;
  readonly requests: number;
  readonly tx_bytes: number;
  readonly charges: readonly Charge[];
  /** Bytes over the memory bus, and over PCIe each way where it has a rate. */
  readonly dram_bytes: number;
  readonly pcie_bytes: readonly [number, number];
}
export interface Sample {
  readonly time_ns: number;
  readonly hosts: readonly [HostSample, HostSample];
}

/** Bytes and completions of a host's streams. */
function streamSums(engine: Engine, host: number): { bytes: number; requests: number } {
  const sums = { bytes: 0, requests: 0 };
  const table = engine.core.view(VIEW_STREAMS, host);
  const count = table === 0 ? 0 : engine.view.getUint32(table, true);
  for (let i = 0; i < count; i++) {
    const at = engine.core.view(VIEW_STREAM, host * 2 ** 24 + i);
    sums.bytes += readField(engine.view, at, STREAM.bytes);
    sums.requests += readField(engine.view, at, STREAM.requests);
  }
  return sums;
}

function hostSample(engine: Engine, scenario: Scenario, host: 0 | 1): HostSample {
  const nic = nicCounters(engine, host);
  return {
    ...streamSums(engine, host),
    tx_bytes: nic['tx_bytes'] ?? 0,
    charges: chargesOf(engine, host, scenario.hosts[host].values['cpu.cores']),
    dram_bytes: memoryCounters(engine, host)['total'] ?? 0,
    pcie_bytes: [nic['pcie_rx_bytes'] ?? 0, nic['pcie_tx_bytes'] ?? 0],
  };
}

export const sampleOf = (engine: Engine, scenario: Scenario): Sample => ({
  time_ns: engine.clockNs(), hosts: [hostSample(engine, scenario, 0), hostSample(engine, scenario, 1)],
});

const total = (hosts: readonly HostSample[], of: 'bytes' | 'requests'): number => hosts.reduce((sum, h) => sum + h[of], 0);
const receivers = (sample: Sample, scenario: Scenario): HostSample[] =>
  sample.hosts.filter((_, h) => !['source', 'none'].includes(roleOf(scenario, h)));

/** Payload bytes of a sample that reached an application; where nobody receives in all of the run, those that were sent. */
export function delivered(sample: Sample, end: Sample, scenario: Scenario): number {
  return total(total(receivers(end, scenario), 'bytes') > 0 ? receivers(sample, scenario) : sample.hosts, 'bytes');
}
/** What has got done: bytes, or requests that move none. */
function progressIn(end: Sample, scenario: Scenario): (sample: Sample) => number {
  return delivered(end, end, scenario) > 0 ? (s) => delivered(s, end, scenario) : (s) => total(s.hosts, 'requests');
}

/** Charges of the time between two samples. */
export function chargesBetween(from: HostSample, to: HostSample): Charge[] {
  const key = (c: Charge) => `${c.core} ${c.context} ${c.cost}`;
  const before = new Map(from.charges.map((c) => [key(c), c]));
  return to.charges.map((c) => {
    const was = before.get(key(c));
    return { ...c, cycles: c.cycles - (was?.cycles ?? 0), units: c.units - (was?.units ?? 0) };
  });
}

/** Sums of what was charged, divided. */
export function accountsPer(charges: readonly Charge[], divisor: number): Counts {
  return Object.fromEntries(Object.entries(byAccount(charges)).map(([name, cycles]) => [name, divisor > 0 ? cycles / divisor : 0]));
}

/** Samples at a growing distance: as many as are enough to cut a window, however long the run. */
export class Samples {
  private static readonly MAX = 96;
  private kept: Sample[] = [];
  private stride = 1;
  private seen = 0;
  private readonly scenario: Scenario;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
  }

  take(engine: Engine): void {
    if (this.seen++ % this.stride !== 0) return;
    this.kept.push(sampleOf(engine, this.scenario));
    if (this.kept.length < Samples.MAX) return;
    this.kept = this.kept.filter((_, i) => i % 2 === 0);
    this.stride *= 2;
  }

  /**
   * The window: from when a third of the work was done, so that slow start and the filling of buffers are over, until 95 % of it,
   * before the last bytes trickle. A run too short to be cut counts as a whole, from its first byte until its last stream ended:
   * connections linger long after that.
   */
  window(end: Sample, ended_ns: number): readonly [Sample, Sample] {
    const all = [...this.kept, end];
    const progress = progressIn(end, this.scenario);
    const done = progress(end);
    const from = all.find((s) => progress(s) >= done * WARM_UP);
    const to = all.findLast((s) => progress(s) <= done * TAIL);
    if (from && to && progress(to) - progress(from) >= done * LEAST) return [from, to];
    const first = all.find((s) => progress(s) > 0) ?? end;
    const last = all.find((s) => progress(s) >= done) ?? end;
    const zero = all[0];
    const [a, b] = first.time_ns < last.time_ns || !zero ? [first, last] : [zero, end];
    return [a, { ...b, time_ns: ended_ns > a.time_ns ? Math.min(b.time_ns, ended_ns) : b.time_ns }];
  }
}
const WARM_UP = 1 / 3;
const TAIL = 0.95;
const LEAST = 0.3;
