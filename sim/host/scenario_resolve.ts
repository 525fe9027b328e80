/** From a draft to values: default, then the scenario's section, then the host's own section; then what follows from others. */
import { BEHAVIOURS, PROFILES } from '../schema/behaviours.ts';
import type { Machine } from '../schema/machine_form.ts';
import { MACHINES } from '../schema/machines.ts';
import { HOST_KNOBS, type Knob, RUN_KNOBS } from '../schema/scenario.ts';
import type { Assigned, Draft, Item } from './scenario_draft.ts';
import type { Place } from './scenario_error.ts';
import type { HostKnob, RunKnob } from './scenario_types.gen.ts';

export interface HostSetup {
  /** Every knob of the host by its path, in the knob's unit. */
  readonly values: Record<HostKnob, number>;
  readonly rules: readonly Item[];
  /** Ports that the application listens on; the first is app.port. */
  readonly ports: readonly number[];
  /** What its machine is called. */
  readonly machine: string;
}
export interface Setup {
  readonly run: Record<RunKnob, number>;
  readonly hosts: readonly [HostSetup, HostSetup];
  readonly faults: readonly Item[];
}

const pathOf = (k: Knob) => `${k.section}.${k.name}`;

/** The value that somebody wrote for a knob of a host, or undefined when the default holds. */
export function writtenValue(draft: Draft, host: 0 | 1, knob: HostKnob): Assigned | undefined {
  return draft.hosts[host].knobs.get(knob) ?? draft.both.knobs.get(knob);
}

/** Where to point for a problem with a knob: the place of its value, or the beginning of the scenario. */
export function placeOfKnob(draft: Draft, host: 0 | 1, knob: HostKnob): { place: Place; key: string } {
  const written = writtenValue(draft, host, knob);
  return written ? { place: written.place, key: written.key } : { place: { source: draft.file, line: 1, col: 1 }, key: knob };
}

/** The machine that the scenario names, else the one that the command line brings, else the default. */
function machineOf(draft: Draft, host: 0 | 1, chosen: number): Machine {
  const brought = writtenValue(draft, host, 'cpu.machine') ? undefined : draft.hosts[host].machine;
  return brought ?? MACHINES[chosen] ?? { name: '', about: '', values: [] };
}

const DEFAULTS = Object.fromEntries(HOST_KNOBS.map((k) => [pathOf(k), k.value])) as Record<HostKnob, number>;
const PROFILE_KNOBS = BEHAVIOURS.map((b) => ({ path: `kernel.${b.name}` as HostKnob, profiles: b.profiles }));

function hostSetup(draft: Draft, host: 0 | 1): HostSetup {
  const values = { ...DEFAULTS };
  for (const { knobs } of [draft.both, draft.hosts[host]]) for (const [path, { value }] of knobs) values[path as HostKnob] = value;
  const machine = machineOf(draft, host, values['cpu.machine']);
  for (const { knob, value } of machine.values) {
    if (!writtenValue(draft, host, knob as HostKnob)) values[knob as HostKnob] = value;
  }
  const own = draft.hosts[host];
  const rules = own.rules ?? draft.both.rules ?? [];
  const listed = (own.ports ?? draft.both.ports ?? []).map((p) => p.value);
  // A list of ports says where to listen; without app.port its first is also the port to connect to.
  if (listed[0] !== undefined && !writtenValue(draft, host, 'app.port')) values['app.port'] = listed[0];
  const ports = [...new Set([values['app.port'], ...listed])];
  const profile = PROFILES[values['kernel.profile']] ?? PROFILES[0];
  for (const { path, profiles } of PROFILE_KNOBS) {
    if (!writtenValue(draft, host, path)) values[path] = profiles.includes(profile) ? 1 : 0;
  }
  // A host with one core runs its application there, unless told otherwise.
  if (!writtenValue(draft, host, 'cpu.app_core')) values['cpu.app_core'] = Math.min(values['cpu.app_core'], values['cpu.cores'] - 1);
  return { values, rules, ports, machine: machine.name };
}

export function resolveDraft(draft: Draft): Setup {
  const run = Object.fromEntries(RUN_KNOBS.map((k) => [pathOf(k), draft.run.get(pathOf(k))?.value ?? k.value])) as Record<RunKnob, number>;
  const hosts: readonly [HostSetup, HostSetup] = [hostSetup(draft, 0), hostSetup(draft, 1)];
  // Without payload there are no bytes to prove.
  hosts.forEach((h, i) => {
    if (run['run.payload'] === 0 && !writtenValue(draft, i as 0 | 1, 'app.check')) h.values['app.check'] = 0;
  });
  return { run, hosts, faults: draft.faults };
}
