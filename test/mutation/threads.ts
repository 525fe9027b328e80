/** Threads that do jobs one after the other; one that does not come back in time is ended, and another takes its place. */
import { Worker } from 'node:worker_threads';
import type { Job, Reply, WorkerData } from './worker.ts';

export interface Judged {
  /** The test that failed; -1: none did. */
  readonly check: number;
  readonly why: string;
}

export class Thread {
  private worker: Worker | undefined;
  private readonly file: string;
  private readonly data: WorkerData;

  constructor(file: string, data: WorkerData) {
    this.file = file;
    this.data = data;
  }

  /** Does a job; `patience_ms` is how long one test may take. */
  do(job: Job, patience_ms: number): Promise<Reply> {
    this.worker ??= new Worker(this.file, { workerData: this.data, resourceLimits: { maxOldGenerationSizeMb: 1024 } });
    const { worker } = this;
    return new Promise((resolve) => {
      let at = -1;
      let clock: NodeJS.Timeout | undefined;
      const done = (reply: Reply) => {
        clearTimeout(clock);
        worker.off('message', heard);
        worker.off('error', lost);
        worker.off('exit', lost);
        resolve(reply);
      };
      const lost = (why: unknown) => {
        this.worker = undefined;
        worker.terminate();
        done({ kind: 'judged', check: at, why: `the thread ended: ${why instanceof Error ? why.message : why}` });
      };
      const wait = () => {
        clearTimeout(clock);
        clock = setTimeout(() => lost(`no end after ${patience_ms} ms`), patience_ms);
      };
      const heard = (reply: Reply) => {
        if (reply.kind !== 'at') {
          done(reply);
          return;
        }
        at = reply.check;
        wait();
      };
      worker.on('message', heard);
      worker.on('error', lost);
      worker.on('exit', lost);
      wait();
      worker.postMessage(job);
    });
  }

  end(): void {
    this.worker?.removeAllListeners();
    this.worker?.terminate();
    this.worker = undefined;
  }
}
