/** The same scenario on different machines: what each run ended in, and its trace when two of them differ. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { compileCore, loadScenario, runScenario, type Scenario, TraceStore } from '../../sim/host/index.ts';
import { divergenceText, firstDivergence } from './divergence.ts';

export const library = readdirSync(join(root, 'scenarios')).filter((f) => f.endsWith('.yaml')).map((f) => f.replace('.yaml', '')).sort();

/** Of every kind one: each impairment, both families, copies and none, an application that misbehaves. */
export const SELECTED = [
  'tour', 'bulk', 'loss', 'reorder', 'duplicates', 'ipv6', 'header-split-off', 'cq-too-small', 'close-mid-stream',
] as const;

export const load = (name: string, sets: readonly string[] = []): Scenario =>
  loadScenario(readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8'), `scenarios/${name}.yaml`, { sets });

export const builtCore = (file: string): Promise<WebAssembly.Module> => compileCore(readFileSync(join(root, 'build', file)));

/** What every machine must agree on. */
export interface Ending {
  readonly stateHash: string;
  readonly virtualTimeNs: number;
  readonly events: number;
}

export interface Run extends Ending {
  readonly trace: TraceStore;
}

/** A run from beginning to end in this process. */
export function runHere(core: WebAssembly.Module, scenario: Scenario): Run {
  const trace = new TraceStore();
  const { result } = runScenario(core, scenario, { sinks: { onTrace: (batch) => trace.add(batch) } });
  return { trace, ...endingOf(result) };
}

export const endingOf = (r: { stateHash: string; virtualTimeNs: number; eventCount: number }): Ending => ({
  stateHash: r.stateHash, virtualTimeNs: r.virtualTimeNs, events: r.eventCount,
});

/** Equal endings, or the first event in which the runs part. */
export function expectSame(left: Run, right: Run, names: readonly [string, string]): void {
  const ending = ({ stateHash, virtualTimeNs, events }: Ending): Ending => ({ stateHash, virtualTimeNs, events });
  const found = firstDivergence(left.trace.records(), right.trace.records());
  if (found === undefined && left.stateHash === right.stateHash) return;
  expect(ending(right), divergenceText(found, names)).toEqual(ending(left));
  throw new Error(divergenceText(found, names));
}
