/** What the page shows of one run: plain data, made in the worker, drawn by the components. */

/** A number with its name. `unit` says how to write it. */
export interface Fact {
  readonly label: string;
  readonly value: number;
  readonly unit: 'count' | 'bytes' | 'ns' | 'ratio';
  /** A sentence for the curious. */
  readonly about?: string;
}

export interface Drop {
  readonly reason: string;
  readonly about: string;
  readonly count: number;
}

export interface StageView {
  readonly n: number;
  readonly name: string;
  readonly about: string;
  /** The first one is the stage's main number. */
  readonly facts: readonly Fact[];
  readonly drops: readonly Drop[];
}

/** Buffers of the area by place, over time. */
export interface MemoryView {
  readonly buffers: number;
  readonly buffer_bytes: number;
  readonly times_ns: readonly number[];
  readonly free: readonly number[];
  readonly cache: readonly number[];
  readonly nic: readonly number[];
  readonly live: readonly number[];
  /** Most buffers in each place at once. */
  readonly most: { readonly free: number; readonly cache: number; readonly nic: number; readonly live: number };
}

export interface JourneyStep {
  readonly time_ns: number;
  readonly stage: string;
  readonly host: 'sender' | 'receiver';
  /** The byte comes into being: times count from here. */
  readonly begins: boolean;
  readonly text: string;
}

export interface StreamView {
  readonly id: number;
  readonly peer: string;
  readonly bytes: number;
  readonly zero_copy_bytes: number;
  readonly copied_bytes: number;
  readonly copied_why: string;
  readonly sha256: string;
  readonly cqes: number;
  readonly segments: number;
  readonly ok: boolean;
}

export interface Expectation {
  readonly text: string;
  readonly ok: boolean;
  /** What it was. */
  readonly actual: string | number;
}

export interface RunView {
  readonly scenario: string;
  readonly seed: number;
  readonly state_hash: string;
  readonly virtual_ns: number;
  /** When the last stream ended; 0: one is still open, or there was none. */
  readonly traffic_ns: number;
  readonly events: number;
  readonly wall_ms: number;
  readonly dropped: number;
  readonly stages: readonly StageView[];
  readonly memory: MemoryView | undefined;
  readonly journey: readonly JourneyStep[];
  readonly streams: readonly StreamView[];
  readonly expectations: readonly Expectation[];
}

export interface ScenarioEntry {
  readonly name: string;
  readonly text: string;
}

export interface RunRequest {
  readonly id: number;
  readonly scenario: ScenarioEntry;
  /** undefined: the scenario's own. */
  readonly seed: number | undefined;
}

export type RunReply =
  | { readonly id: number; readonly kind: 'progress'; readonly virtual_ns: number; readonly events: number }
  | { readonly id: number; readonly kind: 'done'; readonly run: RunView }
  | { readonly id: number; readonly kind: 'failed'; readonly message: string };
