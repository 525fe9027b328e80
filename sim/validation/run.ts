/** Runs a family's scenario on its machine and reads its metric. */
import { loadScenario, type Measured, measureRun } from '../host/index.ts';
import { MACHINES } from '../schema/machines.ts';
import type { Family, Settings, Tree } from './form.ts';

/** Values of knobs of the measured host that replace those of its machine: what the fit tries. */
export type Trial = Readonly<Record<string, number>>;

/** Merges trees; the second one wins. */
function merged(a: Tree, b: Tree): Tree {
  const out: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const old = out[key];
    const both = [old, value].every((v) => typeof v === 'object' && v !== null && !Array.isArray(v));
    out[key] = both ? merged(old as Tree, value as Tree) : value;
  }
  return out;
}

function nested(knobs: Trial): Tree {
  const out: Record<string, Record<string, number>> = {};
  for (const [path, value] of Object.entries(knobs)) {
    const [section = '', name = ''] = path.split('.');
    out[section] = { ...out[section], [name]: value };
  }
  return out;
}

/** The scenario of a prediction, as YAML takes it (JSON is YAML). */
export function scenarioText(family: Family, s: Settings, trial?: Trial): string {
  const machine = trial || !MACHINES.some((m) => m.name === family.machine) ? 'generic' : family.machine;
  const other = family.host === 'client' ? 'server' : 'client';
  const base = {
    run: { payload: 'off', trace: 'off' },
    hosts: {
      [family.host]: merged({ cpu: { machine } }, nested(trial ?? {})),
      [other]: family.both ? merged({ cpu: { machine }, app: { check: 'none' } }, nested(trial ?? {}))
        : { cpu: { machine: 'ideal' }, app: { check: 'none' } },
    },
  };
  return JSON.stringify(merged(base, family.tree(s)));
}

export interface Predicted {
  readonly value: number;
  readonly scenario: string;
  readonly measured: Measured;
}

export function predict(core: WebAssembly.Module, family: Family, s: Settings, trial?: Trial): Predicted {
  const scenario = scenarioText(family, s, trial);
  const loaded = loadScenario(scenario, family.name);
  const measured = measureRun(core, loaded, { host: family.host });
  const mhz = loaded.hosts[family.host === 'client' ? 0 : 1].values['cpu.mhz'];
  return { value: family.metric(measured, s, mhz), scenario, measured };
}
