/**
 * NET_RX softirq (net/core/dev.c: net_rx_action, __napi_poll, napi_complete_done). Each core has a list of NAPI instances
 * that asked to be polled, and at most one EVENT_SOFTIRQ in the queue while the list is not empty.
 *
 *      hardirq: napiSchedule ──► poll list of the core ──► softirq: poll(weight) ──► work < weight: done, interrupt armed
 *                                     ▲                                        └──► work = weight: to the end of the list
 *                                     └──────────────────────────────────────────────────┘
 *
 * Differs from Linux: a softirq that has spent its budget goes on as soon as its core is free, without ksoftirqd's priority.
 */
import {
  charge, CONTEXT_SOFTIRQ, Core, coreAt, CORES_MAX, coreState, COST_NAPI_POLL, enterContext, EVENT_SOFTIRQ, hostConfig, leaveContext, NONE,
  now, QUEUES_MAX, schedule, traceNapiPoll, traceNapiSchedule,
} from '../../sim/core';
import { backlogPoll } from './backlog';
import { groFlush } from './gro';
import { napiPollDriver } from './port';
import { napi } from './state';

/** Puts a NAPI on a core's poll list (napi_schedule). Called by an interrupt handler, whose queue is masked by then. */
export function napiSchedule(napi_idx: u32, on_core: u32): void {
  const n = napi(napi_idx);
  if (n.scheduled != 0) return;
  n.scheduled = 1;
  n.core_idx = napi_idx / QUEUES_MAX * CORES_MAX + on_core;
  const core = coreAt(n.core_idx);
  append(core, napi_idx);
  traceNapiSchedule(0, NONE, napi_idx);
  if (core.softirq_pending != 0) return;
  core.softirq_pending = 1;
  schedule(now(), EVENT_SOFTIRQ, n.core_idx);
}

/** The NAPI's queue is empty (napi_complete_done): what GRO holds goes up, and the next interrupt schedules it again. */
export function napiComplete(napi_idx: u32): void {
  groFlush(napi_idx, false);
  napi(napi_idx).scheduled = 0;
}

function append(core: Core, napi_idx: u32): void {
  napi(napi_idx).next = 0;
  if (core.poll_head == 0) core.poll_head = napi_idx + 1;
  else napi(core.poll_tail - 1).next = napi_idx + 1;
  core.poll_tail = napi_idx + 1;
}

/** EVENT_SOFTIRQ: polls what is on the core's list, within the budget. */
export function napiSoftirq(core_idx: u32): void {
  const core = coreAt(core_idx);
  if (core.busy_until_ns > coreState().clock_ns) return schedule(core.busy_until_ns, EVENT_SOFTIRQ, core_idx);
  const host = core_idx / CORES_MAX;
  const c = hostConfig(host);
  const weight = c.napi_weight;
  let budget = <i32>c.napi_budget;
  const last = core.poll_tail;
  enterContext(host, core_idx % CORES_MAX, CONTEXT_SOFTIRQ);
  while (core.poll_head != 0 && budget > 0) {
    const entry = core.poll_head;
    const napi_idx = entry - 1;
    core.poll_head = napi(napi_idx).next;
    budget -= <i32>pollOne(core, napi_idx, weight);
    // What was put on the list since the softirq began waits for its next turn.
    if (entry == last) break;
  }
  backlogPoll(core_idx);
  leaveContext();
  if (core.poll_head != 0) schedule(core.busy_until_ns, EVENT_SOFTIRQ, core_idx);
  else core.softirq_pending = 0;
}

function pollOne(core: Core, napi_idx: u32, weight: u32): u32 {
  charge(COST_NAPI_POLL);
  const work = napiPollDriver(napi_idx, weight);
  traceNapiPoll(0, NONE, napi_idx, work, weight);
  assert(work <= weight, 'G1 a poll keeps within its weight');
  if (work < weight) {
    assert(napi(napi_idx).scheduled == 0, 'G2 a poll that does less than its weight completes its NAPI');
    return work;
  }
  groFlush(napi_idx, true);
  append(core, napi_idx);
  return work;
}
