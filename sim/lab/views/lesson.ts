/** What a lesson asks of the machine where it stands: where something is, whether a task is solved, what a text's numbers are. */
import type { Expectation } from '../../host/index.ts';
import type { Lab } from '../lab.ts';
import {
  answerOf, type Deed, judge, type Mark, type Pick, type Placed, placeOf, type Task, valuesOf, type Verdict,
} from '../lessons/index.ts';
import type { Moment } from '../moment.ts';

export const lessonPlace = (
  { recording }: Moment, { at, select }: { readonly at: Mark | undefined; readonly select: Pick | undefined },
): Placed => placeOf(recording, at, select);

export const lessonJudge = (moment: Moment, { task, deed }: { readonly task: Task; readonly deed: Deed }, lab: Lab): Verdict =>
  judge(moment, lab, task, deed);

export const lessonAnswer = (moment: Moment, { task, deed }: { readonly task: Task; readonly deed: Deed }, lab: Lab): number | undefined =>
  answerOf(moment, lab, task, deed);

export const lessonValues = (
  moment: Moment, { lines, deed }: { readonly lines: readonly Expectation[]; readonly deed: Deed }, lab: Lab,
): (number | string | undefined)[] => valuesOf(moment, lab, lines, deed);
