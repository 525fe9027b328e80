/** Description: tasks that want one core get it in turns: each for a slice, who has had least of it first, nobody twice in line. */
import {
  arenaInit, chargeNs, CONTEXT_USER, coreAt, coreBooked, coreState, COST_APP_TIME, cpuInit, enterContext, enterHardware, EVENT_TASK,
  EVENT_TURN, eventQueueInit, leaveContext, nextEventTime, nextTurn, now, popEvent, runQueueVerify, schedule, switchTo, takeCore,
} from '../../../sim/core';
import { AT_COST_CONTEXT_SWITCH, setDefaults, setHost } from '../config.gen.as';

const US: u64 = 1000;
const TASKS: u32 = 4;
/** For each task: how long its turns are, whether it wants more, how long it has run, when it ended last: u64 words. */
const AT: usize = 0x7000;
function word(task: u32, i: u32): usize {
  return AT + <usize>(task * 4 + i) * 8;
}
function ran(task: u32): u64 {
  return load<u64>(word(task, 2));
}

function start(switch_cycles: u32): void {
  arenaInit();
  setDefaults();
  setHost(0, AT_COST_CONTEXT_SWITCH, switch_cycles);
  eventQueueInit(64);
  cpuInit();
  enterHardware(0);
  memory.fill(AT, 0, TASKS * 32);
}
/** A task whose turns take `ns`, `again` and again or once, wants core 0 from `at` on. */
function task(i: u32, at: u64, ns: u64, again: bool): void {
  store<u64>(word(i, 0), ns);
  store<u64>(word(i, 1), again ? 1 : 0);
  schedule(at, EVENT_TASK, i);
}
function turn(i: u32): void {
  if (!takeCore(0, 0, i, EVENT_TASK, i)) return;
  enterContext(0, 0, CONTEXT_USER);
  switchTo(i, false);
  chargeNs(COST_APP_TIME, load<u64>(word(i, 0)));
  store<u64>(word(i, 2), ran(i) + load<u64>(word(i, 0)));
  store<u64>(word(i, 3), now());
  if (load<u64>(word(i, 1)) != 0) schedule(now(), EVENT_TASK, i);
  leaveContext();
}
function runUntil(ns: u64): void {
  while (nextEventTime() <= ns) {
    let event = popEvent();
    if (<u32>event == EVENT_TURN) event = nextTurn(<u32>(event >> 32));
    if (<u32>event == EVENT_TASK) turn(<u32>(event >> 32));
    runQueueVerify();
  }
}

export function who_is_alone_has_the_core(): void {
  start(0);
  task(0, 0, 10 * US, true);
  runUntil(1000 * US);
  assert(ran(0) >= 1000 * US && runQueueVerify() == 0, 'all of it');
}

export function two_who_never_sleep_have_half_each(): void {
  start(0);
  task(0, 0, 100 * US, true);
  task(1, 5 * US, 300 * US, true);
  runUntil(20000 * US);
  const difference = ran(0) > ran(1) ? ran(0) - ran(1) : ran(1) - ran(0);
  assert(difference < 2000 * US, 'however long their turns are');
}

export function who_has_the_core_keeps_it_for_a_slice(): void {
  start(1000);
  task(0, 0, 10 * US, true);
  task(1, 0, 10 * US, true);
  runUntil(10000 * US);
  // A switch takes a third of a microsecond; in ten milliseconds are about fourteen slices of 700 microseconds.
  const switches = (coreBooked(0) - (ran(0) + ran(1)) * 3) / 1000;
  assert(switches >= 10 && switches <= 16, 'and the core is switched once a slice');
}

export function who_sleeps_does_not_save_time_for_later(): void {
  start(0);
  task(0, 0, 100 * US, true);
  // It comes after ten milliseconds, and gets no more than its half from then on.
  task(1, 10000 * US, 100 * US, true);
  runUntil(20000 * US);
  assert(ran(1) >= 4000 * US && ran(1) <= 6000 * US, 'half of what was left');
}

export function a_short_turn_comes_before_who_has_run_long(): void {
  start(0);
  task(0, 0, 800 * US, true);
  task(1, 0, 800 * US, true);
  task(2, 2000 * US, 10 * US, false);
  runUntil(10000 * US);
  assert(load<u64>(word(2, 3)) <= 3300 * US, 'at the end of the present turn, or of the next one');
}

export function a_task_stands_in_line_once(): void {
  start(0);
  task(0, 0, 100 * US, false);
  task(1, 10 * US, 100 * US, false);
  task(1, 20 * US, 100 * US, false);
  runUntil(1000 * US);
  assert(ran(1) == 100 * US && coreState().heap_count == 0 && coreAt(0).run_head == 0, 'asking twice is asking once');
}
