/** A job worker, as promises. It is started by its first job. */
import type { JobName, JobReply, Jobs } from './protocol.ts';

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
  readonly told: ((progress: string) => void) | undefined;
}

/** What a job ends with that was given up. */
export class Stopped extends Error {}

export class JobClient {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #next = 1;

  do<K extends JobName>(job: K, params: Jobs[K]['params'], told?: (progress: string) => void): Promise<Jobs[K]['answer']> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, told });
      this.#running().postMessage({ id, job, params });
    });
  }

  /** Gives up what is under way. The next job begins with a new worker. */
  stop(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#fail(new Stopped('stopped'));
  }

  #fail(error: Error): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }

  #running(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./job_worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<JobReply>) => {
      const waiting = this.#waiting.get(data.id);
      if ('progress' in data) return waiting?.told?.(data.progress);
      this.#waiting.delete(data.id);
      if ('error' in data) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data.ok as never);
    };
    worker.onerror = (event) => {
      this.#worker = undefined;
      this.#fail(new Error(event.message || 'The simulator could not be loaded.'));
    };
    this.#worker = worker;
    return worker;
  }
}
