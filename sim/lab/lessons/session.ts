/**
 * Somebody doing a lesson: which step, what has been solved and how. It moves a machine, which is the page's or a test's, through a
 * port; it knows of no page. Steps can be entered in any order: what a step shows is a function of the lesson and of what was solved.
 */
import type { Edit } from '../edits.ts';
import type { At } from '../moment.ts';
import type { Deed } from './facts.ts';
import type { Verdict } from './judge.ts';
import type { Lesson, Mark, Pick, Show, Task } from './lesson.ts';
import type { Placed } from './place.ts';

/** What a branch is made of, beyond the lesson's scenario: changes it begins with, and what was done to it on its way. */
export interface Making {
  readonly sets: readonly string[];
  readonly edits: readonly Edit[];
}
/** Where one stands, and what one looks at. */
export interface Scene {
  readonly at: At;
  readonly selected: string | undefined;
}

/** The laboratory, as a lesson needs it. */
export interface Machine {
  /** The number of the branch that is made so: one that there is, or a new one by that name. */
  branch(making: Making, name: string): Promise<number>;
  /** Waits until as much is recorded as it takes to say. */
  place(branch: number, at: Mark | undefined, select: Pick | undefined): Promise<Placed>;
  judge(task: Task, deed: Deed): Promise<Verdict>;
  /** A number that is looked up, on the branch where the machine stands. */
  number(task: Task): Promise<number | undefined>;
  /** Where it stands. */
  where(): { readonly at: At; readonly making: Making; readonly selected: string | undefined };
  hash(): Promise<string>;
  show(scene: Scene, show: Show): Promise<void>;
}

/** How a task was solved: enough to do it again and see. */
export interface Solved {
  readonly making: Making;
  readonly step: number;
  readonly selected: string | undefined;
  readonly answer: number | undefined;
  /** Of the machine then. */
  readonly hash: string;
  /** Attempts before that did not hold. */
  readonly misses: number;
  readonly hint: boolean;
  /** The solution was shown. */
  readonly shown: boolean;
}
export interface Progress {
  readonly index: number;
  readonly solved: Readonly<Record<number, Solved>>;
}
interface Tries {
  misses: number;
  hint: boolean;
  shown: boolean;
}

const AS_IT_IS: Making = { sets: [], edits: [] };

export class LessonSession {
  readonly lesson: Lesson;
  readonly #machine: Machine;
  readonly #tries = new Map<number, Tries>();
  /** Whatever is done to the machine waits until the step stands. */
  #entered = Promise.resolve();
  index = 0;
  solved: Readonly<Record<number, Solved>> = {};
  /** Told whenever something of it has changed. */
  onchange: () => void = () => {};

  constructor(lesson: Lesson, machine: Machine, progress?: Progress) {
    this.lesson = lesson;
    this.#machine = machine;
    if (!progress) return;
    this.index = Math.min(Math.max(0, progress.index), lesson.steps.length - 1);
    this.solved = progress.solved;
  }

  get step() {
    return this.lesson.steps[this.index] as Lesson['steps'][number];
  }
  get progress(): Progress {
    return { index: this.index, solved: this.solved };
  }

  /** Changes of the branch that a step of `branch: yours` stands on. */
  get yours(): readonly string[] {
    return this.#lastMaking(this.index).sets;
  }

