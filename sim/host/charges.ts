/** What cores were charged: by core, context and cost. All sums of cycles, by account or in all, are sums of these rows. */
import { ACCOUNTS, CONTEXTS, COSTS } from '../schema/costs.ts';
import { VIEW_CHARGES, VIEW_SPUN } from './core_exports.ts';
import type { Engine } from './engine.ts';
import { type Counts, limitOf } from './tables.ts';

export interface Charge {
  readonly core: number;
  readonly context: string;
  readonly account: string;
  readonly cost: string;
  readonly cycles: number;
  /** How often it was charged; bytes where its unit is cycles/KiB; nanoseconds where it is ns. */
  readonly units: number;
}

const CORES_MAX = limitOf('CORES_MAX');
const ROW_BYTES = 16;

/** Cycles that threads of submission queues spun on a core. */
function spun(engine: Engine, host: number, core: number): number {
  const at = engine.core.view(VIEW_SPUN, host * CORES_MAX + core);
  return Number(engine.view.getBigUint64(at, true));
}

/** Charges of one core that are not zero, by context and cost. */
function chargesOfCore(engine: Engine, host: number, core: number): Charge[] {
  const base = engine.core.view(VIEW_CHARGES, host * CORES_MAX + core);
  const rows: Charge[] = [];
  for (const [c, context] of CONTEXTS.entries()) {
    for (const [i, cost] of COSTS.entries()) {
      const at = base + (c * COSTS.length + i) * ROW_BYTES;
      const [cycles, units] = [Number(engine.view.getBigUint64(at, true)), Number(engine.view.getBigUint64(at + 8, true))];
      if (units > 0) rows.push({ core, context, account: cost.account, cost: cost.name, cycles, units });
    }
  }
  const cycles = spun(engine, host, core);
  if (cycles > 0) rows.push({ core, context: 'syscall', account: 'other', cost: 'sq_spin', cycles, units: cycles });
  return rows;
}

/** Charges of a host's cores. */
export function chargesOf(engine: Engine, host: number, cores: number): Charge[] {
  return Array.from({ length: cores }, (_, core) => chargesOfCore(engine, host, core)).flat();
}

/** Cycles by account. */
export function byAccount(charges: readonly Charge[]): Counts {
  const sums: Counts = Object.fromEntries(ACCOUNTS.map((name) => [name, 0]));
  for (const { account, cycles } of charges) sums[account] = (sums[account] ?? 0) + cycles;
  return sums;
}
