/** What the JSON Schema of scenarios says about a place in a scenario. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** A key, or a number in a list. */
export type Path = readonly (string | number)[];

/** A schema and all that may stand in its place. `seen` ends what refers to itself. */
function alternatives(schema: Schema, root: Schema, seen: readonly Schema[] = []): Schema[] {
  if (seen.includes(schema)) return [];
  const chain = [...seen, schema];
  const target = schema.$ref === undefined ? undefined : root.definitions?.[schema.$ref.replace('#/definitions/', '')];
  const others = [...(target ? [target] : []), ...(schema.anyOf ?? [])];
  return [schema, ...others.flatMap((s) => alternatives(s, root, chain))];
}

/** Everything that may stand at a path. */
export function schemasAt(root: Schema, path: Path): Schema[] {
  let here = alternatives(root, root);
  for (const key of path) {
    const next = here.flatMap((s) => (typeof key === 'number' ? s.items : s.properties?.[key]) ?? []);
    here = next.flatMap((s) => alternatives(s, root));
  }
  return here;
}

/** The sentence about a place, with its default. */
export function aboutPath(root: Schema, path: Path): string {
  const found = schemasAt(root, path);
  const text = found.find((s) => s.description)?.description ?? '';
  const fallback = found.find((s) => s.default !== undefined)?.default;
  return fallback === undefined ? text : `${text} Default: ${fallback}.`;
}

const isMap = (s: Schema): boolean => s.type === 'object' || s.properties !== undefined;
const isList = (s: Schema): boolean => s.type === 'array' || s.items !== undefined;

export interface Choice {
  readonly label: string;
  /** In a word or two: what kind of thing it is. */
  readonly detail: string;
  readonly about: string;
  /** What is written. */
  readonly text: string;
}

/** The keys that may stand in a map, without those that it has. */
export function keysAt(root: Schema, path: Path, taken: readonly string[]): Choice[] {
  const names = new Set(schemasAt(root, path).flatMap((s) => Object.keys(s.properties ?? {})));
  return [...names].filter((n) => !taken.includes(n)).map((label) => {
    const inner = schemasAt(root, [...path, label]);
    const detail = inner.some(isMap) ? 'section' : inner.some(isList) ? 'list' : valueDetail(inner);
    return { label, detail, about: aboutPath(root, [...path, label]), text: `${label}: ` };
  });
}

function valueDetail(schemas: readonly Schema[]): string {
  const fallback = schemas.find((s) => s.default !== undefined)?.default;
  return fallback === undefined ? '' : String(fallback);
}

/** The values that may stand at a path, as far as they can be listed. */
export function valuesAt(root: Schema, path: Path): Choice[] {
  const schemas = schemasAt(root, path);
  const fallback = schemas.find((s) => s.default !== undefined)?.default;
  const listed = schemas.flatMap((s) => [...(s.enum ?? []), ...(s.const === undefined ? [] : [s.const])]);
  const all = [...new Set([...listed, ...(fallback === undefined ? [] : [fallback])].map(String))];
  return all.map((label) => ({ label, detail: label === String(fallback) ? 'default' : '', about: '', text: label }));
}
