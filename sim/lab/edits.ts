/** What somebody changes in a running world: a knob from now on, or a fault. */
import { type Engine, InputError, type Scenario } from '../host/index.ts';

export interface KnobEdit {
  /** The step after which it happens. */
  readonly at: number;
  /** A change as --set takes it: server.wire.loss_ppm=1000 */
  readonly set: string;
}
export interface FaultEdit {
  readonly at: number;
  readonly fault: string;
  readonly host: 0 | 1;
  readonly args: readonly number[];
}
export type Edit = KnobEdit | FaultEdit;

/** Applies an edit to the state of an engine. */
export function applyEdit(_engine: Engine, scenario: Scenario, edit: Edit): void {
  throw new InputError(`${scenario.name}: there is no edit like ${JSON.stringify(edit)}`);
}
