/** Programs that a real kernel and the simulator must do alike, to the line: a seed is a program. */
import { stringify } from 'yaml';
import { steadyProgram } from '../../../sim/fuzz/index.ts';
import type { Plain } from '../../../sim/host/index.ts';
import type { Written } from '../compare/beside.ts';

export interface Program {
  readonly seed: number;
  readonly steps: readonly Plain[];
}

export const programOf = (seed: number): Program => ({ seed, steps: steadyProgram(seed) });

/** Enough for any of them: a program has a few files and rings. */
const LIMITS = { socks: 64, skbs: 4096, frames: 1024, tx_pages: 512, rx_pages: 1024, reqs: 1024, user_bytes: 8 * 1024 ** 2 };

export function writtenProgram({ seed, steps }: Program): Written {
  const name = `program-${seed}`;
  const scenario = { about: `A program of the fuzzer, seed ${seed}.`, limits: LIMITS, steps: [...steps] };
  return { name, file: name, text: stringify(scenario, { lineWidth: 0, defaultStringType: 'PLAIN' }), sets: [] };
}
