/** Cells that are being measured: planned by one worker, measured by the others, shown while they come in. */
import type { CellJob, CellRecord } from '../../../sim/host/index.ts';
import { JobClient, Stopped } from '../../jobs/job_client.ts';
import { Pool } from '../../jobs/pool.ts';

/** Cells that come in within this time are shown together: the more there are, the rarer. */
const gatherMs = (cells: number): number => Math.min(1000, 120 + cells / 2);

/** How a kind of measuring asks its planner. */
export interface Planner<Ask, Answer> {
  readonly plan: (client: JobClient, ask: Ask) => Promise<{ readonly jobs: readonly CellJob[]; readonly answer: Answer }>;
  readonly put: (client: JobClient, records: readonly CellRecord[], before: Answer) => Promise<Answer>;
}

export class Measuring<Ask, Answer> {
  answer = $state.raw<Answer>();
  running = $state(false);
  error = $state('');
  /** Cells of this run: measured, and in all. */
  done = $state(0);
  all = $state(0);
  /** Of the run that goes on, or went on last: seconds, to now. */
  seconds = $state(0);
  readonly planner = new JobClient();
  readonly #pool = new Pool();
  readonly #how: Planner<Ask, Answer>;
  #begun_ms = 0;
  #gathered: CellRecord[] = [];
  #sending: Promise<void> | undefined;
  #turn = 0;

  constructor(how: Planner<Ask, Answer>) {
    this.#how = how;
  }
  get workers(): number {
    return this.#pool.size;
  }

  /** What is known of it, without measuring anything. Returns how many cells are not. */
  async look(ask: Ask): Promise<number> {
    const turn = ++this.#turn;
    try {
      const { jobs, answer } = await this.#how.plan(this.planner, ask);
      if (turn === this.#turn) {
        this.answer = answer;
        this.error = '';
      }
      return jobs.length;
    } catch (error) {
      if (turn === this.#turn) this.#failed(error);
      return 0;
    }
  }

  /** Measures what is not known yet. */
  async run(ask: Ask): Promise<void> {
    this.stop();
    const turn = ++this.#turn;
    this.running = true;
    this.error = '';
    this.done = 0;
    this.all = 0;
    this.#begun_ms = performance.now();
    try {
      const { jobs, answer } = await this.#how.plan(this.planner, ask);
      if (turn !== this.#turn) return;
      this.answer = answer;
      this.all = jobs.length;
      await this.#pool.measure(jobs, (record) => {
        if (turn !== this.#turn) return;
        this.done++;
        this.seconds = (performance.now() - this.#begun_ms) / 1000;
        this.#gathered.push(record);
        this.#sending ??= this.#send(turn);
      });
      while (this.#sending) await this.#sending;
    } catch (error) {
      if (turn === this.#turn) this.#failed(error);
    }
    if (turn === this.#turn) this.running = false;
  }

  /** What was measured stays known: another run goes on from there. */
  stop(): void {
    this.#turn++;
    this.#pool.stop();
    this.running = false;
  }
  close(): void {
    this.stop();
    this.#pool.close();
    this.planner.stop();
  }

  async #send(turn: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, gatherMs(this.all)));
    const records = this.#gathered.splice(0);
    try {
      const { answer: before } = this;
      const answer = before && turn === this.#turn ? await this.#how.put(this.planner, records, before) : undefined;
      if (answer && turn === this.#turn) this.answer = answer;
    } finally {
      this.#sending = this.#gathered.length > 0 ? this.#send(turn) : undefined;
    }
  }

  #failed(error: unknown): void {
    if (!(error instanceof Stopped)) this.error = error instanceof Error ? error.message : String(error);
  }
}
