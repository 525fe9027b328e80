/** Where in a scenario's text one stands, also while it is half written. */
import { type Document, isMap, isPair, isScalar, isSeq, type Node, type Pair, parseDocument } from 'yaml';
import type { Path } from './schema.ts';

export type Spot =
  /** A key is being written, in the map at `path`; `taken` are the keys that this map has. */
  | { readonly kind: 'key'; readonly path: Path; readonly from: number; readonly word: string; readonly taken: readonly string[] }
  /** The value at `path` is being written. */
  | { readonly kind: 'value'; readonly path: Path; readonly from: number; readonly word: string };

const MARK = 'here_it_is';
const KEY = /(?:^|[{,]|- )[ \t]*([\w.]*)$/;
const VALUE = /(?:^|[{,]|- )[ \t]*[\w.]+:[ \t]+([^\s{}[\],#]*)$/;
const ITEM = /[[,][ \t]*([\w]*)$/;

const keyText = (pair: Pair): string => (isScalar(pair.key) ? String(pair.key.value) : '');

/** The way to the node for which a test holds. */
function find(node: unknown, test: (n: Node | Pair) => boolean, path: Path = []): { path: Path; node: Node | Pair } | undefined {
  if (isMap(node)) {
    for (const pair of node.items) {
      const here = [...path, keyText(pair)];
      if (test(pair)) return { path: here, node: pair };
      const inner = find(pair.value, test, here);
      if (inner) return inner;
    }
  } else if (isSeq(node)) {
    for (const [i, item] of node.items.entries()) {
      const inner = find(item, test, [...path, i]);
      if (inner) return inner;
    }
  } else if (isScalar(node) && test(node)) return { path, node };
  return undefined;
}

function keysOf(doc: Document, path: Path): string[] {
  const node = path.length === 0 ? doc.contents : doc.getIn(path, true);
  return isMap(node) ? node.items.map(keyText).filter((k) => !k.includes(MARK)) : [];
}

/** Whether the innermost open bracket of a line is that of a list. */
function insideList(before: string): boolean {
  let depth = 0;
  for (let i = before.length - 1; i >= 0; i--) {
    const c = before[i];
    if (c === ']' || c === '}') depth++;
    else if ((c === '[' || c === '{') && depth-- === 0) return c === '[';
  }
  return false;
}

/** What may be written at an offset; undefined in comments and free text. */
export function spotAt(text: string, offset: number): Spot | undefined {
  const begin = text.lastIndexOf('\n', offset - 1) + 1;
  const before = text.slice(begin, offset);
  if (/(^|\s)#/.test(before)) return undefined;
  const rest = /^[\w.]*/.exec(text.slice(offset))?.[0] ?? '';
  const value = VALUE.exec(before) ?? (insideList(before) ? ITEM.exec(before) : null);
  const match = value ?? KEY.exec(before);
  if (!match) return undefined;
  const word = match[1] ?? '';
  const from = offset - word.length;
  const after = text.slice(offset + rest.length);
  // The word is replaced by a mark that YAML understands; then the mark is looked for.
  const named = value ? MARK : /^[ \t]*:/.test(after) ? MARK : `${MARK}: `;
  const doc = parseDocument(text.slice(0, from) + named + after, { logLevel: 'silent' });
  const found = find(doc.contents, (n) => (isPair(n) ? keyText(n) === MARK : isScalar(n) && n.value === MARK));
  if (!found) return undefined;
  if (value) return { kind: 'value', path: found.path, from, word };
  const path = found.path.slice(0, -1);
  return { kind: 'key', path, from, word, taken: keysOf(doc, path) };
}

/** The path of the key or value that covers an offset, and from where to where it is written. */
export function pathAt(text: string, offset: number): { path: Path; from: number; to: number } | undefined {
  const doc = parseDocument(text, { logLevel: 'silent' });
  const covers = (n: unknown): boolean => isScalar(n) && !!n.range && n.range[0] <= offset && offset <= n.range[1];
  const found = find(doc.contents, (n) => (isPair(n) ? covers(n.key) || covers(n.value) : covers(n)));
  if (!found) return undefined;
  const node = isPair(found.node) ? [found.node.key, found.node.value].find(covers) : found.node;
  const range = isScalar(node) ? node.range : undefined;
  return range ? { path: found.path, from: range[0], to: range[1] } : undefined;
}
