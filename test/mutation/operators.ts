/**
 * What is changed in the model, one at a time: for a node of the syntax tree, the texts that may stand in its place. The trees are
 * TypeScript's, which reads AssemblyScript as well; asc has the last word, for all mutants are compiled together.
 */
import ts from 'typescript';

export const OPERATORS = {
  relation: '< to <=, < to >=, == to !=, and so on',
  arithmetic: '+ to -, * to /, << to >>, and back',
  bits: '& to |, | to &, ^ to |, ~x to x',
  logic: '&& to ||, || to &&, !x to x',
  condition: 'the condition of an if, a loop or a ?: is always true, or always false (of a loop: always false)',
  constant: 'a number is one more, 0 is 1, 1 is 0, true is false',
  errno: 'another error: -EPERM, or -EINVAL in its place',
  result: 'a function returns 0, true or false in place of what it found',
  statement: 'a call or an assignment is left out',
  assignment: '+= to -=, |= to &=, ++ to --',
  jump: 'break or continue is left out',
  choice: 'min to max, max to min',
} as const;
export type Operator = keyof typeof OPERATORS;

export interface Change {
  readonly operator: Operator;
  /** What stands there now, in one line. */
  readonly original: string;
  readonly mutated: string;
}

const S = ts.SyntaxKind;
const RELATIONS = new Map<ts.SyntaxKind, readonly string[]>([
  [S.LessThanToken, ['<=', '>=']], [S.LessThanEqualsToken, ['<', '>']], [S.GreaterThanToken, ['>=', '<=']],
  [S.GreaterThanEqualsToken, ['>', '<']], [S.EqualsEqualsToken, ['!=']], [S.ExclamationEqualsToken, ['==']],
]);
const ARITHMETIC = new Map<ts.SyntaxKind, string>([
  [S.PlusToken, '-'], [S.MinusToken, '+'], [S.AsteriskToken, '/'], [S.SlashToken, '*'], [S.PercentToken, '*'],
  [S.LessThanLessThanToken, '>>'], [S.GreaterThanGreaterThanToken, '<<'], [S.GreaterThanGreaterThanGreaterThanToken, '<<'],
]);
const BITS = new Map<ts.SyntaxKind, string>([[S.AmpersandToken, '|'], [S.BarToken, '&'], [S.CaretToken, '|']]);
const LOGIC = new Map<ts.SyntaxKind, string>([[S.AmpersandAmpersandToken, '||'], [S.BarBarToken, '&&']]);
const ASSIGNMENTS = new Map<ts.SyntaxKind, string>([
  [S.PlusEqualsToken, '-='], [S.MinusEqualsToken, '+='], [S.AsteriskEqualsToken, '/='], [S.SlashEqualsToken, '*='],
  [S.AmpersandEqualsToken, '|='], [S.BarEqualsToken, '&='], [S.CaretEqualsToken, '|='],
  [S.LessThanLessThanEqualsToken, '>>='], [S.GreaterThanGreaterThanEqualsToken, '<<='],
]);

/** Source text in one line, without comments. */
export function lineOf(node: ts.Node): string {
  return node.getText().replace(/\/\/.*$/gm, '').replace(/\s+/g, ' ').trim();
}
const isRelation = (node: ts.Node): boolean => ts.isBinaryExpression(node) && RELATIONS.has(node.operatorToken.kind);
const inner = (node: ts.Expression): ts.Expression => (ts.isParenthesizedExpression(node) ? inner(node.expression) : node);
const isTruth = (node: ts.Node) => node.kind === S.TrueKeyword || node.kind === S.FalseKeyword;
const isErrno = (node: ts.Node): boolean => ts.isPrefixUnaryExpression(node) && /^-E[A-Z0-9]+$/.test(node.getText());

/** `a < b ? a : b` and `if (a > most) most = a`: where both are equal, both ways come to the same. */
function isClamp(node: ts.BinaryExpression): boolean {
  const { parent } = node;
  const sides = [lineOf(node.left), lineOf(node.right)].sort().join(' ');
  if (parent && ts.isConditionalExpression(parent) && parent.condition === node)
    return [lineOf(parent.whenTrue), lineOf(parent.whenFalse)].sort().join(' ') === sides;
  if (!parent || !ts.isIfStatement(parent) || parent.elseStatement || !ts.isExpressionStatement(parent.thenStatement)) return false;
  const { expression } = parent.thenStatement;
  return ts.isBinaryExpression(expression) && expression.operatorToken.kind === S.EqualsToken
    && [lineOf(expression.left), lineOf(expression.right)].sort().join(' ') === sides;
}

