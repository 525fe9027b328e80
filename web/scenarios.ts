/** The scenario library. The page brings the first one; the others come in chunks of their own when somebody asks. */
import bulk from '../scenarios/bulk.yaml?raw';

export interface BundledScenario {
  /** As the command line takes it: bulk, pain/A1. */
  readonly name: string;
  readonly text: string;
  /** The sentence under the file's `about` key, folded into one line. */
  readonly about: string;
}

/** Reads the one plain or folded scalar that lists show; the compiler reads the file properly. */
function aboutOf(text: string): string {
  const match = /^about:[ \t]*(?:[>|][-+]?[ \t]*\n)?([^\n]*(?:\n[ \t]+[^\n]*)*)/m.exec(text);
  return (match?.[1] ?? '').replace(/\s+/g, ' ').replace(/^\s*['"]|['"]\s*$/g, '').trim();
}

const name = (path: string) => path.replace(/^.*\/scenarios\/|\.yaml$/g, '');
const first = (n: string) => (n === 'bulk' ? 0 : 1);

export const scenariosOf = (texts: Readonly<Record<string, string>>): BundledScenario[] =>
  Object.entries(texts)
    .map(([path, text]) => ({ name: name(path), text, about: aboutOf(text) }))
    .sort((a, b) => first(a.name) - first(b.name) || a.name.localeCompare(b.name, 'en', { numeric: true }));

const FIRST: readonly BundledScenario[] = scenariosOf({ '../scenarios/bulk.yaml': bulk });

/** The examples; `bulk` comes first, the rest by name. */
export async function exampleScenarios(): Promise<readonly BundledScenario[]> {
  const { EXAMPLES } = await import('./scenarios_examples.ts');
  return EXAMPLES;
}

/** Everything: examples, cases of users (pain/…), probes of kernels (conform/…). */
export async function allScenarios(): Promise<readonly BundledScenario[]> {
  const [examples, { MORE_SCENARIOS }] = await Promise.all([exampleScenarios(), import('./scenarios_more.ts')]);
  return [...examples, ...MORE_SCENARIOS];
}

/** A scenario by its name; undefined when there is none. */
export async function findScenario(wanted: string): Promise<BundledScenario | undefined> {
  const by_name = (s: BundledScenario) => s.name === wanted;
  return FIRST.find(by_name) ?? (await exampleScenarios()).find(by_name) ?? (await allScenarios()).find(by_name);
}
