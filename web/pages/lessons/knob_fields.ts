/** The knobs that a task offers, as fields: what they mean, what they may be, and what they are now. */
import { formatValue } from '../../../sim/host/index.ts';
import { HOST_KNOBS, type Knob, RUN_KNOBS } from '../../../sim/schema/scenario.ts';

export interface KnobField {
  readonly path: string;
  readonly about: string;
  /** What Linux calls it. */
  readonly linux: string;
  /** Names to choose from; none: a text. */
  readonly options: readonly string[];
  readonly knob: Knob | undefined;
}

/** Lists are written as in a scenario. */
const LISTS: Readonly<Record<string, string>> = {
  'nic.rules': 'rules that send packets to a queue: [{dst_port: 9999, queue: 1}]', faults: 'what happens to single frames',
};

export function knobField(path: string): KnobField {
  const name = path.replace(/^(client|server)\./, '');
  const knob = (name === path ? RUN_KNOBS : HOST_KNOBS).find((k) => `${k.section}.${k.name}` === name);
  if (!knob) return { path, about: LISTS[name] ?? '', linux: name === 'nic.rules' ? 'ethtool -N' : '', options: [], knob: undefined };
  return { path, about: knob.about, linux: knob.linux ?? '', options: optionsOf(knob), knob };
}

const optionsOf = (knob: Knob): readonly string[] => knob.options ?? (knob.unit === 'bool' ? ['off', 'on'] : []);

/** The value that a branch has, as one writes it; nothing for lists. */
export const fieldText = ({ knob }: KnobField, value: number | string | undefined): string =>
  knob && typeof value === 'number' ? formatValue(knob, value) : '';
