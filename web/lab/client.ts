/** The worker, as promises. */
import type { Answer, At, Params, QueryName } from '../../sim/lab/index.ts';
import type { Asked, BranchInfo, CallName, Calls, Reply } from './protocol.ts';

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

export class LabClient {
  readonly #onBranches: (branches: readonly BranchInfo[]) => void;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #next = 1;

  constructor(onBranches: (branches: readonly BranchInfo[]) => void) {
    this.#onBranches = onBranches;
  }

  call<K extends CallName>(call: K, params: Calls[K]['params']): Promise<Calls[K]['answer']> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#running().postMessage({ id, call, params });
    });
  }

  /** One question about a moment. */
  async ask<K extends QueryName>(at: At, name: K, params: Params<K>): Promise<Answer<K>> {
    const [answer] = await this.call('ask', { at, asked: [{ name, params } as Asked] });
    if (!answer || 'error' in answer) throw new Error(answer?.error ?? 'no answer');
    return answer.ok as Answer<K>;
  }

  /** Gives up what is under way: the next call begins with a new worker. */
  stop(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(new Error('stopped'));
    this.#waiting.clear();
  }

  #running(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      if ('branches' in data) return this.#onBranches(data.branches);
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ('error' in data) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data.ok as never);
    };
    worker.onerror = (event) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(event.message || 'The simulator could not be loaded.'));
      this.#waiting.clear();
    };
    this.#worker = worker;
    return worker;
  }
}
