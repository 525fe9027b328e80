/** What a world weighs, before it is built: a scenario that cannot fit is refused with its heaviest part. */
import { LIMITS } from '../schema/limits.ts';
import type { Draft } from './scenario_draft.ts';
import type { Problem } from './scenario_error.ts';
import type { HostSetup, Setup } from './scenario_resolve.ts';
import type { RunKnob } from './scenario_types.gen.ts';
import { formatQuantity } from './scenario_units.ts';

const limit = (name: string) => LIMITS.find((l) => l.name === name)?.value ?? 0;
const WASM_MAX = 4 * 1024 ** 3 - 64 * 1024;
const MIB = 1024 ** 2;

/** Bytes of one of each, about: tables of the stages beside what the name says. */
const WEIGHT: Partial<Record<RunKnob, number>> = {
  'limits.socks': 2048,
  'limits.skbs': 320 + limit('SKB_HEAD_SIZE'),
  'limits.frames': 128 + limit('FRAME_HEAD_SIZE'),
  'limits.tx_pages': limit('TX_PAGE_SIZE') + 32,
  'limits.rx_pages': limit('PAGE_SIZE') + 32,
  'limits.reqs': 272,
  'limits.user_bytes': 1 + 32 / limit('PAGE_SIZE'),
  'limits.trace_records': 32,
  'limits.capture_bytes': 1,
};

const partOf = (setup: Setup, knob: RunKnob): number => {
  if (knob === 'limits.trace_records' && setup.run['run.trace'] === 0) return 0;
  if (knob === 'limits.capture_bytes' && setup.run['run.capture'] === 0) return 0;
  return setup.run[knob] * (WEIGHT[knob] ?? 0);
};

/** Bytes that the world will take, about. */
export function worldBytes(setup: Setup): number {
  const descriptors = ({ values: v }: HostSetup) =>
    v['nic.rx_queues'] * Math.max(v['nic.rx_ring'], v['nic.rx_ring_max']) + v['nic.tx_queues'] * v['nic.tx_ring'];
  const rings = descriptors(setup.hosts[0]) + descriptors(setup.hosts[1]);
  const least = 4 * MIB + rings * (limit('SKB_HEAD_SIZE') + 64);
  return Object.keys(WEIGHT).reduce((total, knob) => total + partOf(setup, knob as RunKnob), least);
}

export function checkMemory(draft: Draft, setup: Setup): Problem[] {
  const total = worldBytes(setup);
  if (total <= WASM_MAX) return [];
  const parts = (Object.keys(WEIGHT) as RunKnob[]).sort((a, b) => partOf(setup, b) - partOf(setup, a));
  const heaviest = parts[0] as RunKnob;
  const size = (bytes: number) => formatQuantity(Math.ceil(bytes / MIB) * MIB, 'bytes');
  const place = draft.run.get(heaviest)?.place ?? { source: draft.file, line: 1, col: 1 };
  const text = `expected a world of less than 4GiB; it would take ${size(total)}, of which ${size(partOf(setup, heaviest))} for this`;
  return [{ place, key: heaviest, text }];
}
