/** A comparison for people: what was compared, the first difference with what is around it, both traces side by side. */
import { bothRows, type Comparison, type Row } from '../../native-backend/lab/index.ts';
import { stepLine } from './step_text.ts';
import { bold, dim, green, red } from './terminal.ts';

const CONTEXT = 6;
const LEAST_COLUMNS = 100;
const MOST_COLUMNS = 200;
/** The mark between two lines. */
const GUTTER = 3;

/** Pieces of a text that fit a column. */
function wrapped(text: string, width: number): string[] {
  const out: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const at = rest.lastIndexOf(' ', width);
    const cut = at > width / 2 ? at : width;
    out.push(rest.slice(0, cut));
    rest = `      ${rest.slice(cut).trimStart()}`;
  }
  return [...out, rest];
}

const plain = (row: Row | undefined): string => (row === undefined ? '' : stepLine(row.line, false));

/** Rows of both sides beside each other; `|` marks a difference, `<` and `>` what is on one side only. */
function sideBySide(native: readonly Row[], simulated: readonly Row[], columns: number): string[] {
  const width = Math.floor((columns - GUTTER) / 2);
  return bothRows(native, simulated).flatMap(([a, b]) => {
    const mark = a && b ? (a.key === b.key ? ' ' : '|') : a ? '<' : '>';
    const [left, right] = [wrapped(plain(a), width), wrapped(plain(b), width)];
    const paint = mark === ' ' ? (text: string) => text : red;
    return Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
      paint(`${(left[i] ?? '').padEnd(width)} ${i === 0 ? mark : ' '} ${right[i] ?? ''}`.trimEnd()));
  });
}

export interface Titles {
  /** Linux 7.3.4 on vm */
  readonly native: string;
  readonly simulated: string;
}

const columnsHere = (): number => Math.min(MOST_COLUMNS, Math.max(LEAST_COLUMNS, process.stdout.columns ?? MOST_COLUMNS));

function titles({ native, simulated }: Titles, columns: number): string {
  const width = Math.floor((columns - GUTTER) / 2);
  return bold(`${native.padEnd(width)}   ${simulated}`);
}

function declaredLines({ declared }: Comparison): string[] {
  return declared.flatMap(({ rule, lines }) => [`  declared  ${rule.name}, ${lines} lines: ${rule.sentence}`]);
}

const HOW: Readonly<Record<Comparison['comparing'], string>> = {
  exact: 'line by line', await: 'line by line; completions behind an await in any order',
  stream: 'by stream: not how bytes were cut into completions', timing: 'line by line, with up to three tries',
};

/** What was set in the simulator, and what the target does not have. */
interface Conditions {
  readonly sets: readonly string[];
  readonly unlike: readonly string[];
}

export function comparisonLines(comparison: Comparison, heads: Titles, conditions: Conditions, all: boolean): string[] {
  const { sets, unlike } = conditions;
  const { difference, native, simulated, outcome, comparing } = comparison;
  const count = Math.max(native.length, simulated.length);
  const out = [
    `${heads.native} beside ${heads.simulated}`, `  compared  ${count} lines, ${HOW[comparing]}`,
    ...(sets.length > 0 ? [`  set       in the simulator: ${sets.join(' ')}`] : []),
    ...unlike.map((u) => `  unlike    ${u}`), ...declaredLines(comparison),
  ];
  if (outcome === 'equal') out.push(green('  equal'));
  if (outcome === 'declared') out.push(green('  equal but for what is declared'));
  const columns = columnsHere();
  if (difference) {
    const { at } = difference;
    const from = Math.max(0, at - CONTEXT);
    const until = at + CONTEXT + 1;
    const step = difference.native?.i ?? difference.simulated?.i ?? 0;
    out.push(red(`  differs   first at step ${step}, by ${difference.class}: ${CLASSES[difference.class]}`), '', titles(heads, columns),
      ...sideBySide(native.slice(from, at), simulated.slice(from, at), columns),
      ...sideBySide(native.slice(at, until), simulated.slice(at, until), columns));
  }
  if (all) out.push('', titles(heads, columns), ...sideBySide(native, simulated, columns));
  else if (difference) out.push(dim('--all shows both traces whole, side by side.'));
  return out;
}

const CLASSES: Readonly<Record<NonNullable<Comparison['difference']>['class'], string>> = {
  order: 'the same things in another order', res: 'a result', flags: 'flags of completions, or features of a ring',
  count: 'something is there on one side only', ring: 'what a ring says of itself', data: 'bytes, or where they lie',
};
