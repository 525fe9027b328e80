/** Asks for a drawing which of its things fit the filter. Without a filter it costs nothing. */
import { dimmed, type Fits, thingsIn } from '../draw/dim.ts';
import type { Scene } from '../draw/scene.ts';
import type { LabStore } from './store.svelte.ts';

const AGAIN_MS = 50;

export class Dimmer {
  readonly #lab: LabStore;
  #fits = $state.raw<Fits>();
  #asking = false;
  #next: Scene | undefined;

  constructor(lab: LabStore) {
    this.#lab = lab;
  }

  /** The scene as it is to be seen. */
  of(scene: Scene, selected: string | undefined): Scene {
    return this.#fits ? dimmed(scene, this.#fits, selected) : scene;
  }

  /** A new scene is to be seen, or the filter is another one. */
  look(scene: Scene, filter: string): void {
    if (filter.trim() === '') {
      this.#fits = undefined;
      this.#next = undefined;
      return;
    }
    this.#next = scene;
    if (!this.#asking) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    while (this.#next) {
      const { ids, cells } = thingsIn(this.#next);
      this.#next = undefined;
      const { filter } = this.#lab;
      if (filter.trim() === '' || (ids.length === 0 && cells.length === 0)) break;
      const answer = await this.#lab.ask('matching_things', { filter, ids, cells }).catch(() => undefined);
      if (this.#lab.filter !== filter) continue;
      this.#fits = answer && {
        faint: new Set(ids.filter((_, i) => !answer.fits[i])),
        cells: cells.map((run, i) => ({ ...run, fits: answer.cells[i] as Uint8Array })),
      };
      if (answer && !answer.whole) setTimeout(() => this.#lab.refresh(), AGAIN_MS);
    }
    this.#asking = false;
  }
}
