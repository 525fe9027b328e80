/** ringlab worker --redis URL: computes cells of sweeps that somebody put into a queue. */
import type { Command } from 'commander';
import { type CellJob, type CellRecord, countText, InputError, parseQuantity } from '../host/index.ts';
import { wholeNumber } from './run_options.ts';
import { coreIdentity } from './sweep/identity.ts';
import { connectRedis, REDIS_DEFAULT, shownUrl } from './sweep/redis_link.ts';
import { QUEUE_PREFIX, queueName } from './sweep/redis_queue.ts';
import { ThreadPool, THREADS_DEFAULT } from './sweep/thread_pool.ts';
import { Progress, say } from './terminal.ts';

interface Flags {
  readonly redis: string;
  readonly threads: number;
  readonly lease: string;
  readonly idle?: string;
}

const FAREWELL_MS = 500;
/** Workers that may be lost on one cell, before it is the cell that is to blame. */
const LOST_MAX = 5;

export function addWorker(program: Command): void {
  program.command('worker')
    .description('compute cells of sweeps (ringlab sweep --engine redis) until it is told to stop')
    .option('--redis <url>', 'where the queue is', REDIS_DEFAULT)
    .option('--threads <n>', 'cells at a time', wholeNumber('--threads', 1), THREADS_DEFAULT)
    .option('--lease <time>', 'a worker that is silent for so long is lost, and its cells go to others', '30s')
    .option('--idle <time>', 'end when there was nothing to do for so long')
    .addHelpText('after', `
Any number of workers on any number of machines, all of the same build as the sweep: the queue is named by the hash of the core. A first
SIGINT or SIGTERM lets the cells at hand come to their end, a second one does not.

Examples:
  $ ringlab worker --redis redis://10.0.0.1:6379
  $ ringlab worker --threads 4 --idle 10min`)
    .action(work);
}

function milliseconds(option: string, text: string): number {
  const ns = /^[\d.]+\s*[a-zµ]+$/i.test(text) ? parseQuantity(text, 'ns') : undefined;
  if (ns === undefined || ns < 100e6 || ns > 24 * 3600e9)
    throw new InputError(`${option} ${text}: expected a time from 100ms to 24h, such as 30s.`);
  return ns / 1e6;
}

async function work({ redis: url, threads, lease, idle }: Flags): Promise<void> {
  const lease_ms = milliseconds('--lease', lease);
  const idle_ms = idle === undefined ? Number.POSITIVE_INFINITY : milliseconds('--idle', idle);
  const core = coreIdentity();
  const redis = await connectRedis(url);
  const pool = await ThreadPool.start(threads);
  const { Worker, UnrecoverableError } = await import('bullmq');
  const measure = async (job: CellJob): Promise<CellRecord> => {
    const record = await pool.measure(job);
    // Only what was measured is kept: a failure may be this machine's.
    if (record.outcome === 'failed') throw new UnrecoverableError(record.problem);
    return record;
  };
  const worker = new Worker<CellJob, CellRecord>(queueName(core), ({ data }) => measure(data), {
    connection: redis, prefix: QUEUE_PREFIX, skipVersionCheck: true, concurrency: threads, lockDuration: lease_ms,
    stalledInterval: lease_ms / 2, maxStalledCount: LOST_MAX,
  });
  // A Redis that went away comes back, and the worker goes on.
  worker.on('error', () => {});
  await worker.waitUntilReady().catch(() => {
    throw new InputError(`--redis ${shownUrl(url)}: Redis went away before the worker had begun; start it again.`);
  });
  say(`cells of core ${core.slice(0, 16)} from ${shownUrl(url)}, ${countText(threads, 'thread')}`);
  const done = await untilStopped(worker, idle_ms, () => redis.status === 'ready');
  await pool.close();
  redis.disconnect();
  say(`${countText(done, 'cell')} computed`);
  // The queue's own connection may still wait for a Redis that is gone: it keeps nobody here.
  setTimeout(() => process.exit(), FAREWELL_MS).unref();
}

interface Working {
  on(event: 'active' | 'completed' | 'failed', listener: () => void): unknown;
  close(force?: boolean): Promise<void>;
}

/** Ends by a signal, or when there was nothing to do for so long; cells computed. */
function untilStopped(worker: Working, idle_ms: number, connected: () => boolean): Promise<number> {
  const progress = new Progress();
  const begun = Date.now();
  let [done, running, last] = [0, 0, Date.now()];
  const ended = (cells: number) => () => {
    done += cells;
    running--;
    last = Date.now();
  };
  worker.on('active', () => {
    running++;
  });
  worker.on('completed', ended(1));
  worker.on('failed', ended(0));
  return new Promise((resolve) => {
    let stopping = false;
    const stop = () => {
      if (stopping) process.exit(1);
      stopping = true;
      clearInterval(timer);
      progress.end();
      // Without Redis there is nobody to say goodbye to.
      if (!connected()) resolve(done);
      else void worker.close().then(() => resolve(done));
    };
    const timer = setInterval(() => {
      const rate = (1000 * done) / (Date.now() - begun);
      progress.show(() => `worker: ${countText(done, 'cell')}, ${rate.toFixed(1)} a second, ${running} at hand`);
      if (running === 0 && Date.now() - last >= idle_ms) stop();
    }, 200);
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
