/** The first line of a simulated trace: which kernel it is, so that traces are compared with those of the same behaviour. */
import { BEHAVIOURS, PROFILES } from '../../schema/behaviours.ts';
import type { Scenario } from '../scenario.ts';
import type { HostKnob } from '../scenario_types.gen.ts';
import type { TraceLine } from './trace_line.ts';

const FORMAT = 1;
const PAGE = 4096;

export function simulatorCaps(scenario: Scenario, host: 0 | 1): Omit<TraceLine, 'i' | 'e'> {
  const { values } = scenario.hosts[host];
  const on = BEHAVIOURS.filter((b) => values[`kernel.${b.name}` as HostKnob] !== 0).map((b) => b.name);
  return { format: FORMAT, on: 'sim', kernel: PROFILES[values['kernel.profile']] ?? '', behaviours: on, page: PAGE, clock: 'virtual' };
}
