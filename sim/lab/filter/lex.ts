/** Cuts the text of a filter into tokens. */
import { FilterError } from './error.ts';

export type Unit = 'none' | 'ns' | 'bytes';

export type Token = { readonly at: number; readonly length: number } & (
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'number'; readonly value: number; readonly unit: Unit }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'regex'; readonly source: string; readonly flags: string }
  | { readonly kind: 'sign'; readonly text: string }
  | { readonly kind: 'end' }
);

/** What a number may end with. */
export const UNITS: Readonly<Record<string, readonly [Unit, number]>> = {
  ns: ['ns', 1], us: ['ns', 1e3], µs: ['ns', 1e3], ms: ['ns', 1e6], s: ['ns', 1e9],
  B: ['bytes', 1], KiB: ['bytes', 2 ** 10], MiB: ['bytes', 2 ** 20], GiB: ['bytes', 2 ** 30], kB: ['bytes', 1e3], MB: ['bytes', 1e6],
  GB: ['bytes', 1e9], k: ['none', 1e3], M: ['none', 1e6], '': ['none', 1],
};

const SPACE = /\s+/y;
const NAME = /[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?/y;
const NUMBER = /0x[0-9a-f]+|\d[\d_]*(?:\.\d+)?/iy;
const SUFFIX = /[A-Za-zµ]*/y;
const STRING = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/y;
const REGEX = /\/((?:[^/\\\n]|\\.)+)\/([a-z]*)/y;
const SIGN = /\.\.|&&|\|\||==|!=|<=|>=|!~|[=<>~&|!(){},-]/y;

const match = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(text);
};

function numberAt(text: string, at: number, digits: string): Token {
  const suffix = match(SUFFIX, text, at + digits.length)?.[0] ?? '';
  const length = digits.length + suffix.length;
  const unit = UNITS[suffix];
  if (!unit || (digits.startsWith('0x') && suffix !== ''))
    throw new FilterError(`“${suffix}” is no unit: ${Object.keys(UNITS).filter((u) => u !== '' && u !== 'µs').join(', ')} are`, at, length);
  return { kind: 'number', value: Number(digits.replaceAll('_', '')) * unit[1], unit: unit[0], at, length };
}

function tokenAt(text: string, at: number): Token {
  const name = match(NAME, text, at)?.[0];
  if (name !== undefined) return { kind: 'name', text: name, at, length: name.length };
  const digits = match(NUMBER, text, at)?.[0];
  if (digits !== undefined) return numberAt(text, at, digits);
  const string = match(STRING, text, at);
  if (string)
    return { kind: 'string', text: (string[1] ?? string[2] ?? '').replaceAll(/\\(.)/g, '$1'), at, length: string[0].length };
  const regex = match(REGEX, text, at);
  if (regex) return { kind: 'regex', source: regex[1] as string, flags: regex[2] as string, at, length: regex[0].length };
  const sign = match(SIGN, text, at)?.[0];
  if (sign !== undefined) return { kind: 'sign', text: sign, at, length: sign.length };
  const char = text[at] as string;
  if (char === '"' || char === "'") throw new FilterError('a text without its closing quote', at, text.length - at);
  if (char === '/') throw new FilterError('a pattern without its closing /', at, text.length - at);
  throw new FilterError(`“${char}” means nothing here`, at, 1);
}

export function lex(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = match(SPACE, text, 0)?.[0].length ?? 0; at < text.length; ) {
    const token = tokenAt(text, at);
    tokens.push(token);
    at += token.length;
    at += match(SPACE, text, at)?.[0].length ?? 0;
  }
  tokens.push({ kind: 'end', at: text.length, length: 0 });
  return tokens;
}
