/** What does not hold that always must, for people: of a campaign, and of a run whose scenario asks to be checked. */
import { type Broken, invariantOf, placed } from '../fuzz/index.ts';
import type { Scenario } from '../host/index.ts';
import { MUSEUM } from '../schema/museum.ts';
import { loadFuzzCore } from './files.ts';
import { bold, red } from './terminal.ts';

/** What was broken, with the sentence that always holds and where it is from. */
export function brokenLines(broken: Broken): string[] {
  const invariant = invariantOf(broken);
  if (!invariant) return [red(bold(broken.invariant)), `  ${broken.text}`];
  return [red(bold(broken.invariant)), `  ${broken.text}`, `  always: ${invariant.about}`, `  source: ${invariant.source}`];
}

/** Steps between two looks at memory: whether it breaks is asked, and not where. */
const LOOK_STEPS = 64;

/**
 * A scenario with run.verify, or with a bug of the museum, is held against the invariants, too: the file of a finding has both. What
 * breaks is said. `stops`: the core itself stops there, and no run comes to its end.
 */
export async function sayBroken(scenario: Scenario, file: string): Promise<{ readonly broken: boolean; readonly stops: boolean }> {
  const exhibit = MUSEUM[scenario.run['run.bug'] - 1];
  if (scenario.run['run.verify'] === 0 && !exhibit) return { broken: false, stops: false };
  const { core } = await loadFuzzCore();
  const { broken } = placed(core, { scenario, edits: [], calm: false }, { rest_steps: LOOK_STEPS });
  if (!broken) return { broken: false, stops: false };
  const bug = exhibit ? [`  the museum's ${exhibit.name}: ${exhibit.about}`] : [];
  const lines = [...brokenLines(broken), ...bug, `  ringlab fuzz --repro ${file} shows where, and what came before it`];
  process.stderr.write(`${lines.join('\n')}\n`);
  return { broken: true, stops: broken.invariant.startsWith('core: ') };
}
