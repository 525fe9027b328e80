/**
 * From the tree of a filter to a predicate on records. A filter is compiled once for each kind of event, since what a name means
 * depends on it; most kinds then come out as never or always, and cost nothing.
 */
import { EVENTS } from '../../schema/events.ts';
import { narrate } from '../../host/index.ts';
import type { Recording } from '../recording.ts';
import { canonical, check, numberOf, patternOf } from './check.ts';
import { type Bound, type Column, generalColumn, levelUse, type LevelUse, wordColumn } from './columns.ts';
import { levelsOf, NO_LEVEL } from './levels.ts';
import { type Node, parse, type Range, type Relation, type Value } from './parse.ts';
import { BARE, type Names, NONE } from './vocabulary.ts';

/** Whether a record of a recording fits. */
export interface Predicate {
  (recording: Recording, record: number): boolean;
  readonly text: string;
  /** It says nothing of events, only of levels: one stops when it begins to hold, and not at every record while it does. */
  readonly levels_only: boolean;
}

type Test = (on: Bound, i: number) => boolean;
type Verdict = boolean | Test;

function both(a: Verdict, b: Verdict): Verdict {
  if (a === false || b === false) return false;
  if (a === true) return b;
  if (b === true) return a;
  return (on, i) => a(on, i) && b(on, i);
}
function either(a: Verdict, b: Verdict): Verdict {
  if (a === true || b === true) return true;
  if (a === false) return b;
  if (b === false) return a;
  return (on, i) => a(on, i) || b(on, i);
}
const inverse = (v: Verdict): Verdict => (typeof v === 'boolean' ? !v : (on, i) => !v(on, i));

const RELATED: Readonly<Record<string, (x: number, y: number) => boolean>> = {
  '=': (x, y) => x === y, '!=': (x, y) => x !== y, '<': (x, y) => x < y, '<=': (x, y) => x <= y, '>': (x, y) => x > y,
  '>=': (x, y) => x >= y, '&': (x, y) => (x & y) !== 0,
};

/** A test of a number; undefined when no value of the relation has a meaning for the column. */
function relatedTo(relation: Relation, ranges: readonly Range[], names: Names | undefined): ((x: number) => boolean) | undefined {
  const bounds = ranges.flatMap(({ from, to }): [number, number][] => {
    const [a, b] = [numberOf(from, names), numberOf(to, names)];
    return a === undefined || b === undefined ? [] : [[a, b]];
  });
  const [first] = bounds;
  if (!first) return undefined;
  const within = (x: number) => bounds.some(([a, b]) => x >= a && x <= b);
  if (relation === 'in' || relation === '=') return within;
  if (relation === '!=') return (x) => !within(x);
  const related = RELATED[relation] as (x: number, y: number) => boolean;
  return (x) => related(x, first[0]);
}

function says(value: Value): Test {
  const wanted = patternOf(value);
  return ({ recording: { trace } }, i) => wanted.test(narrate(trace.record(i)));
}

type Compare = Extract<Node, { kind: 'compare' }>;

function compareLevel(node: Compare, { name, hosts }: LevelUse): Test {
  const fits = relatedTo(node.relation, node.ranges, undefined) as (x: number) => boolean;
  return ({ levels }, i) => hosts.some((h) => {
    const level = levels.at(name, h, i);
    return level !== NO_LEVEL && fits(level);
  });
}

function compareFor(node: Compare, kind: number): Verdict {
  const name = canonical(node.field);
  if (name === 'text') {
    const found = says((node.ranges[0] as Range).from);
    return node.relation === '!~' || node.relation === '!=' ? inverse(found) : found;
  }
  const level = levelUse(name);
  if (level) return compareLevel(node, level);
  const column = generalColumn(name, kind) ?? wordColumn(name, kind);
  // What an event does not have is neither equal to anything nor different.
  if (!column) return false;
  const fits = relatedTo(node.relation, node.ranges, column.names);
  if (!fits) return node.relation === '!=';
  if (column.fixed !== undefined) return fits(column.fixed);
  const { read } = column;
  if (!column.optional || node.relation === '=' || node.relation === '!=' || node.relation === 'in') return (on, i) => fits(read(on, i));
  return (on, i) => read(on, i) !== NONE && fits(read(on, i));
}

function bareFor(field: string, kind: number): Verdict {
  for (const [name, names] of BARE) {
    const value = names.get(field);
    if (value === undefined) continue;
    const column = generalColumn(name, kind) as Column;
    return column.fixed !== undefined ? column.fixed === value : (on, i) => column.read(on, i) === value;
  }
  const name = canonical(field);
  const level = levelUse(name);
  if (level) return ({ levels }, i) => level.hosts.some((h) => levels.at(level.name, h, i) > 0);
  const column = generalColumn(name, kind) ?? wordColumn(name, kind);
  if (!column) return false;
  const none = column.optional ? NONE : 0;
  return (on, i) => column.read(on, i) !== none;
}

function verdict(node: Node, kind: number): Verdict {
  switch (node.kind) {
    case 'and': return both(verdict(node.left, kind), verdict(node.right, kind));
    case 'or': return either(verdict(node.left, kind), verdict(node.right, kind));
    case 'not': return inverse(verdict(node.of, kind));
    case 'text': return says(node.value);
    case 'bare': return bareFor(node.field, kind);
    case 'compare': return compareFor(node, kind);
  }
}

/** Fields whose meaning is a state, and not that something happens. */
function onlyLevels(node: Node): boolean {
  switch (node.kind) {
    case 'and':
    case 'or': return onlyLevels(node.left) && onlyLevels(node.right);
    case 'not': return onlyLevels(node.of);
    case 'text': return false;
    default: return levelUse(canonical(node.field)) !== undefined || canonical(node.field) === 'time';
  }
}

/** A predicate; throws a FilterError that says what is wrong, and where. An empty text fits everything. */
export function compileFilter(text: string): Predicate {
  const tree = parse(text);
  if (tree) check(tree);
  const verdicts: Verdict[] = [false, ...EVENTS.map((_, i) => (tree ? verdict(tree, i + 1) : true))];
  let bound: Bound | undefined;
  const test = (recording: Recording, record: number): boolean => {
    const v = verdicts[recording.trace.kind(record)] as Verdict;
    if (typeof v === 'boolean') return v;
    if (bound?.recording !== recording) bound = { recording, levels: levelsOf(recording) };
    return v(bound, record);
  };
  return Object.assign(test, { text, levels_only: tree !== undefined && onlyLevels(tree) });
}
