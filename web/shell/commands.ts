/** Everything that can be done, once: buttons, keys, the palette and the sheet of keys are made of this list. */
import type { LabStore } from '../lab/store.svelte.ts';
import { faster } from './speeds.ts';
import { TIME_COMMANDS } from './time_commands.ts';

export interface Command {
  readonly id: string;
  readonly title: string;
  /** In which chapter of the sheet it stands. */
  readonly group: string;
  /** As KeyboardEvent.key has it, with Shift+, Ctrl+ or Alt+ before. */
  readonly keys?: readonly string[];
  /** Its keys hold only while the focus is in an element that this selector finds, and there they come first. */
  readonly within?: string;
  /** While somebody types, too. */
  readonly anywhere?: boolean;
  readonly run: (lab: LabStore) => void | Promise<void>;
}

const OF_THE_RUN: readonly Command[] = [
  { id: 'play', title: 'Play or pause', group: 'Time', keys: [' '], run: (lab) => (lab.playing ? lab.pause() : lab.play()) },
  {
    id: 'play_back', title: 'Play backward', group: 'Time', keys: ['Shift+ '],
    run: (lab) => (lab.playing && lab.direction < 0 ? lab.pause() : lab.play(-1)),
  },
  { id: 'step', title: 'One event on', group: 'Time', keys: ['.'], run: (lab) => lab.goto(lab.step + 1) },
  { id: 'step_back', title: 'One event back', group: 'Time', keys: [','], run: (lab) => lab.goto(lab.step - 1) },
  { id: 'begin', title: 'To the beginning', group: 'Time', keys: ['Home'], run: (lab) => lab.goto(0) },
  { id: 'end', title: 'To the end', group: 'Time', keys: ['End'], run: (lab) => lab.goto(Number.MAX_SAFE_INTEGER) },
  {
    id: 'faster', title: 'Faster', group: 'Time', keys: ['+', '='],
    run: (lab) => {
      lab.speed = faster(lab.speed, 1);
    },
  },
  {
    id: 'slower', title: 'Slower', group: 'Time', keys: ['-'],
    run: (lab) => {
      lab.speed = faster(lab.speed, -1);
    },
  },
  ...TIME_COMMANDS,
];

export const COMMANDS: Command[] = OF_THE_RUN.map((c) => ({ ...c, run: (lab) => lab.whenOpen(() => c.run(lab)) }));

/** Parts of the page add theirs. Returns how to take them away. */
export function addCommands(commands: readonly Command[]): () => void {
  COMMANDS.push(...commands);
  return () => {
    for (const c of commands) COMMANDS.splice(COMMANDS.indexOf(c), 1);
  };
}

/** Shift is said of keys that it does not change. */
function nameOf({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): string {
  const shift = shiftKey && (key.length > 1 || key === ' ');
  return `${ctrlKey || metaKey ? 'Ctrl+' : ''}${altKey ? 'Alt+' : ''}${shift ? 'Shift+' : ''}${key}`;
}

/** The command of a key; none while somebody types. */
export function commandOf(event: KeyboardEvent): Command | undefined {
  const element = event.target as HTMLElement | null;
  // A dialog that was closed just now may still have the focus.
  const target = element?.closest('dialog:not([open])') ? null : element;
  const name = nameOf(event);
  const bound = COMMANDS.filter((c) => c.keys?.includes(name) && (c.within === undefined || target?.closest(c.within)));
  const found = bound.find((c) => c.within !== undefined) ?? bound[0];
  if (found?.anywhere) return found;
  if (target?.closest('input, textarea, select, [contenteditable="true"], .cm-editor, dialog[open]')) return undefined;
  // These keys press what has the focus.
  return [' ', 'Enter'].includes(event.key) && target?.closest('button, a, summary, [role="button"]') ? undefined : found;
}
