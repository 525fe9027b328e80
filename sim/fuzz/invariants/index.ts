/** Every invariant, in the order of the stages. */
import { BUFFERS } from './buffers.ts';
import type { Invariant } from './form.ts';
import { NOTHING_LEFT } from './leftovers.ts';
import { LIVENESS } from './liveness.ts';
import { NETWORK } from './network.ts';
import { RINGS } from './rings.ts';

export * from './form.ts';
export { type ShownIn, shownIn } from './shown.ts';
export { Watch } from './watch.ts';
export const INVARIANTS: readonly Invariant[] = [...NETWORK, ...RINGS, ...BUFFERS, LIVENESS, NOTHING_LEFT];

/** The invariant that a finding names; undefined for an assert of the core. */
export const invariantOf = ({ invariant }: { readonly invariant: string }): Invariant | undefined =>
  INVARIANTS.find(({ id, name }) => `${id} ${name}` === invariant);
