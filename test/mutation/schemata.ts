/**
 * Writes all mutants of a file into it, each behind a question, so that one compile is enough for all:
 *
 *     if (a < b) f();   ->   if ((mutant(1) ? true : mutant(2) ? false : !!(mutant(3) ? (a <= b) : a < b))) { if (!mutant(4)) f(); }
 *
 * A mutated text holds no other mutant. Lines stay where they were.
 */
import ts from 'typescript';
import {
  type Change, conditionChanges, expressionChanges, lineOf, NUMBERS, type Operator, resultChanges, statementChanges,
} from './operators.ts';

export interface Mutant {
  readonly id: number;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The function that it is in. */
  readonly name: string;
  readonly operator: Operator;
  readonly original: string;
  readonly mutated: string;
}

/** Calls that only watch, only cost, or are invariants of our own: without them the model does the same. */
const ONLY_WATCH = /^(assert|ERROR|trace[A-Z]\w*|charge[A-Z]?\w*|verify[A-Z]\w*|witness[A-Z]\w*)$/;
/** Tables are laid out before anything runs, in loops that end: counting them would take longer than most tests. */
const LAYS_OUT = /(Init|New|^stateHash|^hash\w*)$/;
/** Their later arguments have to be constants. */
const IMMEDIATES: Readonly<Record<string, number>> = { load: 1, store: 2 };
const LINKS = new Set<ts.SyntaxKind>([ts.SyntaxKind.ImportDeclaration, ts.SyntaxKind.ExportDeclaration]);
const WRITES = new Set(['memory.data']);

