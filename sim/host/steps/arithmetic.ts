/** Whole numbers of a scenario's `${…}`: + - * / %, parentheses, and the names that are bound where it stands. */
export class ArithmeticError extends Error {}

const TOKEN = /\s*(?:(\d+)|([A-Za-z_]\w*(?:\.\w+)*)|([-+*/%()]))/y;

export function evaluate(text: string, lookup: (name: string) => number): number {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const m = TOKEN.exec(text);
    if (!m) throw new ArithmeticError(`cannot read '${text.slice(at).trim()}'`);
    tokens.push(m[1] ?? m[2] ?? m[3] ?? '');
  }
  let at = 0;
  const factor = (): number => {
    const token = tokens[at++];
    if (token === undefined) throw new ArithmeticError('expected a number; found the end');
    if (/^\d/.test(token)) return Number(token);
    if (/^[A-Za-z_]/.test(token)) return lookup(token);
    if (token === '-') return -factor();
    if (token !== '(') throw new ArithmeticError(`expected a number; found '${token}'`);
    const inner = sum();
    if (tokens[at++] !== ')') throw new ArithmeticError("expected ')'");
    return inner;
  };
  const product = (): number => {
    let left = factor();
    for (let op = tokens[at]; op === '*' || op === '/' || op === '%'; op = tokens[at]) {
      at++;
      const right = factor();
      if (op !== '*' && right === 0) throw new ArithmeticError('division by zero');
      left = op === '*' ? left * right : op === '/' ? Math.trunc(left / right) : left % right;
    }
    return left;
  };
  const sum = (): number => {
    let left = product();
    for (let op = tokens[at]; op === '+' || op === '-'; op = tokens[at]) {
      at++;
      const right = product();
      left = op === '+' ? left + right : left - right;
    }
    return left;
  };
  const value = sum();
  if (at < tokens.length) throw new ArithmeticError(`expected the end; found '${tokens[at]}'`);
  return value;
}
