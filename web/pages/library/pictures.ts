/** Pictures of scenarios, made when they are first seen. */
import type { Picture } from '../../../sim/lab/index.ts';
import type { BundledScenario } from '../../scenarios.ts';
import type { PictureReply } from './picture_worker.ts';

const made = new Map<string, Picture | undefined>();

export class Pictures {
  readonly #worker = new Worker(new URL('./picture_worker.ts', import.meta.url), { type: 'module' });
  readonly #waiting = new Map<string, (picture: Picture | undefined) => void>();
  /** The newest comes first: it is what is on the screen. */
  readonly #queue: BundledScenario[] = [];
  #busy = false;

  constructor() {
    this.#worker.onmessage = ({ data: { name, picture } }: MessageEvent<PictureReply>) => {
      made.set(name, picture);
      this.#waiting.get(name)?.(picture);
      this.#waiting.delete(name);
      this.#busy = false;
      this.#next();
    };
  }

  want(scenario: BundledScenario, answer: (picture: Picture | undefined) => void): void {
    if (made.has(scenario.name)) return answer(made.get(scenario.name));
    this.#waiting.set(scenario.name, answer);
    this.#queue.push(scenario);
    this.#next();
  }
  close(): void {
    this.#worker.terminate();
  }

  #next(): void {
    const scenario = this.#busy ? undefined : this.#queue.pop();
    if (!scenario) return;
    this.#busy = true;
    this.#worker.postMessage({ name: scenario.name, text: scenario.text });
  }
}
