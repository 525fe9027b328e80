/** Snapshots along a recording, at a distance that grows with its length: as many as memory allows. */
import type { PageStore, Snapshot } from '../host/index.ts';

const MAX = 192;
const FIRST_STRIDE = 512;
/** What pages of snapshots may take; then every other one is given up. */
const BYTES_MAX = 384 * 2 ** 20;

interface Checkpoint {
  readonly step: number;
  readonly snapshot: Snapshot;
}

export class Checkpoints {
  readonly #store: PageStore;
  #kept: Checkpoint[] = [];
  #stride = FIRST_STRIDE;

  constructor(store: PageStore) {
    this.#store = store;
  }

  get count(): number {
    return this.#kept.length;
  }
  /** Whether a step is due for one. */
  wants(step: number): boolean {
    return step >= (this.#kept.at(-1)?.step ?? -Infinity) + this.#stride;
  }

  /** Keeps the engine's state, which is that after `step` steps. */
  take(step: number): void {
    this.#kept.push({ step, snapshot: this.#store.take() });
    if (this.#kept.length < MAX && this.#store.bytes() < BYTES_MAX) return;
    this.#stride *= 2;
    // The first one stays: there is no other way back to the beginning.
    const given_up = this.#kept.filter((_, i) => i % 2 === 1);
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0);
    for (const { snapshot } of given_up) this.#store.release(snapshot);
  }

  /** Makes the engine's state the last kept one that is not after `step`; returns its step. */
  restore(step: number): number {
    const found = this.#kept.findLast((c) => c.step <= step);
    if (!found) throw new RangeError(`there is no checkpoint before step ${step}`);
    this.#store.restore(found.snapshot);
    return found.step;
  }
  /** Gives all of them up: nobody goes back there any more. */
  clear(): void {
    for (const { snapshot } of this.#kept) this.#store.release(snapshot);
    this.#kept = [];
  }
  /** The step of the last checkpoint that is not after a step; -1: none. */
  before(step: number): number {
    return this.#kept.findLast((c) => c.step <= step)?.step ?? -1;
  }
}
