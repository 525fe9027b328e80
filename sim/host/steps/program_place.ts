/** Where a program of steps is, in words. */
import { CONSTANTS } from '../../schema/uapi_constants.ts';
import type { Program } from './program.ts';

const SYSCALLS = new Map(CONSTANTS.flatMap((g) => g.constants).filter((c) => c.name.startsWith('__NR_'))
  .map((c) => [String(c.value), c.name.slice('__NR_'.length)]));

/** A step as one calls it: `submit`, `sqe RECV_ZC`, `syscall close_range`. */
export function stepName(program: Program, i: number): string {
  const step = program[i];
  if (!step) return '';
  const { op, nr } = step;
  const what = op ?? (nr === undefined ? undefined : SYSCALLS.get(String(nr)) ?? nr);
  return what === undefined ? step.step : `${step.step} ${String(what)}`;
}

/** The program has come to step `i`, from 0 as in its trace: `in step 7 of the program, ring.exit`. Behind the last one it is over. */
export function programPlace(program: Program, i: number): string {
  if (i < 0) return 'before the first step of the program';
  return i < program.length ? `in step ${i} of the program, ${stepName(program, i)}` : 'after the last step of the program';
}
