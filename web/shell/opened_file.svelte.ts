/** The file that was dropped or chosen last, and what came of it. Runs and scenarios go to the bench; the rest to the page `file`. */
import type { Opened } from '../../sim/lab/index.ts';
import { route } from './route.svelte.ts';

class OpenedFile {
  name = $state('');
  opened = $state.raw<Opened>();
  error = $state('');
  /** In words, while it is read. */
  progress = $state('');
  busy = $state(false);
  #stop: (() => void) | undefined;

  async open(file: File): Promise<void> {
    this.stop();
    this.name = file.name;
    this.opened = undefined;
    this.error = '';
    this.progress = 'reading';
    this.busy = true;
    route.go('file', '');
    try {
      const { readFile } = await import('./read_file.ts');
      const reading = readFile(file, (progress) => {
        this.progress = progress;
      });
      this.#stop = reading.stop;
      const opened = await reading.opened;
      if (opened) this.opened = opened;
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    }
    this.busy = false;
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.busy = false;
  }
}

export const openedFile = new OpenedFile();
