/** Steps by what happens, and changes by hand taken back and made again. */
import type { StepBy } from '../../sim/lab/index.ts';
import { branching } from '../lab/branching.svelte.ts';
import type { LabStore } from '../lab/store.svelte.ts';
import { knob_state } from '../views/knobs/knob_state.svelte.ts';
import type { Command } from './commands.ts';

const LOOK_AGAIN_MS = 60;

/** To the next or the last event of a kind, and selects what it is about. What is not recorded yet may still bring it. */
async function stepBy(lab: LabStore, by: StepBy, direction: 1 | -1): Promise<void> {
  lab.pause();
  const { at } = lab;
  for (;;) {
    const { found, recording } = await lab.ask('next_event', { by, direction }, at);
    if (lab.branch !== at.branch || lab.step !== at.step) return;
    if (found) {
      await lab.goto(found.step);
      lab.select(found.select);
      return;
    }
    if (!recording) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

const pair = (by: StepBy, what: string, key: string): Command[] => [
  { id: `next_${by}`, title: `Next ${what}`, group: 'Time', keys: [key], run: (lab) => stepBy(lab, by, 1) },
  { id: `previous_${by}`, title: `Previous ${what}`, group: 'Time', keys: [key.toUpperCase()], run: (lab) => stepBy(lab, by, -1) },
];

export const TIME_COMMANDS: readonly Command[] = [
  ...pair('arrival', 'packet that arrives', 'p'),
  ...pair('completion', 'completion', 'c'),
  ...pair('call', 'system call', 's'),
  ...pair('interrupt', 'interrupt', 'i'),
  { id: 'undo', title: 'Take the last change back', group: 'Branches', keys: ['Ctrl+z'], run: (lab) => branching.undo(lab) },
  { id: 'redo', title: 'Make it again', group: 'Branches', keys: ['Ctrl+y', 'Ctrl+Z'], run: (lab) => branching.redo(lab) },
  { id: 'turn_knob', title: 'Turn a knob', group: 'Branches', keys: ['k'], run: () => knob_state.show('knobs') },
  { id: 'inject', title: 'Do something to the run: a fault', group: 'Branches', keys: ['x'], run: () => knob_state.show('faults') },
  { id: 'branch_off', title: 'Branch off here', group: 'Branches', run: async (lab) => void (await branching.branchOff(lab)) },
];