  /** Goes to a step, and shows what it shows. What is not in the run is returned; of a lesson that holds, nothing. */
  enter(index: number): Promise<readonly string[]> {
    const entered = this.#enter(index);
    this.#entered = entered.then(() => {}, () => {});
    return entered;
  }
  async #enter(index: number): Promise<readonly string[]> {
    this.index = index;
    this.onchange();
    const { show } = this.step;
    // A knob that was turned well stays turned: the words behind the task speak of that run.
    const done = this.step.task?.kind === 'turn' ? this.solved[index] : undefined;
    const making = done?.making ?? (show.yours ? this.#lastMaking(index) : { sets: show.sets, edits: [] });
    const branch = await this.#machine.branch(making, making.sets.join(', '));
    const placed = done ? { step: done.step, selected: done.selected, missing: [] }
      : await this.#machine.place(branch, show.at, show.select);
    // Somebody went on before the machine was there.
    if (this.index !== index) return [];
    const here = this.#machine.where();
    const stays = here.at.branch === branch;
    await this.#machine.show({
      at: { branch, step: placed.step ?? (stays && index > 0 ? here.at.step : 0) },
      selected: show.select ? placed.selected : stays && index > 0 ? here.selected : undefined,
    }, this.#shown(index));
    return placed.missing;
  }

  /** Views, depth and filter stay until a step names others. */
  #shown(index: number): Show {
    const { show } = this.lesson.steps[index] as Lesson['steps'][number];
    const before = this.lesson.steps.slice(0, index).map((s) => s.show);
    const views = show.views.length > 0 ? show.views : (before.findLast((s) => s.views.length > 0)?.views ?? []);
    return { ...show, views, depth: show.depth ?? before.findLast((s) => s.depth)?.depth };
  }

  /** The branch of the last task that turned something, before a step: the student's, or the lesson's own solution. */
  #lastMaking(index: number): Making {
    for (let i = index - 1; i >= 0; i--) {
      const { task } = this.lesson.steps[i] as Lesson['steps'][number];
      if (task?.kind !== 'turn') continue;
      return this.solved[i]?.making ?? { sets: task.solution.sets, edits: [] };
    }
    return AS_IT_IS;
  }

  /** Begins a branch with other knobs, as a task asks; its end is shown, or where the step looks. */
  async turn(sets: readonly string[]): Promise<void> {
    await this.#entered;
    const branch = await this.#machine.branch({ sets, edits: [] }, sets.map((s) => s.replace(/^server\.|^client\./, '')).join(', '));
    const placed = await this.#machine.place(branch, 'end', undefined);
    await this.#machine.show({ at: { branch, step: placed.step ?? 0 }, selected: undefined }, this.#shown(this.index));
  }

  /** Judges what has been done. A miss counts, if the machine could say. */
  async check(answer: number | undefined): Promise<Verdict> {
    await this.#entered;
    const { index, step: { task } } = this;
    if (!task) throw new RangeError(`step ${index} has no task`);
    const { at, making, selected } = this.#machine.where();
    const verdict = await this.#machine.judge(task, { selected, answer });
    if (verdict.pending) return verdict;
    const tries = this.#triesOf(index);
    if (verdict.solved && !this.solved[index]) {
      const hash = await this.#machine.hash();
      this.solved = { ...this.solved, [index]: { making, step: at.step, selected, answer, hash, ...tries } };
    }
    if (!verdict.solved) tries.misses++;
    this.onchange();
    return verdict;
  }

  /** Somebody looks at the hint. */
  hint(): void {
    this.#triesOf(this.index).hint = true;
  }

  /** Does what solves the task, without judging it. Returns the answer to give. */
  async reveal(): Promise<number | undefined> {
    await this.#entered;
    const { task, show } = this.step;
    if (!task) return undefined;
    this.#triesOf(this.index).shown = true;
    const { solution } = task;
    if (solution.sets.length > 0) await this.turn([...(show.yours ? this.#lastMaking(this.index).sets : show.sets), ...solution.sets]);
    const { at } = this.#machine.where();
    if (solution.at || solution.select) {
      const placed = await this.#machine.place(at.branch, solution.at, solution.select);
      const step = placed.step ?? at.step;
      await this.#machine.show({ at: { branch: at.branch, step }, selected: placed.selected }, this.#shown(this.index));
    }
    return task.kind === 'choose' || task.kind === 'number' ? this.#machine.number(task) : undefined;
  }

  #triesOf(index: number): Tries {
    const tries = this.#tries.get(index) ?? { misses: 0, hint: false, shown: false };
    this.#tries.set(index, tries);
    return tries;
  }
}
