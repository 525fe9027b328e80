/** Every knob of a compiled scenario with its value; those that differ from the default are marked. */
import { formatValue, type HostKnob, type RunKnob, type Scenario } from '../host/index.ts';
import { HOST_KNOBS, RUN_KNOBS } from '../schema/scenario.ts';
import { table } from './terminal.ts';

export function knobLines(scenario: Scenario): string[] {
  const rows: string[][] = [['knob', 'client', 'server', 'what it is']];
  for (const k of RUN_KNOBS) {
    const value = formatValue(k, scenario.run[`${k.section}.${k.name}` as RunKnob]);
    rows.push([`${k.section}.${k.name}`, value, '', k.about]);
  }
  for (const k of HOST_KNOBS) {
    const path = `${k.section}.${k.name}` as HostKnob;
    const [client, server] = scenario.hosts.map((h) => `${formatValue(k, h.values[path])}${h.values[path] === k.value ? '' : ' *'}`);
    rows.push([path, client ?? '', server ?? '', k.linux ? `${k.about} (${k.linux})` : k.about]);
  }
  return [...table(rows), '', '* differs from the default'];
}

/** The same values as numbers: of the run, and of each host. */
export function knobsJson(scenario: Scenario): Record<string, unknown> {
  const [client, server] = scenario.hosts.map((h) => h.values);
  return { scenario: scenario.name, run: scenario.run, client, server };
}
