/** What is open: a scenario, and the branches that were made of it. Branch 0 is the run as the scenario has it. */
import { InputError, type Scenario } from '../host/index.ts';
import type { Edit } from './edits.ts';
import type { Guards } from './guard.ts';
import { type At, Moment } from './moment.ts';
import type { Programs } from './programs.ts';
import { type Fork, Recording } from './recording.ts';

/** What a run is made of: enough to make it again. */
export interface Source {
  /** How it is called: a scenario of the library, or a file. */
  readonly name: string;
  readonly text: string;
  /** Changes, as --set takes them. */
  readonly sets: readonly string[];
  /** undefined: the scenario's own. */
  readonly seed?: number;
}

/** Changes of a source as --set takes them: its own, and its seed. */
export const setsOfSource = ({ sets, seed }: Source): string[] => [...sets, ...(seed === undefined ? [] : [`run.seed=${seed}`])];

/** What views want to see beside the trace. These knobs only watch: the machine's state does not know of them. */
const WATCHED = ['run.charges=on', 'run.capture=on'];

export const BRANCHES_MAX = 8;
const NAME_MAX = 60;

export interface Branch {
  readonly name: string;
  /** Of its own, beyond those of the branch that it left. */
  readonly edits: readonly Edit[];
  /** Changes that it began with, beyond the source's: then it shares nothing with another one. */
  readonly sets: readonly string[];
  readonly parent: number | undefined;
  readonly recording: Recording;
}

export class Lab {
  readonly core: WebAssembly.Module;
  readonly source: Source;
  readonly scenario: Scenario;
  /** Removed ones leave a hole: numbers stay what they are. */
  readonly branches: (Branch | undefined)[] = [];

  readonly #programs: Programs;
  readonly #guards: Guards | undefined;

  constructor(core: WebAssembly.Module, source: Source, programs: Programs, guards?: Guards) {
    this.#programs = programs;
    this.#guards = guards;
    this.core = core;
    this.source = source;
    this.scenario = this.#compile([]);
    this.branches.push({ name: 'base', edits: [], sets: [], parent: undefined, recording: this.#record(this.scenario) });
  }

  branch(n: number): Branch {
    const branch = this.branches[n];
    if (!branch) throw new InputError(`there is no branch ${n}`);
    return branch;
  }
  moment({ branch, step }: At): Moment {
    return new Moment(this.branch(branch).recording, step);
  }

  /** A branch that leaves another one after a step. Returns its number. */
  fork(from: At, name: string, edits: readonly Edit[]): number {
    this.#room();
    const parent = this.branch(from.branch).recording;
    const inherited = parent.edits.filter((e) => e.at <= from.step);
    const recording = this.#record(parent.scenario, [...inherited, ...edits], { parent, at: from.step });
    return this.branches.push({ name, edits, sets: this.branch(from.branch).sets, parent: from.branch, recording }) - 1;
  }

  /** A branch that begins anew, with other values of what is set up once. Returns its number. */
  restart(name: string, sets: readonly string[], from: number): number {
    this.#room();
    const all = [...this.branch(from).sets, ...sets];
    const recording = this.#record(this.#compile(all));
    return this.branches.push({ name, edits: [], sets: all, parent: undefined, recording }) - 1;
  }

  rename(n: number, name: string): void {
    const text = name.trim().slice(0, NAME_MAX);
    if (text === '') throw new InputError('a branch has a name');
    this.branches[n] = { ...this.branch(n), name: text };
  }

  remove(n: number): void {
    if (n === 0) throw new InputError('the base cannot be removed');
    if (this.branches.some((b) => b?.parent === n)) throw new InputError(`branch ${n} has branches of its own: remove those first`);
    this.branches[n]?.recording.close();
    this.branches[n] = undefined;
  }

  #room(): void {
    const open = this.branches.filter((b) => b !== undefined).length;
    if (open >= BRANCHES_MAX) throw new InputError(`${BRANCHES_MAX} branches are open: remove one first`);
  }
  #record(scenario: Scenario, edits: readonly Edit[] = [], fork?: Fork): Recording {
    return new Recording(this.core, scenario, this.#programs, edits, fork, this.#guards);
  }
  #compile(sets: readonly string[]): Scenario {
    const { name, text } = this.source;
    return this.#programs.load(text, name, { sets: [...WATCHED, ...setsOfSource(this.source), ...sets] });
  }
}
