/**
 * Machines by name: what a host's knobs are on it, where that differs from their defaults. `cpu.machine` chooses one, and a scenario
 * may change single knobs. Each value has a source: a publication, or the committed procedure that fitted it to published cells.
 */
import { COSTS } from './costs.ts';
import type { Machine } from './machine_form.ts';
import { FITTED } from './machines_fitted.ts';

const IDEAL: Machine = {
  name: 'ideal',
  about: 'a host whose work costs nothing: the other side of a measurement',
  values: [...COSTS.map((c) => `cost.${c.name}`), 'mem.dram_bps', 'nic.pcie_bps'].map((knob) => ({
    knob, value: 0, by: 'assumed' as const, source: 'by definition: it is never what limits a run',
  })),
};

/** The first is the default and changes nothing. */
export const MACHINES: readonly Machine[] = [{ name: 'generic', about: 'the defaults of all knobs', values: [] }, IDEAL, ...FITTED];
