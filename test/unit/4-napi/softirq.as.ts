/** Description: a softirq polls within weight and budget and comes back for the rest; no NAPI is lost or polled twice. */
import { coreState, EV_NAPI_POLL, EV_NAPI_SCHEDULE, nextEventTime } from '../../../sim/core';
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
