/** A scenario as it is changed, as text that stands for itself: what was written stays as it was, and the changes are in their places. */
import { loadScenario } from '../host/index.ts';
import { removeIn, setIn } from './editing/yaml_edit.ts';
import { setsOfSource, type Source } from './lab.ts';

const HOSTS = ['client', 'server'];

/** The text with the changes of --set written into it. */
export function scenarioText(source: Source): string {
  const sets = setsOfSource(source);
  const written = sets.reduce(withSet, source.text);
  // Words that YAML reads otherwise, or a path that is no knob: then the changes stand above it.
  return sameWorld(written, source, sets) ? written : `# Changed by ${sets.map((s) => `--set ${s}`).join(' ')}\n${source.text}`;
}

function withSet(text: string, set: string): string {
  const at = set.indexOf('=');
  const [path, value] = [set.slice(0, at).trim().replace(/^hosts\./, '').split('.'), set.slice(at + 1).trim()];
  const [first = ''] = path;
  if (HOSTS.includes(first)) return setIn(text, ['hosts', ...path], value);
  // It holds for both hosts, whatever is written for one of them.
  return setIn(HOSTS.reduce((t, host) => removeIn(t, ['hosts', host, ...path]), text), path, value);
}

function sameWorld(written: string, source: Source, sets: readonly string[]): boolean {
  try {
    const [own, meant] = [loadScenario(written, source.name), loadScenario(source.text, source.name, { sets })];
    return own.block.length === meant.block.length && own.block.every((byte, i) => byte === meant.block[i]);
  } catch {
    return false;
  }
}
