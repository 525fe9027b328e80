/** The form of a family: published measurements of one kind, as scenarios on the machine model. */
import type { Charge, Measured } from '../host/index.ts';
import type { MachineValue } from '../schema/machine_form.ts';

export type Value = number | boolean | string;
/** All settings of a family by name. */
export type Settings = Readonly<Record<string, Value>>;

export interface Setting {
  readonly name: string;
  /** Other names that people may guess. */
  readonly also?: readonly string[];
  /** bytes: 4096, 4KiB, 4K. percent: 0.9 or 0.9%. A list: one of these words, each with others that mean the same. */
  readonly kind: 'bytes' | 'count' | 'percent' | 'flag' | Readonly<Record<string, readonly string[]>>;
  readonly value: Value;
  readonly about: string;
  /** Of numbers: the least (1 unless given) and the greatest that the kind of measurement can have. */
  readonly min?: number;
  readonly max?: number;
}

/** Sections of a scenario (docs/reference/scenario.md). */
export interface Tree {
  readonly [key: string]: unknown;
}

/** What of a run the metric is made of, where it is cycles: these charges, divided. */
export interface Share {
  readonly rows: readonly Charge[];
  readonly per: number;
}

export interface Family {
  readonly name: string;
  readonly about: string;
  readonly unit: (s: Settings) => string;
  /** Machine of the measured host (sim/schema/machines.ts). */
  readonly machine: string;
  /** Which cycles or bytes count, and why. */
  readonly counted: string;
  /** What nobody published and the scenarios have to assume. */
  readonly assumed: string;
  readonly settings: readonly Setting[];
  /** Settings that a cell's published name means; undefined: it is no such name. */
  readonly cell: (name: string) => Partial<Settings> | undefined;
  /** Examples for the help. */
  readonly examples: readonly string[];
  /** The scenario without its machines. */
  readonly tree: (s: Settings) => Tree;
  /** The host that is measured; the other one is ideal. */
  readonly host: 'client' | 'server';
  /** The other one is of the same machine. */
  readonly both?: boolean;
  readonly metric: (m: Measured, s: Settings, mhz: number) => number;
  /** For the fit, where prices decide: the cycles of a run that make its metric, and what a published value means in them. */
  readonly share?: (m: Measured, s: Settings) => Share;
  readonly cycles?: (value: number, s: Settings, mhz: number) => number;
}

export interface Cell {
  readonly family: string;
  /** fit: parameters may be set from it. check: never. */
  readonly role: 'fit' | 'check';
  readonly cell: string;
  readonly unit: string;
  readonly expected: number;
  readonly source: string;
}

/** A machine that is fitted: what it has from elsewhere, and the knobs that the fit may set. */
export interface MachinePlan {
  readonly name: string;
  readonly about: string;
  readonly fixed: readonly MachineValue[];
  /** Prior: where the fit leaves a knob that its cells say nothing of. */
  readonly free: readonly { readonly knob: string; readonly prior: number }[];
}
