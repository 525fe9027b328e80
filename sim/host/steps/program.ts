/**
 * A compiled program: a flat list of steps, each a map of plain values, with no expressions, loops or branches. As JSON, a line
 * a step, it is what a native agent executes; the simulator's runner executes the same list.
 *
 * A value of an integer field is a number, digits in a text when it has more than 53 bits, or a reference: a name that an
 * earlier step gave, `name.field`, either with `+offset`.
 */
export type StepValue = number | string | boolean | readonly StepValue[];

export interface Step {
  readonly step: string;
  readonly tag?: string;
  readonly thread?: number;
  readonly host?: 'client';
  readonly as?: readonly string[];
  readonly [field: string]: StepValue | undefined;
}

export type Program = readonly Step[];

/** A reference to what an earlier step made. */
export const REFERENCE = /^([A-Za-z_]\w*)(?:\.([a-z_]+))?(?:\s*([+-])\s*(\d+))?$/;

/** The list as it goes to an agent. */
export const programText = (program: Program): string => program.map((s) => `${JSON.stringify(s)}\n`).join('');
