/** Tokens with as much lookahead as the grammar needs, and the small steps of all parsers. */
import { type Definitions, Lexer, type Token, type TokenKind } from './lexer.ts';
import { SyntaxFailure } from './verdict.ts';

export class TokenStream {
  readonly definitions: Map<string, string>;
  private readonly lexer: Lexer;
  private readonly ahead: Token[] = [];

  constructor(text: string, definitions: Definitions) {
    this.lexer = new Lexer(text);
    this.definitions = new Map(definitions);
  }

  peek(n = 0): Token {
    while (this.ahead.length <= n) this.ahead.push(this.lexer.next(this.definitions));
    return this.ahead[n] as Token;
  }
  take(): Token {
    const token = this.peek();
    this.ahead.shift();
    return token;
  }

  is(kind: TokenKind, text?: string, n = 0): boolean {
    const token = this.peek(n);
    return token.kind === kind && (text === undefined || token.text === text);
  }
  isChar(text: string, n = 0): boolean {
    return this.is('char', text, n);
  }
  isWord(text: string, n = 0): boolean {
    return this.is('word', text, n);
  }

  /** Takes the token when it is that. */
  skipChar(text: string): boolean {
    if (!this.isChar(text)) return false;
    this.take();
    return true;
  }
  skipWord(text: string): boolean {
    if (!this.isWord(text)) return false;
    this.take();
    return true;
  }

  char(text: string): void {
    if (!this.skipChar(text)) this.wrong(text);
  }
  word(text?: string): string {
    if (!this.is('word', text)) this.wrong(text ?? 'a word');
    return this.take().text;
  }
  /** A whole number, also in hex, within bounds. */
  integer(what: string, max = Number.MAX_SAFE_INTEGER, min = 0): number {
    if (!this.is('integer') && !this.is('hex')) this.wrong(what);
    const value = Number(this.take().text);
    if (value < min || value > max) this.fail(`${what} out of range`);
    return value;
  }
  string(what: string): string {
    if (!this.is('string')) this.wrong(what);
    return this.take().text;
  }

  wrong(expected: string): never {
    return this.fail(`expected ${expected}, found ${this.peek().text}`);
  }
  fail(message: string): never {
    throw new SyntaxFailure(this.peek().line, message);
  }
}
