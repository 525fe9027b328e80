/** Places in a plain value, and the value with one of them changed or left out. */
import type { Plain } from '../../host/index.ts';

export type PlainPath = readonly (string | number)[];
type PlainMap = Readonly<Record<string, Plain>>;

export const isMap = (value: Plain | undefined): value is PlainMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const isList = (value: Plain | undefined): value is readonly Plain[] => Array.isArray(value);

export function at(value: Plain | undefined, path: PlainPath): Plain | undefined {
  let found: Plain | undefined = value;
  for (const key of path) found = isList(found) ? found[Number(key)] : isMap(found) ? found[key] : undefined;
  return found;
}

/** `to` undefined: left out. A key that is not there is added, behind the others. */
export function put(value: Plain, path: PlainPath, to: Plain | undefined): Plain {
  const [key, ...rest] = path;
  if (key === undefined) return to as Plain;
  if (isList(value)) {
    const i = Number(key);
    const item = rest.length > 0 ? put(value[i] as Plain, rest, to) : to;
    return [...value.slice(0, i), ...(item === undefined ? [] : [item]), ...value.slice(i + 1)];
  }
  if (!isMap(value)) return value;
  const { [key]: old, ...others } = value;
  const item = rest.length > 0 ? put(old as Plain, rest, to) : to;
  if (item === undefined) return others;
  if (old === undefined) return { ...value, [key]: item };
  // Keys keep their order: the text reads as it did.
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, k === key ? item : v]));
}

/** Every place below a value, the shallow ones first. */
export function placesOf(value: Plain | undefined, from: PlainPath = []): PlainPath[] {
  const keys: readonly (string | number)[] = isList(value) ? value.map((_, i) => i) : isMap(value) ? Object.keys(value) : [];
  const own = keys.map((key): PlainPath => [...from, key]);
  return [...own, ...keys.flatMap((key) => placesOf(at(value, [key]), [...from, key]))];
}
