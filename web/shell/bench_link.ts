/** From a link to what is open on the bench. */
import { readAddress } from '../address.ts';
import type { LabStore } from '../lab/store.svelte.ts';
import { findScenario, SCENARIOS } from '../scenarios.ts';

const FIRST = 'bulk';

export async function openBench(lab: LabStore, rest: string): Promise<void> {
  const { scenario, seed } = readAddress(`#${rest}`);
  const entry = (await findScenario(scenario ?? FIRST)) ?? SCENARIOS[0];
  if (!entry) return;
  await lab.open({ name: entry.name, text: entry.text, sets: [], ...(seed === undefined ? {} : { seed }) });
}
