/**
 * Unrolls what is written as loops: `matrix`, `repeat`, `when` and `use` go, and `$name` becomes its value. What is left is a
 * flat list of steps whose values still know their places in the file.
 *
 *     matrix: {kind: [tcp, unix], mode: [{name: DEFER, flags: [SINGLE_ISSUER, DEFER_TASKRUN]}]}
 *     define: {open: [{sock.pair: $kind}, {ring.init: {flags: $mode.flags}}]}
 *     steps:
 *       - use: open                                   the steps of a definition; {name: open, x: 1} binds names for them
 *       - repeat: {times: 3, as: i, steps: […]}       $i is 0, 1, 2
 *       - repeat: {for: {n: [5, 40]}, steps: […]}     $n is 5, then 40
 *       - when: {is: {kind: tcp}, steps: […]}         only there
 *       - peer.send: {fd: b, n: "${10 + i}"}          whole numbers: + - * / % ( )
 */
import { didYouMean, type Place, type Problem } from '../scenario_error.ts';
import { type Entry, foundText, type ListTree, type MapTree, type Tree } from '../scenario_tree.ts';
import { STEPS_MAX } from '../../schema/steps.ts';
import { ArithmeticError, evaluate } from './arithmetic.ts';

/** Names and what they stand for. */
type Env = ReadonlyMap<string, Tree>;

/** One step: its name, and its fields or its one value. */
export interface WrittenStep {
  readonly name: string;
  readonly place: Place;
  readonly key: string;
  readonly tree: Tree;
}

export const BLOCKS = ['repeat', 'when', 'use'] as const;
const REFERENCE = /\$(?:\{([^}]*)\}|([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*))/g;
const DEPTH_MAX = 16;

const entryOf = (tree: MapTree, key: string): Entry | undefined => tree.entries.find((e) => e.key === key);

export class Expander {
  readonly out: WrittenStep[] = [];
  private readonly problems: Problem[];
  private readonly definitions = new Map<string, ListTree>();
  private full = false;

  constructor(problems: Problem[]) {
    this.problems = problems;
  }

  private problem(place: Place, key: string, text: string): void {
    this.problems.push({ place, key, text });
  }

  /** Reads the parts of a scenario that have to do with steps. */
  run(steps: Tree, matrix: Tree | undefined, define: Tree | undefined): WrittenStep[] {
    if (define) this.define(define);
    if (matrix) this.loop(matrix, 'matrix', new Map(), (env) => this.list(steps, 'steps', env, 0));
    else this.list(steps, 'steps', new Map(), 0);
    return this.out;
  }

  private define(tree: Tree): void {
    if (tree.kind !== 'map') return this.problem(tree.place, 'define', `expected lists of steps by name; found ${foundText(tree)}`);
    for (const { key, place, tree: steps } of tree.entries) {
      if (this.definitions.has(key)) this.problem(place, `define.${key}`, 'given twice');
      else if (steps.kind === 'list') this.definitions.set(key, steps);
      else this.problem(steps.place, `define.${key}`, `expected a list of steps; found ${foundText(steps)}`);
    }
  }

  /** Every combination of the values of a map of lists; the first name turns slowest. */
  private loop(tree: Tree, key: string, env: Env, body: (env: Env) => void): void {
    if (tree.kind !== 'map')
      return this.problem(tree.place, key, `expected names with lists of values, such as {kind: [tcp, unix]}; found ${foundText(tree)}`);
    const turn = (left: readonly Entry[], bound: Env): void => {
      const [first, ...rest] = left;
      if (!first) return body(bound);
      const values = this.substitute(first.tree, bound, `${key}.${first.key}`);
      if (values.kind !== 'list') {
        this.problem(values.place, `${key}.${first.key}`, `expected a list of values; found ${foundText(values)}`);
        return;
      }
      if (values.items.length === 0)
        return this.problem(values.place, `${key}.${first.key}`, 'expected at least one value: with none nothing would be done');
      for (const value of values.items) turn(rest, new Map([...bound, [first.key, value]]));
    };
    const twice = tree.entries.find((e, i) => tree.entries.findIndex((other) => other.key === e.key) < i);
    if (twice) return this.problem(twice.place, `${key}.${twice.key}`, 'given twice');
    turn(tree.entries, env);
  }

