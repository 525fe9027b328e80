/** A scenario as it is changed, as text that stands for itself. */
import { setsOfSource, type Source } from './lab.ts';

/** The text as it is written, with what was changed above it. */
export function scenarioText(source: Source): string {
  const sets = setsOfSource(source);
  return sets.length === 0 ? source.text : `# Changed by ${sets.map((s) => `--set ${s}`).join(' ')}\n${source.text}`;
}
