/** The clock of the running context. */
import { coreState } from './state';

/** The time, as the running context sees it. */
export function now(): u64 {
  const s = coreState();
  return s.clock_ns + ((s.elapsed_cycles * <u64>s.ns_per_cycle_q20) >> 20);
}
