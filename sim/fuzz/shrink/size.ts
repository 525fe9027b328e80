/** How large a case is, as one who reads it counts, and how heavy: what makes a run long is part of it. */
import { caseText, type FuzzCase, NO_CALM } from '../case.ts';
import { isList } from './plain_edit.ts';

export interface CaseSize {
  /** Of its program, as they are written; 0 without one. */
  readonly steps: number;
  readonly edits: number;
  /** Of the scenario as YAML. */
  readonly bytes: number;
}

export const sizeOf = (c: FuzzCase): CaseSize => ({
  steps: isList(c.scenario.steps) ? c.scenario.steps.length : 0, edits: c.edits.length,
  bytes: new TextEncoder().encode(caseText(c)).length,
});

/** Bytes of a line of YAML, and so of an edit and of a calm phase. */
const LINE = 24;
/** Nobody minds so many steps, and a run is looked at only now and then (runner.ts): a few more may be none. */
const FEW_STEPS = 256;

function reading(c: FuzzCase): number {
  const { bytes, edits } = sizeOf(c);
  return bytes + LINE * (edits + (c.calm_at === NO_CALM ? 0 : 1));
}

/** Of a case that breaks after so many steps of its run: half of them are worth a line, where they are many. */
export const weightOf = (c: FuzzCase, run_steps: number): number => reading(c) + LINE * Math.log2(1 + run_steps / FEW_STEPS);

/** As many steps as its run may take if the case is to be no heavier than that. Negative: it is too heavy to be run at all. */
export const stepsWithin = (c: FuzzCase, weight: number): number => FEW_STEPS * (2 ** ((weight - reading(c)) / LINE) - 1);
