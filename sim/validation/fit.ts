/**
 * The fit: prices of a machine from the `fit` cells of its families, by non-negative least squares of relative errors. How often each
 * price was paid, which the machine counts, is the exact derivative; since prices change what a run does, it runs again until they stay.
 */
import { COSTS } from '../schema/costs.ts';
import type { Cell, Family, MachinePlan } from './form.ts';
import { nonNegativeLeastSquares } from './nnls.ts';
import { predict, type Trial } from './run.ts';
import { settingsOf } from './settings.ts';

const ROUNDS = 3;
/** Prices that change by less than this share are settled. */
const SETTLED = 0.005;
/** Weight of a price's own value beside one cell: enough to place what no cell speaks of, too little to argue with one that does. */
const PRIOR_WEIGHT = 0.01;

export interface Fitted {
  readonly plan: MachinePlan;
  readonly values: Trial;
  /** How many cells it was fitted to. */
  readonly cells: number;
}

/** How much a price moved; of small ones the last cycles do not count. */
const share = (now: number, before: number): number => Math.abs(now - before) / Math.max(now, 20);

const unitOf = (knob: string) => (COSTS.find((c) => `cost.${c.name}` === knob)?.unit === 'cycles/KiB' ? 1024 : 1);

/** Of all cells only those that may be used leave this function. */
export const fitCells = (cells: readonly Cell[]): Cell[] => cells.filter((c) => c.role === 'fit');

export function fitMachine(core: WebAssembly.Module, plan: MachinePlan, families: readonly Family[], all: readonly Cell[]): Fitted {
  const cells = fitCells(all).flatMap((cell) => {
    const family = families.find((f) => f.name === cell.family && f.machine === plan.name && f.share);
    return family ? [{ cell, family }] : [];
  });
  const fixed: Trial = Object.fromEntries(plan.fixed.map((v) => [v.knob, v.value]));
  const mhz = fixed['cpu.mhz'] ?? 3000;
  let prices: Trial = Object.fromEntries(plan.free.map((f) => [f.knob, f.prior]));
  for (let round = 0; round < ROUNDS && cells.length > 0; round++) {
    const next = oneRound(core, plan, cells, { ...fixed, ...prices }, mhz);
    const settled = plan.free.every(({ knob }) => share(next[knob] ?? 0, prices[knob] ?? 0) < SETTLED);
    prices = next;
    if (settled) break;
  }
  return { plan, values: prices, cells: cells.length };
}

function oneRound(
  core: WebAssembly.Module, plan: MachinePlan, cells: readonly { cell: Cell; family: Family }[], trial: Trial, mhz: number,
): Trial {
  const rows: number[][] = [];
  const b: number[] = [];
  for (const { cell, family } of cells) {
    const s = settingsOf(family, [], cell.cell);
    const { measured } = predict(core, family, s, trial);
    const part = family.share?.(measured, s) ?? { rows: [], per: 1 };
    if (part.per === 0) throw new Error(`${family.name} ${cell.cell}: nothing was done in the window`);
    const target = family.cycles?.(cell.expected, s, mhz) ?? 1;
    const units = (knob: string) => part.rows.filter((r) => `cost.${r.cost}` === knob).reduce((sum, r) => sum + r.units, 0) / unitOf(knob);
    const rest = part.rows.filter((r) => !plan.free.some((f) => f.knob === `cost.${r.cost}`)).reduce((sum, r) => sum + r.cycles, 0);
    rows.push(plan.free.map(({ knob }) => units(knob) / part.per / target));
    b.push(1 - rest / part.per / target);
  }
  plan.free.forEach(({ prior }, j) => {
    const scale = Math.max(prior, 50);
    rows.push(plan.free.map((_, k) => (j === k ? PRIOR_WEIGHT / scale : 0)));
    b.push((PRIOR_WEIGHT * prior) / scale);
  });
  const x = nonNegativeLeastSquares(rows, b);
  return Object.fromEntries(plan.free.map(({ knob }, j) => [knob, Math.round(x[j] ?? 0)]));
}
