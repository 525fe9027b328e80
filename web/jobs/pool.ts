/** Cells on as many workers as the machine has to spare. */
import type { CellJob, CellRecord } from '../../sim/host/index.ts';
import { JobClient, Stopped } from './job_client.ts';

const WORKERS_MAX = 8;
/** One core is the page's own. */
export const workersOf = (cores: number): number => Math.max(1, Math.min(WORKERS_MAX, cores - 1));

export class Pool {
  readonly size = workersOf(navigator.hardwareConcurrency || 2);
  readonly #idle: JobClient[] = [];
  readonly #busy = new Set<JobClient>();
  /** Counts runs, so that one that was stopped takes no more work. */
  #run = 0;

  /** Measures all of them; resolves when all are done, or this run was stopped. A worker's fault ends it. */
  async measure(jobs: readonly CellJob[], onRecord: (record: CellRecord) => void): Promise<void> {
    const run = ++this.#run;
    let next = 0;
    const work = async (): Promise<void> => {
      const worker = this.#idle.pop() ?? new JobClient();
      this.#busy.add(worker);
      try {
        while (this.#run === run && next < jobs.length) {
          const record = await worker.do('measure', { job: jobs[next++] as CellJob });
          if (this.#run === run) onRecord(record);
        }
      } catch (error) {
        if (!(error instanceof Stopped)) throw error;
      } finally {
        if (this.#busy.delete(worker)) this.#idle.push(worker);
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.size, jobs.length) }, work));
  }

  stop(): void {
    this.#run++;
    for (const worker of [...this.#busy]) {
      this.#busy.delete(worker);
      worker.stop();
    }
  }

  /** Ends all workers. */
  close(): void {
    this.stop();
    for (const worker of this.#idle.splice(0)) worker.stop();
  }
}
