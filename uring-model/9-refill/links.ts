/** Which ring has which instance, and by which number (struct io_ring_ctx: zcrx_ctxs). */
import { NONE, ZCRX_LINKS_MAX } from '../../sim/core';
import { linkAt } from './state';

/** The link of a ring with an id, or NONE. */
function linkFind(ring: u32, id: u32): u32 {
  for (let i: u32 = 0; i < ZCRX_LINKS_MAX; i++) {
    const k = linkAt(i);
    if (k.ring == ring + 1 && k.id == id) return i;
  }
  return NONE;
}

/** The instance that a ring knows as `id`, or NONE. */
export function zcrxFind(ring: u32, id: u32): u32 {
  const i = linkFind(ring, id);
  return i == NONE ? NONE : linkAt(i).ifq;
}

/** The least id that a ring does not use (xa_alloc); NONE when there is no link left. */
export function linkFreeId(ring: u32): u32 {
  let room = false;
  for (let i: u32 = 0; i < ZCRX_LINKS_MAX && !room; i++) room = linkAt(i).ring == 0;
  if (!room) return NONE;
  let id: u32 = 0;
  while (linkFind(ring, id) != NONE) id++;
  return id;
}

/** A ring has an instance from now on; there is a free link. */
export function linkAdd(ring: u32, id: u32, ifq_idx: u32): void {
  let i: u32 = 0;
  while (linkAt(i).ring != 0) i++;
  const k = linkAt(i);
  k.ring = ring + 1;
  k.id = id;
  k.ifq = ifq_idx;
  k.terminated = 0;
}
