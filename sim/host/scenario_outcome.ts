/** Holds a result against the lines that a scenario expects. */
import type { Comparison, Expectation, FunctionName, Value } from './scenario_expect.ts';

/** One line and how it came out. */
export interface ExpectOutcome {
  readonly text: string;
  readonly ok: boolean;
  /** What the left side was: a number where it is one; or why there was nothing to compare. */
  readonly actual: string | number;
}

/** A value of the result: one, or several with the way to compare them. */
interface Found {
  readonly values: readonly unknown[];
  readonly many: 'no' | 'list' | 'all' | 'any';
}

/** Why a line has no answer. */
class NoAnswer extends Error {}

/** Maps that hold only what occurred: what is not there has occurred zero times. */
const COUNTS = ['drops', 'copiedWhy'];

function stepInto(value: unknown, step: string | number, parent: string | number | undefined, path: string): unknown {
  if (Array.isArray(value)) {
    const element: unknown = typeof step === 'number' ? value[step] : undefined;
    if (element !== undefined) return element;
    throw new NoAnswer(`${path} has ${value.length} elements`);
  }
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, step)) return (value as Record<string, unknown>)[step];
  if (typeof value === 'object' && value !== null && COUNTS.includes(String(parent))) return 0;
  throw new NoAnswer(`there is no ${path} in the result`);
}

function follow(result: unknown, path: Extract<Value, { kind: 'path' }>): Found {
  let values: unknown[] = [result];
  let many: Found['many'] = 'no';
  path.steps.forEach((step, i) => {
    const lists = values.some(Array.isArray);
    if (lists && (step === 'all' || step === 'any')) {
      values = values.flat();
      many = step;
      return;
    }
    if (lists && typeof step === 'string') {
      values = values.flat();
      if (many === 'no') many = 'list';
    }
    values = values.map((v) => stepInto(v, step, path.steps[i - 1], path.text));
  });
  if (many === 'no' && Array.isArray(values[0])) return { values: values[0], many: 'list' };
  return { values, many };
}

const numeric = (value: unknown): number => {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  throw new NoAnswer(`${shown(value)} is no number`);
};

const some = (values: readonly unknown[]): readonly unknown[] => {
  if (values.length === 0) throw new NoAnswer('the list is empty');
  return values;
};

const CALLS: Readonly<Record<FunctionName, (values: readonly unknown[]) => number>> = {
  sum: (values) => values.reduce<number>((a, b) => a + numeric(b), 0),
  min: (values) => Math.min(...some(values).map(numeric)),
  max: (values) => Math.max(...some(values).map(numeric)),
  count: (values) => values.length,
};

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

function find(result: unknown, value: Value): Found {
  if (value.kind === 'literal') return { values: [value.value], many: 'no' };
  if (value.kind === 'path') return follow(result, value);
  if (value.kind === 'call') return { values: [CALLS[value.name](find(result, value.of).values)], many: 'no' };
  const left = numeric(single(find(result, value.left)));
  const right = numeric(single(find(result, value.right)));
  return { values: [ARITHMETIC[value.op]?.(left, right)], many: 'no' };
}

/** One value of several: numbers of a list add up. */
function single(found: Found): unknown {
  if (found.many === 'no' || found.values.length === 1) return found.values[0];
  if (found.many !== 'list') throw new NoAnswer(`'${found.many}' belongs to the left side of a comparison`);
  if (found.values.every((v) => typeof v === 'number' || typeof v === 'bigint')) return CALLS.sum(found.values);
  throw new NoAnswer(`${found.values.length} values that do not add up: use all or any`);
}

function holds(left: unknown, op: Comparison, right: unknown): boolean {
  if (op === '==' || op === '!=') {
    const a = typeof left === 'bigint' ? Number(left) : left;
    return (a === right) === (op === '==');
  }
  const a = numeric(left);
  const b = numeric(right);
  if (op === '<') return a < b;
  if (op === '<=') return a <= b;
  return op === '>' ? a > b : a >= b;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? 'nothing');
}

function outcome(result: unknown, line: Expectation): ExpectOutcome {
  try {
    const left = find(result, line.left);
    const right = single(find(result, line.right));
    if (left.many === 'all' || left.many === 'any') {
      const good = left.values.filter((v) => holds(v, line.op, right)).length;
      const ok = good > 0 && (left.many === 'any' || good === left.values.length);
      const wrong = left.values.find((v) => !holds(v, line.op, right));
      const example = good === left.values.length ? '' : `, not ${shown(wrong)}`;
      return { text: line.text, ok, actual: `${good} of ${left.values.length}${example}` };
    }
    const value = single(left);
    return { text: line.text, ok: holds(value, line.op, right), actual: typeof value === 'number' ? value : shown(value) };
  } catch (error) {
    if (error instanceof NoAnswer) return { text: line.text, ok: false, actual: error.message };
    throw error;
  }
}

/** Every line of a scenario against the result of its run. */
export function evaluateExpects(expects: readonly Expectation[], result: unknown): ExpectOutcome[] {
  return expects.map((line) => outcome(result, line));
}
