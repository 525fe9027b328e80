/**
 * Going back where applications are in TypeScript: they keep state of their own, so the run is made again from its beginning. The world
 * of the beginning is kept, and digests are not made a second time: the recording remembers what came of each.
 */
import {
  AREA, type Engine, readField, readStruct, RING_ADDR, RING_STATE, type ScriptOptions, Sha256, snapshotsOf, VIEW_AREA, zcrxAreas,
  zcrxInstances,
} from '../host/index.ts';
import type { Machine } from './machine.ts';

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
      this.#markWritten(engine);
      this.#store.restore(this.#beginning);
      this.#machine.begin({ hash: this.#memo.remembered() });
    }
    this.#machine.replay(step);
    engine.drain();
    return this.#machine;
  }

  /** Applications write into their memory, and mark nothing. What NICs write is marked: servers only read in their areas. */
  #markWritten(engine: Engine): void {
    const { user_base, user_next } = readStruct(engine.view, RING_ADDR, RING_STATE);
    const steps = this.#machine.scripts.steps !== undefined;
    const areas = steps ? [] : [0, 1].flatMap((host) => zcrxInstances(engine, host)).flatMap((i) => zcrxAreas(engine, i))
      .map((area) => engine.core.view(VIEW_AREA, area))
      .map((at) => ({ from: readField(engine.view, at, AREA.addr), bytes: readField(engine.view, at, AREA.size) }))
      .sort((a, b) => a.from - b.from);
    let from = user_base;
    for (const area of areas) {
      this.#store.mark(from, area.from);
      from = area.from + area.bytes;
    }
    this.#store.mark(from, user_next);
  }
}
