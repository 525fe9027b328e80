/** Edits of generated cases: not each of them has something to act on. */
import { type Engine, InputError } from '../host/index.ts';
import { applyEdit, type Edit } from '../lab/index.ts';

/** An edit whose target is not there any more is left out. False: this one was. */
export function tryEdit(engine: Engine, edit: Edit): boolean {
  try {
    applyEdit(engine, edit);
    return true;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return false;
  }
}
