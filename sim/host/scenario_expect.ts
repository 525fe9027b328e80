/**
 * What a scenario expects of its result. A line compares two values of the result JSON:
 *
 *     line  = value [ ( == | != | < | <= | > | >= ) value ]       without a comparison the value must be true
 *     value = term { ( + | - ) term }          term = factor { ( * | / ) factor }
 *     factor = number [unit] | 'text' | true | false | path | sum(value) | min(value) | max(value) | count(value) | ( value )
 *     path  = name { .name | [number] | .all | .any }
 *
 * A path through a list goes through each of its elements. `all` and `any` compare the elements one by one; without them
 * numbers of a list are added up, as one adds up the counters of queues. Units are those of scenarios: 10 MiB, 50us.
 */
import { unitSize } from './scenario_units.ts';

export const COMPARISONS = ['==', '!=', '<=', '>=', '<', '>'] as const;
export type Comparison = (typeof COMPARISONS)[number];
export const FUNCTIONS = ['sum', 'min', 'max', 'count'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

export type Value =
  | { readonly kind: 'literal'; readonly value: number | string | boolean }
  | { readonly kind: 'path'; readonly text: string; readonly steps: readonly (string | number)[] }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly of: Value }
  | { readonly kind: 'binary'; readonly op: string; readonly left: Value; readonly right: Value };

export interface Expectation {
  readonly text: string;
  readonly left: Value;
  readonly op: Comparison;
  readonly right: Value;
}

/** The line cannot be read. */
export class ExpectError extends Error {}

const TOKEN = /\s*(?:(==|!=|<=|>=|[<>+\-*/().[\]])|(\d[\d_]*(?:\.\d+)?)|([A-Za-z_µ][\w-]*)|'([^']*)'|"([^"]*)")/y;

interface Token {
  readonly kind: 'sign' | 'number' | 'name' | 'text' | 'end';
  readonly text: string;
}

function tokens(line: string): Token[] {
  const out: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < line.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const m = TOKEN.exec(line);
    if (!m) throw new ExpectError(`cannot read '${line.slice(at).trim()}'`);
    if (m[1] !== undefined) out.push({ kind: 'sign', text: m[1] });
    else if (m[2] !== undefined) out.push({ kind: 'number', text: m[2] });
    else if (m[3] !== undefined) out.push({ kind: 'name', text: m[3] });
    else out.push({ kind: 'text', text: m[4] ?? m[5] ?? '' });
  }
  return out;
}

const END: Token = { kind: 'end', text: '' };

class Parser {
  private readonly list: readonly Token[];
  private at = 0;

  constructor(line: string) {
    this.list = tokens(line);
  }

  private peek(): Token {
    return this.list[this.at] ?? END;
  }
  private next(): Token {
    const token = this.peek();
    this.at++;
    return token;
  }
  private takes(...signs: string[]): string | undefined {
    const token = this.peek();
    if (token.kind !== 'sign' || !signs.includes(token.text)) return undefined;
    this.at++;
    return token.text;
  }
  private fail(expected: string): ExpectError {
    const before = this.list[this.at - 1];
    const found = this.peek().kind === 'end' ? 'the end' : `'${this.peek().text}'`;
    return new ExpectError(`expected ${expected}${before ? ` after '${before.text}'` : ''}; found ${found}`);
  }

  line(text: string): Expectation {
    const left = this.value();
    const op = this.takes(...COMPARISONS) as Comparison | undefined;
    const right = op ? this.value() : undefined;
    if (this.peek().kind !== 'end') throw this.fail(op ? 'the end' : `one of ${COMPARISONS.join(' ')}`);
    return { text, left, op: op ?? '==', right: right ?? { kind: 'literal', value: true } };
  }

  private value(): Value {
    let left = this.term();
    for (let op = this.takes('+', '-'); op; op = this.takes('+', '-')) left = { kind: 'binary', op, left, right: this.term() };
    return left;
  }

  private term(): Value {
    let left = this.factor();
    for (let op = this.takes('*', '/'); op; op = this.takes('*', '/')) left = { kind: 'binary', op, left, right: this.factor() };
    return left;
  }

  private factor(): Value {
    const { kind, text } = this.peek();
    if (kind === 'number') return this.number();
    if (kind === 'text') {
      this.next();
      return { kind: 'literal', value: text };
    }
    if (kind === 'name') return this.named();
    if (this.takes('-')) return { kind: 'binary', op: '-', left: { kind: 'literal', value: 0 }, right: this.factor() };
    if (!this.takes('(')) throw this.fail('a value');
    const inner = this.value();
    if (!this.takes(')')) throw this.fail("')'");
    return inner;
  }

  private number(): Value {
    const value = Number(this.next().text.replaceAll('_', ''));
    if (this.peek().kind !== 'name') return { kind: 'literal', value };
    const size = unitSize(this.peek().text);
    if (size === undefined) throw this.fail('a unit such as KiB, us or Gbps');
    this.next();
    return { kind: 'literal', value: value * size };
  }

  private named(): Value {
    const name = this.next().text;
    if (name === 'true' || name === 'false') return { kind: 'literal', value: name === 'true' };
    if (this.takes('(')) {
      const known = FUNCTIONS.find((f) => f === name);
      if (!known) throw new ExpectError(`there is no function '${name}'; there are ${FUNCTIONS.join(', ')}`);
      const of = this.value();
      if (!this.takes(')')) throw this.fail("')'");
      return { kind: 'call', name: known, of };
    }
    return this.path(name);
  }

  private path(first: string): Value {
    const steps: (string | number)[] = [first];
    let text = first;
    for (;;) {
      if (this.takes('.')) {
        const token = this.peek();
        if (token.kind !== 'name') throw this.fail('a name');
        this.next();
        steps.push(token.text);
        text += `.${token.text}`;
      } else if (this.takes('[')) {
        const token = this.peek();
        if (token.kind !== 'number' || !/^\d+$/.test(token.text)) throw this.fail('an index');
        this.next();
        if (!this.takes(']')) throw this.fail("']'");
        steps.push(Number(token.text));
        text += `[${token.text}]`;
      } else break;
    }
    return { kind: 'path', text, steps };
  }
}

/** Reads a line. Throws an ExpectError that says what was expected. Whether a result has the names: result_shape.ts. */
export function parseExpect(line: string): Expectation {
  const text = line.trim();
  if (text === '') throw new ExpectError('expected a line such as \'drops.SIM_WIRE_LOSS > 0\'; found nothing');
  return new Parser(text).line(text);
}
