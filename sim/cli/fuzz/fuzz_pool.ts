/** Stretches of a campaign on a worker thread. */
import { existsSync } from 'node:fs';
import type { Finding, Stretch, StretchResult } from '../../fuzz/index.ts';
import { InputError } from '../../host/index.ts';
import { besideBundle } from '../files.ts';
import type { FuzzJob, ShrinkJob, WorkerData } from './fuzz_worker.ts';

const WORKER_FILE = besideBundle('fuzz_worker.mjs');

export class FuzzPool {
  private readonly pool: { run: (job: FuzzJob) => Promise<unknown>; destroy: () => Promise<void> };

  private constructor(pool: FuzzPool['pool']) {
    this.pool = pool;
  }

  static async start(workerData: WorkerData): Promise<FuzzPool> {
    if (!existsSync(WORKER_FILE)) throw new InputError('the command line is not built: run npm run build cli, or npx ringlab fuzz.');
    const { default: Tinypool } = await import('tinypool');
    return new FuzzPool(new Tinypool({ filename: WORKER_FILE, minThreads: 1, maxThreads: 1, workerData }));
  }

  run(stretch: Stretch): Promise<StretchResult> {
    return this.pool.run({ stretch }) as Promise<StretchResult>;
  }
  shrink(shrink: ShrinkJob): Promise<Finding | undefined> {
    return this.pool.run({ shrink }) as Promise<Finding | undefined>;
  }
  close(): Promise<void> {
    return this.pool.destroy();
  }
}
