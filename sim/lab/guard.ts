/**
 * Who looks on while a run is recorded, and says when something does not hold that always must: the recording ends there. A scenario that
 * is checked (run.verify) has the fuzzer's invariants for one, where they are.
 */
import type { Engine, Scenario, StopReason, TraceBatch } from '../host/index.ts';
import type { Edit } from './edits.ts';
import type { Scripts } from './programs.ts';

export interface Guard {
  /** Sees each trace record once, in order: that number of a batch. Each of these throws when something does not hold. */
  readonly see: (batch: TraceBatch, i: number) => void;
  /** The run rests after a step. */
  readonly rest: (engine: Engine) => void;
  /** Nothing more will happen. */
  readonly end: (engine: Engine, stopped: StopReason, scripts: Scripts) => void;
  /** What an error says of the model, in words. */
  readonly told: (error: Error) => BrokenRule | undefined;
}

/** One for a run that begins. */
export type Guards = (scenario: Scenario, edits: readonly Edit[]) => Guard;

/** What does not hold, for people. */
export interface BrokenRule {
  /** Its name, or the core's own assert. */
  readonly name: string;
  readonly seen: string;
  /** The sentence that always holds, and where it is from. */
  readonly always: string;
  readonly source: string;
  /** The view that shows it best. */
  readonly view: string;
  /** The bug of the museum that is switched on, in a sentence; empty: none. */
  readonly bug: string;
}
