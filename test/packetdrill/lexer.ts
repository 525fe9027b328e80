/** Tokens of the script language. The longest match wins; where two kinds match as much, the order of the rules decides. */
import { SyntaxFailure } from './verdict.ts';

export type TokenKind =
  | 'option' | 'float' | 'integer' | 'hex' | 'word' | 'string' | 'command' | 'code' | 'address' | 'ellipsis' | 'char' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As written; the content of what is quoted. */
  readonly text: string;
  readonly line: number;
}

/** Values of words, from `-D NAME=value` and `--define`. */
export type Definitions = ReadonlyMap<string, string>;

const SPACE = /(?:[ \t\r\n]+|\/\/[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)/y;
const SEG = '[0-9a-fA-F]{1,4}';
const V4 = '[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+';
const ADDRESS = [
  V4, `::ffff:${V4}`, `(?:${SEG}:){1,4}:${V4}`, `(?:${SEG}:){7}${SEG}`,
  ...[6, 5, 4, 3, 2, 1].map((n) => `(?:${SEG}:){1,${n}}(?::${SEG}){1,${7 - n}}`), `(?:${SEG}:){1,7}:`, `:(?::${SEG}){1,7}`,
].map((form) => new RegExp(form, 'y'));

const RULES: readonly (readonly [TokenKind, RegExp])[] = [
  ['ellipsis', /\.\.\./y],
  ['option', /--[a-zA-Z0-9_]+/y],
  ['float', /-?[0-9]*\.[0-9]+/y],
  ['integer', /-?[0-9]+/y],
  ['hex', /0x[0-9a-fA-F]+/y],
  ['word', /sequence#|[a-zA-Z0-9_]+/y],
  ['string', /"(?:\\[\s\S]|[^"\\])*"/y],
  ['command', /`(?:\\[\s\S]|[^`\\])*`/y],
  ['code', /%\{(?:[^}]|\}[^%])*\}%/y],
  ...ADDRESS.map((form) => ['address', form] as const),
];

function matchAt(form: RegExp, text: string, at: number): string {
  form.lastIndex = at;
  return form.exec(text)?.[0] ?? '';
}

function content(kind: TokenKind, text: string): string {
  if (kind === 'string' || kind === 'command') return text.slice(1, -1);
  if (kind === 'option') return text.slice(2);
  if (kind === 'code') return text.slice(2, -2).replace(/^[ \t]+|[ \t]+$/g, '');
  return text;
}

/** A word that was defined stands for its value. */
function defined(token: Token, definitions: Definitions): Token {
  const value = definitions.get(token.text);
  if (value === undefined) return token;
  if (value.startsWith('"')) return { ...token, kind: 'string', text: value.slice(1, -1) };
  if (value.startsWith('`')) return { ...token, kind: 'command', text: value.slice(1, -1) };
  return { ...token, kind: /^(0x[0-9a-fA-F]+|-?[0-9]+)$/.test(value) ? 'integer' : 'word', text: value };
}

export class Lexer {
  private readonly text: string;
  private at = 0;
  private line = 1;

  constructor(text: string) {
    this.text = text;
  }

  /** The next token. Definitions may grow while the options are read. */
  next(definitions: Definitions): Token {
    for (let gap = matchAt(SPACE, this.text, this.at); gap !== ''; gap = matchAt(SPACE, this.text, this.at)) this.take(gap);
    if (this.at >= this.text.length) return { kind: 'end', text: 'the end of the script', line: this.line };
    let kind: TokenKind = 'char';
    let longest = this.text[this.at] ?? '';
    let found = 0;
    for (const [rule, form] of RULES) {
      const match = matchAt(form, this.text, this.at);
      if (match.length > found) [kind, longest, found] = [rule, match, match.length];
    }
    if (found === 0 && /["`]/.test(longest)) throw new SyntaxFailure(this.line, `a ${longest} that is not closed`);
    this.take(longest);
    // A token's line is where it ends.
    const token: Token = { kind, text: content(kind, longest), line: this.line };
    return kind === 'word' ? defined(token, definitions) : token;
  }

  private take(text: string): void {
    this.at += text.length;
    for (const c of text) if (c === '\n') this.line++;
  }
}
