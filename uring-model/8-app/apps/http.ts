/**
 * An HTTP/1.1 file server (RFC 9110, 9112): files that follow from their size and a seed, with their SHA-256 as entity tag, and
 * uploads that are answered with theirs.
 *
 *     GET, HEAD /bytes/SIZE[?seed=N]     the file (file_bytes.ts); Range: bytes=A-B for a part of it
 *     PUT, POST /anything                reads the body, plain or chunked; answers "SHA256 SIZE"
 */
import { fileBytes } from './file_bytes.ts';
import { type Body, ChunkedBody, EmptyBody, PlainBody } from './http_body.ts';
import { latin1, parseHead, type Request, RequestError } from './http_head.ts';
import type { Service, Session } from './server.ts';
import type { Hash } from './stream_log.ts';

/** Bytes of a request's head. */
const HEAD_MAX = 16384;
/** Answers that wait to be sent, for a client that asks without reading. */
const ANSWERS_MAX = 1000;
/** Nobody wants to wait for the digest of a larger file: its tag has size and seed. */
const HASHED_MAX = 256 * 1024 ** 2;
const PIECE = 65536;
/** Bytes of a digest at once. */
const SLICE = 1024 ** 2;

export interface HttpOptions {
  readonly port: number;
  readonly hash: () => Hash;
}

/** Something to be sent: bytes, a part of a file, or a head that waits for the file's tag. */
type Answer =
  | { readonly kind: 'head'; readonly digest: FileDigest; readonly text: (tag: string) => string }
  | { readonly kind: 'text'; readonly bytes: Uint8Array; at: number }
  | { readonly kind: 'file'; readonly seed: number; at: number; readonly end: number };

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK', 206: 'Partial Content', 400: 'Bad Request', 404: 'Not Found', 405: 'Method Not Allowed', 416: 'Range Not Satisfiable',
  431: 'Request Header Fields Too Large', 501: 'Not Implemented', 505: 'HTTP Version Not Supported',
};

const USAGE = `Ringlab: an HTTP server behind zero-copy receive.

GET  /bytes/SIZE?seed=N   a file of that size; its ETag is its SHA-256
PUT  /anything            answers with the SHA-256 and the size of what came
`;

export function httpService(options: HttpOptions): Service {
  const digests = new Map<string, FileDigest>();
  const digestOf = (size: number, seed: number): FileDigest => {
    const key = `${size}-${seed}`;
    const digest = digests.get(key) ?? new FileDigest(options.hash(), size, seed);
    digests.set(key, digest);
    return digest;
  };
  return { port: options.port, open: () => new HttpSession(options.hash, digestOf) };
}

/** The digest of a file, made a slice at a time: others are not to wait for it. */
class FileDigest {
  /** The file's tag; undefined as long as it is not known. */
  tag: string | undefined;
  private readonly hash: Hash;
  private readonly size: number;
  private readonly seed: number;
  private at = 0;

  constructor(hash: Hash, size: number, seed: number) {
    this.hash = hash;
    this.size = size;
    this.seed = seed;
    if (size > HASHED_MAX) this.tag = `${size}-${seed}`;
  }

  work(): void {
    const to = Math.min(this.size, this.at + SLICE);
    const piece = new Uint8Array(Math.min(to - this.at, PIECE));
    while (this.at < to) {
      const part = piece.subarray(0, to - this.at);
      fileBytes(part, this.at, this.seed);
      this.hash.update(part);
      this.at += part.length;
    }
    if (this.at === this.size) this.tag ??= this.hash.hex();
  }
}

class HttpSession implements Session {
  readonly room = Number.POSITIVE_INFINITY;
  private readonly hash: () => Hash;
  private readonly digestOf: (size: number, seed: number) => FileDigest;
  private readonly answers: Answer[] = [];
  private head = '';
  private request: Request | undefined;
  private body: Body = new EmptyBody();
  private digest: Hash | undefined;
  /** No request comes after the present one. */
  private last = false;

  constructor(hash: () => Hash, digestOf: (size: number, seed: number) => FileDigest) {
    this.hash = hash;
    this.digestOf = digestOf;
  }

  get finished(): boolean {
    return this.last && this.answers.length === 0;
  }
  get busy(): boolean {
    return this.answers[0]?.kind === 'head';
  }

  receive(data: Uint8Array): void {
    try {
      for (let left = data; left.length > 0 && !this.last; ) left = this.request ? this.readBody(left) : this.readHead(left);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.last = true;
      this.text(error.status, `${error.message}\n`, { close: true });
    }
  }

  end(): void {
    this.last = true;
  }

  send(into: Uint8Array): number {
    let at = 0;
    while (at < into.length) {
      const a = this.answers[0];
      if (!a) break;
      if (a.kind === 'head') {
        if (a.digest.tag === undefined) a.digest.work();
        if (a.digest.tag === undefined) break;
        this.answers[0] = textAnswer(a.text(a.digest.tag));
        continue;
      }
      const end = a.kind === 'text' ? a.bytes.length : a.end;
      const part = into.subarray(at, at + Math.min(into.length - at, end - a.at));
      if (a.kind === 'text') part.set(a.bytes.subarray(a.at, a.at + part.length));
      else fileBytes(part, a.at, a.seed);
      a.at += part.length;
      at += part.length;
      if (a.at === end) this.answers.shift();
    }
    return at;
  }

