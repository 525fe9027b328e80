/**
 * The form of an invariant. What it knows it has from the trace, and from memory that the UAPI lays out; never from what the model counts
 * for itself: a model that counts wrong must not be asked whether it does.
 */
import type { Engine, Played, Scenario, TraceBatch } from '../../host/index.ts';
import type { BufferTables } from './buffer_tables.ts';

export interface Invariant {
  /** Short and fixed, as in B1: what a finding is named by. */
  readonly id: string;
  readonly name: string;
  /** What always holds, in a sentence. */
  readonly about: string;
  /** Where Linux has it: file and function, or an RFC. */
  readonly source: string;
  /** A checker for one run. */
  readonly checker: (run: RunView) => Checker;
}

/** What a checker may look at. */
export interface RunView {
  readonly scenario: Scenario;
  /** Says that the invariant does not hold. Throws: the run ends. `at`: the record that broke it, in the batch under way. */
  readonly violated: (text: string) => never;
  /** What several checkers of the run work out once, by its name. */
  readonly shared: Map<string, unknown>;
}

/** Handles one record: column readers of the batch, and its number in it. */
export type OnRecord = (batch: TraceBatch, i: number) => void;

export interface Checker {
  /** By the names of events (sim/schema/events.ts): only these are handed over. */
  readonly on?: Readonly<Record<string, OnRecord>>;
  /** The run rests between two events: memory may be read. Called now and then, and at each step when a violation is placed. */
  readonly atRest?: (engine: Engine, buffers: BufferTables) => void;
  /** The run is over. `calm`: the case had a calm phase, so that all must have come to rest. */
  readonly atEnd?: (engine: Engine, end: RunEnd, buffers: BufferTables) => void;
}

export interface RunEnd {
  readonly played: Played;
  readonly calm: boolean;
}

/** An invariant that did not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly invariant: string;

  constructor(invariant: string, text: string) {
    super(text);
    this.invariant = invariant;
  }
}
