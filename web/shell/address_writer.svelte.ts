/** Keeps the address of the bench at what is open, a moment after it stands still: a link can be copied at any time. */
import type { LabStore } from '../lab/store.svelte.ts';
import { bench } from '../pages/bench/bench_state.svelte.ts';
import { benchAddress } from './bench_link.ts';
import { route } from './route.svelte.ts';
import { shell } from './shell_state.svelte.ts';

const STILL_MS = 400;

/** To be called while a component is made. */
export function keepAddress(lab: LabStore): void {
  $effect(() => {
    const ready = route.page === 'bench' && lab.source !== undefined && !lab.opening && !lab.playing && lab.error === '';
    // What the address is made of: a change of one of them begins the wait anew.
    void [lab.step, lab.branch, lab.selected, lab.filter, lab.breakpoints, bench.layout, bench.embed, shell.title];
    const edited = lab.branches.map((b) => `${b.n} ${b.name} ${b.edits.length} ${b.sets.length}`).join();
    // A link that does not hold stays as it was, until one goes elsewhere.
    const refuted = shell.proof.state === 'differs' && shell.proof.step === lab.step;
    if (!ready || refuted || shell.proof.state === 'opening' || edited === '') return;
    const timer = setTimeout(() => void write(lab), STILL_MS);
    return () => clearTimeout(timer);
  });
}

async function write(lab: LabStore): Promise<void> {
  const { step, branch } = lab;
  const rest = await benchAddress(lab, lab.step > 0 || lab.branch > 0).catch(() => undefined);
  if (rest !== undefined && lab.step === step && lab.branch === branch && !lab.playing) route.keep('bench', rest);
}
