/** What shows best what an invariant is about: the view of the page that is opened where it breaks. */
import type { Broken } from '../runner.ts';

export type ShownIn = 'road' | 'memory' | 'rings' | 'tcp' | 'timeline' | 'log';

/** By the letter of an invariant's id, or by its id where it is not like its neighbours. */
const BY_ID: Readonly<Record<string, ShownIn>> = {
  W: 'road', N: 'timeline', N3: 'road', T: 'tcp', K: 'tcp', U: 'rings', B: 'memory', B6: 'rings', B7: 'rings', B9: 'rings',
  L: 'road', P: 'rings',
};

/** By the number of the stage that a source lies in: an assert of the core names its file. */
const BY_STAGE: readonly ShownIn[] = ['road', 'rings', 'memory', 'timeline', 'tcp', 'tcp', 'rings', 'log', 'memory'];

export function shownIn({ invariant, text }: Broken): ShownIn {
  const [, id = '', letter = ''] = /^(([A-Z])\d+) /.exec(invariant) ?? [];
  const stage = Number(/\/(\d)-[a-z]+\//.exec(text)?.[1] ?? 0);
  return BY_ID[id] ?? BY_ID[letter] ?? BY_STAGE[stage - 1] ?? 'log';
}
