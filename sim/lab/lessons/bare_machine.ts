/** A laboratory without a page: what plays lessons in tests, and does again what a student did. */
import type { Lab } from '../lab.ts';
import { openLab } from '../open_lab.ts';
import type { At, Moment } from '../moment.ts';
import type { Deed } from './facts.ts';
import { judge, valuesOf, type Verdict } from './judge.ts';
import type { Lesson, Mark, Pick, Task } from './lesson.ts';
import { type Placed, placeOf } from './place.ts';
import type { Machine, Making, Scene } from './session.ts';

export const sameMaking = (a: Making, b: Making): boolean => JSON.stringify([a.sets, a.edits]) === JSON.stringify([b.sets, b.edits]);

/** The answer that a task wants: a number that is looked up, or which choice is right. */
export function answerOf(moment: Moment, lab: Lab, task: Task, deed: Deed): number | undefined {
  if (task.kind === 'choose') {
    const right = task.choices.findIndex((_, n) => judge(moment, lab, task, { ...deed, answer: n }).solved);
    return right < 0 ? undefined : right;
  }
  const { answer } = task.solution;
  const [value] = answer ? valuesOf(moment, lab, [answer], deed) : [];
  return typeof value === 'number' ? value : undefined;
}

export class BareMachine implements Machine {
  readonly lab: Lab;
  scene: Scene | undefined;
  readonly #makings: (Making | undefined)[] = [{ sets: [], edits: [] }];

  constructor(core: WebAssembly.Module, lesson: Lesson, scenario_text: string) {
    this.lab = openLab(core, { name: lesson.scenario, text: scenario_text, sets: lesson.sets });
  }

  get at(): At {
    return this.scene?.at ?? { branch: 0, step: 0 };
  }
  get moment(): Moment {
    return this.lab.moment(this.at);
  }

  async branch(making: Making, name: string): Promise<number> {
    const found = this.#makings.findIndex((m) => m !== undefined && sameMaking(m, making));
    if (found >= 0) return found;
    const begun = making.sets.length > 0 ? await this.#begin(making.sets, name) : 0;
    const [first] = making.edits;
    if (!first) return begun;
    const n = this.lab.fork({ branch: begun, step: first.at }, name, making.edits);
    this.#makings[n] = making;
    return n;
  }
  async #begin(sets: readonly string[], name: string): Promise<number> {
    const making = { sets, edits: [] };
    const found = this.#makings.findIndex((m) => m !== undefined && sameMaking(m, making));
    if (found >= 0) return found;
    const n = this.lab.restart(name, sets, 0);
    this.#makings[n] = making;
    return n;
  }
  /** Gives all branches up but the base. */
  forget(): void {
    for (let n = this.#makings.length - 1; n > 0; n--) if (this.#makings[n]) this.lab.remove(n);
    this.#makings.length = 1;
    this.scene = undefined;
  }

  async place(branch: number, at: Mark | undefined, select: Pick | undefined): Promise<Placed> {
    return placeOf(this.lab.branch(branch).recording.finish(), at, select);
  }
  async judge(task: Task, deed: Deed): Promise<Verdict> {
    this.#finish();
    return judge(this.moment, this.lab, task, deed);
  }
  async number(task: Task): Promise<number | undefined> {
    this.#finish();
    return answerOf(this.moment, this.lab, task, { selected: this.scene?.selected, answer: undefined });
  }
  where() {
    return { at: this.at, making: this.#makings[this.at.branch] as Making, selected: this.scene?.selected };
  }
  async hash(): Promise<string> {
    return this.moment.engine().stateHash();
  }
  async show(scene: Scene): Promise<void> {
    this.scene = scene;
  }

  #finish(): void {
    for (const n of [0, this.at.branch]) this.lab.branch(n).recording.finish();
  }
}
