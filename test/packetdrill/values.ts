/** Expressions of a script, evaluated: symbols become numbers. */
import type { Expression, StructType } from './ast.ts';
import { SYMBOLS } from './symbols.ts';
import { ScriptFailure } from './verdict.ts';

export type Value =
  | { readonly kind: 'ellipsis' }
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'string'; readonly bytes: Uint8Array }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'pair'; readonly key: number; readonly value: Value }
  | { readonly kind: 'struct'; readonly type: StructType; readonly fields: Readonly<Record<string, Value>> }
  | { readonly kind: 'iovec'; readonly length: number };

const ESCAPES: Readonly<Record<string, number>> = { f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92, '"': 34 };

/** A string as C has it. */
function unescaped(text: string): Uint8Array {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '\\') {
      bytes.push(text.charCodeAt(i));
      continue;
    }
    const c = text[++i] ?? '';
    const hex = /^[0-9a-fA-F]{2}/.exec(text.slice(i + 1))?.[0];
    if (c === 'x' && hex !== undefined) {
      bytes.push(Number.parseInt(hex, 16));
      i += 2;
    } else if (ESCAPES[c] !== undefined) bytes.push(ESCAPES[c]);
    else throw new ScriptFailure(`unsupported escape \\${c}`);
  }
  return Uint8Array.from(bytes);
}

function symbolValue(name: string): number {
  if (/^-?[0-9]+$/.test(name)) return Number(name);
  const value = SYMBOLS.get(name);
  if (value === undefined) throw new ScriptFailure(`unknown symbol: ${name}`);
  return value;
}

/** A 64-bit or of two numbers that are exact in JavaScript. */
const or = (a: number, b: number): number => Number(BigInt(a) | BigInt(b));

export function evaluate(e: Expression): Value {
  switch (e.kind) {
    case 'ellipsis':
    case 'integer':
    case 'iovec': return e;
    case 'word': return { kind: 'integer', value: symbolValue(e.name) };
    case 'string': return { kind: 'string', bytes: unescaped(e.text) };
    case 'list': return { kind: 'list', items: e.items.map(evaluate) };
    case 'assign': return { kind: 'pair', key: symbolValue(e.name), value: evaluate(e.value) };
    case 'or': return { kind: 'integer', value: or(integer(evaluate(e.left)), integer(evaluate(e.right))) };
    case 'struct': return {
      kind: 'struct', type: e.type, fields: Object.fromEntries(Object.entries(e.fields).map(([name, field]) => [name, evaluate(field)])),
    };
  }
}

const wrongType = (value: Value, expected: string): ScriptFailure =>
  new ScriptFailure(`bad type; actual: ${value.kind === 'struct' ? value.type : value.kind} expected: ${expected}`);

export function integer(value: Value | undefined): number {
  if (value === undefined) throw new ScriptFailure('argument list too short');
  if (value.kind !== 'integer') throw wrongType(value, 'integer');
  return value.value;
}
/** Signed or unsigned 32 bits, as a signed number. */
export function s32(value: Value | undefined): number {
  const n = integer(value);
  if (n > 0xffffffff || n < -0x80000000) throw new ScriptFailure(`value out of range for 32-bit integer: ${n}`);
  return n | 0;
}
export function list(value: Value | undefined): readonly Value[] {
  if (value === undefined) throw new ScriptFailure('argument list too short');
  if (value.kind !== 'list') throw wrongType(value, 'list');
  return value.items;
}
/** `[n]`. */
export function bracketed(value: Value | undefined): number {
  const items = list(value);
  if (items.length !== 1) throw new ScriptFailure('expected [<element>] but got multiple elements');
  return integer(items[0]);
}
export function ellipsis(value: Value | undefined): void {
  if (value === undefined) throw new ScriptFailure('argument list too short');
  if (value.kind !== 'ellipsis') throw wrongType(value, 'ellipsis');
}
export function isEllipsis(value: Value | undefined): boolean {
  return value?.kind === 'ellipsis';
}
export function struct(value: Value | undefined, type: StructType): Readonly<Record<string, Value>> {
  if (value === undefined) throw new ScriptFailure('argument list too short');
  if (value.kind !== 'struct' || value.type !== type) throw wrongType(value, type);
  return value.fields;
}
/** A buffer: `...`, or NULL as 0. */
export function isNull(value: Value | undefined): boolean {
  if (value?.kind === 'ellipsis') return false;
  if (value?.kind === 'integer' && value.value === 0) return true;
  throw new ScriptFailure('expected ... or NULL for buffer');
}
/** Lengths of an iovec array. */
export function iovecs(value: Value | undefined): number[] {
  return list(value).map((item) => {
    if (item.kind !== 'iovec') throw wrongType(item, 'iovec');
    return item.length;
  });
}
