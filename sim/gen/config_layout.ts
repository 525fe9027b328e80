/**
 * Where each knob lies in the configuration block that a compiled scenario is:
 *
 *     magic | bytes | run knobs (8 B each) | fault_count | host 0 | host 1 | faults | run knobs that only watch (8 B each)
 *     host: knobs (8 B each) | rule_count | port_count | rules | ports
 *
 * The state hash ends before the knobs that only watch: to look at a run is not to change it.
 */
import { LIMITS } from '../schema/limits.ts';
import { FAULT_FIELDS, HOST_KNOBS, type Knob, RULE_FIELDS, RUN_KNOBS } from '../schema/scenario.ts';

export const knobField = (k: Knob) => `${k.section}_${k.name}`;

export interface ConfigLayout {
  readonly magic: number;
  readonly bytes: number;
  /** Bytes that are part of the state. */
  readonly state_bytes: number;
  /** Offset of a run knob in the block, or of a host knob in its host. */
  offset(k: Knob): number;
  readonly fault_count: number;
  readonly host_base: number;
  readonly host_bytes: number;
  readonly rule_count: number;
  readonly port_count: number;
  readonly rules: number;
  readonly ports: number;
  readonly costs: number;
  readonly faults: number;
}

const limit = (name: string) => {
  const found = LIMITS.find((l) => l.name === name);
  if (!found) throw new Error(`no limit ${name}`);
  return found.value;
};

let known: ConfigLayout | undefined;

export function configLayout(): ConfigLayout {
  known ??= makeLayout();
  return known;
}

function makeLayout(): ConfigLayout {
  const offsets = new Map<Knob, number>();
  const acting = RUN_KNOBS.filter((k) => !k.watches);
  const watching = RUN_KNOBS.filter((k) => k.watches);
  acting.forEach((k, i) => {
    offsets.set(k, 8 + i * 8);
  });
  HOST_KNOBS.forEach((k, i) => {
    offsets.set(k, i * 8);
  });
  const fault_count = 8 + acting.length * 8;
  const host_base = fault_count + 8;
  const rule_count = HOST_KNOBS.length * 8;
  const port_count = rule_count + 8;
  const rules = port_count + 8;
  const ports = rules + limit('NTUPLE_MAX') * RULE_FIELDS.length * 8;
  const host_bytes = ports + limit('PORTS_MAX') * 4;
  const faults = host_base + limit('HOSTS_MAX') * host_bytes;
  const state_bytes = faults + limit('FAULTS_MAX') * FAULT_FIELDS.length * 8;
  watching.forEach((k, i) => {
    offsets.set(k, state_bytes + i * 8);
  });
  const bytes = state_bytes + watching.length * 8;
  const first_cost = HOST_KNOBS.findIndex((k) => k.section === 'cost');
  // FNV-1a over all names in their order: builds with different knobs, or other words for a value, never take each other's blocks.
  let magic = 0x811c9dc5;
  const names = [...acting, ...HOST_KNOBS, ...watching].map((k) => `${knobField(k)} ${k.options?.join() ?? ''}`).join(' ');
  for (const c of names) magic = Math.imul(magic ^ c.charCodeAt(0), 0x01000193) >>> 0;
  const offset = (k: Knob) => offsets.get(k) as number;
  return {
    magic, bytes, state_bytes, offset, fault_count, host_base, host_bytes, rule_count, port_count, rules, ports, costs: first_cost * 8,
    faults,
  };
}
