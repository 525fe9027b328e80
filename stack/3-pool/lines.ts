/**
 * Cache lines between cores. Who works on what another core wrote last waits for its lines to come over, once: then they are its own.
 * So on two cores an skb costs its reader more, a socket costs both more, and what a core frees of another's goes back to that one
 * (net/core/skbuff.c: skb_attempt_defer_free, net/core/dev.c: skb_defer_free_flush).
 */
import { charge, chargeTimes, coreAt, coreIndex, COST_REMOTE_LINE, coreState } from '../../sim/core';
import { Skb } from './skb';

/** Of an skb: sk_buff without what GRO alone uses, and of skb_shared_info the head and four fragments to a line. */
const SKB_LINES: u32 = 4;
const FRAGS_SHIFT: u32 = 2;
/** Of an skb that its own core frees: the sk_buff, and its place in the list. */
const DEFERRED_LINES: u32 = 2;

/**
 * Of a page whose bytes are copied: struct page, what driver and GRO have read of it, its place in the pool's ring. Not counted in
 * Linux, but chosen: so an application beside its softirq pays about what is published, a factor of 1.8 (docs/validation.md).
 */
const PAGE_LINES: u32 = 7;

/** 1 + the running core, 0: hardware runs. */
export function runningCore(): u32 {
  const s = coreState();
  return s.charges == 0 ? 0 : s.core + 1;
}
/** Somebody works on something that has `lines` and was last written by `owner` (1 + core). Returns who has it now. */
export function linesMove(owner: u32, lines: u32): u32 {
  const core = runningCore();
  if (core == 0 || owner == core) return owner;
  if (owner != 0) chargeTimes(COST_REMOTE_LINE, lines);
  return core;
}

/** The running core reads an skb. */
export function skbLinesMove(b: Skb): void {
  if (b.owner != runningCore()) b.owner = <u8>linesMove(b.owner, SKB_LINES + (b.nr_frags >> FRAGS_SHIFT));
}
/** The running core copies out of a page of an skb. */
export function pageLinesMove(b: Skb): void {
  if (b.home != 0 && <u32>b.home != runningCore()) chargeTimes(COST_REMOTE_LINE, PAGE_LINES);
}
/** An skb that was received on another core is left for that to free. */
export function skbDefer(b: Skb): void {
  const core = runningCore();
  const home = <u32>b.home;
  if (core == 0 || home == 0 || home == core) return;
  charge(COST_REMOTE_LINE);
  coreAt(coreIndex(b.host, home - 1)).deferred++;
}
/** The skbs that others have left for the running core are freed. */
export function skbDeferFlush(core_idx: u32): void {
  const core = coreAt(core_idx);
  if (core.deferred == 0) return;
  chargeTimes(COST_REMOTE_LINE, core.deferred * DEFERRED_LINES);
  core.deferred = 0;
}
