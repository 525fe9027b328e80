/** Which half of the view is shown; commands bring it there from anywhere. */
import { bench } from '../../pages/bench/bench_state.svelte.ts';

class KnobState {
  mode = $state<'faults' | 'knobs'>('faults');

  /** Shows a half, and brings the focus into it as soon as it is there. */
  show(mode: 'faults' | 'knobs'): void {
    this.mode = mode;
    bench.show('knobs');
    const wanted = mode === 'knobs' ? '[data-knobs] input[type="search"]' : '[data-knobs] [data-fault] button:not(:disabled)';
    const end = performance.now() + PATIENCE_MS;
    const look = () => {
      const found = document.querySelector<HTMLElement>(wanted);
      if (found) found.focus();
      else if (performance.now() < end) setTimeout(look, LOOK_AGAIN_MS);
    };
    setTimeout(look, LOOK_AGAIN_MS);
  }
}
const LOOK_AGAIN_MS = 50;
const PATIENCE_MS = 2000;

export const knob_state = new KnobState();
