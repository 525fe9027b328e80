/** Branches as acts: made from where one stands, taken back, made again. */
import type { At, Edit, Source } from '../../sim/lab/index.ts';
import { duration } from '../format.ts';
import type { LabStore } from './store.svelte.ts';

/** An edit without the step that it gets from where it is made. */
export type Change = { readonly set: string } | { readonly fault: string; readonly host: 0 | 1; readonly args: readonly number[] };

/** What makes a branch: changes in mid-run, or other values to begin anew with. */
type Making =
  | { readonly name: string; readonly from: At; readonly edits: readonly Edit[] }
  | { readonly name: string; readonly from: At; readonly sets: readonly string[] };
interface Made {
  readonly making: Making;
  readonly branch: number;
  readonly source: Source | undefined;
}

interface Undone {
  readonly making: Making;
  readonly source: Source | undefined;
}

const LOOK_AGAIN_MS = 40;
/** A branch that begins anew is waited for until it is where one stood, but not for ever. */
const PATIENCE_MS = 6000;

class Branching {
  made = $state.raw<readonly Made[]>([]);
  undone = $state.raw<readonly Undone[]>([]);
  /** What was done last, and what it led to: a sentence for everybody, as long as the run is open that it is about. */
  #said = $state('');
  #about = $state.raw<{ readonly lab: LabStore; readonly source: Source | undefined }>();

  get said(): string {
    return this.#about?.lab.source === this.#about?.source ? this.#said : '';
  }
  #say(lab: LabStore, text: string): void {
    this.#said = text;
    this.#about = { lab, source: lab.source };
  }
  /** The last act that was taken back, and can be made again. */
  again(lab: LabStore): Making | undefined {
    const last = this.undone.at(-1);
    return last && last.source === lab.source && lab.branches.some((b) => b.n === last.making.from.branch) ? last.making : undefined;
  }

  /** The last act that can be taken back: its branch is still there, and no other leaves it. */
  last(lab: LabStore): Made | undefined {
    return this.made.findLast(({ branch, source }) =>
      source === lab.source && lab.branches.some((b) => b.n === branch) && !lab.branches.some((b) => b.parent === branch));
  }

  /** Changes something from where the playhead stands: the branch is where one stands from now on. */
  async change(lab: LabStore, name: string, change: Change): Promise<number> {
    lab.pause();
    const branch = await this.#make(lab, { name, from: lab.at, edits: [{ at: lab.step, ...change }] });
    this.undone = [];
    return branch;
  }
  /** Changes something at another step of a branch. */
  async changeAt(lab: LabStore, from: number, name: string, edit: Edit): Promise<number> {
    lab.pause();
    const branch = await this.#make(lab, { name, from: { branch: from, step: edit.at }, edits: [edit] });
    this.undone = [];
    return branch;
  }
  /** The same run goes on beside itself, with nothing changed. */
  async branchOff(lab: LabStore): Promise<number> {
    lab.pause();
    const branch = await this.#make(lab, { name: `from step ${lab.step}`, from: lab.at, edits: [] });
    this.undone = [];
    return branch;
  }
  /** Begins anew with other values, and goes to the same time. */
  async beginAnew(lab: LabStore, name: string, sets: readonly string[]): Promise<number> {
    lab.pause();
    const branch = await this.#make(lab, { name, from: lab.at, sets });
    this.undone = [];
    return branch;
  }

  async undo(lab: LabStore): Promise<void> {
    const last = this.last(lab);
    if (!last) return;
    if (lab.branch === last.branch) await this.#toSameTime(lab, last.making.from.branch);
    await lab.client.call('remove', { branch: last.branch });
    this.made = this.made.filter((m) => m !== last);
    this.undone = [...this.undone, { making: last.making, source: lab.source }];
    this.#say(lab, `${last.making.name}: taken back.`);
  }
  async redo(lab: LabStore): Promise<void> {
    const making = this.again(lab);
    if (!making) return;
    await this.#make(lab, making);
    this.undone = this.undone.slice(0, -1);
  }
  async remove(lab: LabStore, branch: number): Promise<void> {
    const info = lab.branches.find((b) => b.n === branch);
    if (lab.branch === branch) await this.#toSameTime(lab, info?.parent ?? 0);
    await lab.client.call('remove', { branch });
    this.made = this.made.filter((m) => m.branch !== branch);
  }

  async #make(lab: LabStore, making: Making): Promise<number> {
    const { name, from } = making;
    const time_ns = lab.time_ns;
    const branch = 'edits' in making
      ? await lab.client.call('fork', { from, name, edits: making.edits })
      : await lab.client.call('restart', { name, sets: making.sets, from: from.branch });
    this.made = [...this.made.filter((m) => m.source === lab.source), { making, branch, source: lab.source }];
    if ('edits' in making) {
      await lab.recorded(branch, from.step);
      await lab.goto(from.step, branch);
    } else {
      await until(() => lab.branches.some((b) => b.n === branch && (b.done || b.end_ns >= time_ns)));
      await this.#toSameTime(lab, branch, time_ns);
    }
    this.#say(lab, `${name}: branch ${letterOf(lab, branch)}.`);
    void this.#tell(lab, name, branch, from.branch);
    return branch;
  }

  /** What the change led to: the first event that is another one than without it. */
  async #tell(lab: LabStore, name: string, branch: number, other: number): Promise<void> {
    const said = this.#said;
    while (this.said === said) {
      const at = { branch, step: 0 };
      const answer = await lab.ask('compare', { other }, at).catch(() => undefined);
      if (!answer || this.said !== said) return;
      if (answer.first) {
        const { a, b } = answer.first;
        const mine = a ? `${a.host} ${a.stage}: ${a.text}` : 'nothing more happens';
        const theirs = b ? `${b.text}` : 'nothing more happens';
        const when = duration((a ?? b)?.time_ns ?? 0);
        this.#say(lab, `${name}: what differs first, at ${when}, is: ${mine}. Without it: ${theirs}.`);
        return;
      }
      if (answer.whole) {
        this.#say(lab, `${name}: nothing that happens is another thing.`);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  async #toSameTime(lab: LabStore, branch: number, time_ns = lab.time_ns): Promise<void> {
    const step = await lab.ask('step_at_time', { time_ns }, { branch, step: 0 });
    await lab.goto(step, branch);
  }
}

function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  return new Promise((resolve) => {
    const look = () => {
      if (holds() || performance.now() > end) resolve();
      else setTimeout(look, LOOK_AGAIN_MS);
    };
    look();
  });
}

export const branching = new Branching();

/** Branches are called A, B, C … in the order in which they are listed. */
export const letterOf = (lab: LabStore, branch: number): string =>
  String.fromCharCode(65 + Math.max(0, lab.branches.findIndex((b) => b.n === branch)));