  private list(tree: Tree, key: string, env: Env, depth: number): void {
    if (tree.kind !== 'list') return this.problem(tree.place, key, `expected a list of steps; found ${foundText(tree)}`);
    if (depth > DEPTH_MAX) return this.problem(tree.place, key,
      `more than ${DEPTH_MAX} blocks in each other; a definition that uses itself?`);
    tree.items.forEach((item, i) => {
      this.step(item, `${key}[${i}]`, env, depth);
    });
  }

  private step(tree: Tree, key: string, env: Env, depth: number): void {
    if (tree.kind === 'scalar' && typeof tree.value === 'string') {
      const none: MapTree = { kind: 'map', place: tree.place, entries: [] };
      return this.add({ name: tree.value, place: tree.place, key, tree: none });
    }
    const [entry, more] = tree.kind === 'map' ? tree.entries : [];
    if (!entry || more) {
      const found = more ? `'${entry?.key}' and '${more.key}' in one` : foundText(tree);
      return this.problem(more?.place ?? tree.place, key, `expected a step, such as 'submit' or {submit: {ring: 1}}; found ${found}`);
    }
    if (entry.key === 'repeat') this.repeat(entry, key, env, depth);
    else if (entry.key === 'when') this.when(entry, key, env, depth);
    else if (entry.key === 'use') this.use(entry, key, env, depth);
    else this.add({ name: entry.key, place: entry.place, key, tree: this.substitute(entry.tree, env, `${key}.${entry.key}`) });
  }

  private add(step: WrittenStep): void {
    if (this.out.length < STEPS_MAX) this.out.push(step);
    else if (!this.full) {
      this.full = true;
      this.problem(step.place, step.key, `expected at most ${STEPS_MAX} steps when all loops are unrolled; this is one more`);
    }
  }

  /** The parts of a block, of which no other may be there. */
  private parts(entry: Entry, key: string, names: readonly string[]): MapTree | undefined {
    const { tree } = entry;
    if (tree.kind !== 'map') {
      this.problem(tree.place, `${key}.${entry.key}`, `expected ${names.join(', ')}; found ${foundText(tree)}`);
      return undefined;
    }
    const other = tree.entries.find((e) => !names.includes(e.key));
    if (!other) return tree;
    this.problem(other.place, `${key}.${entry.key}.${other.key}`,
      `no such part of ${entry.key}${didYouMean(other.key, names) || `; there are ${names.join(', ')}`}`);
    return undefined;
  }

  private repeat(entry: Entry, key: string, env: Env, depth: number): void {
    const path = `${key}.repeat`;
    const tree = this.parts(entry, key, ['times', 'as', 'for', 'steps']);
    if (!tree) return;
    const [times, as, names, steps] = ['times', 'as', 'for', 'steps'].map((n) => entryOf(tree, n)?.tree);
    if (!steps || Boolean(times) === Boolean(names))
      return this.problem(entry.place, path, "expected 'steps' and either 'times' or 'for'");
    const body = (bound: Env) => this.list(steps, `${path}.steps`, bound, depth + 1);
    if (names) return this.loop(names, `${path}.for`, env, body);
    const n = this.substitute(times as Tree, env, `${path}.times`);
    const count = n.kind === 'scalar' && typeof n.value === 'number' && Number.isSafeInteger(n.value) ? n.value : -1;
    if (count < 0 || count > STEPS_MAX)
      return this.problem(n.place, `${path}.times`, `expected a number of times from 0 to ${STEPS_MAX}; found ${foundText(n)}`);
    const name = as?.kind === 'scalar' ? String(as.value) : 'i';
    for (let i = 0; i < count; i++) body(new Map([...env, [name, { kind: 'scalar', place: n.place, value: i }]]));
  }

  private when(entry: Entry, key: string, env: Env, depth: number): void {
    const path = `${key}.when`;
    const tree = this.parts(entry, key, ['is', 'steps', 'else']);
    if (!tree) return;
    const [is, steps, otherwise] = ['is', 'steps', 'else'].map((n) => entryOf(tree, n)?.tree);
    if (is?.kind !== 'map' || !steps) return this.problem(entry.place, path, "expected 'is' with names and values, and 'steps'");
    const holds = is.entries.every(({ key: name, tree: wanted, place }) => {
      const found = this.lookup(name, env, place, `${path}.is.${name}`);
      const wants = wanted.kind === 'list' ? wanted.items : [wanted];
      return found?.kind === 'scalar' && wants.some((w) => w.kind === 'scalar' && w.value === found.value);
    });
    if (holds) this.list(steps, `${path}.steps`, env, depth + 1);
    else if (otherwise) this.list(otherwise, `${path}.else`, env, depth + 1);
  }

