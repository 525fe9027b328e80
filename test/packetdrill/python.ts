/**
 * The part of Python that scripts assert with: statements `assert`, `print`, assignment and `+=`; chained comparisons, integer
 * arithmetic, `%` of strings. Anything else is unsupported, never true.
 */
import { ScriptFailure, Unsupported } from './verdict.ts';

type Py = bigint | string | boolean | readonly Py[];
export type Variables = Map<string, bigint>;

interface PyToken {
  readonly kind: 'name' | 'number' | 'string' | 'op' | 'end';
  readonly text: string;
}

const TOKEN = new RegExp([
  /[ \t]+/, /(?<number>0[xX][0-9a-fA-F]+|[0-9]+)(?![.\w])/, /(?<name>[A-Za-z_]\w*)/, /(?<string>'[^'\n]*'|"[^"\n]*")/,
  /(?<op>\*\*|\/\/|<<|>>|[<>=!+\-*&|%]=|[-+*%&|^~<>=(),.[\]:])/,
].map((form) => form.source).join('|'), 'y');

function tokens(text: string): PyToken[] {
  const out: PyToken[] = [];
  for (let at = 0; at < text.length; ) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw new Unsupported(`python: ${text.slice(at, at + 20)}`);
    at += match[0].length;
    const { number, name, string, op } = match.groups ?? {};
    if (number !== undefined) out.push({ kind: 'number', text: number });
    else if (name !== undefined) out.push({ kind: 'name', text: name });
    else if (string !== undefined) out.push({ kind: 'string', text: string.slice(1, -1) });
    else if (op !== undefined) out.push({ kind: 'op', text: op });
  }
  out.push({ kind: 'end', text: 'the end of the statement' });
  return out;
}

const truth = (v: Py): boolean => (Array.isArray(v) ? v.length > 0 : Boolean(v));
const number = (v: Py): bigint => {
  if (typeof v === 'boolean') return v ? 1n : 0n;
  if (typeof v !== 'bigint') throw new Unsupported('python: arithmetic on something that is no integer');
  return v;
};
export function pyText(v: Py): string {
  if (typeof v === 'boolean') return v ? 'True' : 'False';
  return Array.isArray(v) ? `(${v.map(pyText).join(', ')})` : String(v);
}

function format(pattern: string, values: Py): string {
  const list = Array.isArray(values) ? [...values] : [values];
  return pattern.replace(/%(?:%|[0-9]*([diusx]))/g, (spec, kind: string | undefined) => {
    if (kind === undefined) return '%';
    const value = list.shift();
    if (value === undefined) throw new Unsupported(`python: too few values for ${spec}`);
    return kind === 'x' ? number(value).toString(16) : pyText(value);
  });
}

const COMPARE: Readonly<Record<string, (a: Py, b: Py) => boolean>> = {
  '==': (a, b) => (typeof a === 'string' || typeof b === 'string' ? a === b : number(a) === number(b)),
  '!=': (a, b) => (typeof a === 'string' || typeof b === 'string' ? a !== b : number(a) !== number(b)),
  '<': (a, b) => number(a) < number(b),
  '<=': (a, b) => number(a) <= number(b),
  '>': (a, b) => number(a) > number(b),
  '>=': (a, b) => number(a) >= number(b),
};
const floorDiv = (a: bigint, b: bigint): bigint => {
  if (b === 0n) throw new ScriptFailure('python: division by zero');
  const q = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? q - 1n : q;
};

class Interpreter {
  private readonly list: readonly PyToken[];
  private readonly names: Map<string, Py>;
  private at = 0;

  constructor(text: string, names: Map<string, Py>) {
    this.list = tokens(text);
    this.names = names;
  }
  private get token(): PyToken {
    return this.list[this.at] as PyToken;
  }
  private ended(): boolean {
    return this.token.kind === 'end';
  }
  private skip(text: string): boolean {
    if (this.token.kind === 'string' || this.token.text !== text) return false;
    this.at++;
    return true;
  }
  private need(text: string): void {
    if (!this.skip(text)) throw new Unsupported(`python: ${this.token.text} where ${text} was expected`);
  }

  statement(): void {
    if (this.ended()) return;
    if (this.skip('assert')) this.assertion();
    else if (this.skip('print')) this.call();
    else if (this.skip('pass')) {
      // Nothing.
    } else this.assignment();
    if (!this.ended()) throw new Unsupported(`python: ${this.token.text}`);
  }

  private assertion(): void {
    const from = this.at;
    const value = this.test();
    const shown = this.list.slice(from, this.at).map((t) => t.text).join(' ');
    const message = this.skip(',') ? pyText(this.test()) : '';
    if (!truth(value)) throw new ScriptFailure(`assertion failed: ${shown}`, shown, message);
  }
  private call(): Py[] {
    this.need('(');
    const values: Py[] = [];
    if (this.skip(')')) return values;
    do values.push(this.test());
    while (this.skip(','));
    this.need(')');
    return values;
  }
  private assignment(): void {
    const name = this.token;
    if (name.kind !== 'name') throw new Unsupported(`python: ${name.text}`);
    this.at++;
    const op = this.token.text;
    this.at++;
    const value = this.test();
    const before = () => number(this.lookup(name.text));
    if (op === '=') this.names.set(name.text, value);
    else if (op === '+=') this.names.set(name.text, before() + number(value));
    else if (op === '-=') this.names.set(name.text, before() - number(value));
    else throw new Unsupported(`python: ${op}`);
  }
  private lookup(name: string): Py {
    const value = this.names.get(name);
    if (value === undefined) throw new ScriptFailure(`python: name ${name} is not defined`);
    return value;
  }

