/** The configuration block: how a scenario reaches the core. Layout: sim/gen/config_layout.ts. */
import { configLayout } from '../gen/config_layout.ts';
import { FAULT_FIELDS, HOST_KNOBS, type Knob, RULE_FIELDS, RUN_KNOBS } from '../schema/scenario.ts';
import type { Item } from './scenario_draft.ts';
import type { Setup } from './scenario_resolve.ts';
import type { HostKnob, RunKnob } from './scenario_types.gen.ts';

const pathOf = (k: Knob) => `${k.section}.${k.name}`;
const RUN_PLACES = RUN_KNOBS.map((k) => ({ path: pathOf(k) as RunKnob, at: configLayout().offset(k) }));
const HOST_PLACES = HOST_KNOBS.map((k) => ({ path: pathOf(k) as HostKnob, at: configLayout().offset(k) }));

/** Eight bytes, without the detour of a BigInt: a block has about a thousand of them. */
function writeCount(view: DataView, at: number, n: number): void {
  view.setUint32(at, n % 2 ** 32, true);
  view.setUint32(at + 4, Math.floor(n / 2 ** 32), true);
}

function writeItems(view: DataView, at: number, items: readonly Item[], fields: readonly string[]): void {
  items.forEach((item, i) => {
    fields.forEach((field, j) => {
      writeCount(view, at + (i * fields.length + j) * 8, item.fields[field] ?? 0);
    });
  });
}

export function writeBlock(setup: Setup): Uint8Array<ArrayBuffer> {
  const layout = configLayout();
  const view = new DataView(new ArrayBuffer(layout.bytes));
  const count = (at: number, n: number) => writeCount(view, at, n);
  view.setUint32(0, layout.magic, true);
  view.setUint32(4, layout.bytes, true);
  for (const { path, at } of RUN_PLACES) count(at, setup.run[path]);
  count(layout.fault_count, setup.faults.length);
  writeItems(view, layout.faults, setup.faults, FAULT_FIELDS);
  setup.hosts.forEach((host, i) => {
    const base = layout.host_base + i * layout.host_bytes;
    for (const { path, at } of HOST_PLACES) count(base + at, host.values[path]);
    count(base + layout.rule_count, host.rules.length);
    count(base + layout.port_count, host.ports.length);
    writeItems(view, base + layout.rules, host.rules, RULE_FIELDS);
    host.ports.forEach((port, j) => {
      view.setUint32(base + layout.ports + j * 4, port, true);
    });
  });
  return new Uint8Array(view.buffer);
}

/** What a block says, by the paths of knobs. */
export interface BlockContents {
  readonly magic: number;
  readonly run: Record<RunKnob, number>;
  readonly hosts: readonly { readonly values: Record<HostKnob, number>; readonly rules: number[][]; readonly ports: number[] }[];
  readonly faults: number[][];
}

export function readBlock(block: Uint8Array): BlockContents {
  const layout = configLayout();
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const number = (at: number) => Number(view.getBigUint64(at, true));
  const items = (at: number, n: number, width: number) =>
    Array.from({ length: n }, (_, i) => Array.from({ length: width }, (_, j) => number(at + (i * width + j) * 8)));
  const values = (knobs: readonly Knob[], base: number) =>
    Object.fromEntries(knobs.map((k) => [pathOf(k), number(base + layout.offset(k))]));
  return {
    magic: view.getUint32(0, true),
    run: values(RUN_KNOBS, 0) as Record<RunKnob, number>,
    hosts: [0, 1].map((i) => {
      const base = layout.host_base + i * layout.host_bytes;
      const ports = Array.from({ length: number(base + layout.port_count) }, (_, j) => view.getUint32(base + layout.ports + j * 4, true));
      return {
        values: values(HOST_KNOBS, base) as Record<HostKnob, number>,
        rules: items(base + layout.rules, number(base + layout.rule_count), RULE_FIELDS.length),
        ports,
      };
    }),
    faults: items(layout.faults, number(layout.fault_count), FAULT_FIELDS.length),
  };
}