/** The museum's switches are off in every build but its own: what hangs on them is no part of the model. */
const ofMuseum = (node: ts.Node): boolean => /\b(bug|hasMuseum)\(/.test(node.getText());
const isAssignment = (kind: ts.SyntaxKind) => kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
const calleeOf = (node: ts.Node): string => (ts.isCallExpression(node) ? node.expression.getText() : '');

class Writer {
  readonly mutants: Mutant[] = [];
  private name = '';
  private type = 'void';
  private readonly source: ts.SourceFile;
  private next: number;
  private readonly mutate: boolean;

  constructor(source: ts.SourceFile, first: number, mutate: boolean) {
    this.source = source;
    this.next = first;
    this.mutate = mutate;
  }

  /** Ids for changes; none where nothing is to be mutated. */
  private keep(node: ts.Node, changes: readonly Change[]): Mutant[] {
    if (!this.mutate || this.name === '') return [];
    const { line, character } = this.source.getLineAndCharacterOfPosition(node.getStart());
    const kept = changes.map((change): Mutant => (
      { id: this.next++, file: this.source.fileName, line: line + 1, column: character + 1, name: this.name, ...change }));
    this.mutants.push(...kept);
    return kept;
  }

  /** A node's text, with its children written anew. */
  private children(node: ts.Node, render: (child: ts.Node) => string = (child) => this.node(child)): string {
    const text = this.source.text;
    let at = node.getStart();
    let out = '';
    ts.forEachChild(node, (child) => {
      const from = child.getStart();
      if (from < at) return;
      out += text.slice(at, from) + render(child);
      at = child.end;
    });
    return out + text.slice(at, node.end);
  }

  private choose(kept: readonly Mutant[], rest: string, alternative: (m: Mutant) => string = (m) => `(${m.mutated})`): string {
    if (kept.length === 0) return rest;
    return `(${kept.map((m) => `mutant(${m.id}) ? ${alternative(m)} : `).join('')}${rest})`;
  }

  private condition(node: ts.Expression, loop: boolean): string {
    if (ofMuseum(node)) return node.getText();
    const kept = this.keep(node, conditionChanges(node, loop));
    const rest = this.node(node);
    return kept.length === 0 ? rest : this.choose(kept, `!!(${rest})`);
  }

  node(node: ts.Node): string {
    if (ts.isFunctionDeclaration(node)) return this.inFunction(node);
    if (ts.isTypeNode(node) || ts.isClassDeclaration(node) || LINKS.has(node.kind)) return node.getText();
    const callee = calleeOf(node);
    if (WRITES.has(callee) || ONLY_WATCH.test(callee)) return node.getText();
    if (ts.isIterationStatement(node, false)) return this.loop(node);
    if (ts.isIfStatement(node) && /^(bug|hasMuseum)\(/.test(node.expression.getText()) && !node.elseStatement) return node.getText();
    if (ts.isIfStatement(node))
      return this.children(node, (child) => (child === node.expression ? this.condition(node.expression, false) : this.node(child)));
    if (ts.isConditionalExpression(node))
      return this.children(node, (child) => (child === node.condition ? this.condition(node.condition, false) : this.node(child)));
    if (ts.isReturnStatement(node) && node.expression) return this.returned(node, node.expression);
    if (ts.isExpressionStatement(node)) return this.statement(node);
    if (ts.isBreakOrContinueStatement(node)) return this.jump(node);
    if (ts.isVariableDeclaration(node) && !node.initializer)
      return node.getText() + (NUMBERS.has(node.type?.getText() ?? '') ? ' = 0' : '');
    if (ts.isCaseClause(node)) return this.children(node, (child) => (child === node.expression ? child.getText() : this.node(child)));
    return this.expression(node);
  }

  private inFunction(node: ts.FunctionDeclaration): string {
    const { body } = node;
    const name = node.name?.text ?? '';
    if (!body || ONLY_WATCH.test(name)) return node.getText();
    const before = [this.name, this.type] as const;
    [this.name, this.type] = [name, node.type?.getText() ?? 'void'];
    // asc follows the ways through a function, and cannot know that no two mutants are switched on at once.
    const end = NUMBERS.has(this.type) ? ' return 0; }' : this.type === 'bool' ? ' return false; }' : '}';
    const out = this.source.text.slice(node.getStart(), body.getStart()) + this.children(body).replace(/\}$/, end);
    [this.name, this.type] = before;
    return out;
  }

  /** Every loop burns: a mutant must not run in circles for ever. */
  private loop(node: ts.IterationStatement): string {
    const counts = ts.isForStatement(node) ? node : undefined;
    const condition = ts.isWhileStatement(node) || ts.isDoStatement(node) ? node.expression : counts?.condition;
    const step = counts?.incrementor;
    return this.children(node, (child) => {
      if (child === condition) return this.condition(condition, true);
      if (child === step) return child.getText();
      return child === node.statement && !LAYS_OUT.test(this.name) ? `{ burn(); ${this.node(child)} }` : this.node(child);
    });
  }

  private returned(node: ts.ReturnStatement, value: ts.Expression): string {
    const kept = this.keep(node, resultChanges(value, this.type));
    return `return ${this.choose(kept, this.node(value), (m) => m.mutated.slice('return '.length))};`;
  }

  private statement(node: ts.ExpressionStatement): string {
    if (ONLY_WATCH.test(calleeOf(node.expression))) return node.getText();
    const kept = this.keep(node, statementChanges(node));
    const rest = this.children(node);
    return kept.length === 0 ? rest : `{ ${kept.map((m) => `if (mutant(${m.id})) { ${m.mutated}; } else `).join('')}{ ${rest} } }`;
  }

  private jump(node: ts.BreakOrContinueStatement): string {
    const kept = this.keep(node, [{ operator: 'jump', original: lineOf(node).replace(/;$/, ''), mutated: '' }]);
    const [first] = kept;
    return first ? `{ if (!mutant(${first.id})) ${node.getText()} }` : node.getText();
  }

  private expression(node: ts.Node): string {
    const kept = this.keep(node, expressionChanges(node));
    return this.choose(kept, this.expressionChildren(node));
  }

  /** What is written to, what is called, and constants that belong to an instruction are left alone. */
  private expressionChildren(node: ts.Node): string {
    if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind))
      return this.children(node, (child) => (child === node.left ? child.getText() : this.node(child)));
    if (ts.isPostfixUnaryExpression(node)) return node.getText();
    if (ts.isPrefixUnaryExpression(node) && ts.isNumericLiteral(node.operand)) return node.getText();
    if (ts.isCallExpression(node)) {
      const first = IMMEDIATES[node.expression.getText()] ?? node.arguments.length;
      const fixed = new Set<ts.Node>([node.expression, ...node.arguments.slice(first)]);
      return this.children(node, (child) => (fixed.has(child) ? child.getText() : this.node(child)));
    }
    if (ts.isIdentifier(node) || ts.isToken(node)) return node.getText();
    return this.children(node);
  }
}

export interface Schemata {
  readonly text: string;
  readonly mutants: readonly Mutant[];
}

export interface Writing {
  /** The first id. */
  readonly first: number;
  /** The path of mutant.as.ts as the file imports it. */
  readonly probe: string;
  /** Without it only loops are counted. */
  readonly mutate: boolean;
}

export function schemata(file: string, text: string, { first, probe, mutate }: Writing): Schemata {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const writer = new Writer(source, first, mutate);
  let at = 0;
  let out = '';
  for (const statement of source.statements) {
    const from = statement.getStart();
    out += text.slice(at, from) + writer.node(statement);
    at = statement.end;
  }
  return { text: `${out}${text.slice(at)} import { burn, mutant } from '${probe}';`, mutants: writer.mutants };
}
