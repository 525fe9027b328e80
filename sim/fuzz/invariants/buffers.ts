/** The invariants of buffers: stages nic, pool, app and refill. */
import { COMPLETED_AS_READ } from './delivered.ts';
import type { Invariant } from './form.ts';
import { ALL_HOME } from './homecoming.ts';
import { INSTANCE_LIVES } from './instances.ts';
import { LENT_BYTES, NO_DMA } from './lending.ts';
import { ONE_PLACE } from './one_place.ts';
import { HELD_AND_RELEASED } from './pool_holds.ts';
import { REFERENCES } from './references.ts';
import { HEAD_BEHIND_TAIL, READ_AS_PUSHED } from './refill_ring.ts';
import { RETURNED_ONCE } from './returns.ts';
import { UNCHANGED } from './unchanged.ts';

export const BUFFERS: readonly Invariant[] = [
  ONE_PLACE, REFERENCES, RETURNED_ONCE, LENT_BYTES, NO_DMA, HEAD_BEHIND_TAIL, READ_AS_PUSHED, HELD_AND_RELEASED, COMPLETED_AS_READ,
  UNCHANGED, INSTANCE_LIVES, ALL_HOME,
];
