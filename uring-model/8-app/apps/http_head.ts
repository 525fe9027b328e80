/** The head of a request (RFC 9112, 2 to 5). */

/** The request cannot be answered as asked; the connection ends with this status. */
export class RequestError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  /** By name in lower case; of those that come twice, both, with a comma between. */
  readonly headers: ReadonlyMap<string, string>;
  /** The connection stays open afterwards. */
  readonly keep: boolean;
}

/** Bytes as characters of the same numbers. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export function parseHead(text: string): Request {
  const [first = '', ...lines] = text.split(/\r?\n/);
  const [, method = '', target = '', major = '', minor = ''] = /^(\S+) (\S+) HTTP\/(\d)\.(\d)$/.exec(first) ?? [];
  if (!TOKEN.test(method)) throw new RequestError(400, 'the request line cannot be read');
  if (major !== '1') throw new RequestError(505, `HTTP/${major}.${minor} is not spoken here`);
  const headers = headersOf(lines);
  if (minor !== '0' && !headers.has('host')) throw new RequestError(400, 'the request names no host');
  const options = (headers.get('connection') ?? '').toLowerCase().split(/\s*,\s*/);
  const keep = minor === '0' ? options.includes('keep-alive') : !options.includes('close');
  const [path = '', query = ''] = target.replace(/^http:\/\/[^/]*/i, '').split('?', 2);
  const pairs = query.split('&').filter(Boolean).map((pair) => pair.split('=', 2));
  return { method, path: path === '' ? '/' : path, query: new Map(pairs.map(([k = '', v = '']) => [k, v])), headers, keep };
}

function headersOf(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf(':');
    const name = line.slice(0, Math.max(at, 0)).toLowerCase();
    if (!TOKEN.test(name)) throw new RequestError(400, 'a header cannot be read');
    const value = line.slice(at + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}