  /** Takes bytes of a request's head; returns what lies behind its end. */
  private readHead(data: Uint8Array): Uint8Array {
    // Empty lines before a request are to be ignored (RFC 9112, 2.2).
    const had = this.head.length;
    this.head += latin1(data.subarray(0, HEAD_MAX + 1 - had));
    const skipped = /^[\r\n]*/.exec(this.head)?.[0].length ?? 0;
    const end = /\r?\n\r?\n/.exec(this.head.slice(skipped));
    if (!end) {
      if (this.head.length > HEAD_MAX) throw new RequestError(431, `the head of a request has more than ${HEAD_MAX} bytes`);
      return new Uint8Array(0);
    }
    const to = skipped + end.index + end[0].length;
    const text = this.head.slice(skipped, skipped + end.index);
    this.head = '';
    this.begin(parseHead(text));
    return data.subarray(to - had);
  }

  private begin(request: Request): void {
    this.request = request;
    const { headers } = request;
    const coding = headers.get('transfer-encoding');
    if (coding !== undefined && coding.toLowerCase() !== 'chunked')
      throw new RequestError(501, `the transfer coding ${coding} is not known`);
    const length = headers.get('content-length');
    if (length !== undefined && (coding !== undefined || !/^\d{1,15}$/.test(length)))
      throw new RequestError(400, 'the length of the body is not clear');
    this.body = coding ? new ChunkedBody() : length ? new PlainBody(Number(length)) : new EmptyBody();
    this.digest = request.method === 'PUT' || request.method === 'POST' ? this.hash() : undefined;
    if (!this.body.done && headers.get('expect')?.toLowerCase() === '100-continue') this.say('HTTP/1.1 100 Continue\r\n\r\n');
    if (this.body.done) this.answer(request);
  }

  private readBody(data: Uint8Array): Uint8Array {
    const left = this.body.read(data, (part) => this.digest?.update(part));
    if (this.body.done && this.request) this.answer(this.request);
    return left;
  }

  /** The request is here with its body. */
  private answer(request: Request): void {
    this.request = undefined;
    if (!request.keep || this.answers.length >= ANSWERS_MAX) this.last = true;
    const options = { close: this.last, head: request.method === 'HEAD' };
    switch (request.method) {
      case 'GET':
      case 'HEAD': return this.get(request, options);
      case 'PUT':
      case 'POST': {
        const digest = this.digest?.hex() ?? '';
        return this.text(200, `${digest} ${this.body.bytes}\n`, { ...options, tag: digest });
      }
      default: return this.text(405, `${request.method} is not allowed\n`, { ...options, more: ['Allow: GET, HEAD, PUT, POST'] });
    }
  }

  private get(request: Request, options: { close: boolean; head: boolean }): void {
    const { path, query } = request;
    if (path === '/') return this.text(200, USAGE, options);
    const size = /^\/bytes\/(\d{1,15})$/.exec(path)?.[1];
    const seed = /^\d{1,9}$/.exec(query.get('seed') ?? '1')?.[0];
    if (size === undefined || seed === undefined) return this.text(404, `there is no ${path}; GET / says what there is\n`, options);
    this.file(Number(size), Number(seed), request.headers.get('range'), options);
  }

  private file(size: number, seed: number, range: string | undefined, options: { close: boolean; head: boolean }): void {
    const asked = /^bytes=(\d{1,15})-(\d{1,15})?$/.exec(range ?? '');
    const from = asked ? Number(asked[1]) : 0;
    const end = asked?.[2] === undefined ? size : Math.min(size, Number(asked[2]) + 1);
    if (asked && (from >= size || end <= from))
      return this.text(416, 'the range lies outside of the file\n', { ...options, more: [`Content-Range: bytes */${size}`] });
    const more = ['Content-Type: application/octet-stream', 'Accept-Ranges: bytes'];
    if (asked) more.push(`Content-Range: bytes ${from}-${end - 1}/${size}`);
    const text = (tag: string) => headText(asked ? 206 : 200, end - from, { ...options, more, tag });
    this.answers.push({ kind: 'head', digest: this.digestOf(size, seed), text });
    if (!options.head && end > from) this.answers.push({ kind: 'file', seed, at: from, end });
  }

  private text(status: number, body: string, options: HeadOptions & { head?: boolean }): void {
    const head = headText(status, body.length, { ...options, more: ['Content-Type: text/plain', ...(options.more ?? [])] });
    this.say(options.head ? head : head + body);
  }

  private say(text: string): void {
    this.answers.push(textAnswer(text));
  }
}

const textAnswer = (text: string): Answer => ({ kind: 'text', bytes: Uint8Array.from(text, (c) => c.charCodeAt(0)), at: 0 });

interface HeadOptions {
  readonly close: boolean;
  readonly tag?: string;
  readonly more?: readonly string[];
}

function headText(status: number, length: number, { close, tag, more }: HeadOptions): string {
  const lines = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? ''}`, 'Server: ringlab', `Content-Length: ${length}`, ...(more ?? []),
    ...(tag === undefined ? [] : [`ETag: "${tag}"`]), ...(close ? ['Connection: close'] : []),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
