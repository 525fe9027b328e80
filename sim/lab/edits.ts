/** What somebody changes in a running world: a knob from now on, or a fault. */
import { type Engine, HOSTS, injectFault, InputError, turnKnob } from '../host/index.ts';

export interface KnobEdit {
  /** The step after which it happens. */
  readonly at: number;
  /** A change as --set takes it, of a knob that may change in a running world: server.wire.loss_ppm=1000 */
  readonly set: string;
}
/** A fault of sim/schema/edits.ts, by its name. */
export interface FaultEdit {
  readonly at: number;
  readonly fault: string;
  readonly host: 0 | 1;
  /** Its target, and its number where it has one; left out: the fault's own. A negative target is one by order (injectFault). */
  readonly args: readonly number[];
}
export type Edit = KnobEdit | FaultEdit;

/** In words: `server.wire.loss_ppm=5%`, `forge_rst -1 100 at the client`. */
export const editText = (edit: Edit): string =>
  ('set' in edit ? edit.set : `${[edit.fault, ...edit.args].join(' ')} at the ${HOSTS[edit.host]}`);

/** Applies an edit to the state of an engine. What cannot be done is refused with a sentence, and nothing is changed. */
export function applyEdit(engine: Engine, edit: Edit): void {
  if ('set' in edit) turnKnob(engine, edit.set);
  else injectFault(engine, edit.fault, edit.host, edit.args[0] ?? 0, edit.args[1]);
}

/** Tries an edit. undefined: it was done; else why not. Of generated ones not each has something to act on. */
export function refusalOf(engine: Engine, edit: Edit): string | undefined {
  try {
    applyEdit(engine, edit);
    return undefined;
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}
