/** Every generator, and the case that a seed is. */
import fc from 'fast-check';
import type { Focus, FuzzCase } from '../case.ts';
import { AREAS } from './areas.ts';
import type { Generator } from './form.ts';
import { PROGRAMS } from './programs.ts';
import { RING_PROGRAMS } from './ring_programs.ts';
import { WORLDS } from './worlds.ts';
import { WORLDS_TCP } from './worlds_tcp.ts';

export * from './form.ts';
export { steadyProgram } from './programs.ts';
export const GENERATORS: readonly Generator[] = [WORLDS, WORLDS_TCP, PROGRAMS, RING_PROGRAMS, AREAS];

export type Aim = Focus | 'all';
export const aimed = (aim: Aim): readonly Generator[] => GENERATORS.filter((g) => aim === 'all' || g.focus.includes(aim));

/** The generator that a seed takes: by their weights, and always the same. */
export function generatorOf(aim: Aim, seed: number): Generator {
  const generators = aimed(aim);
  const total = generators.reduce((sum, g) => sum + g.weight, 0);
  // Neighbouring seeds take different ones: the multiplicative hash of Knuth.
  let at = ((Math.imul(seed, 0x9e3779b1) >>> 0) / 2 ** 32) * total;
  return generators.find((g) => (at -= g.weight) < 0) ?? (generators.at(-1) as Generator);
}

/** The case that a seed is. */
export const caseOf = ({ cases }: Generator, seed: number): FuzzCase => fc.sample(cases, { seed, numRuns: 1 })[0] as FuzzCase;
