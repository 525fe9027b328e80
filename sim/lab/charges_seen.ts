/**
 * What the trace has told of charges (sim/core/charge_trace.ts) lies outside of the state, so no snapshot brings it back. Between two
 * steps all is told: what was told is then what was charged.
 */
import { CONTEXTS, COSTS } from '../schema/costs.ts';
import { CORE_STATE, CURSORS_ADDR, type Engine, limitOf, readStruct, STATE_ADDR, TRACE_CURSOR } from '../host/index.ts';

const BYTES = 2 * limitOf('CORES_MAX') * CONTEXTS.length * COSTS.length * 16;

/** To be called whenever the state of an engine has become another one. */
export function settleCharges(engine: Engine): void {
  const seen = engine.view.getUint32(CURSORS_ADDR + TRACE_CURSOR.charges_seen.at, true);
  if (seen === 0) return;
  const { charges_base } = readStruct(engine.view, STATE_ADDR, CORE_STATE);
  engine.bytes.copyWithin(seen, charges_base, charges_base + BYTES);
}
