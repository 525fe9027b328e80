/**
 * The fewest steps of a program that still differ alike (delta debugging). Many are tried at once, since a target may have to boot to run
 * any: every piece of a size is left out by itself, and then all of those together that could be missed.
 */
import { InputError, loadScenario } from '../../../sim/host/index.ts';
import { type Program, writtenProgram } from './programs.ts';
import type { Verdict } from './run.ts';

type Steps = Program['steps'];

/** Steps that name what another made need that one. */
function isProgram(program: Program): boolean {
  const { text, file } = writtenProgram(program);
  try {
    loadScenario(text, file);
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

export async function fewestSteps(whole: Verdict, run: (programs: readonly Program[]) => Promise<readonly Verdict[]>): Promise<Verdict> {
  const { seed } = whole.program;
  let best = whole;
  /** The smallest of these that still differs by the same. */
  const pick = async (candidates: readonly Steps[]): Promise<readonly Verdict[]> => {
    const programs = candidates.map((steps) => ({ seed, steps })).filter(isProgram);
    return programs.length === 0 ? [] : (await run(programs)).filter((v) => v.key === whole.key);
  };
  for (let size = Math.ceil(best.program.steps.length / 2); size >= 1;) {
    const { steps } = best.program;
    const pieces = Array.from({ length: Math.ceil(steps.length / size) }, (_, i) => steps.slice(i * size, (i + 1) * size));
    const still = await pick(pieces.map((piece) => steps.filter((s) => !piece.includes(s))));
    const spare = pieces.filter((piece) => still.some((v) => piece.every((s) => !v.program.steps.includes(s))));
    // All at once seldom goes, half of them often does.
    const together = [spare, spare.filter((_, i) => i % 2 === 0), spare.slice(0, Math.ceil(spare.length / 2))]
      .map((some) => steps.filter((s) => !some.flat().includes(s)));
    const smallest = [...still, ...(spare.length > 1 ? await pick(together) : [])]
      .sort((a, b) => a.program.steps.length - b.program.steps.length)[0];
    if (smallest) best = smallest;
    else if (size === 1) break;
    size = smallest && size === 1 ? 1 : Math.floor(size / 2);
  }
  return best;
}
