/** /proc/net/snmp and netstat: an array of u64 for each host, by the indices TCP_* of sim/schema/counters.ts. */
import { HOSTS_MAX, TCP_COUNTERS } from '../../sim/core';
import { socketState } from './state';

export function mibBase(host: u32): usize {
  assert(host < HOSTS_MAX, 'no such host');
  return <usize>socketState().mib_base + (<usize>(host * TCP_COUNTERS) << 3);
}

export function mibInc(host: u32, counter: u32): void {
  mibAdd(host, counter, 1);
}

export function mibAdd(host: u32, counter: u32, n: u64): void {
  const at = <usize>socketState().mib_base + (<usize>(host * TCP_COUNTERS + counter) << 3);
  store<u64>(at, load<u64>(at) + n);
}
