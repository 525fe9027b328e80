/**
 * From the text of a filter to its tree.
 *
 *     any      all ("or" all)*
 *     all      one ("and" one)*
 *     one      "not" one | "(" any ")" | "text" | /pattern/ | field | field relation value
 *     value    number unit | name | "text" | value ".." value | "{" value, … "}"
 */
import { FilterError } from './error.ts';
import { lex, type Token, type Unit } from './lex.ts';

export type Place = { readonly at: number; readonly length: number };
export type Value = Place & (
  | { readonly kind: 'number'; readonly value: number; readonly unit: Unit }
  | { readonly kind: 'name'; readonly name: string; readonly minus: boolean }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'regex'; readonly source: string; readonly flags: string }
);
/** A value alone is a range of one. */
export interface Range {
  readonly from: Value;
  readonly to: Value;
}
export type Relation = '=' | '!=' | '<' | '<=' | '>' | '>=' | '&' | '~' | '!~' | 'in';
export type Node = Place & (
  | { readonly kind: 'and' | 'or'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'not'; readonly of: Node }
  | { readonly kind: 'text'; readonly value: Value }
  | { readonly kind: 'bare'; readonly field: string }
  | { readonly kind: 'compare'; readonly field: string; readonly relation: Relation; readonly ranges: readonly Range[] }
);

const RELATIONS: Readonly<Record<string, Relation>> = {
  '=': '=', '==': '=', '!=': '!=', '<': '<', '<=': '<=', '>': '>', '>=': '>=', '&': '&', '~': '~', '!~': '!~', in: 'in', is: '=',
};
const span = (from: Place, to: Place): Place => ({ at: from.at, length: to.at + to.length - from.at });

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string) {
    this.#tokens = lex(text);
  }

  whole(): Node | undefined {
    if (this.#ended()) return undefined;
    const node = this.#any();
    if (!this.#ended()) throw this.#expected('“and”, “or” or the end');
    return node;
  }

  get #now(): Token {
    return this.#tokens[this.#next] as Token;
  }
  #ended(): boolean {
    return this.#now.kind === 'end';
  }
  #take(): Token {
    return this.#tokens[this.#next++] as Token;
  }
  /** Takes a word or sign if it is next. */
  #takes(...texts: readonly string[]): boolean {
    const now = this.#now;
    if ((now.kind !== 'sign' && now.kind !== 'name') || !texts.includes(now.text)) return false;
    this.#next++;
    return true;
  }
  #expected(what: string): FilterError {
    const { at, length } = this.#now;
    return new FilterError(`expected ${what}`, at, length);
  }

  #any(): Node {
    let left = this.#all();
    while (this.#takes('or', '||')) {
      const right = this.#all();
      left = { kind: 'or', left, right, ...span(left, right) };
    }
    return left;
  }
  #all(): Node {
    let left = this.#one();
    while (this.#takes('and', '&&')) {
      const right = this.#one();
      left = { kind: 'and', left, right, ...span(left, right) };
    }
    return left;
  }

  #one(): Node {
    const first = this.#now;
    if (this.#takes('not', '!')) {
      const of = this.#one();
      return { kind: 'not', of, ...span(first, of) };
    }
    if (this.#takes('(')) {
      const inner = this.#any();
      if (!this.#takes(')')) throw this.#expected('“)”');
      return inner;
    }
    if (first.kind === 'string' || first.kind === 'regex')
      return { kind: 'text', value: this.#value(), at: first.at, length: first.length };
    if (first.kind !== 'name' || ['and', 'or', 'in', 'is'].includes(first.text))
      throw this.#expected('a field, an event, a text in quotes, “not” or “(”');
    this.#next++;
    const sign = this.#now;
    const relation = sign.kind === 'sign' || sign.kind === 'name' ? RELATIONS[sign.text] : undefined;
    if (relation === undefined) return { kind: 'bare', field: first.text, at: first.at, length: first.length };
    this.#next++;
    const ranges = this.#ranges();
    const last = this.#tokens[this.#next - 1] as Token;
    return { kind: 'compare', field: first.text, relation, ranges, ...span(first, last) };
  }

  #ranges(): Range[] {
    if (!this.#takes('{')) return [this.#range()];
    const all = [this.#range()];
    while (this.#takes(',')) all.push(this.#range());
    if (!this.#takes('}')) throw this.#expected('“,” or “}”');
    return all;
  }
  #range(): Range {
    const from = this.#value();
    return this.#takes('..') ? { from, to: this.#value() } : { from, to: from };
  }

  #value(): Value {
    const first = this.#now;
    const minus = this.#takes('-');
    const token = this.#take();
    const place = span(first, token);
    if (token.kind === 'number') return { kind: 'number', value: minus ? -token.value : token.value, unit: token.unit, ...place };
    if (token.kind === 'name') return { kind: 'name', name: token.text, minus, ...place };
    if (!minus && token.kind === 'string') return { kind: 'text', text: token.text, ...place };
    if (!minus && token.kind === 'regex') return { kind: 'regex', source: token.source, flags: token.flags, ...place };
    this.#next--;
    throw this.#expected('a value');
  }
}

/** The tree; undefined for a text without anything in it: then all records fit. */
export const parse = (text: string): Node | undefined => new Parser(text).whole();
