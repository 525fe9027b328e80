/** Description: who is told, and in which order, when something that is waited for happens. */
import {
  arenaInit, NONE, setWaiter, WAIT_RING, WAIT_TASK, waitAdd, waitAlloc, waitArg, waitForget, waitFree, waitInit, waitRemove, waits,
  waitVerify, wakeUp,
} from '../../../sim/core';

/** A head, and behind it who was told, in order: their arguments as decimal digits. */
const HEAD: usize = 0x7000;
const TOLD: usize = 0x7010;

function tell(entry: u32, mask: u32): bool {
  store<u32>(TOLD, load<u32>(TOLD) * 10 + waitArg(entry));
  return true;
}
/** Wants what mask 1 brings, and leaves when it is told. */
function tellOnce(entry: u32, mask: u32): bool {
  if (mask != 0 && (mask & 1) == 0) return false;
  waitRemove(entry);
  return tell(entry, mask);
}
function begin(): void {
  arenaInit();
  waitInit(8, 2);
  setWaiter(WAIT_RING, tell);
  setWaiter(WAIT_TASK, tellOnce);
}
function told(mask: u32): u32 {
  store<u32>(TOLD, 0);
  wakeUp(HEAD, mask);
  return load<u32>(TOLD);
}
function add(entry: u32, kind: u32, exclusive: bool): void {
  waitAdd(HEAD, entry, kind, entry, exclusive);
}

export function the_last_to_come_is_the_first_to_be_told(): void {
  begin();
  for (let i: u32 = 1; i < 4; i++) add(i, WAIT_RING, false);
  assert(waitVerify(HEAD) == 3 && told(1) == 321, 'the newest first');
}

export function exclusive_waiters_stand_behind_all_others_in_their_order_and_one_of_them_is_told(): void {
  begin();
  add(1, WAIT_RING, true);
  add(2, WAIT_RING, false);
  add(3, WAIT_RING, true);
  add(4, WAIT_RING, false);
  assert(waitVerify(HEAD) == 4 && told(1) == 421, 'one exclusive waiter');
  assert(told(0) == 4213, 'a wake-up without a mask is for all');
}

export function an_exclusive_waiter_that_does_not_want_it_lets_the_next_have_it(): void {
  begin();
  add(1, WAIT_TASK, true);
  add(2, WAIT_RING, true);
  assert(told(4) == 2, 'the first was not told');
}

export function a_waiter_may_leave_while_it_is_told(): void {
  begin();
  add(1, WAIT_TASK, false);
  add(2, WAIT_RING, false);
  add(3, WAIT_TASK, false);
  assert(told(1) == 321 && waitVerify(HEAD) == 1, 'all were told, one is left');
  assert(!waits(1) && waits(2) && !waits(3) && told(1) == 2, 'which is told again');
}

export function first_last_and_middle_leave_and_the_queue_stays_whole(): void {
  begin();
  for (let i: u32 = 1; i < 6; i++) add(i, WAIT_RING, false);
  waitRemove(5);
  waitRemove(1);
  waitRemove(3);
  waitRemove(3);
  assert(waitVerify(HEAD) == 2 && told(1) == 42, 'two are left');
  add(1, WAIT_RING, true);
  assert(waitVerify(HEAD) == 3 && told(1) == 421, 'the end of the queue is still known');
  waitForget(HEAD);
  assert(load<u32>(HEAD) == 0 && !waits(4), 'nobody waits');
}

export function further_entries_are_given_out_to_the_limit_and_again(): void {
  begin();
  const a = waitAlloc();
  assert(a == 8 && waitAlloc() == 9 && waitAlloc() == NONE, 'behind those of requests');
  waitAdd(HEAD, a, WAIT_RING, 7, false);
  assert(told(1) == 7, 'it waits like any other');
  waitRemove(a);
  waitFree(a);
  assert(waitAlloc() == a, 'and is used again');
}
