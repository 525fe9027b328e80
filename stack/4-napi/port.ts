/**
 * NapiPoll (napi_struct.poll), filled in by nic-model/2-nic/driver.ts:
 *   poll(napi_idx, budget) -> frames harvested. A NAPI is an RX queue: napi_idx = host * QUEUES_MAX + queue.
 *   Less than budget: the queue is empty and its interrupt is enabled again.
 */
import { PORTS_ADDR } from '../../sim/core';

const NAPI_POLL: usize = 16;

export function setNapiPoll(poll: (napi_idx: u32, budget: u32) => u32): void {
  store<u32>(PORTS_ADDR, poll.index, NAPI_POLL);
}
export function napiPollDriver(napi_idx: u32, budget: u32): u32 {
  return call_indirect<u32>(load<u32>(PORTS_ADDR, NAPI_POLL), napi_idx, budget);
}
