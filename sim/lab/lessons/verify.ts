/** Does again what a student did, and says whether it comes out as the student's result has it. */
import { InputError } from '../../host/index.ts';
import { BareMachine } from './bare_machine.ts';
import { editionOf, type LessonResult } from './code.ts';
import { taskSteps } from './lesson.ts';
import { readLesson } from './read.ts';
import type { Solved } from './session.ts';

export interface VerifiedTask {
  readonly step: number;
  readonly title: string;
  /** proved: done again, with the same state; open: not solved; else what differs. */
  readonly state: 'proved' | 'open' | 'differs';
  readonly why: string;
  readonly misses: number;
  readonly hint: boolean;
  readonly shown: boolean;
}
export interface Verified {
  readonly title: string;
  readonly tasks: readonly VerifiedTask[];
  /** What is to be known of the whole: another edition, another simulator. */
  readonly notes: readonly string[];
}

export interface LessonFile {
  readonly file: string;
  readonly text: string;
  readonly scenario_text: string;
}

export async function verifyResult(core: WebAssembly.Module, core_hash: string, of: LessonFile, result: LessonResult): Promise<Verified> {
  const lesson = readLesson(of.text, of.file);
  const machine = new BareMachine(core, lesson, of.scenario_text);
  const notes = [
    ...(editionOf(of.text) === result.edition ? [] : ['The lesson has changed since: its tasks may be others.']),
    ...(core_hash === result.core ? [] : [
      `It names simulator ${result.core}, and this page has ${core_hash}. What is proved is so here; states may differ between the two.`,
    ]),
  ];
  const tasks: VerifiedTask[] = [];
  for (const step of taskSteps(lesson)) {
    const solved = result.solved[step];
    const { title } = lesson.steps[step] as (typeof lesson.steps)[number];
    const { misses = 0, hint = false, shown = false } = solved ?? {};
    const why = solved ? await differs(machine, lesson.steps[step]?.task, solved) : '';
    tasks.push({ step, title, state: !solved ? 'open' : why === '' ? 'proved' : 'differs', why, misses, hint, shown });
  }
  return { title: lesson.title, tasks, notes };
}

type Task = NonNullable<ReturnType<typeof readLesson>['steps'][number]['task']>;

/** Empty: it came out the same. */
async function differs(machine: BareMachine, task: Task | undefined, solved: Solved): Promise<string> {
  if (!task) return 'that step has no task';
  try {
    const branch = await machine.branch(solved.making, '');
    const { recording } = machine.lab.branch(branch);
    if (solved.step > recording.finish().length) return `the run has ${recording.length} steps, and it was at ${solved.step}`;
    machine.scene = { at: { branch, step: solved.step }, selected: solved.selected };
    const verdict = await machine.judge(task, { selected: solved.selected, answer: solved.answer });
    const wrong = verdict.checks.find((c) => !c.ok);
    if (!verdict.solved) return `it does not hold: ${wrong?.say ?? 'nothing is checked'}, found ${wrong?.actual ?? 'nothing'}`;
    const hash = await machine.hash();
    return hash === solved.hash ? '' : `state ${hash}, and the result says ${solved.hash}`;
  } catch (error) {
    if (error instanceof InputError || error instanceof RangeError) return error.message;
    throw error;
  } finally {
    machine.forget();
  }
}