  private test(): Py {
    let left = this.conjunction();
    while (this.skip('or')) {
      const right = this.conjunction();
      left = truth(left) ? left : right;
    }
    return left;
  }
  private conjunction(): Py {
    let left = this.negation();
    while (this.skip('and')) {
      const right = this.negation();
      left = truth(left) ? right : left;
    }
    return left;
  }
  private negation(): Py {
    return this.skip('not') ? !truth(this.negation()) : this.comparison();
  }
  private comparison(): Py {
    let left = this.bits();
    let result: Py | undefined;
    for (;;) {
      const compare = this.token.kind === 'op' ? COMPARE[this.token.text] : undefined;
      if (!compare) return result ?? left;
      this.at++;
      const right = this.bits();
      result = (result === undefined || truth(result)) && compare(left, right);
      left = right;
    }
  }
  private bits(): Py {
    let left = this.sum();
    for (;;) {
      if (this.skip('&')) left = number(left) & number(this.sum());
      else if (this.skip('|')) left = number(left) | number(this.sum());
      else if (this.skip('<<')) left = number(left) << number(this.sum());
      else if (this.skip('>>')) left = number(left) >> number(this.sum());
      else return left;
    }
  }
  private sum(): Py {
    let left = this.product();
    for (;;) {
      if (this.skip('+')) left = number(left) + number(this.product());
      else if (this.skip('-')) left = number(left) - number(this.product());
      else return left;
    }
  }
  private product(): Py {
    let left = this.unary();
    for (;;) {
      if (this.skip('*')) left = number(left) * number(this.unary());
      else if (this.skip('//')) left = floorDiv(number(left), number(this.unary()));
      else if (this.skip('%')) {
        const right = this.unary();
        left = typeof left === 'string' ? format(left, right) : number(left) - floorDiv(number(left), number(right)) * number(right);
      } else return left;
    }
  }
  private unary(): Py {
    if (this.skip('-')) return -number(this.unary());
    if (this.skip('~')) return ~number(this.unary());
    return this.atom();
  }
  private atom(): Py {
    const token = this.token;
    this.at++;
    if (token.kind === 'number') return BigInt(token.text);
    if (token.kind === 'string') return token.text;
    if (token.kind === 'name') return this.named(token.text);
    if (token.text !== '(') throw new Unsupported(`python: ${token.text}`);
    const values = [this.test()];
    let tuple = false;
    while (this.skip(',')) {
      tuple = true;
      if (this.token.text !== ')') values.push(this.test());
    }
    this.need(')');
    return tuple ? values : (values[0] as Py);
  }
  private named(name: string): Py {
    if (name === 'True' || name === 'False') return name === 'True';
    if (this.token.text !== '(' || this.token.kind !== 'op') return this.lookup(name);
    const values = this.call().map(number);
    if (name === 'abs' && values.length === 1) return (values[0] as bigint) < 0n ? -(values[0] as bigint) : (values[0] as bigint);
    if (name === 'min' && values.length > 0) return values.reduce((a, b) => (a < b ? a : b));
    if (name === 'max' && values.length > 0) return values.reduce((a, b) => (a > b ? a : b));
    throw new Unsupported(`python: ${name}()`);
  }
}

/** Cuts a fragment into statements: at line ends and semicolons that stand outside of strings; without comments. */
export function statements(text: string): string[] {
  const joined = text.replace(/\\\r?\n/g, ' ');
  const out: string[] = [];
  let current = '';
  for (const [piece] of joined.matchAll(/'[^'\n]*'|"[^"\n]*"|#[^\n]*|[\s\S]/g)) {
    if (piece === '\n' || piece === ';') {
      out.push(current);
      current = '';
    } else if (!piece.startsWith('#')) current += piece;
  }
  out.push(current);
  return out.map((s) => s.trim()).filter((s) => s !== '');
}

export interface Fragment {
  readonly line: number;
  readonly text: string;
  /** What was recorded when the fragment's turn came. */
  readonly variables: Variables;
}

/** Runs all fragments as one program. */
export function runPython(fragments: readonly Fragment[]): void {
  const names = new Map<string, Py>();
  for (const fragment of fragments) {
    for (const [name, value] of fragment.variables) names.set(name, value);
    try {
      for (const statement of statements(fragment.text)) new Interpreter(statement, names).statement();
    } catch (error) {
      if ((error instanceof ScriptFailure || error instanceof Unsupported) && error.line === 0) error.line = fragment.line;
      throw error;
    }
  }
}
