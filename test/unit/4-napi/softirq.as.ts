/** Description: a softirq polls within weight and budget and comes back for the rest; no NAPI is lost or polled twice. */
import {
  chargeNs, CONTEXT_HARDIRQ, CONTEXT_USER, coreAt, coreFreeAt, coreState, COST_APP_TIME, enterContext, EV_NAPI_POLL, EV_NAPI_SCHEDULE,
  leaveContext, nextEventTime, TASKS_OF_ALL_KINDS, takeCore,
} from '../../../sim/core';
import { napiComplete, napiSchedule, napiVerify, setNapiPoll } from '../../../stack/4-napi';
import { AT_NAPI_BUDGET, AT_NAPI_WEIGHT, setHost } from '../config.gen.as';
import { build, lastTraced, runUntil, small, traced } from '../config_two_nics.as';

/** Work left of NAPI 0 and 1: what the poll of these tests takes from. */
const WORK: usize = 0x7900;

function poll(napi_idx: u32, budget: u32): u32 {
  const at = WORK + (<usize>napi_idx << 2);
  const done = min(load<u32>(at), budget);
  store<u32>(at, load<u32>(at) - done);
  if (done < budget) napiComplete(napi_idx);
  return done;
}

function world(work0: u32, work1: u32): void {
  small();
  setHost(0, AT_NAPI_WEIGHT, 10);
  setHost(0, AT_NAPI_BUDGET, 25);
  build();
  setNapiPoll(poll);
  store<u32>(WORK, work0);
  store<u32>(WORK, work1, 4);
}

export function less_work_than_the_weight_is_one_poll(): void {
  world(9, 0);
  napiSchedule(0, 0);
  napiSchedule(0, 0);
  assert(traced(EV_NAPI_SCHEDULE) == 1, 'asking twice is asking once');
  runUntil(1000000, true);
  assert(traced(EV_NAPI_POLL) == 1 && lastTraced(EV_NAPI_POLL, 24) == 9 && napiVerify() == 0, 'done');
}

export function a_full_weight_is_polled_again(): void {
  world(30, 0);
  napiSchedule(0, 0);
  runUntil(1000000, true);
  assert(traced(EV_NAPI_POLL) == 4 && load<u32>(WORK) == 0 && napiVerify() == 0, '10, 10, 10 and nothing');
}

export function two_queues_of_a_core_take_turns(): void {
  world(1000, 15);
  napiSchedule(0, 0);
  napiSchedule(1, 0);
  // Each softirq turn polls each queue that was there when it began.
  while (load<u32>(WORK, 4) != 0) runUntil(nextEventTime(), true);
  assert(load<u32>(WORK) >= 960, 'the busy queue did not keep the other one waiting');
  runUntil(coreState().clock_ns + 10000000, true);
  assert(load<u32>(WORK) == 0 && napiVerify() == 0, 'and both are done');
}

/** A task of core 0 that has nothing to do but to take a turn of `ns`, if the core is its own. */
function taskTurn(ns: u64): bool {
  // An event of no kind: who stands in line here is not called.
  if (!takeCore(0, 0, 0, 0, 0)) return false;
  enterContext(0, 0, CONTEXT_USER);
  chargeNs(COST_APP_TIME, ns);
  leaveContext();
  return true;
}
/** Softirqs of core 0 until ksoftirqd has been woken, or there is nothing left. */
function untilKsoftirqd(): void {
  while (coreAt(0).ksoftirqd == 0 && nextEventTime() != u64.MAX_VALUE) runUntil(nextEventTime(), true);
}

export function ksoftirqd_has_the_rest_after_ten_turns(): void {
  world(100000, 0);
  napiSchedule(0, 0);
  untilKsoftirqd();
  // Each turn polls once: what is put on the list anew waits for the next turn.
  assert(traced(EV_NAPI_POLL) == 10 && coreAt(0).ksoftirqd != 0 && coreAt(0).softirq_pending == 0, 'ten turns in the interrupt');
  runUntil(1000000000, true);
  assert(load<u32>(WORK) == 0 && coreAt(0).ksoftirqd == 0 && napiVerify() == 0, 'and ksoftirqd has done the rest');
  assert(coreAt(0).current == TASKS_OF_ALL_KINDS + 1, 'as a task');
}

export function a_task_that_waits_for_an_idle_core_brings_ksoftirqd_at_once(): void {
  world(100000, 0);
  napiSchedule(0, 0);
  runUntil(nextEventTime(), true);
  assert(!taskTurn(1000), 'the softirq has the core');
  untilKsoftirqd();
  assert(traced(EV_NAPI_POLL) == 1, 'after its first turn it gave up');
}

export function a_softirq_on_top_of_a_task_goes_on_although_others_wait(): void {
  world(100000, 0);
  taskTurn(1000000);
  assert(!takeCore(0, 0, 1, 0, 0), 'another task waits');
  napiSchedule(0, 0);
  untilKsoftirqd();
  assert(traced(EV_NAPI_POLL) == 10, 'the tasks below take their turns themselves');
  assert(coreFreeAt(0, 0, CONTEXT_USER) > 1000000, 'the task that was interrupted ends later');
}

export function an_interrupt_has_softirqs_run_ahead_of_ksoftirqd(): void {
  world(100000, 0);
  napiSchedule(0, 0);
  untilKsoftirqd();
  coreState().clock_ns = coreFreeAt(0, 0, CONTEXT_USER);
  store<u32>(WORK, 5, 4);
  enterContext(0, 0, CONTEXT_HARDIRQ);
  napiSchedule(1, 0);
  leaveContext();
  assert(coreAt(0).softirq_pending != 0, 'a softirq is asked for');
  runUntil(1000000000, true);
  assert(load<u32>(WORK) == 0 && load<u32>(WORK, 4) == 0 && napiVerify() == 0, 'and all is done');
}
