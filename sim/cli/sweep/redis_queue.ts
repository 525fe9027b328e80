/**
 * Cells in a queue on Redis, computed by whoever runs `ringlab worker`. A cell's job is named by its key, so a cell that somebody has asked
 * for before is not computed again, and one whose worker was lost goes to another. The queue is named by the core: workers of another build
 * never see it.
 */
import type { Job, Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import type { CellJob, CellRecord } from '../../host/index.ts';
import type { Dispatcher } from './dispatcher.ts';
import { connectRedis, QueueError, REDIS_DEFAULT, shownUrl } from './redis_link.ts';

export const QUEUE_PREFIX = 'ringlab';
export const queueName = (core: string): string => `cells-${core.slice(0, 16)}`;

/** How long Redis keeps what was computed, and how much of it. */
const KEPT = { age: 7 * 24 * 3600, count: 100_000 };
const BATCH = 500;
/** Without news for so long we ask for each cell that is missing: an event may have passed unseen. */
const QUIET_MS = 2000;
const LOST_MS = 60_000;
const CLOSE_MS = 2000;

export class RedisQueue implements Dispatcher {
  readonly name: string;
  private readonly url: string;
  private readonly redis: Redis;
  private readonly queue: Queue<CellJob, CellRecord>;
  private readonly events: QueueEvents;

  private constructor(url: string, redis: Redis, queue: RedisQueue['queue'], events: QueueEvents) {
    this.name = shownUrl(url);
    this.url = url;
    this.redis = redis;
    this.queue = queue;
    this.events = events;
  }

  static async open(url: string = REDIS_DEFAULT, core = ''): Promise<RedisQueue> {
    const redis = await connectRedis(url);
    const { Queue, QueueEvents } = await import('bullmq');
    const options = { connection: redis, prefix: QUEUE_PREFIX, skipVersionCheck: true };
    const [queue, events] = [new Queue<CellJob, CellRecord>(queueName(core), options), new QueueEvents(queueName(core), options)];
    // A connection that is lost comes back, or run() gives up.
    queue.on('error', () => {});
    events.on('error', () => {});
    await events.waitUntilReady();
    return new RedisQueue(url, redis, queue, events);
  }

  run(jobs: readonly CellJob[], done: (record: CellRecord) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const run = new Waiting(jobs, this.queue, done, (error) => {
        clearInterval(timer);
        if (error) reject(error);
        else resolve();
      });
      this.events.on('completed', ({ jobId, returnvalue }) => run.completed(jobId, returnvalue as unknown as CellRecord));
      this.events.on('failed', ({ jobId, failedReason }) => run.failed(jobId, failedReason));
      const timer = setInterval(() => this.look(run), QUIET_MS);
      run.add().catch((error: unknown) => run.end(error));
    });
  }

  private lostSince = 0;
  private told = false;

  /** Now and then: is Redis still there, does anybody compute, has an event been missed? */
  private look(run: Waiting): void {
    if (this.redis.status !== 'ready') {
      this.lostSince ||= Date.now();
      if (Date.now() - this.lostSince > LOST_MS)
        run.end(new QueueError(`${this.name}: Redis was lost; what it had told us is kept in --out, if given,`
          + ' and the same command goes on from there.'));
      return;
    }
    this.lostSince = 0;
    run.reconcile().catch((error: unknown) => run.end(error));
    if (this.told || run.heard) return;
    this.told = true;
    this.queue.getWorkersCount().then((n) => {
      const remedy = `ringlab worker --redis ${shownUrl(this.url)}`;
      if (n === 0) process.stderr.write(`ringlab: nobody computes these cells yet; start workers of this build: ${remedy}\n`);
    }, () => {});
  }

  async close(): Promise<void> {
    // A Redis that is gone says no goodbye.
    const patience = new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref());
    await Promise.race([Promise.allSettled([this.events.close(), this.queue.close()]), patience]);
    this.redis.disconnect();
  }
}

/** The cells that are not there yet. */
class Waiting {
  private readonly left: Map<string, CellJob>;
  private readonly queue: Queue<CellJob, CellRecord>;
  private readonly done: (record: CellRecord) => void;
  private readonly onEnd: (error?: unknown) => void;
  private ended = false;
  private news = false;
  private asking = false;
  /** Somebody has computed something. */
  heard = false;

  constructor(jobs: readonly CellJob[], queue: Waiting['queue'], done: Waiting['done'], onEnd: Waiting['onEnd']) {
    this.left = new Map(jobs.map((job) => [job.key, job]));
    this.queue = queue;
    this.done = done;
    this.onEnd = onEnd;
  }

  async add(): Promise<void> {
    await this.put([...this.left.values()]);
    await this.ask();
  }

  /** A job whose name is there already is not put there again. */
  private async put(jobs: readonly CellJob[]): Promise<void> {
    for (let at = 0; at < jobs.length; at += BATCH) {
      await this.queue.addBulk(jobs.slice(at, at + BATCH).map((job) => ({
        name: 'cell', data: job, opts: { jobId: job.key, removeOnComplete: KEPT, removeOnFail: true },
      })));
    }
  }

  completed(key: string, record: CellRecord): void {
    this.news = true;
    this.heard = true;
    if (record.key !== key) this.failed(key, 'the queue has the record of another cell under its name');
    else if (this.left.delete(key)) this.tell(record);
    if (this.left.size === 0) this.end();
  }

  failed(key: string, reason: string): void {
    const lost = /stalled/.test(reason);
    this.completed(key, { key, seed: 0, outcome: 'failed', problem: lost ? 'every worker that began it was lost' : reason });
  }

  private tell(record: CellRecord): void {
    try {
      this.done(record);
    } catch (error) {
      this.end(error);
    }
  }

  /** After a while without news: a cell may have been computed before we listened, or its job was thrown away. */
  async reconcile(): Promise<void> {
    if (!this.news && !this.asking && !this.ended) await this.ask();
    this.news = false;
  }

  private async ask(): Promise<void> {
    this.asking = true;
    const keys = [...this.left.keys()];
    for (let at = 0; at < keys.length && !this.ended; at += BATCH) {
      const own = keys.slice(at, at + BATCH);
      const jobs = await Promise.all(own.map((key) => this.queue.getJob(key)));
      for (const [i, job] of jobs.entries()) this.take(own[i] ?? '', job);
    }
    this.asking = false;
    if (this.left.size === 0) this.end();
  }

  private take(key: string, job: Job<CellJob, CellRecord> | undefined): void {
    if (job?.finishedOn !== undefined && job.returnvalue) this.completed(key, job.returnvalue);
    else if (!job && this.left.has(key)) this.put([this.left.get(key) as CellJob]).catch((error: unknown) => this.end(error));
  }

  end(error?: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.onEnd(error);
  }
}
