/**
 * What the page knows, once: the open scenario, its branches, the playhead, the selection, the filter. Views read it and ask the
 * worker; only this module writes it. Position is a step of a branch; time follows from it.
 */
import type { Answer, At, Params, QueryName, Source, Stop } from '../../sim/lab/index.ts';
import { LabClient } from './client.ts';
import type { Asked, BranchInfo } from './protocol.ts';

/** Real time of one turn of the playhead is never longer than this: a slow machine plays slowly, and does not jump. */
const TURN_MAX_MS = 100;
/** Virtual time in which nothing happens passes in at most this much real time. */
const GAP_MAX_MS = 300;
/** When a search that has come to the end of a recording looks again. */
const SEEK_AGAIN_MS = 60;

export type Speed = { readonly unit: 'events'; readonly per_s: number } | { readonly unit: 'ns'; readonly per_s: number };

/** A condition at which play stops. */
export interface Breakpoint {
  readonly filter: string;
  readonly on: boolean;
}

interface Frame {
  readonly asked: readonly Asked[];
  readonly done: (answers: readonly (unknown | undefined)[]) => void;
}

export class LabStore {
  source = $state.raw<Source>();
  about = $state('');
  seed = $state(0);
  core_hash = $state('');
  error = $state('');
  opening = $state(false);
  branches = $state.raw<readonly BranchInfo[]>([]);

  /** Where the playhead stands. */
  branch = $state(0);
  step = $state(0);
  time_ns = $state(0);
  playing = $state(false);
  direction = $state<1 | -1>(1);
  speed = $state.raw<Speed>({ unit: 'ns', per_s: 20_000 });

  /** What is looked at: packet:12, buffer:7, cqe:3, request:5, record:1234. */
  selected = $state<string>();
  /** One filter for all views. */
  filter = $state('');
  /** How much views show that can show more or less. */
  depth = $state<'simple' | 'normal' | 'detailed'>('normal');

  breakpoints = $state.raw<readonly Breakpoint[]>([]);
  /** What play stopped at last; forgotten when the playhead moves on. */
  stopped = $state.raw<Stop>();
  /** Why the last search for a condition found nothing. */
  unmet = $state('');
  /** The condition that is being looked for. */
  seeking = $state<string>();

