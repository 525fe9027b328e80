/** Counters of NICs and queues (sim/schema/counters.ts: groups nic and nicq), a u64 each, in the arena. */
import { arenaAlloc, HOSTS_MAX, NIC_COUNTERS, NICQ_COUNTERS, QUEUES_MAX } from '../../sim/core';
import { nicTables } from './state';

export function countersInit(): void {
  const t = nicTables();
  t.nic_counters = <u32>arenaAlloc(<u64>(HOSTS_MAX * NIC_COUNTERS) << 3);
  t.nicq_counters = <u32>arenaAlloc(<u64>(HOSTS_MAX * QUEUES_MAX * NICQ_COUNTERS) << 3);
}

/** Address of u64[HOSTS_MAX][NIC_COUNTERS]. */
export function nicCountersBase(): u32 {
  return nicTables().nic_counters;
}
/** Address of u64[HOSTS_MAX * QUEUES_MAX][NICQ_COUNTERS]; rows are napi_idx. */
export function nicqCountersBase(): u32 {
  return nicTables().nicq_counters;
}
export function nicCountersOf(host: u32): u32 {
  return nicTables().nic_counters + ((host * NIC_COUNTERS) << 3);
}
export function nicqCountersOf(napi_idx: u32): u32 {
  return nicTables().nicq_counters + ((napi_idx * NICQ_COUNTERS) << 3);
}
export function nicCounter(host: u32, id: u32): u64 {
  return load<u64>(<usize>nicCountersOf(host) + (<usize>id << 3));
}
export function nicqCounter(napi_idx: u32, id: u32): u64 {
  return load<u64>(<usize>nicqCountersOf(napi_idx) + (<usize>id << 3));
}

/** Adds to counter `id` of the row at `counters`. */
export function bump(counters: u32, id: u32, by: u64 = 1): void {
  const at = <usize>counters + (<usize>id << 3);
  store<u64>(at, load<u64>(at) + by);
}
