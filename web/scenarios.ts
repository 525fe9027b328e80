/** The scenario library. The examples are bundled as text; cases and probes come in a chunk of their own when somebody asks. */
const files = import.meta.glob<string>('../scenarios/*.yaml', { query: '?raw', import: 'default', eager: true });

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

/** The examples; `bulk` comes first, the rest by name. */
export const SCENARIOS: readonly BundledScenario[] = scenariosOf(files);

/** Everything: examples, cases of users (pain/…), probes of kernels (conform/…). */
export async function allScenarios(): Promise<readonly BundledScenario[]> {
  const { MORE_SCENARIOS } = await import('./scenarios_more.ts');
  return [...SCENARIOS, ...MORE_SCENARIOS];
}

/** A scenario by its name; undefined when there is none. */
export async function findScenario(wanted: string): Promise<BundledScenario | undefined> {
  return SCENARIOS.find((s) => s.name === wanted) ?? (await allScenarios()).find((s) => s.name === wanted);
}