  readonly client = new LabClient((branches) => {
    this.branches = branches;
    for (const look of this.#awaited) look();
  });
  #openings = 0;
  /** What waits for an opening. */
  readonly #early: (() => void)[] = [];
  /** What waits for a recording. */
  readonly #awaited = new Set<() => void>();
  readonly #frames = new Map<symbol, () => Frame | undefined>();
  #asking = false;
  #stale = false;
  #last_ms = 0;
  /** Counts the plays: turns of an earlier one do nothing any more. */
  #play = 0;
  /** Events owed to the playhead at speeds below one a turn. */
  #owed = 0;

  get at(): At {
    return { branch: this.branch, step: this.step };
  }
  get current(): BranchInfo | undefined {
    return this.branches.find((b) => b.n === this.branch);
  }

  /**
   * Opens a run; `then` goes to where in it somebody wants to be, as long as `holds` does. False: another one was opened meanwhile.
   * The last of several openings wins.
   */
  async open(source: Source | Promise<Source>, then?: (holds: () => boolean) => Promise<void>): Promise<boolean> {
    const turn = ++this.#openings;
    const holds = () => turn === this.#openings;
    this.opening = true;
    this.error = '';
    try {
      const wanted = await source;
      if (!holds()) return false;
      this.playing = false;
      this.branches = [];
      // The beginning is in every run: until this one is open, views ask about it.
      this.branch = 0;
      this.step = 0;
      this.time_ns = 0;
      this.selected = undefined;
      const { about, seed, core } = await this.client.call('open', { source: wanted });
      if (!holds()) return false;
      // What was told until now is about the run before.
      this.branches = [];
      this.source = wanted;
      this.about = about;
      this.seed = seed;
      this.core_hash = core;
      await this.recorded(0, 0);
      await then?.(holds);
    } catch (error) {
      if (holds()) this.error = error instanceof Error ? error.message : String(error);
    }
    if (!holds()) return false;
    this.opening = false;
    for (const go of this.#early.splice(0)) go();
    this.refresh();
    return true;
  }

  /** Does what is about the run: once it is open, so that a key that comes early is not lost. Where none could be opened, nothing. */
  async whenOpen(act: () => void | Promise<void>): Promise<void> {
    if (this.opening) await new Promise<void>((resolve) => this.#early.push(resolve));
    if (this.current) await act();
  }

  ask<K extends QueryName>(name: K, params: Params<K>, at: At = this.at): Promise<Answer<K>> {
    return this.client.ask(at, name, params);
  }

  /** Waits until a branch is recorded up to a step, or to its end. */
  recorded(branch: number, step: number): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        const info = this.branches.find((b) => b.n === branch);
        if (!info || (info.steps < step && !info.done)) return;
        this.#awaited.delete(look);
        resolve();
      };
      this.#awaited.add(look);
      look();
    });
  }

  /** To a step, and stays there. */
  async goto(step: number, branch = this.branch): Promise<void> {
    const info = this.branches.find((b) => b.n === branch);
    if (!info) return;
    this.pause();
    this.stopped = undefined;
    this.unmet = '';
    this.branch = branch;
    const to = Math.max(0, Math.min(Math.floor(step), info.steps));
    this.step = to;
    const { time_ns } = await this.ask('overview', { hash: false });
    // Meanwhile one may be somewhere else.
    if (this.step === to && this.branch === branch) this.time_ns = time_ns;
    this.refresh();
  }

  async gotoTime(time_ns: number): Promise<void> {
    const step = await this.ask('step_at_time', { time_ns });
    await this.goto(step);
  }

  select(id: string | undefined): void {
    this.selected = id;
  }

  /** A view that wants to be asked about at each moment: `wants` gives its questions, or undefined while it is not to be seen. */
  subscribe(wants: () => Frame | undefined): () => void {
    const key = Symbol();
    this.#frames.set(key, wants);
    this.refresh();
    return () => this.#frames.delete(key);
  }

  /** Asks for all views that are to be seen; while an answer is under way, once more after it. */
  refresh(): void {
    if (this.#asking) {
      this.#stale = true;
      return;
    }
    void this.#ask();
  }

  async #ask(): Promise<void> {
    const frames = [...this.#frames].flatMap(([key, wants]) => {
      const frame = wants();
      return frame ? [{ key, ...frame }] : [];
    });
    if (this.branches.length === 0 || frames.length === 0) return;
    this.#asking = true;
    try {
      const answers = await this.client.call('ask', { at: this.at, asked: frames.flatMap((f) => f.asked) });
      let n = 0;
      for (const frame of frames) {
        const told = frame.asked.map(() => {
          const answer = answers[n++];
          return answer && 'ok' in answer ? answer.ok : undefined;
        });
        // A view may have gone meanwhile.
        if (this.#frames.has(frame.key)) frame.done(told);
      }
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    }
    this.#asking = false;
    if (!this.#stale) return;
    this.#stale = false;
    this.refresh();
  }

  play(direction: 1 | -1 = 1): void {
    this.direction = direction;
    this.playing = true;
    this.#last_ms = performance.now();
    const play = ++this.#play;
    requestAnimationFrame(() => this.#turn(play));
  }
  pause(): void {
    this.playing = false;
    this.seeking = undefined;
  }

  /** To where a condition is met next. False: nowhere in the run, or ill said, which is told; or somebody gave it up. */
  async runTo(filter: string, direction: 1 | -1 = 1): Promise<boolean> {
    this.pause();
    this.seeking = filter;
    this.unmet = '';
    const { at } = this;
    try {
      for (let next: number | undefined; this.seeking === filter; ) {
        const answer = await this.ask('run_to', { filter, direction, next }, at);
        if (this.seeking !== filter) return false;
        if (answer.found) {
          await this.goto(answer.found.step, at.branch);
          this.stopped = { ...answer.found, filter };
          return true;
        }
        if (answer.next === undefined && (direction < 0 || !answer.recording)) {
          this.unmet = `${filter} is met nowhere ${direction > 0 ? 'after' : 'before'} this.`;
          return false;
        }
        next = answer.next ?? next;
        // What is not recorded yet may still bring it.
        if (answer.next === undefined) await new Promise((resolve) => setTimeout(resolve, SEEK_AGAIN_MS));
      }
      return false;
    } catch (error) {
      this.unmet = `${filter}: ${error instanceof Error ? error.message : String(error)}`;
      return false;
    } finally {
      if (this.seeking === filter) this.seeking = undefined;
    }
  }

  /** One turn of the playhead: as far as the real time that has gone by allows. */
  async #turn(play: number): Promise<void> {
    const goesOn = () => this.playing && play === this.#play;
    if (!goesOn()) return;
    const now = performance.now();
    const passed_ms = Math.min(now - this.#last_ms, TURN_MAX_MS);
    this.#last_ms = now;
    await this.#move(passed_ms, goesOn);
    this.refresh();
    requestAnimationFrame(() => this.#turn(play));
  }

  async #move(passed_ms: number, goesOn: () => boolean): Promise<void> {
    const { speed, direction } = this;
    const gap_ns = speed.unit === 'ns' ? (speed.per_s * GAP_MAX_MS) / 1000 : 0;
    this.#owed += (speed.per_s * passed_ms) / 1000;
    const owed = speed.unit === 'ns' ? this.#owed : Math.floor(this.#owed);
    const stops = this.breakpoints.flatMap((b) => (b.on ? [b.filter] : []));
    const to = await this.ask('play_to', { time_ns: this.time_ns, unit: speed.unit, amount: owed, direction, gap_ns, stops });
    this.#owed -= owed;
    // Meanwhile one may have stopped it.
    if (!goesOn()) return;
    this.step = to.step;
    this.time_ns = to.time_ns;
    this.stopped = to.stopped;
    this.unmet = '';
    if (to.ended) this.playing = false;
  }
}
