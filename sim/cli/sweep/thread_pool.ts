/** Cells on worker threads of this machine, one a core. */
import { availableParallelism } from 'node:os';
import type { CellJob, CellRecord } from '../../host/index.ts';
import { loadCore } from '../files.ts';
import { reasonOf } from '../terminal.ts';
import type { Dispatcher } from './dispatcher.ts';
import { WORKER_FILE } from './identity.ts';

export const THREADS_DEFAULT = availableParallelism();

export class ThreadPool implements Dispatcher {
  readonly name: string;
  private readonly pool: { run: (job: CellJob) => Promise<CellRecord>; destroy: () => Promise<void> };

  private constructor(pool: ThreadPool['pool'], threads: number) {
    this.pool = pool;
    this.name = `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  }

  /** Threads share the compiled core. */
  static async start(threads = THREADS_DEFAULT): Promise<ThreadPool> {
    const { default: Tinypool } = await import('tinypool');
    const workerData = { core: await loadCore() };
    return new ThreadPool(new Tinypool({ filename: WORKER_FILE, minThreads: threads, maxThreads: threads, workerData }), threads);
  }

  /** A thread that ends, for want of memory most of all, costs its cell and not the sweep: the pool starts another. */
  async measure(job: CellJob): Promise<CellRecord> {
    try {
      return await this.pool.run(job);
    } catch (error) {
      return { key: job.key, seed: 0, outcome: 'failed', problem: `its thread ended: ${reasonOf(error)}` };
    }
  }

  async run(jobs: readonly CellJob[], done: (record: CellRecord) => void): Promise<void> {
    await Promise.all(jobs.map(async (job) => done(await this.measure(job))));
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}
