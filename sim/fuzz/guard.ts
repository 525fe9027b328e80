/** The invariants as the laboratory has them look on: what breaks one ends the recording, in words. Loaded when a scenario wants it. */
import type { BrokenRule, Guards } from '../lab/index.ts';
import { CALM } from './case.ts';
import { INVARIANTS, ruleOf, shownIn, Watch } from './invariants/index.ts';
import { brokenBy } from './runner.ts';
import { MUSEUM } from '../schema/museum.ts';

function told(error: Error, bug: number): BrokenRule | undefined {
  const broken = brokenBy(error);
  if (!broken) return undefined;
  const { about, source } = ruleOf(broken);
  const exhibit = MUSEUM[bug - 1];
  return {
    name: broken.invariant, seen: broken.text, always: about, source, view: shownIn(broken),
    bug: exhibit ? `${exhibit.name}: ${exhibit.about}` : '',
  };
}

export const GUARDS: Guards = (scenario, edits) => {
  const watch = new Watch(scenario, INVARIANTS);
  const calm = CALM.every((set) => edits.some((e) => 'set' in e && e.set === set));
  return {
    see: (batch, i) => watch.see(batch, i, i + 1), rest: (engine) => watch.rest(engine),
    told: (error) => told(error, scenario.run['run.bug']),
    end: (engine, stopped, scripts) => watch.end(engine, { played: { engine, stopped, scripts }, calm }),
  };
};
