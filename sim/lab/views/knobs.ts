/** All knobs with what they are now, and which of them may change while the world runs. */
import { HOST_KNOBS, HOSTS, type Knob, RUN_KNOBS } from '../../schema/scenario.ts';
import { knobRange, knobText, parseLiveKnob } from '../../host/index.ts';
import type { Moment } from '../moment.ts';

export interface KnobValue {
  /** client, server, or run. */
  readonly who: string;
  readonly now: string;
  /** What the branch began with. */
  readonly begun: string;
}
export interface KnobRow {
  readonly section: string;
  readonly name: string;
  readonly about: string;
  readonly linux: string;
  /** What it takes, in words. */
  readonly range: string;
  readonly options: readonly string[];
  /** It may change while the world runs; the others are read when something is set up. */
  readonly live: boolean;
  readonly default: string;
  readonly values: readonly KnobValue[];
}

/** The scenario says them for the run as a whole, and who begins anew may. */
const OF_THE_RUN = new Set(['seed', 'until_ns', 'payload']);

export function knobs({ recording, step }: Moment, _: Readonly<Record<string, never>>): KnobRow[] {
  const turned = new Map<string, number>();
  for (const edit of recording.edits) {
    if (!('set' in edit) || edit.at > step) continue;
    const { number, hosts, value } = parseLiveKnob(edit.set);
    for (const host of hosts) turned.set(`${host}.${number}`, value);
  }
  const { hosts, run } = recording.scenario;
  const rows = HOST_KNOBS.map((k, number) => rowOf(k, HOSTS.map((who, host) => {
    const begun = hosts[host as 0 | 1].values[`${k.section}.${k.name}` as keyof (typeof hosts)[0]['values']];
    return { who, now: knobText(k, turned.get(`${host}.${number}`) ?? begun), begun: knobText(k, begun) };
  })));
  const of_run = RUN_KNOBS.filter((k) => k.section === 'run' && OF_THE_RUN.has(k.name)).map((k) => {
    const text = knobText(k, run[`${k.section}.${k.name}` as keyof typeof run]);
    return rowOf(k, [{ who: 'run', now: text, begun: text }]);
  });
  return [...rows, ...of_run];
}

const rowOf = (k: Knob, values: readonly KnobValue[]): KnobRow => ({
  section: k.section, name: k.name, about: k.about, linux: k.linux ?? '', range: knobRange(k).replace(/^expected /, ''),
  options: k.options ?? (k.unit === 'bool' ? ['off', 'on'] : []), live: k.live === true, default: knobText(k, k.value), values,
});
