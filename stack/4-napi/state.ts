/**
 * The stage's own state, at NAPI_ADDR: an entry for each NAPI instance, by napi_idx.
 *
 *      0     4         8         12       16                      80
 *     +-----+---------+---------+--------+-----------------------+
 *     | next| core_idx| scheduled| bitmap| 8 × { youngest, count }|   GRO: packets that wait for more of their flow
 *     +-----+---------+---------+--------+-----------------------+
 */
import { NAPI_ADDR } from '../../sim/core';

@unmanaged
export class Napi {
  /** Next on the core's poll list, plus 1; 0: the last. */
  next: u32;
  core_idx: u32;
  /** NAPI_STATE_SCHED: on a poll list or being polled. */
  scheduled: u32;
  /** GRO buckets that hold packets (gro_node.bitmask). */
  bitmap: u32;
  // GroBucket buckets[GRO_HASH_BUCKETS] follow
}
const NAPI_BUCKETS: usize = 16;
const NAPI_BYTES: usize = 80;

/** include/linux/netdevice.h: GRO_HASH_BUCKETS. */
export const GRO_HASH_BUCKETS: u32 = 8;

@unmanaged
export class GroBucket {
  /** The youngest packet; older ones follow through Skb.next. Meaningless while count is 0. */
  youngest: u32;
  count: u32;
}

export function napi(napi_idx: u32): Napi {
  return changetype<Napi>(NAPI_ADDR + <usize>napi_idx * NAPI_BYTES);
}
export function groBucket(n: Napi, i: u32): GroBucket {
  return changetype<GroBucket>(changetype<usize>(n) + NAPI_BUCKETS + (<usize>i << 3));
}
