/** The worker that holds the simulator, as one promise a run. A new run gives up the one before. */
import type { RunReply, RunRequest, RunView } from './page_model.ts';

export class RunClient {
  #worker: Worker | undefined;
  #next = 1;

  run(request: Omit<RunRequest, 'id'>, onProgress: (virtual_ns: number) => void): Promise<RunView> {
    this.#worker?.terminate();
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    this.#worker = worker;
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<RunReply>) => {
        if (data.id !== id) return;
        if (data.kind === 'progress') onProgress(data.virtual_ns);
        else if (data.kind === 'done') resolve(data.run);
        else reject(new Error(data.message));
      };
      worker.onerror = (event) => reject(new Error(event.message || 'The simulator could not be loaded.'));
      worker.postMessage({ id, ...request } satisfies RunRequest);
    });
  }
}
