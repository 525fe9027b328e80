/** What a command line changes of a scenario: single knobs, or the machine that its hosts are. */
import type { Machine } from '../schema/machine_form.ts';
import { applySet, type Draft } from './scenario_draft.ts';

/** `PATH=VALUE`; or with what the user wrote where that was something else; or a machine, of one host or of both. */
export type Change =
  | string
  | { readonly set: string; readonly said: string }
  | { readonly machine: Machine; readonly host?: 0 | 1 };

export function applyChange(draft: Draft, change: Change): void {
  if (typeof change === 'string') applySet(draft, change);
  else if ('set' in change) applySet(draft, change.set, change.said);
  else for (const host of change.host === undefined ? [0, 1] as const : [change.host]) draft.hosts[host].machine = change.machine;
}
