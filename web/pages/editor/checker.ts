/** The worker that reads scenarios, as promises. Only the newest text matters: answers to older ones are left out. */
import type { CheckedText, Schema } from '../../../sim/lab/index.ts';
import type { CheckReply } from './check_worker.ts';

export class Checker {
  readonly schema: Promise<Schema>;
  readonly #worker = new Worker(new URL('./check_worker.ts', import.meta.url), { type: 'module' });
  #last = 0;
  #answer: ((checked: CheckedText) => void) | undefined;

  constructor() {
    this.schema = new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }: MessageEvent<CheckReply>) => {
        if ('schema' in data) return resolve(data.schema);
        if (data.id !== this.#last) return;
        if ('checked' in data) this.#answer?.(data.checked);
        else this.#answer?.({ problems: [{ line: 0, col: 0, text: data.error }], values: undefined });
      };
      this.#worker.onerror = (event) => reject(new Error(event.message || 'The reader of scenarios could not be loaded.'));
    });
  }

  check(text: string, name: string, answer: (checked: CheckedText) => void): void {
    this.#answer = answer;
    this.#worker.postMessage({ id: ++this.#last, text, name });
  }
  close(): void {
    this.#worker.terminate();
  }
}