function binaryChanges(node: ts.BinaryExpression): Change[] {
  const { kind } = node.operatorToken;
  const [left, right] = [lineOf(node.left), lineOf(node.right)];
  const change = (operator: Operator) => (token: string): Change => (
    { operator, original: lineOf(node), mutated: `${left} ${token} ${right}` });
  const one = (operator: Operator, token: string | undefined) => (token === undefined ? [] : [change(operator)(token)]);
  return [
    ...(RELATIONS.get(kind) ?? []).slice(isClamp(node) ? 1 : 0).map(change('relation')),
    ...one('arithmetic', ARITHMETIC.get(kind)), ...one('bits', BITS.get(kind)), ...one('logic', LOGIC.get(kind)),
  ];
}

/** A number beside a comparison is left alone: the comparison itself is changed. */
function constantChanges(node: ts.NumericLiteral | ts.PrefixUnaryExpression): Change[] {
  const beside = node.parent && ts.isParenthesizedExpression(node.parent) ? node.parent.parent : node.parent;
  if (isRelation(beside)) return [];
  const original = lineOf(node);
  const value = BigInt(original.replaceAll('_', ''));
  const top = value === 0xffn || value === 0xffffn || value >= 0x7fff_ffffn;
  const mutated = value < 0n ? value - 1n : value === 1n ? 0n : top ? value - 1n : value + 1n;
  return [{ operator: 'constant', original, mutated: String(mutated) }];
}

function prefixChanges(node: ts.PrefixUnaryExpression): Change[] {
  const original = lineOf(node);
  const operand = lineOf(node.operand);
  if (node.operator === S.ExclamationToken) return [{ operator: 'logic', original, mutated: `!!${operand}` }];
  if (node.operator === S.TildeToken) return [{ operator: 'bits', original, mutated: operand }];
  if (isErrno(node)) return [{ operator: 'errno', original, mutated: original === '-EPERM' ? '-22' : '-1' }];
  if (node.operator === S.MinusToken && ts.isNumericLiteral(node.operand)) return constantChanges(node);
  return [];
}

/** Changes of an expression by what it is. */
export function expressionChanges(node: ts.Node): Change[] {
  if (ts.isBinaryExpression(node)) return binaryChanges(node);
  if (ts.isPrefixUnaryExpression(node)) return prefixChanges(node);
  if (ts.isNumericLiteral(node)) return constantChanges(node);
  if (isTruth(node)) return [{ operator: 'constant', original: node.getText(), mutated: node.kind === S.TrueKeyword ? 'false' : 'true' }];
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.arguments.length === 2) {
    const name = node.expression.text;
    const other = name === 'min' ? 'max' : name === 'max' ? 'min' : '';
    const args = node.arguments.map(lineOf).join(', ');
    const types = node.typeArguments ? `<${node.typeArguments.map(lineOf).join(', ')}>` : '';
    if (other !== '') return [{ operator: 'choice', original: lineOf(node), mutated: `${other}${types}(${args})` }];
  }
  return [];
}

/** The condition of an if or a ?: may be always true or always false; that of a loop never. `while (true)` stays. */
export function conditionChanges(condition: ts.Expression, loop: boolean): Change[] {
  const bare = inner(condition);
  if (isTruth(bare)) return [];
  const original = lineOf(condition);
  const to = (mutated: string): Change => ({ operator: 'condition', original, mutated });
  return loop ? [to('false')] : [to('true'), to('false')];
}

export const NUMBERS = new Set(['u8', 'u16', 'u32', 'u64', 'i8', 'i16', 'i32', 'i64', 'usize', 'isize']);

/** What a function of that type may return in place of an expression. Constants and comparisons are changed by themselves. */
export function resultChanges(value: ts.Expression, type: string): Change[] {
  const bare = inner(value);
  const original = `return ${lineOf(value)}`;
  // Zero has names, too.
  if (original === 'return IOU_COMPLETE') return [];
  if (ts.isNumericLiteral(bare) || isTruth(bare) || isRelation(bare)) return [];
  if (type === 'bool') return ['true', 'false'].map((mutated) => ({ operator: 'result', original, mutated: `return ${mutated}` }));
  return NUMBERS.has(type) ? [{ operator: 'result', original, mutated: 'return 0' }] : [];
}

/** Statements that may be left out, and assignments that may go the other way. `mutated` is '' where nothing is left. */
export function statementChanges(node: ts.ExpressionStatement): Change[] {
  const { expression } = node;
  const original = lineOf(expression);
  const out: Change[] = [{ operator: 'statement', original, mutated: '' }];
  if (ts.isBinaryExpression(expression)) {
    const token = ASSIGNMENTS.get(expression.operatorToken.kind);
    if (token) out.push({ operator: 'assignment', original, mutated: `${lineOf(expression.left)} ${token} ${lineOf(expression.right)}` });
  }
  if (ts.isPostfixUnaryExpression(expression)) {
    const token = expression.operator === S.PlusPlusToken ? '--' : '++';
    out.push({ operator: 'assignment', original, mutated: `${lineOf(expression.operand)}${token}` });
  }
  return out;
}
