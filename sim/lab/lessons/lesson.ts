/**
 * A lesson: a story over a run, in steps that one can go back in, with tasks that are answered by doing something to the machine.
 * It is data, written in YAML (read.ts), and says nothing that is not looked up or checked on the machine when it is played.
 */
import type { Expectation } from '../../host/index.ts';

/** A condition that records of a trace fulfil, and which of those that do: 1 is the first, -1 the last. */
export interface RecordMark {
  readonly text: string;
  readonly nth: number;
}
/** Where the playhead goes. */
export type Mark = 'start' | 'end' | RecordMark;

export const PICK_KINDS = ['packet', 'buffer', 'cqe', 'request', 'record'] as const;
export type PickKind = (typeof PICK_KINDS)[number];
/** What is looked at: something that a record names, or the record itself. */
export interface Pick {
  readonly kind: PickKind;
  readonly mark: RecordMark;
}

export const DEPTHS = ['simple', 'normal', 'detailed'] as const;
export type Depth = (typeof DEPTHS)[number];

/** What the page shows with a step. */
export interface Show {
  /** Views by their names; the first has most of the room. None: those of the step before. */
  readonly views: readonly string[];
  readonly depth: Depth | undefined;
  /** None: the playhead stays where it is, or at the start on another branch. */
  readonly at: Mark | undefined;
  readonly select: Pick | undefined;
  /** As the log's filter takes it. */
  readonly filter: string;
  /** Changes beyond the lesson's: the step is shown on a branch that begins with them. */
  readonly sets: readonly string[];
  /** That branch is the one in which the last task was solved. */
  readonly yours: boolean;
}

export const TASK_KINDS = ['move', 'find', 'turn', 'number', 'choose'] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

export interface Choice {
  readonly say: string;
  /** The choice is right if this holds. */
  readonly when: Expectation;
}

/** A line that must hold, and what that means in words. */
export interface Check {
  readonly line: Expectation;
  readonly say: string;
}

/** What solves a task: what the page does when somebody asks for it, and the test that plays the lesson. */
export interface Solution {
  readonly at: Mark | undefined;
  readonly select: Pick | undefined;
  readonly sets: readonly string[];
  /** A value that is looked up: for tasks that ask for a number. */
  readonly answer: Expectation | undefined;
}

export interface Task {
  /**
   * move: bring the playhead to a moment · find: select something · turn: change knobs, which begins a branch
   * number: say a number · choose: say which of several is so
   */
  readonly kind: TaskKind;
  readonly ask: string;
  /** What must hold then; of a choice, its own lines do. */
  readonly check: readonly Check[];
  /** For turn: the knobs that are offered, as --set names them. */
  readonly knobs: readonly string[];
  readonly choices: readonly Choice[];
  /** For number: what it counts. */
  readonly unit: string;
  readonly hint: string;
  /** What is said when it is solved. */
  readonly after: string;
  readonly solution: Solution;
}

export interface LessonStep {
  readonly title: string;
  /** Markdown, with {values} that are looked up in the machine. */
  readonly text: string;
  readonly show: Show;
  readonly task: Task | undefined;
}

export interface Lesson {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly minutes: number;
  /** Of the library. */
  readonly scenario: string;
  readonly sets: readonly string[];
  readonly steps: readonly LessonStep[];
}

/** Numbers of the steps that have a task. */
export const taskSteps = (lesson: Lesson): number[] => lesson.steps.flatMap((s, i) => (s.task ? [i] : []));
