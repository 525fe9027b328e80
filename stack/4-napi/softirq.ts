/**
 * NET_RX softirq (net/core/dev.c: net_rx_action, __napi_poll, napi_complete_done; kernel/softirq.c: handle_softirqs, run_ksoftirqd).
 * Each core has a list of NAPI instances that asked to be polled, and at most one EVENT_SOFTIRQ in the queue while the list is not empty.
 *
 *      hardirq: napiSchedule ──► poll list of the core ──► softirq: poll(weight) ──► work < weight: done, interrupt armed
 *                                     ▲                                        └──► work = weight: to the end of the list
 *                                     └──────────────────────────────────────────────────┘
 *
 * A softirq interrupts tasks. What it has not done within its budget it begins again with, but not for ever: after ten times, after
 * two milliseconds, or when a task waits for a core that is idle otherwise, ksoftirqd has the rest, a task that competes with others.
 * An interrupt that comes meanwhile has softirqs run again, ahead of all tasks.
 *
 * Differs from Linux: an interrupt of the timer has no softirq run that ksoftirqd has not come to; time is not counted in jiffies.
 */
import {
  charge, CONTEXT_SOFTIRQ, Core, coreAt, coreFreeAt, CORES_MAX, coreState, COST_NAPI_POLL, COST_WAKE_UP, enterContext, enterTaskLevel,
  EVENT_KSOFTIRQD, EVENT_SOFTIRQ, hostConfig, leaveContext, NONE, now, QUEUES_MAX, schedule, switchTo, takeCore, TASKS_OF_ALL_KINDS,
  traceNapiPoll, traceNapiSchedule,
} from '../../sim/core';
import { skbDeferFlush } from '../3-pool';
import { backlogPoll, backlogWaits } from './backlog';
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

/** Softirqs of a core begin again this often (MAX_SOFTIRQ_RESTART), and not after this time (MAX_SOFTIRQ_TIME). */
const SOFTIRQ_RESTARTS: u32 = 10;
const SOFTIRQ_NS: u64 = 2000000;
/** Core.ksoftirqd */
const KSOFTIRQD_WOKEN: u32 = 1;
const KSOFTIRQD_RUNS: u32 = 2;

function ksoftirqd(core_idx: u32): u32 {
  return TASKS_OF_ALL_KINDS + core_idx;
}

/** EVENT_SOFTIRQ: what is on the core's list, in the context of an interrupt (handle_softirqs). */
export function napiSoftirq(core_idx: u32): void {
  const core = coreAt(core_idx);
  const host = core_idx / CORES_MAX;
  const clock = coreState().clock_ns;
  const free_at = coreFreeAt(host, core_idx % CORES_MAX, CONTEXT_SOFTIRQ);
  if (free_at > clock) return schedule(free_at, EVENT_SOFTIRQ, core_idx);
  if (core.current == ksoftirqd(core_idx) + 1 && core.task_until_ns > clock) {
    // ksoftirqd is at it, and no softirq interrupts another: it goes on with this, or this comes after it.
    if (core.ksoftirqd != KSOFTIRQD_RUNS) return schedule(core.task_until_ns, EVENT_SOFTIRQ, core_idx);
    core.softirq_pending = 0;
    return;
  }
  const again = core.softirq_restarts != 0;
  if (!again) {
    core.softirq_began_ns = clock;
    core.softirq_restarts = SOFTIRQ_RESTARTS;
  }
  // need_resched(): somebody stands in line for a core that has no task.
  let give_up = again && core.run_head != 0 && core.task_until_ns <= clock;
  enterContext(host, core_idx % CORES_MAX, CONTEXT_SOFTIRQ);
  if (!give_up) {
    netRxAction(core, core_idx);
    give_up = --core.softirq_restarts == 0 || now() - core.softirq_began_ns >= SOFTIRQ_NS;
  }
  const more = core.poll_head != 0;
  if (more && give_up) wakeupSoftirqd(core, core_idx);
  leaveContext();
  if (more && !give_up) return schedule(core.softirq_until_ns, EVENT_SOFTIRQ, core_idx);
  core.softirq_restarts = 0;
  core.softirq_pending = 0;
}

/** One turn with all that is on the list, within the budget. */
function netRxAction(core: Core, core_idx: u32): void {
  const c = hostConfig(core_idx / CORES_MAX);
  const weight = c.napi_weight;
  const limit_ns = now() + <u64>c.napi_budget_usecs * 1000;
  let budget = <i32>c.napi_budget;
  skbDeferFlush(core_idx);
  const last = core.poll_tail;
  while (core.poll_head != 0 && budget > 0 && now() < limit_ns) {
    const entry = core.poll_head;
    const napi_idx = entry - 1;
    core.poll_head = napi(napi_idx).next;
    budget -= <i32>pollOne(core, napi_idx, weight);
    // What was put on the list since the softirq began waits for its next turn.
    if (entry == last) break;
  }
  backlogPoll(core_idx);
}

/** The rest is for ksoftirqd (wakeup_softirqd). */
function wakeupSoftirqd(core: Core, core_idx: u32): void {
  if (core.ksoftirqd != 0) return;
  charge(COST_WAKE_UP);
  core.ksoftirqd = KSOFTIRQD_WOKEN;
  schedule(now(), EVENT_KSOFTIRQD, core_idx);
}

/** EVENT_KSOFTIRQD: a turn of the task that does what softirqs have left (run_ksoftirqd). */
export function napiKsoftirqd(core_idx: u32): void {
  const core = coreAt(core_idx);
  const host = core_idx / CORES_MAX;
  if (!takeCore(host, core_idx % CORES_MAX, ksoftirqd(core_idx), EVENT_KSOFTIRQD, core_idx)) return;
  if (core.poll_head == 0 && !backlogWaits(core_idx)) {
    core.ksoftirqd = 0;
    return;
  }
  enterTaskLevel(host, core_idx % CORES_MAX, CONTEXT_SOFTIRQ);
  switchTo(ksoftirqd(core_idx), core.ksoftirqd == KSOFTIRQD_WOKEN);
  netRxAction(core, core_idx);
  leaveContext();
  core.ksoftirqd = core.poll_head != 0 ? KSOFTIRQD_RUNS : 0;
  if (core.ksoftirqd != 0) schedule(core.task_until_ns, EVENT_KSOFTIRQD, core_idx);
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
