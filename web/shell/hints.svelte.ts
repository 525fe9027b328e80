/** What to do next, in a line: one thing at a time, until it was done or waved away. Kept in this browser. */
import type { LabStore } from '../lab/store.svelte.ts';

interface Hint {
  readonly id: string;
  readonly text: string;
  /** For fingers, where that is another thing to do. */
  readonly touch?: string;
  /** It can be done now. */
  readonly when: (lab: LabStore) => boolean;
  /** It was done. */
  readonly done: (lab: LabStore) => boolean;
}

const HINTS: readonly Hint[] = [
  {
    id: 'pause', text: 'Space stops the time, and lets it go on.', touch: 'Pause stops the time.', when: (lab) => lab.playing,
    done: (lab) => !lab.playing && lab.step > 0,
  },
  { id: 'play', text: 'Space plays the run.', touch: 'Play the run.', when: (lab) => !lab.playing, done: (lab) => lab.playing },
  {
    id: 'step', text: 'One event on with . and one back with , — or drag the rule.', touch: 'Drag the rule: back, too.',
    when: (lab) => !lab.playing && lab.step > 0,
    done: (lab) => !lab.playing && lab.step > 0 && lab.direction < 0,
  },
  {
    id: 'select', text: 'Click a packet, a buffer or a slot: the inspector says what it is.', touch: 'Touch a packet, then open Inspector.',
    when: (lab) => lab.step > 0,
    done: (lab) => lab.selected !== undefined,
  },
  {
    id: 'branch', text: 'Turn a knob or drop a packet: a branch leaves from here, to compare.', when: (lab) => lab.step > 0,
    done: (lab) => lab.branches.length > 1,
  },
];
const KEY = 'ringlab.hints';

class Hints {
  #gone = $state<readonly string[]>(read());

  /** The one to be shown now. */
  now(lab: LabStore): Hint | undefined {
    return HINTS.find((h) => !this.#gone.includes(h.id) && h.when(lab));
  }
  /** Takes note of what was done; to be called when something has changed. */
  watch(lab: LabStore): void {
    for (const h of HINTS) if (!this.#gone.includes(h.id) && h.done(lab)) this.away(h.id);
  }
  away(id: string): void {
    this.#gone = [...this.#gone, id];
    try {
      localStorage.setItem(KEY, this.#gone.join());
    } catch {
      // A frame without storage shows them again.
    }
  }
}

function read(): string[] {
  try {
    return (localStorage.getItem(KEY) ?? '').split(',').filter((id) => id !== '');
  } catch {
    return [];
  }
}

export const hints = new Hints();
