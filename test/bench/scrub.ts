/** What it takes to be anywhere in a recording: recorded slice by slice, then gone to at random and backward step by step. */
import { readFileSync } from 'node:fs';
import type { Lab } from '../../sim/lab/index.ts';
import { openLab } from '../../sim/lab/open_lab.ts';

export interface Scrub {
  readonly steps: number;
  readonly records: number;
  readonly open_ms: number;
  readonly record_ms: number;
  /** The longest time for which recording did not answer, and that of 99 in 100. */
  readonly slice_max_ms: number;
  readonly slice_p99_ms: number;
  readonly checkpoints: number;
  readonly checkpoint_mib: number;
  readonly random_p50_ms: number;
  readonly random_p95_ms: number;
  readonly random_max_ms: number;
  readonly back_p50_ms: number;
  readonly back_max_ms: number;
}

const JUMPS = 60;
const SLICE_MS = 8;

const round = (ms: number): number => Number(ms.toFixed(2));
const timed = (f: () => unknown): number => {
  const t = performance.now();
  f();
  return performance.now() - t;
};
function part(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number);
}

export function scrubbing(module: WebAssembly.Module, name: string, sets: readonly string[]): Scrub {
  const text = readFileSync(`scenarios/${name}.yaml`, 'utf8');
  let lab: Lab | undefined;
  const open_ms = timed(() => {
    lab = openLab(module, { name, text, sets });
  });
  const { recording } = (lab as unknown as Lab).branch(0);
  const slices: number[] = [];
  const record_ms = timed(() => {
    while (!recording.done) slices.push(timed(() => recording.advance(SLICE_MS)));
  });
  // Fibonacci's multiplier: far apart from one to the next, and all over.
  const random = Array.from({ length: JUMPS }, (_, i) => timed(() => recording.engineAt(((i + 1) * 2654435761) % recording.length)));
  const from = Math.floor(recording.length * 0.7);
  recording.engineAt(from);
  const back = Array.from({ length: JUMPS }, (_, i) => timed(() => recording.engineAt(from - 1 - i)));
  return {
    steps: recording.length, records: recording.trace.length, open_ms: round(open_ms), record_ms: round(record_ms),
    slice_max_ms: part(slices, 1), slice_p99_ms: part(slices, 0.99), checkpoints: recording.checkpoints,
    checkpoint_mib: Math.round(recording.checkpoint_bytes / 2 ** 20), random_p50_ms: part(random, 0.5), random_p95_ms: part(random, 0.95),
    random_max_ms: part(random, 1), back_p50_ms: part(back, 0.5), back_max_ms: part(back, 1),
  };
}