  private use(entry: Entry, key: string, env: Env, depth: number): void {
    const path = `${key}.use`;
    const { tree } = entry;
    const named = tree.kind === 'map' ? entryOf(tree, 'name')?.tree : tree;
    const name = named?.kind === 'scalar' ? String(named.value) : '';
    const steps = this.definitions.get(name);
    if (!steps) {
      const names = [...this.definitions.keys()];
      const hint = didYouMean(name, names) || (names.length > 0 ? `; there are ${names.join(', ')}` : "; write it under 'define:'");
      return this.problem(tree.place, path, `no such definition '${name}'${hint}`);
    }
    const given = tree.kind === 'map' ? tree.entries.filter((e) => e.key !== 'name') : [];
    const twice = given.find((e, i) => given.findIndex((other) => other.key === e.key) < i);
    if (twice) return this.problem(twice.place, `${path}.${twice.key}`, 'given twice');
    const bound = new Map(env);
    for (const g of given) bound.set(g.key, this.substitute(g.tree, env, `${path}.${g.key}`));
    this.list(steps, `define.${name}`, bound, depth + 1);
  }

  private lookup(path: string, env: Env, place: Place, key: string): Tree | undefined {
    const [first = '', ...rest] = path.split('.');
    let tree = env.get(first);
    for (const part of rest) tree = tree?.kind === 'map' ? entryOf(tree, part)?.tree : undefined;
    if (tree) return tree;
    const names = [...env.keys()];
    const hint = didYouMean(first, names) || (names.length > 0 ? `; bound here are ${names.join(', ')}` : '; nothing is bound here');
    this.problem(place, key, `no value for '$${path}'${hint}`);
    return undefined;
  }

  private substitute(tree: Tree, env: Env, key: string): Tree {
    if (tree.kind === 'list') return { ...tree, items: tree.items.map((t, i) => this.substitute(t, env, `${key}[${i}]`)) };
    if (tree.kind === 'map')
      return { ...tree, entries: tree.entries.map((e) => ({ ...e, tree: this.substitute(e.tree, env, `${key}.${e.key}`) })) };
    if (typeof tree.value !== 'string' || !tree.value.includes('$')) return tree;
    return this.text(tree.value, tree.place, env, key);
  }

  /** A text that is one `$name` becomes what the name stands for; within a longer one it is written out. */
  private text(text: string, place: Place, env: Env, key: string): Tree {
    const whole = new RegExp(`^${REFERENCE.source}$`).exec(text);
    if (whole?.[2] !== undefined) {
      const tree = this.lookup(whole[2], env, place, key);
      return tree ? { ...tree, place } : { kind: 'scalar', place, value: 0 };
    }
    if (whole?.[1] !== undefined) return { kind: 'scalar', place, value: this.number(whole[1], place, env, key) };
    const value = text.replace(REFERENCE, (_, expression: string | undefined, name: string | undefined) => {
      if (expression !== undefined) return String(this.number(expression, place, env, key));
      const tree = this.lookup(name ?? '', env, place, key);
      if (!tree || tree.kind === 'scalar') return String(tree?.value ?? '');
      this.problem(place, key, `'$${name}' is a ${tree.kind} and cannot stand within a text`);
      return '';
    });
    return { kind: 'scalar', place, value };
  }

  private number(expression: string, place: Place, env: Env, key: string): number {
    try {
      return evaluate(expression, (name) => {
        const tree = this.lookup(name, env, place, key);
        const value = tree?.kind === 'scalar' ? Number(tree.value) : Number.NaN;
        if (tree && !Number.isSafeInteger(value)) throw new ArithmeticError(`'$${name}' is no whole number`);
        return tree ? value : 0;
      });
    } catch (error) {
      if (!(error instanceof ArithmeticError)) throw error;
      this.problem(place, key, `in '\${${expression}}': ${error.message}`);
      return 0;
    }
  }
}
