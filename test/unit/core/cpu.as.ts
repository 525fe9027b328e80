/** Description: contexts take time on their core; the more urgent interrupt the others, which end later by what was taken from them. */
import {
  arenaInit, charge, chargeIpi, chargeNs, CONTEXT_HARDIRQ, CONTEXT_SOFTIRQ, CONTEXT_SYSCALL, CONTEXT_USER, contextCharges, coreBooked,
  coreFreeAt, coreIdle, coreIndex, coreState, COST_APP_TIME, COST_IPI, COST_WAKE_UP, cpuInit, enterContext, enterHardware, leaveContext,
  now, switchContext,
} from '../../../sim/core';
import { AT_CPU_IDLE_EXIT_NS, AT_CPU_MHZ, setDefaults, setHost } from '../config.gen.as';

const US: u64 = 1000;

function start(): void {
  arenaInit();
  setDefaults();
  setHost(0, AT_CPU_MHZ, 1000);
}
function build(): void {
  cpuInit();
  enterHardware(0);
}
/** Work of a context on core 0 that begins at `at`. */
function work(at: u64, context: u32, ns: u64): void {
  coreState().clock_ns = at;
  enterContext(0, 0, context);
  chargeNs(COST_APP_TIME, ns);
  leaveContext();
}
/** When the core is free for a context, within the rounding of cycles. */
function free(context: u32, ns: u64): bool {
  const at = coreFreeAt(0, 0, context);
  return at >= ns && at < ns + 10;
}

export function a_softirq_does_not_wait_for_a_task_which_ends_later_instead(): void {
  start();
  build();
  work(0, CONTEXT_USER, 100 * US);
  coreState().clock_ns = 40 * US;
  enterContext(0, 0, CONTEXT_SOFTIRQ);
  assert(now() == 40 * US, 'it begins at once');
  chargeNs(COST_APP_TIME, 10 * US);
  leaveContext();
  assert(free(CONTEXT_SOFTIRQ, 50 * US) && free(CONTEXT_USER, 110 * US), 'the task ends ten microseconds later');
}

export function an_interrupt_handler_interrupts_both(): void {
  start();
  build();
  work(0, CONTEXT_USER, 100 * US);
  work(10 * US, CONTEXT_SOFTIRQ, 20 * US);
  work(15 * US, CONTEXT_HARDIRQ, 5 * US);
  assert(free(CONTEXT_HARDIRQ, 20 * US), 'at once');
  assert(free(CONTEXT_SOFTIRQ, 35 * US) && free(CONTEXT_USER, 125 * US), 'both end later');
}

export function a_task_waits_for_a_softirq_and_a_softirq_for_a_softirq(): void {
  start();
  build();
  work(0, CONTEXT_SOFTIRQ, 30 * US);
  work(10 * US, CONTEXT_SOFTIRQ, 30 * US);
  assert(free(CONTEXT_SOFTIRQ, 60 * US), 'one after the other');
  coreState().clock_ns = 20 * US;
  enterContext(0, 0, CONTEXT_SYSCALL);
  assert(now() >= 60 * US && now() < 60 * US + 10, 'the task comes after them');
  leaveContext();
}

export function a_softirq_that_ends_before_a_task_begins_does_not_delay_it_twice(): void {
  start();
  build();
  work(0, CONTEXT_SOFTIRQ, 30 * US);
  work(0, CONTEXT_USER, 10 * US);
  work(35 * US, CONTEXT_SOFTIRQ, 10 * US);
  assert(free(CONTEXT_USER, 50 * US), '30 + 10 + 10');
  work(60 * US, CONTEXT_SOFTIRQ, 10 * US);
  work(61 * US, CONTEXT_USER, 10 * US);
  assert(free(CONTEXT_USER, 80 * US), 'what has ended is not moved any more');
}

export function an_idle_core_needs_its_time_to_begin(): void {
  start();
  setHost(0, AT_CPU_IDLE_EXIT_NS, 2000);
  build();
  coreState().clock_ns = 50 * US;
  enterContext(0, 0, CONTEXT_HARDIRQ);
  assert(now() >= 52 * US && now() < 52 * US + 10, 'it was asleep');
  chargeNs(COST_APP_TIME, US);
  leaveContext();
  const awake = coreFreeAt(0, 0, CONTEXT_HARDIRQ);
  coreState().clock_ns = awake;
  enterContext(0, 0, CONTEXT_SOFTIRQ);
  assert(now() == awake, 'what follows at once finds it awake');
  leaveContext();
  assert(coreIdle(coreIndex(0, 0), awake) && !coreIdle(coreIndex(0, 0), awake - 1), 'and then it is idle again');
}

export function an_interrupt_of_another_core_takes_time_there(): void {
  start();
  build();
  work(0, CONTEXT_USER, 100 * US);
  coreState().clock_ns = 10 * US;
  enterContext(0, 1, CONTEXT_SOFTIRQ);
  chargeIpi(0, 0);
  leaveContext();
  // 600 cycles of a nanosecond.
  assert(free(CONTEXT_HARDIRQ, 10600) && free(CONTEXT_USER, 100600), 'the task there ends later');
  const row = contextCharges(coreIndex(0, 0), CONTEXT_HARDIRQ) + (<usize>COST_IPI << 4);
  assert(load<u64>(row) == 600 && load<u64>(row, 8) == 1, 'charged to the core that was interrupted');
  assert(coreBooked(coreIndex(0, 1)) == 0, 'and to no other');
}

export function hardware_is_charged_nothing(): void {
  start();
  build();
  charge(COST_WAKE_UP);
  assert(coreBooked(coreIndex(0, 0)) == 0 && now() == 0, 'it has no core');
  enterContext(0, 0, CONTEXT_SOFTIRQ);
  charge(COST_WAKE_UP);
  switchContext(CONTEXT_SYSCALL);
  charge(COST_WAKE_UP);
  assert(now() == 1000 && coreBooked(coreIndex(0, 0)) == 1000, 'a core is');
  leaveContext();
}
