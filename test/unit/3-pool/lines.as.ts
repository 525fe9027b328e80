/**
 * Description: what an skb costs a core that did not make it. Each line of it moves once, and what a core frees of another's goes back to
 * that one (net/core/skbuff.c: skb_attempt_defer_free): without this a second core would be free, and no application would pay for it.
 */
import {
  CONTEXT_SOFTIRQ, CONTEXT_SYSCALL, contextCharges, coreAt, coreIndex, COST_REMOTE_LINE, enterContext, enterHardware, leaveContext,
} from '../../../sim/core';
import { linesMove, pageLinesMove, runningCore, Skb, skb, skbAlloc, skbDefer, skbDeferFlush, skbLinesMove } from '../../../stack/3-pool';
import { build, HOST } from '../config_ring.as';

/** Lines that a core has waited for in a context. */
function lines(core: u32, context: u32): u32 {
  return <u32>load<u64>(contextCharges(coreIndex(HOST, core), context) + (<usize>COST_REMOTE_LINE << 4), 8);
}
/** One that a softirq of core 0 made. */
function made(): Skb {
  build();
  enterContext(HOST, 0, CONTEXT_SOFTIRQ);
  const b = skb(skbAlloc(HOST));
  leaveContext();
  return b;
}

export function an_skb_is_at_home_on_the_core_that_made_it(): void {
  const b = made();
  assert(b.home == 1 && b.owner == 1, 'core 0, plus one');
  assert(runningCore() == 0, 'hardware is no core');
  assert(skb(skbAlloc(HOST)).home == 0, 'and what it makes is at home nowhere');
  enterContext(HOST, 3, CONTEXT_SYSCALL);
  assert(runningCore() == 4, 'core 3');
  leaveContext();
}

export function a_reader_on_another_core_waits_for_its_lines_once(): void {
  const b = made();
  enterContext(HOST, 0, CONTEXT_SYSCALL);
  skbLinesMove(b);
  assert(lines(0, CONTEXT_SYSCALL) == 0, 'its own core has them');
  leaveContext();
  enterContext(HOST, 1, CONTEXT_SYSCALL);
  b.nr_frags = 3;
  skbLinesMove(b);
  assert(lines(1, CONTEXT_SYSCALL) == 4 && b.owner == 2 && b.home == 1, 'four, and now they are here');
  skbLinesMove(b);
  assert(lines(1, CONTEXT_SYSCALL) == 4, 'once');
  leaveContext();
  enterContext(HOST, 2, CONTEXT_SYSCALL);
  b.nr_frags = 17;
  skbLinesMove(b);
  assert(lines(2, CONTEXT_SYSCALL) == 8 && b.owner == 3, 'four fragments to a line more');
  leaveContext();
}

export function hardware_moves_no_lines_and_what_was_nobodys_costs_nothing(): void {
  build();
  assert(linesMove(5, 9) == 5, 'the NIC leaves them where they are');
  enterContext(HOST, 1, CONTEXT_SYSCALL);
  assert(linesMove(0, 9) == 2 && lines(1, CONTEXT_SYSCALL) == 0, 'who writes first has them');
  assert(linesMove(2, 9) == 2 && lines(1, CONTEXT_SYSCALL) == 0, 'and keeps them');
  assert(linesMove(1, 9) == 2 && lines(1, CONTEXT_SYSCALL) == 9, 'core 0 had nine');
  leaveContext();
}

export function a_page_that_is_copied_on_another_core_costs_seven_lines_more(): void {
  const b = made();
  pageLinesMove(b);
  enterContext(HOST, 0, CONTEXT_SYSCALL);
  pageLinesMove(b);
  assert(lines(0, CONTEXT_SYSCALL) == 0, 'not at home');
  leaveContext();
  enterContext(HOST, 1, CONTEXT_SYSCALL);
  pageLinesMove(b);
  pageLinesMove(b);
  assert(lines(1, CONTEXT_SYSCALL) == 14, 'each page');
  b.home = 0;
  pageLinesMove(b);
  assert(lines(1, CONTEXT_SYSCALL) == 14, 'a page of no core is nowhere else');
  leaveContext();
}

export function an_skb_of_another_core_is_left_for_that_core_to_free(): void {
  const b = made();
  const home = coreIndex(HOST, 0);
  skbDefer(b);
  enterContext(HOST, 0, CONTEXT_SYSCALL);
  skbDefer(b);
  leaveContext();
  assert(coreAt(home).deferred == 0 && lines(0, CONTEXT_SYSCALL) == 0, 'neither hardware nor its own core leaves it');
  enterContext(HOST, 1, CONTEXT_SYSCALL);
  skbDefer(b);
  skbDefer(b);
  assert(coreAt(home).deferred == 2 && lines(1, CONTEXT_SYSCALL) == 2, 'a line of the list, each time');
  b.home = 0;
  skbDefer(b);
  assert(coreAt(home).deferred == 2 && lines(1, CONTEXT_SYSCALL) == 2, 'what has no home is freed here');
  leaveContext();
  enterContext(HOST, 0, CONTEXT_SOFTIRQ);
  skbDeferFlush(coreIndex(HOST, 1));
  assert(lines(0, CONTEXT_SOFTIRQ) == 0, 'nothing was left for the other one');
  skbDeferFlush(home);
  assert(lines(0, CONTEXT_SOFTIRQ) == 4 && coreAt(home).deferred == 0, 'two lines of each, at home');
  skbDeferFlush(home);
  assert(lines(0, CONTEXT_SOFTIRQ) == 4, 'once');
  leaveContext();
  enterHardware(HOST);
}
