/** How large a case is, as one who reads it counts. */
import { caseText, type FuzzCase } from '../case.ts';
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
