/** What a filter may not say, found before it is compiled: unknown names, units that do not fit, relations that mean nothing. */
import { FilterError, nearest } from './error.ts';
import { type Column, generalColumn, levelUse, wordColumn } from './columns.ts';
import type { Node, Place, Range, Value } from './parse.ts';
import { ALIASES, BARE, EVENT_NAMES, FIELDS, LEVELS, type Names, WORD_EVENTS } from './vocabulary.ts';

const KINDS = [...EVENT_NAMES.values()];
export const canonical = (field: string): string => ALIASES[field] ?? field;

/** Whether a name is a field, a word of an event, or a level. */
function isField(name: string): boolean {
  const [event, word] = name.split('.') as [string, string?];
  if (word !== undefined) return levelUse(name) !== undefined || (WORD_EVENTS.get(word)?.includes(event) ?? false);
  return FIELDS.some((f) => f.name === name) || WORD_EVENTS.has(name) || levelUse(name) !== undefined;
}

function unknown(field: string, place: Place): FilterError {
  const known = [
    ...FIELDS.map((f) => f.name), ...LEVELS.map((l) => l.name), ...WORD_EVENTS.keys(), ...BARE.flatMap(([, names]) => [...names.keys()]),
  ];
  const like = nearest(field, known);
  const hint = like === undefined ? 'put quotes around a text to look for it' : `did you mean “${like}”?`;
  return new FilterError(`there is no field or event “${field}”: ${hint}`, place.at, field.length);
}

/** The columns that a field is, over all kinds of events. */
export function columnsOf(name: string): Column[] {
  return KINDS.flatMap((kind) => generalColumn(name, kind) ?? wordColumn(name, kind) ?? []);
}

/** A value as a number of a column; undefined: it has no such name. */
export function numberOf(value: Value, names: Names | undefined): number | undefined {
  if (value.kind === 'number') return value.value;
  if (value.kind !== 'name') return undefined;
  const found = names?.get(value.name) ?? names?.get(value.name.toUpperCase()) ?? names?.get(value.name.toLowerCase());
  return found === undefined ? undefined : value.minus ? -found : found;
}

const UNIT_WORDS = { ns: 'a time', bytes: 'bytes', none: 'a plain number' } as const;

function checkValue(field: string, value: Value, columns: readonly Column[]): void {
  const { at, length } = value;
  if (value.kind === 'text' || value.kind === 'regex')
    throw new FilterError(`“${field}” is a number: a text is looked for with “text ~ …”`, at, length);
  if (value.kind === 'number') {
    if (value.unit === 'none' || columns.some((c) => c.unit === value.unit)) return;
    throw new FilterError(`“${field}” is ${UNIT_WORDS[columns[0]?.unit ?? 'none']}, and not ${UNIT_WORDS[value.unit]}`, at, length);
  }
  if (columns.some((c) => numberOf(value, c.names) !== undefined)) return;
  const known = columns.flatMap((c) => [...c.names?.keys() ?? []]);
  if (known.length === 0) throw new FilterError(`“${field}” is a number: “${value.name}” is none`, at, length);
  const like = nearest(value.name, known);
  const some = [...new Set(known)].slice(0, 6).join(', ');
  const hint = like === undefined ? `it is one of ${some}${known.length > 6 ? ' …' : ''}` : `did you mean “${like}”?`;
  throw new FilterError(`“${field}” is never “${value.name}”: ${hint}`, at, length);
}

function checkRange(field: string, { from, to }: Range, columns: readonly Column[]): void {
  checkValue(field, from, columns);
  if (to !== from) checkValue(field, to, columns);
}

function checkCompare(node: Extract<Node, { kind: 'compare' }>): void {
  const name = canonical(node.field);
  if (!isField(name)) throw unknown(node.field, node);
  const [first] = node.ranges as [Range];
  if (name === 'text') {
    if (!['~', '!~', '=', '!='].includes(node.relation))
      throw new FilterError('a text is compared with ~ or !~', node.at, node.length);
    patternOf(first.from);
    return;
  }
  if (node.relation === '~' || node.relation === '!~')
    throw new FilterError(`“${node.field}” is a number: ~ is for “text”`, node.at, node.length);
  const single = node.ranges.length === 1 && first.to === first.from;
  if (!single && !['in', '=', '!='].includes(node.relation))
    throw new FilterError(`“${node.relation}” wants one value`, node.at, node.length);
  const level = levelUse(name);
  const columns = level ? [{ read: () => 0, unit: level.unit }] : columnsOf(name);
  for (const range of node.ranges) checkRange(node.field, range, columns);
}

/** What a value looks for in a sentence. */
export function patternOf(value: Value): RegExp {
  if (value.kind === 'regex') {
    try {
      return new RegExp(value.source, value.flags.replace(/[gy]/g, ''));
    } catch (error) {
      throw new FilterError(error instanceof Error ? error.message : String(error), value.at, value.length);
    }
  }
  const text = value.kind === 'text' ? value.text : value.kind === 'name' ? value.name : String(value.value);
  return new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'i');
}

/** Throws a FilterError for what means nothing. */
export function check(node: Node): void {
  switch (node.kind) {
    case 'and':
    case 'or':
      check(node.left);
      check(node.right);
      return;
    case 'not': return check(node.of);
    case 'text':
      patternOf(node.value);
      return;
    case 'compare': return checkCompare(node);
    case 'bare':
      if (BARE.some(([, names]) => names.has(node.field))) return;
      if (!isField(canonical(node.field)) || node.field === 'text') throw unknown(node.field, node);
  }
}
