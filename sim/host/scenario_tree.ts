/** YAML as a tree in which every key and value knows its place. The rest of the scenario code sees no YAML. */
import {
  type Alias, type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit, type YAMLError,
} from 'yaml';
import { type Place, ScenarioError } from './scenario_error.ts';

export type Scalar = string | number | boolean | null;
export interface ScalarTree {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: Scalar;
  /** A number as it is written: 7.10 is not 7.1 where it is a name. */
  readonly text?: string;
}
export interface ListTree {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly Tree[];
}
export interface Entry {
  readonly key: string;
  readonly place: Place;
  readonly tree: Tree;
}
export interface MapTree {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: readonly Entry[];
}
export type Tree = ScalarTree | ListTree | MapTree;

/** A scenario is four levels deep; an alias may stand for a part of it, a few times. */
const ALIASES_MAX = 64;
const DEPTH_MAX = 16;

/** Reads a text. `fixed` gives everything one place, for values of the command line. */
export function parseTree(text: string, source: string, fixed?: Place): Tree {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false, version: '1.2' });
  const placeAt = (offset: number | undefined): Place => {
    if (fixed) return fixed;
    const { line, col } = lines.linePos(offset ?? 0);
    return { source, line: Math.max(line, 1), col: Math.max(col, 1) };
  };
  const error = document.errors[0] ?? document.warnings[0];
  if (error) {
    const { at, text: why } = explain(document, error);
    throw new ScenarioError([{ place: placeAt(at), key: '', text: why }]);
  }
  return new Reader(document, placeAt).read(document.contents, 0);
}

/** The parser's error in our words where its own would not help, and where to look. */
function explain(document: Document, error: YAMLError): { at: number; text: string } {
  const [at] = error.pos;
  const [sentence = ''] = error.message.split('\n');
  if (/call stack|recursion/i.test(sentence)) return { at, text: 'the scenario is nested too deeply' };
  if (error.code === 'MULTIPLE_DOCS') return { at, text: "a second YAML document begins here; a scenario is one, so take out the '---'" };
  const close = /must (?:be sufficiently indented and )?end with a ([\]}])/.exec(sentence)?.[1];
  if (close === undefined) return { at, text: `this is no valid YAML: ${sentence}` };
  const what = close === ']' ? 'list' : 'map';
  return { at: openedAt(document, at), text: `the ${what} that begins here does not end; close it with ${close}` };
}

/** Where the innermost list or map in brackets begins that was still open at an offset. */
function openedAt(document: Document, end: number): number {
  let at = end;
  visit(document, {
    Collection: (_, node) => {
      const begin = node.range?.[0] ?? end;
      if (node.flow && begin <= end) at = begin;
    },
  });
  return at;
}

/** What YAML can say, as a value of JavaScript. */
export type Plain = Scalar | readonly Plain[] | { readonly [key: string]: Plain };

/** A value that nobody wrote as text, such as a generated scenario, as a tree. All of it has one place. */
export function treeOf(value: Plain, place: Place): Tree {
  if (value === null || typeof value !== 'object') return { kind: 'scalar', place, value };
  if (Array.isArray(value)) return { kind: 'list', place, items: (value as readonly Plain[]).map((item) => treeOf(item, place)) };
  return { kind: 'map', place, entries: Object.entries(value).map(([key, v]) => ({ key, place, tree: treeOf(v, place) })) };
}

class Reader {
  private readonly document: Document;
  private readonly placeAt: (offset: number | undefined) => Place;
  private aliases = 0;

  constructor(document: Document, placeAt: (offset: number | undefined) => Place) {
    this.document = document;
    this.placeAt = placeAt;
  }

  read(node: unknown, depth: number): Tree {
    const place = this.placeAt((node as Node | null)?.range?.[0]);
    const refuse = (text: string) => new ScenarioError([{ place, key: '', text }]);
    if (depth > DEPTH_MAX) throw refuse('the scenario is nested too deeply');
    if (isAlias(node)) return this.follow(node, depth, refuse);
    if (isSeq(node)) return { kind: 'list', place, items: node.items.map((item) => this.read(item, depth + 1)) };
    if (isMap(node)) {
      const entries = node.items.map((pair): Entry => {
        const at = this.placeAt((pair.key as Node).range?.[0]);
        if (!isScalar(pair.key)) throw new ScenarioError([{ place: at, key: '', text: 'expected a name as key' }]);
        return { key: String(pair.key.value), place: at, tree: this.valueOf(pair.value, at, depth) };
      });
      return { kind: 'map', place, entries };
    }
    if (!isScalar(node)) return { kind: 'scalar', place, value: null };
    const text = typeof node.value === 'number' ? node.source : undefined;
    return { kind: 'scalar', place, value: plain(node.value), ...(text === undefined ? {} : { text }) };
  }

  /** A key without a value has no place of its own. */
  private valueOf(node: unknown, key: Place, depth: number): Tree {
    const empty = node === null || (isScalar(node) && node.value === null);
    return empty ? { kind: 'scalar', place: key, value: null } : this.read(node, depth + 1);
  }

  private follow(node: Alias, depth: number, refuse: (text: string) => ScenarioError): Tree {
    this.aliases++;
    if (this.aliases > ALIASES_MAX) throw refuse(`more than ${ALIASES_MAX} aliases`);
    const target = node.resolve(this.document);
    if (!target) throw refuse(`there is no anchor '${node.source}' before this alias`);
    return this.read(target, depth + 1);
  }
}

function plain(value: unknown): Scalar {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return value === null || value === undefined ? null : String(value);
}

/** What was found, for an error message. */
export function foundText(tree: Tree): string {
  if (tree.kind === 'list') return 'a list';
  if (tree.kind === 'map') return 'a map';
  if (tree.value === null) return 'nothing';
  return typeof tree.value === 'string' ? `'${tree.value}'` : tree.text ?? String(tree.value);
}
