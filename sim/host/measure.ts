/**
 * What a run says of performance: rates, cycles and memory traffic per byte, latencies, and what limited it. Taken over a window, so
 * that the beginning of a connection does not count. All commands that compare, sweep, predict or report read this and nothing else.
 */
import type { Counts } from './tables.ts';

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface HostMeasurement {
  /** Share of the window for which each core worked, 0 to 1. */
  readonly core_busy: readonly number[];
  /** Cycles per payload byte by account, all cores together. */
  readonly cycles_per_byte: Counts;
  /** Cycles per request of the application, all cores together. */
  readonly cycles_per_request: number;
  /** Bytes read from and written to DRAM per payload byte. */
  readonly dram_bytes_per_byte: number;
  /** Bytes that a core copied per payload byte. */
  readonly copied_per_byte: number;
}

export interface Measurement {
  /** Payload bytes that reached the receiving application in the window. */
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
