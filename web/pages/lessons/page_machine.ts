/** The page's laboratory, as a lesson moves it. */
import {
  BRANCHES_MAX, type Deed, type Edit, type Machine, type Making, type Mark, type Pick, type Placed, sameMaking, type Scene, type Show,
  type Task, type Verdict,
} from '../../../sim/lab/index.ts';
import type { BranchInfo } from '../../lab/protocol.ts';
import type { LabStore } from '../../lab/store.svelte.ts';

const ASK_AGAIN_MS = 40;
const rest = () => new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));

export class PageMachine implements Machine {
  readonly #lab: LabStore;
  readonly #onshow: (show: Show) => void;
  #closed = false;

  constructor(lab: LabStore, onshow: (show: Show) => void) {
    this.#lab = lab;
    this.#onshow = onshow;
  }

  /** Nobody waits any more. */
  close(): void {
    this.#closed = true;
  }

  async branch(making: Making, name: string): Promise<number> {
    const found = this.#lab.branches.find((b) => sameMaking(this.#makingOf(b), making));
    if (found) return found.n;
    let n = 0;
    if (making.sets.length > 0) {
      const begun = { sets: making.sets, edits: [] };
      n = this.#lab.branches.find((b) => sameMaking(this.#makingOf(b), begun))?.n ?? await this.#make(
        () => this.#lab.client.call('restart', { name, sets: making.sets, from: 0 }));
    }
    const [first] = making.edits;
    if (!first) return n;
    return this.#make(() => this.#lab.client.call('fork', { from: { branch: n, step: first.at }, name, edits: making.edits }));
  }

  /** Makes a branch; the oldest that nobody stands on goes when there is no room. */
  async #make(call: () => Promise<number>): Promise<number> {
    const { branches, branch } = this.#lab;
    const leaves = branches.filter((b) => b.n > 0 && b.n !== branch && !branches.some((c) => c.parent === b.n));
    if (branches.length >= BRANCHES_MAX && leaves[0]) await this.#lab.client.call('remove', { branch: leaves[0].n });
    const n = await call();
    await this.#until(() => this.#lab.branches.some((b) => b.n === n));
    return n;
  }
  async #until(holds: () => boolean): Promise<void> {
    while (!this.#closed && !holds()) await rest();
  }

  #makingOf({ sets, edits, parent, from_step }: BranchInfo): Making {
    const from = this.#lab.branches.find((b) => b.n === parent);
    const inherited: readonly Edit[] = from ? this.#makingOf(from).edits.filter((e) => e.at <= from_step) : [];
    return { sets, edits: [...inherited, ...edits] };
  }

  async place(branch: number, at: Mark | undefined, select: Pick | undefined): Promise<Placed> {
    for (;;) {
      const placed = await this.#lab.ask('lesson_place', { at, select }, { branch, step: 0 });
      if (!placed.pending || this.#closed) return placed;
      await rest();
    }
  }
  async judge(task: Task, deed: Deed): Promise<Verdict> {
    for (;;) {
      const verdict = await this.#lab.ask('lesson_judge', { task, deed });
      if (!verdict.pending || this.#closed) return verdict;
      await rest();
    }
  }
  async number(task: Task): Promise<number | undefined> {
    await this.judge(task, { selected: this.#lab.selected, answer: undefined });
    return this.#lab.ask('lesson_answer', { task, deed: { selected: this.#lab.selected, answer: undefined } });
  }
  where() {
    const { at, current, selected } = this.#lab;
    return { at, making: current ? this.#makingOf(current) : { sets: [], edits: [] }, selected };
  }
  async hash(): Promise<string> {
    return (await this.#lab.ask('overview', { hash: true })).state_hash;
  }
  async show({ at, selected }: Scene, show: Show): Promise<void> {
    this.#lab.pause();
    // A branch that has just begun is recorded up to there first.
    await this.#until(() => (this.#lab.branches.find((b) => b.n === at.branch)?.steps ?? 0) >= at.step);
    await this.#lab.goto(at.step, at.branch);
    this.#lab.filter = show.filter;
    this.#lab.select(selected);
    if (show.depth) this.#lab.depth = show.depth;
    this.#onshow(show);
  }
}
