/** How far predictions are from what was published: by cell, and by family. */
import type { Cell, Family, Settings } from './form.ts';
import { predict } from './run.ts';
import { settingsOf } from './settings.ts';

/** Where a cell lies among those that its machine was fitted to. */
export type Standing = 'fitted' | 'interpolation' | 'extrapolation';

export interface Row {
  readonly family: string;
  readonly role: Cell['role'];
  readonly cell: string;
  readonly unit: string;
  readonly expected: number;
  readonly predicted: number;
  readonly error_percent: number;
  readonly standing: Standing;
  readonly bottleneck: string;
  readonly source: string;
}

export interface Summary {
  readonly family: string;
  readonly machine: string;
  readonly unit: string;
  readonly fit_cells: number;
  readonly fit_mean_percent: number;
  readonly check_cells: number;
  /** Of the check cells: the mean and the greatest of the errors' sizes, and whose that is. */
  readonly check_mean_percent: number;
  readonly check_max_percent: number;
  readonly worst_cell: string;
  /** All check cells lie between fitted ones: their errors say how smooth the machine is, and not how far it can see. */
  readonly interpolation_only: boolean;
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
/** Seven digits: more than any measurement has. */
export const shortened = (value: number): number => Number(value.toPrecision(7));

/** A check cell lies between fit cells when some differ from it in one number alone, to both sides. */
function standing(family: Family, cell: Cell, fits: readonly Cell[]): Standing {
  if (cell.role === 'fit') return 'fitted';
  const own = settingsOf(family, [], cell.cell);
  const others = fits.map((c) => settingsOf(family, [], c.cell));
  const between = family.settings.filter((s) => typeof s.value === 'number').some(({ name }) => {
    const alike = others.filter((o) => Object.keys(own).every((k) => k === name || o[k] === own[k])).map((o) => Number(o[name]));
    return alike.length > 1 && Math.min(...alike) <= Number(own[name]) && Math.max(...alike) >= Number(own[name]);
  });
  return between ? 'interpolation' : 'extrapolation';
}

export function checkCell(core: WebAssembly.Module, family: Family, cell: Cell, all: readonly Cell[]): Row {
  const s: Settings = settingsOf(family, [], cell.cell);
  const { value, measured } = predict(core, family, s);
  const fits = all.filter((c) => c.family === family.name && c.role === 'fit');
  return {
    family: family.name, role: cell.role, cell: cell.cell, unit: cell.unit, expected: cell.expected, predicted: shortened(value),
    error_percent: round((value / cell.expected - 1) * 100, 2), standing: standing(family, cell, fits),
    bottleneck: measured.measurement.bottleneck, source: cell.source,
  };
}

const size = (r: Row): number => Math.abs(r.error_percent);
const mean = (rows: readonly Row[]): number => (rows.length > 0 ? round(rows.reduce((sum, r) => sum + size(r), 0) / rows.length, 2) : 0);

export function summaryOf(family: Family, rows: readonly Row[]): Summary {
  const fit = rows.filter((r) => r.role === 'fit');
  const check = rows.filter((r) => r.role === 'check');
  const worst = check.reduce<Row | undefined>((most, r) => (most === undefined || size(r) > size(most) ? r : most), undefined);
  return {
    family: family.name, machine: family.machine, unit: [...new Set(rows.map((r) => r.unit))].join(', '), fit_cells: fit.length,
    fit_mean_percent: mean(fit), check_cells: check.length, check_mean_percent: mean(check), check_max_percent: worst ? size(worst) : 0,
    worst_cell: worst?.cell ?? '', interpolation_only: check.length > 0 && check.every((r) => r.standing === 'interpolation'),
  };
}
