/** Arguments and results of system calls. */
import type { Expression, StructType } from './ast.ts';
import type { TokenStream } from './token_stream.ts';

export function parseExpression(t: TokenStream): Expression {
  let left = parseTerm(t);
  while (t.skipChar('|')) left = { kind: 'or', left, right: parseTerm(t) };
  return left;
}

export function parseList(t: TokenStream, close: string): Expression[] {
  const items: Expression[] = [];
  if (t.skipChar(close)) return items;
  do items.push(parseExpression(t));
  while (t.skipChar(','));
  t.char(close);
  return items;
}

function parseTerm(t: TokenStream): Expression {
  if (t.is('ellipsis')) {
    t.take();
    return { kind: 'ellipsis' };
  }
  if (t.is('integer') || t.is('hex')) {
    const value = Number(t.take().text);
    // An epoll or netlink table writes 3 = 4.
    if (t.skipChar('=')) return { kind: 'assign', name: String(value), value: parseExpression(t) };
    return { kind: 'integer', value };
  }
  if (t.is('string')) return parseString(t);
  if (t.skipChar('[')) return { kind: 'list', items: parseList(t, ']') };
  if (t.isChar('{')) return parseBraces(t);
  if (t.is('word')) return parseWord(t);
  return t.wrong('an expression');
}

function parseWord(t: TokenStream): Expression {
  const name = t.take().text;
  if ((name === 'inet_addr' || name === 'inet6_addr' || name === 'htons') && t.isChar('(')) {
    t.take();
    const argument = parseExpression(t);
    t.char(')');
    return { kind: 'struct', type: 'sockaddr', fields: { [name]: argument } };
  }
  if (t.skipChar('=')) return { kind: 'assign', name, value: parseExpression(t) };
  return { kind: 'word', name };
}

/** Strings side by side are one; `"…"...` stands for a longer one. */
function parseString(t: TokenStream): Expression {
  let text = '';
  while (t.is('string')) text += t.take().text;
  if (t.is('ellipsis')) t.take();
  return { kind: 'string', text };
}

const STRUCTS: Readonly<Record<string, StructType>> = {
  sa_family: 'sockaddr', msg_name: 'msghdr', onoff: 'linger', cmsg_level: 'cmsg', ee_errno: 'extended_err', scm_sec: 'timestamping',
  fd: 'pollfd', events: 'epoll_event',
};

function parseBraces(t: TokenStream): Expression {
  t.char('{');
  if (t.is('ellipsis')) {
    t.take();
    t.char(',');
    const length = t.integer('a length');
    t.char('}');
    return { kind: 'iovec', length };
  }
  const type = t.is('word') ? STRUCTS[t.peek().text] : undefined;
  if (type === undefined) return { kind: 'list', items: parseList(t, '}') };
  return { kind: 'struct', type, fields: parseFields(t) };
}

/** `name=value, …}`; a name may be followed by a length in parentheses, as in msg_iov(2). */
function parseFields(t: TokenStream): Record<string, Expression> {
  const fields: Record<string, Expression> = {};
  do {
    const name = t.word();
    if (t.skipChar('(')) {
      fields[`${name}_len`] = parseExpression(t);
      t.char(')');
    }
    t.char('=');
    fields[name] = parseExpression(t);
  } while (t.skipChar(','));
  t.char('}');
  return fields;
}
