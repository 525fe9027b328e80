/** A run that comes from a cell, a file or a lesson, as what the bench opens: the address of it. */
import type { Opening } from '../../sim/lab/index.ts';
import { writeAddress } from '../address.ts';
import { packText } from '../deflate.ts';
import { findScenario } from '../scenarios.ts';
import { packBranches } from './bench_link.ts';
import { route } from './route.svelte.ts';

/** Without a #. Edits are a branch that leaves the base at the first of them. */
export async function runAddress({ source, edits, step, core_hash, state_hash }: Opening): Promise<string> {
  const known = (await findScenario(source.name))?.text === source.text;
  const first = edits[0]?.at;
  return writeAddress({
    scenario: source.name, sets: source.sets, text: known ? '' : await packText(source.text),
    ...(source.seed === undefined ? {} : { seed: source.seed }), ...(step === undefined ? {} : { step }),
    ...(first === undefined ? {} : { branches: await packBranches([['edited', 0, first, edits, []]]), branch: 1 }),
    ...(core_hash === undefined || state_hash === undefined || step === undefined ? {} : { core: core_hash, state: state_hash }),
  });
}

export async function openRun(opening: Opening): Promise<void> {
  route.go('bench', await runAddress(opening));
}
