/** The scenario library, bundled as text. `bulk` comes first; the rest by name. */
const files = import.meta.glob<string>('../scenarios/*.yaml', { query: '?raw', import: 'default', eager: true });

export interface BundledScenario {
  readonly name: string;
  readonly text: string;
  /** The sentence under the file's `about` key, folded into one line. */
  readonly about: string;
}

/** Reads the one plain or folded scalar that the picker shows; the compiler reads the file properly. */
function aboutOf(text: string): string {
  const match = /^about:[ \t]*(?:[>|][-+]?[ \t]*\n)?([^\n]*(?:\n[ \t]+[^\n]*)*)/m.exec(text);
  return (match?.[1] ?? '').replace(/\s+/g, ' ').replace(/^\s*['"]|['"]\s*$/g, '').trim();
}

const name = (path: string) => path.replace(/^.*\/|\.yaml$/g, '');
const first = (n: string) => (n === 'bulk' ? 0 : 1);

export const SCENARIOS: readonly BundledScenario[] = Object.entries(files)
  .map(([path, text]) => ({ name: name(path), text, about: aboutOf(text) }))
  .sort((a, b) => first(a.name) - first(b.name) || a.name.localeCompare(b.name));
