/** Counters of a zcrx instance (group zcrx of sim/schema/counters.ts): u64 each. */
import { ZCRX_COUNTERS } from '../../sim/core';
import { refillState } from './state';

/** Address of the counters of an instance. */
export function zcrxCounters(ifq_idx: u32): usize {
  return <usize>refillState().counters_base + <usize>(ifq_idx * ZCRX_COUNTERS) * 8;
}
export function zcrxCount(ifq_idx: u32, counter: u32, n: u64): void {
  const at = zcrxCounters(ifq_idx) + (<usize>counter << 3);
  store<u64>(at, load<u64>(at) + n);
}
