/** Whether a task is solved, and what the values in a text are: a lesson's lines held against the machine. */
import { evaluateExpects, type Expectation, type ExpectOutcome } from '../../host/index.ts';
import type { Lab } from '../lab.ts';
import type { Moment } from '../moment.ts';
import { type Deed, factsOf } from './facts.ts';
import type { Task } from './lesson.ts';
import { rootsOf } from './names.ts';

export interface Verdict {
  /** More has to be recorded before anybody can say. */
  readonly pending: boolean;
  readonly solved: boolean;
  /** Each check in words, whether it holds, and what was found instead. */
  readonly checks: readonly { readonly say: string; readonly ok: boolean; readonly actual: string | number }[];
}

const PENDING: Verdict = { pending: true, solved: false, checks: [] };

export function judge(moment: Moment, lab: Lab, task: Task, deed: Deed): Verdict {
  const lines = [...task.check.map((c) => c.line), ...task.choices.map((c) => c.when)];
  const facts = factsOf(moment, lab, deed, rootsOf(lines));
  if (!facts) return PENDING;
  const chosen = task.kind === 'choose' ? chosenOutcome(task, facts, deed.answer) : [];
  const outcomes = evaluateExpects(task.check.map((c) => c.line), facts);
  const checks = [
    ...chosen, ...outcomes.map((o, i) => ({ say: task.check[i]?.say || o.text, ok: o.ok, actual: o.actual })),
  ];
  return { pending: false, solved: checks.length > 0 && checks.every((c) => c.ok), checks };
}

function chosenOutcome(task: Task, facts: unknown, answer: number | undefined): Verdict['checks'] {
  const choice = task.choices[answer ?? -1];
  if (!choice) return [{ say: 'one is chosen', ok: false, actual: 'nothing' }];
  return evaluateExpects([choice.when], facts).map((o: ExpectOutcome) => ({ say: choice.say, ok: o.ok, actual: o.actual }));
}

/** Values for a text; undefined where there is none (yet). */
export function valuesOf(moment: Moment, lab: Lab, lines: readonly Expectation[], deed: Deed): (number | string | undefined)[] {
  return lines.map((line) => {
    const facts = factsOf(moment, lab, deed, rootsOf([line]));
    if (!facts) return undefined;
    const [outcome] = evaluateExpects([{ ...line, op: '!=', right: { kind: 'literal', value: '' } }], facts);
    return outcome?.ok ? outcome.actual : undefined;
  });
}
