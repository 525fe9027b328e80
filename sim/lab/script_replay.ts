/**
 * Going back where applications are in TypeScript: they keep state of their own, so the run is made again from its beginning. The world
 * of the beginning is kept, and digests are not made a second time: the recording remembers what came of each.
 */
import { readStruct, RING_ADDR, RING_STATE, type ScriptOptions, Sha256, snapshotsOf } from '../host/index.ts';
import { Machine } from './machine.ts';

type MakeHash = NonNullable<ScriptOptions['hash']>;

/** What came of each digest, in the order in which they were begun. */
export class DigestMemo {
  readonly #results: string[] = [];

  /** For the recording: makes digests, and keeps what came of them. */
  recorded(): MakeHash {
    let n = 0;
    return () => {
      const i = n++;
      const hash = new Sha256();
      return {
        update: (data: Uint8Array) => hash.update(data),
        hex: () => {
          const text = hash.hex();
          this.#results[i] = text;
          return text;
        },
      };
    };
  }
  /** For one who makes the recorded run again. */
  remembered(): MakeHash {
    let n = 0;
    return () => {
      const i = n++;
      return { update: () => {}, hex: () => this.#results[i] as string };
    };
  }
}

export class ScriptReplay {
  readonly #machine: Machine;
  readonly #memo: DigestMemo;
  readonly #store;
  readonly #beginning;

  constructor(make: (options: ScriptOptions) => Machine, memo: DigestMemo) {
    this.#memo = memo;
    this.#machine = make({ hash: memo.remembered() });
    this.#store = snapshotsOf(this.#machine.engine, true);
    this.#beginning = this.#store.take();
    this.#machine.applyEdits();
  }

  /** A machine that stands where the recorded one stood after a step. */
  machineAt(step: number): Machine {
    const { engine } = this.#machine;
    if (step < this.#machine.at) {
      const { user_base, user_next } = readStruct(engine.view, RING_ADDR, RING_STATE);
      // Applications write into their memory, and mark nothing.
      this.#store.mark(user_base, user_next);
      this.#store.restore(this.#beginning);
      this.#machine.begin({ hash: this.#memo.remembered() });
    }
    this.#machine.replay(step);
    engine.drain();
    return this.#machine;
  }
}
