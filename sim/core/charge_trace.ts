/**
 * Charges in the trace (run.charges): whenever a context ends or goes on as another one, a record for each cost that it was charged
 * since. What was traced so far lies in a copy of the table of charges, which is no part of the state.
 */
import { COST_COUNT } from './constants.gen';
import { NONE } from './memory_map';
import { coreState } from './state';
import { traceCpuCharge } from './trace.gen';
import { traceCursor } from './trace';

export function traceCharges(): void {
  const s = coreState();
  if (s.charges == 0) return;
  const seen = <usize>traceCursor().charges_seen + (<usize>s.charges - <usize>s.charges_base);
  for (let cost: u32 = 0; cost < COST_COUNT; cost++) {
    const at = <usize>cost << 4;
    const units = load<u64>(<usize>s.charges + at, 8) - load<u64>(seen + at, 8);
    if (units == 0) continue;
    const cycles = load<u64>(<usize>s.charges + at) - load<u64>(seen + at);
    store<u64>(seen + at, load<u64>(<usize>s.charges + at));
    store<u64>(seen + at, load<u64>(<usize>s.charges + at, 8), 8);
    traceCpuCharge(0, NONE, cost, <u32>min<u64>(cycles, u32.MAX_VALUE), <u32>min<u64>(units, u32.MAX_VALUE));
  }
}
