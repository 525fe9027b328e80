/** What of a measured run a metric is made of. */
import type { Charge, HostMeasurement, Measured } from '../host/index.ts';
import type { Family, Share } from './form.ts';

export const sum = (rows: readonly Charge[]): number => rows.reduce((total, r) => total + r.cycles, 0);
export const hostOf = (m: Measured, host: Family['host']): HostMeasurement => m.measurement[host];
export const onCore = (rows: readonly Charge[], core: number): Charge[] => rows.filter((r) => r.core === core);

/** Charges of the core that had most to do. */
export function busiest(rows: readonly Charge[]): Charge[] {
  const cores = [...new Set(rows.map((r) => r.core))].sort((a, b) => a - b);
  return cores.map((core) => onCore(rows, core)).reduce((most, own) => (sum(own) > sum(most) ? own : most), []);
}

/**
 * Of all of a run, by request: for applications of which the kernel may be ahead by a queue of completions, so that a window would cut
 * requests from their work.
 */
export const inAll = (m: Measured, host: Family['host'], core: number): Share =>
  ({ rows: onCore(m.result[host].charges, core), per: m.result[host].app.requests });

/** Of the busiest core, by request: one sender's rate. */
export const perRequest = (m: Measured, host: Family['host']): Share =>
  ({ rows: busiest(hostOf(m, host).charges), per: hostOf(m, host).requests });
/** Payload that was received in all of a run. */
export const received = ({ result }: Measured): number => result.streams.reduce((total, stream) => total + stream.bytes, 0);

/** Of the busiest core, by byte: of all of a run, since softirq may be ahead of the application by a window. */
export const perByte = (m: Measured, host: Family['host']): Share => ({ rows: busiest(m.result[host].charges), per: received(m) });

/** Gbit/s at which that core is always busy; or what the run had, where something else limited it. */
export function coreRate(m: Measured, host: Family['host'], mhz: number): number {
  const cycles = quotient(perByte(m, host));
  const other = ['link', 'pcie', 'dram'].includes(m.measurement.bottleneck);
  return other || cycles === 0 ? m.measurement.throughput_bps / 1e9 : (mhz * 8e-3) / cycles;
}

export const quotient = ({ rows, per }: Share): number => (per > 0 ? sum(rows) / per : 0);
/** Cycles of a request at a rate per second, of a byte at a rate in Gbit/s. */
export const cyclesAtRate = (per_s: number, mhz: number): number => (mhz * 1e6) / per_s;
export const cyclesAtGbps = (gbps: number, mhz: number): number => (mhz * 1e6) / (gbps * 1.25e8);
