/**
 * What a run says of performance: rates, cycles and memory traffic per byte, latencies, and what limited it. Taken over a window, so
 * that the beginning of a connection does not count. All commands that compare, sweep, predict or report read this and nothing else.
 */
import type { Charge } from './charges.ts';
import type { Engine } from './engine.ts';
import { LatencyMeter, percentilesOf } from './latency.ts';
import { accountsPer, chargesBetween, delivered, type HostSample, type Sample, Samples, sampleOf } from './measure_sample.ts';
import { type RunResult, roleOf } from './result.ts';
import { type RunOptions, runScenario } from './run_scenario.ts';
import type { Scenario } from './scenario.ts';
import type { Counts } from './tables.ts';

export interface Percentiles {
  /** How many there were; of none, all are 0. */
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface HostMeasurement {
  /** Share of the window for which each core worked, 0 to 1. */
  readonly core_busy: readonly number[];
  /** Cycles by account, all cores together, per byte that its application sent or received. */
  readonly cycles_per_byte: Counts;
  /** Cycles per request of the application, all cores together. */
  readonly cycles_per_request: number;
  /** Bytes read from and written to DRAM per such byte. */
  readonly dram_bytes_per_byte: number;
  /** Bytes that a core copied per such byte. */
  readonly copied_per_byte: number;
  /** Requests of this host's application. */
  readonly requests: number;
  /** What its cores were charged in the window. */
  readonly charges: readonly Charge[];
}

export interface Measurement {
  /** Payload bytes that reached the receiving application in the window; where nobody receives, those that were sent. */
  readonly bytes: number;
  /** Requests that the measured application completed in it. */
  readonly requests: number;
  readonly duration_ns: number;
  readonly throughput_bps: number;
  readonly requests_per_s: number;
  /** From the last byte's DMA to the completion in the application's hands; of an rpc client, from request to answer. */
  readonly latency_ns: Percentiles;
  /** What limited it: link, pcie, dram, window, application, or a core: `server core 0`. */
  readonly bottleneck: string;
  readonly client: HostMeasurement;
  readonly server: HostMeasurement;
}

export interface MeasureOptions extends RunOptions {
  /** Whose requests count. Unless given: an rpc client's, or those of the receiver, or of whoever has an application. */
  readonly host?: 'client' | 'server';
}
export interface Measured {
  readonly measurement: Measurement;
  readonly result: RunResult;
  readonly engine: Engine;
  /** What it was measured over. */
  readonly from_ns: number;
  readonly to_ns: number;
  /** Every latency of that time, the least first. */
  readonly latencies_ns: ArrayLike<number>;
}

const SAMPLE_EVENTS = 100;
const NAMES = ['client', 'server'] as const;

/** Runs a scenario to its end and measures it. */
export function measureRun(core: WebAssembly.Module, scenario: Scenario, options: MeasureOptions = {}): Measured {
  const samples = new Samples(scenario);
  const host = options.host ?? measuredHost(scenario);
  const latency = new LatencyMeter(scenario, host === 'client' ? 0 : 1);
  const { result, engine } = runScenario(core, scenario, {
    slice_events: SAMPLE_EVENTS,
    ...options,
    sinks: {
      ...options.sinks,
      onTrace: (batch) => {
        latency.add(batch);
        options.sinks?.onTrace?.(batch);
      },
    },
    onSlice: (e) => {
      samples.take(e);
      return options.onSlice?.(e);
    },
  });
  const end = sampleOf(engine, scenario);
  const ended_ns = Math.max(0, ...result.streams.map((stream) => stream.endNs));
  const [from, to] = samples.window(end, ended_ns);
  const latencies_ns = latency.sorted(from.time_ns, to.time_ns);
  const measurement = { ...measurementOf(scenario, from, to, end, host, result), latency_ns: percentilesOf(latencies_ns) };
  return { measurement, result, engine, from_ns: from.time_ns, to_ns: to.time_ns, latencies_ns };
}

/** Whose requests and latencies count. */
export function measuredHost(scenario: Scenario): 'client' | 'server' {
  const roles = [0, 1].map((h) => roleOf(scenario, h));
  if (roles[0] === 'rpc' || roles[1] === 'none') return 'client';
  return 'server';
}

function measurementOf(
  scenario: Scenario, from: Sample, to: Sample, end: Sample, host: 'client' | 'server', result: RunResult,
): Omit<Measurement, 'latency_ns'> {
  const duration_ns = to.time_ns - from.time_ns;
  // An application in TypeScript keeps no table of streams: its bytes are known at the end.
  const bytes = delivered(to, end, scenario) - delivered(from, end, scenario) || result.streams.reduce((sum, s) => sum + s.bytes, 0);
  const per_s = (n: number) => (duration_ns > 0 ? (n * 1e9) / duration_ns : 0);
  const [client, server] = [0, 1].map((h) => hostMeasurement(scenario, h as 0 | 1, from.hosts[h] as HostSample, to.hosts[h] as HostSample,
    bytes, duration_ns)) as [HostMeasurement, HostMeasurement];
  const requests = { client, server }[host].requests;
  return {
    bytes, requests, duration_ns, throughput_bps: per_s(bytes * 8), requests_per_s: per_s(requests),
    bottleneck: bottleneckOf(scenario, [client, server], ([0, 1] as const).map((h) => linkUse(scenario, h, from, to)),
      ([0, 1] as const).map((h) => busUse(scenario, h, from, to))), client, server,
  };
}

function hostMeasurement(
  scenario: Scenario, host: 0 | 1, from: HostSample, to: HostSample, bytes: number, duration_ns: number,
): HostMeasurement {
  const charges = chargesBetween(from, to).filter((c) => c.units > 0);
  const { values } = scenario.hosts[host];
  const window_cycles = (duration_ns * values['cpu.mhz']) / 1000;
  const cycles_of = (rows: readonly Charge[]) => rows.reduce((sum, c) => sum + c.cycles, 0);
  const copied = charges.filter((c) => c.cost === 'copy_kib').reduce((sum, c) => sum + c.units, 0);
  const requests = to.requests - from.requests;
  // What is under way makes the sender's bytes others than those that arrived: each host's work is divided by its own.
  const own = to.bytes - from.bytes || bytes;
  return {
    core_busy: Array.from({ length: values['cpu.cores'] }, (_, core) =>
      (window_cycles > 0 ? Math.min(1, cycles_of(charges.filter((c) => c.core === core)) / window_cycles) : 0)),
    cycles_per_byte: accountsPer(charges, own),
    cycles_per_request: requests > 0 ? cycles_of(charges) / requests : 0,
    dram_bytes_per_byte: own > 0 ? (to.dram_bytes - from.dram_bytes) / own : 0,
    copied_per_byte: own > 0 ? copied / own : 0,
    requests, charges,
  };
}

/** Share of the window for which the link that a host sends on was busy. What a dummy device throws away uses none. */
function linkUse(scenario: Scenario, host: 0 | 1, from: Sample, to: Sample): number {
  if (scenario.hosts[host].values['nic.dummy'] !== 0) return 0;
  const bytes = to.hosts[host].tx_bytes - from.hosts[host].tx_bytes;
  const ns = to.time_ns - from.time_ns;
  return ns > 0 ? (bytes * 8e9) / ns / scenario.hosts[host].values['wire.rate_bps'] : 0;
}

/** Shares of the window for which PCIe, the busier way of it, and the memory bus of a host were busy. */
function busUse(scenario: Scenario, host: 0 | 1, from: Sample, to: Sample): { pcie: number; dram: number } {
  const { values } = scenario.hosts[host];
  const [a, b] = [from.hosts[host], to.hosts[host]];
  const ns = to.time_ns - from.time_ns;
  const use = (bytes: number, bps: number) => (bps > 0 && ns > 0 ? (bytes * 8e9) / ns / bps : 0);
  return {
    pcie: use(Math.max(...b.pcie_bytes.map((n, i) => n - (a.pcie_bytes[i] ?? 0))), values['nic.pcie_bps']),
    dram: use(b.dram_bytes - a.dram_bytes, values['mem.dram_bps']),
  };
}

/** From this use on something counts as what limits a run. */
const LIMITING = 0.93;

/** What was busiest; where nothing was, the application if it takes its time, and else the window. */
function bottleneckOf(
  scenario: Scenario, hosts: readonly HostMeasurement[], links: readonly number[], buses: readonly { pcie: number; dram: number }[],
): string {
  // Who waits for a bus is busy, too.
  if (buses.some((b) => b.dram >= LIMITING)) return 'dram';
  if (buses.some((b) => b.pcie >= LIMITING)) return 'pcie';
  const uses: [string, number][] = [
    ['link', Math.max(...links)],
    ...hosts.flatMap((h, i) => h.core_busy.map((busy, core): [string, number] => [`${NAMES[i]} core ${core}`, busy])),
  ];
  const [name, use] = uses.reduce((most, one) => (one[1] > most[1] ? one : most));
  if (use >= LIMITING) return name;
  const waits = scenario.hosts.some((h) => h.values['app.gap_ns'] !== 0);
  return waits ? 'application' : 'window';
}
