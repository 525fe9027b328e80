/** Changes one value of a scenario's text, and leaves all else as it was written: comments, order, spaces. */
import { isMap, isScalar, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';

const INDENT = 2;

const keyOf = (pair: Pair): string => (isScalar(pair.key) ? String(pair.key.value) : '');
const pairOf = (map: YAMLMap, key: string): Pair | undefined => map.items.find((p) => keyOf(p) === key);
const start = (node: unknown): number => (node as Node).range?.[0] ?? 0;
const end = (node: unknown): number => (node as Node).range?.[1] ?? 0;
const columnOf = (text: string, at: number): number => at - (text.lastIndexOf('\n', at - 1) + 1);
const splice = (text: string, from: number, to: number, by: string): string => text.slice(0, from) + by + text.slice(to);

/** Keys on lines of their own, one below the other, then the value. */
function block(path: readonly string[], value: string, indent: number): string {
  const lines = path.map((key, i) => `${' '.repeat(indent + i * INDENT)}${key}:`);
  return `${lines.join('\n')} ${value}\n`;
}
/** Keys inside braces. */
function flow(path: readonly string[], value: string): string {
  const [key = '', ...rest] = path;
  return rest.length === 0 ? `${key}: ${value}` : `${key}: { ${flow(rest, value)} }`;
}

/** The end of the line on which something ends. */
function lineAfter(text: string, at: number): number {
  const next = text.indexOf('\n', at);
  return next < 0 ? text.length : next + 1;
}

function addTo(text: string, map: YAMLMap, path: readonly string[], value: string): string {
  if (map.flow) {
    const close = text.lastIndexOf('}', end(map) - 1);
    const inner = text.slice(start(map) + 1, close).trimEnd();
    const comma = map.items.length === 0 ? '' : ',';
    return splice(text, start(map) + 1 + inner.length, close, `${comma} ${flow(path, value)} `);
  }
  const first = map.items[0] as Pair;
  const last = map.items.at(-1) as Pair;
  const indent = columnOf(text, start(first.key));
  let at = lineAfter(text, Math.max(start(last.key), contentEnd(text, last)));
  let before = '';
  if (at === text.length && !text.endsWith('\n')) before = '\n';
  // At the top level a section stands apart.
  if (indent === 0 && path.length > 1) before += '\n';
  at = Math.min(at, text.length);
  return splice(text, at, at, before + block(path, value, indent));
}

/** Where what a pair holds ends: blanks and comments after it are not its own. */
function contentEnd(text: string, pair: Pair): number {
  const to = pair.value === null ? end(pair.key) : end(pair.value);
  const own = text.slice(start(pair.key), to).trimEnd();
  return start(pair.key) + Math.max(0, own.length - 1);
}

/** Sets the value at a path of keys. `value` is YAML. The text must be a map without errors, or empty. */
export function setIn(text: string, path: readonly string[], value: string): string {
  const doc = parseDocument(text);
  if (!isMap(doc.contents)) return `${text.trimEnd() === '' ? '' : `${text.trimEnd()}\n`}${block(path, value, 0)}`;
  let map: YAMLMap = doc.contents;
  for (const [i, key] of path.entries()) {
    const pair = pairOf(map, key);
    if (!pair) return addTo(text, map, path.slice(i), value);
    if (i === path.length - 1) {
      if (pair.value === null || (isScalar(pair.value) && end(pair.value) === start(pair.value)))
        return splice(text, end(pair.key), end(pair.key) + 1, `: ${value}`);
      return splice(text, start(pair.value), end(pair.value), isScalar(pair.value) ? value : `${value}\n`);
    }
    if (!isMap(pair.value)) {
      const at = end(pair.key) + 1;
      return splice(text, at, lineAfter(text, at) - 1, ` { ${flow(path.slice(i + 1), value)} }`);
    }
    map = pair.value;
  }
  return text;
}

/** Takes the value at a path away, and what is empty then. */
export function removeIn(text: string, path: readonly string[]): string {
  const doc = parseDocument(text);
  let map: unknown = doc.contents;
  const maps: YAMLMap[] = [];
  for (const key of path) {
    if (!isMap(map)) return text;
    maps.push(map);
    const pair = pairOf(map, key);
    if (!pair) return text;
    map = pair.value;
  }
  const holder = maps.at(-1);
  if (!holder) return text;
  if (holder.items.length === 1 && path.length > 1) return removeIn(text, path.slice(0, -1));
  const i = holder.items.findIndex((p) => keyOf(p) === path.at(-1));
  const pair = holder.items[i] as Pair;
  if (holder.flow) {
    const next = holder.items[i + 1];
    const before = holder.items[i - 1];
    if (next) return splice(text, start(pair.key), start(next.key), '');
    if (before) return splice(text, end(before.value ?? before.key), end(pair.value ?? pair.key), '');
    return splice(text, start(pair.key), end(pair.value ?? pair.key), '');
  }
  const from = text.lastIndexOf('\n', start(pair.key) - 1) + 1;
  return splice(text, from, lineAfter(text, contentEnd(text, pair)), '');
}
