/** What is to be said of breakpoints at a moment: whether each is well said, whether it holds now, and how often it has stopped one. */
import { FilterError, levelsOf, matchesOf } from '../filter/index.ts';
import type { Moment } from '../moment.ts';
import { predicateOf } from './find.ts';

export interface BreakpointState {
  readonly error: string;
  readonly levels_only: boolean;
  /** Whether it holds at the last record. */
  readonly holds: boolean;
  /** Records that fit by now, and in all that has been looked at. */
  readonly before: number;
  readonly all: number;
  readonly whole: boolean;
}
const SCAN_MS = 3;

export function breakpointStates({ recording, records }: Moment, p: { readonly filters: readonly string[] }): BreakpointState[] {
  levelsOf(recording).extend(SCAN_MS);
  return p.filters.map((filter) => {
    try {
      const test = predicateOf(filter);
      const index = matchesOf(recording, test).extend(SCAN_MS / p.filters.length);
      return {
        error: '', levels_only: test.levels_only, holds: records > 0 && test(recording, records - 1), before: index.rowOf(records),
        all: index.count, whole: index.whole,
      };
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      return { error: error.message, levels_only: false, holds: false, before: 0, all: 0, whole: true };
    }
  });
}
