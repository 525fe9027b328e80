/** What does not hold that always must, for people: of a campaign, and of a run whose scenario asks to be checked. */
import { type Broken, ruleOf, placed } from '../fuzz/index.ts';
import type { Scenario } from '../host/index.ts';
import { MUSEUM } from '../schema/museum.ts';
import { loadFuzzCore } from './files.ts';
import { bold, red } from './terminal.ts';

/** What was broken, with the sentence that always holds and where it is from. */
export function brokenLines(broken: Broken): string[] {
  const { about, source } = ruleOf(broken);
  return [red(bold(broken.invariant)), `  ${broken.text}`, `  always: ${about}`, `  source: ${source}`];
}

/** Steps between two looks at memory: whether it breaks is asked, and not where. */
const LOOK_STEPS = 64;

/** Of a scenario that is checked. */
export interface Checked {
  readonly broken: Broken;
  /** The bug of the museum that is switched on, in a line. */
  readonly bug: readonly string[];
  /** The core itself stops there, and no run comes to its end. */
  readonly stops: boolean;
}

/**
 * A scenario with run.verify, or with a bug of the museum, is held against the invariants, too: the file of a finding has both.
 * undefined: nothing breaks.
 */
export async function brokenIn(scenario: Scenario): Promise<Checked | undefined> {
  const exhibit = MUSEUM[scenario.run['run.bug'] - 1];
  if (scenario.run['run.verify'] === 0 && !exhibit) return undefined;
  const { core } = await loadFuzzCore();
  const { broken } = placed(core, { scenario, edits: [], calm: false }, { rest_steps: LOOK_STEPS });
  if (!broken) return undefined;
  const bug = exhibit ? [`the museum's ${exhibit.name}: ${exhibit.about}`] : [];
  return { broken, bug, stops: broken.invariant.startsWith('core: ') };
}

/** The same for people who ask for something else: what breaks is said beside it. */
export async function sayBroken(scenario: Scenario, file: string): Promise<Checked | undefined> {
  const checked = await brokenIn(scenario);
  if (!checked) return undefined;
  const { broken, bug } = checked;
  const where = `ringlab fuzz --repro ${file} shows where, and what came before it`;
  const lines = [...brokenLines(broken), ...[...bug, where].map((l) => `  ${l}`)];
  process.stderr.write(`${lines.join('\n')}\n`);
  return checked;
}
