/** What a finding is a breach of: the sentence that always holds, and where that is from. */
import type { Broken } from '../runner.ts';
import { BUFFERS } from './buffers.ts';
import type { Invariant } from './form.ts';
import { NOTHING_LEFT } from './leftovers.ts';
import { LIVENESS } from './liveness.ts';
import { NETWORK } from './network.ts';
import { RINGS } from './rings.ts';

/** Every invariant, in the order of the stages. */
export const INVARIANTS: readonly Invariant[] = [...NETWORK, ...RINGS, ...BUFFERS, LIVENESS, NOTHING_LEFT];

export type Rule = Pick<Invariant, 'about' | 'source'>;

/** The file of a stage, or of what stands beside the road, that lists its asserts. */
const CARD = /\b((?:stack|nic-model|uring-model)\/[\w-]+)\/\S+:\d+/;

/** By how the names of findings begin that are of no invariant. */
const OTHERS: Readonly<Record<string, (text: string) => Rule>> = {
  'core: ': (text) => ({
    about: 'What an assert of the core forbids never happens: where it does the core stops, and there is no state after it.',
    source: CARD.test(text) ? `Ringlab ${CARD.exec(text)?.[1]}/index.ts: Invariants` : 'Ringlab sim/core/trap.ts: onAbort',
  }),
  'D1 ': () => ({
    about: 'A run is the same each time that it is made, and from a snapshot on.', source: 'Ringlab ARCHITECTURE.md: The machine',
  }),
  'host: ': () => ({ about: 'No run ends with an error of the TypeScript around the core.', source: 'Ringlab sim/host' }),
};

export function ruleOf({ invariant, text }: Broken): Rule {
  const found = INVARIANTS.find(({ id, name }) => `${id} ${name}` === invariant);
  if (found) return { about: found.about, source: found.source };
  const [, other] = Object.entries(OTHERS).find(([begin]) => invariant.startsWith(begin)) ?? [];
  return other?.(text) ?? { about: '', source: '' };
}
