/** The HTTP server's side of a conversation, without a network: whatever the pieces are in which bytes come and go. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fileBytes, httpService, type Session } from '../../../uring-model/8-app/index.ts';

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');
const hash = () => {
  const sha = createHash('sha256');
  return { update: (data: Uint8Array) => sha.update(data), hex: () => sha.digest('hex') };
};
const open = () => httpService({ port: 8080, hash }).open();
const bytesOf = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
function file(size: number, seed: number, offset = 0): Uint8Array {
  const out = new Uint8Array(size);
  fileBytes(out, offset, seed);
  return out;
}

/** Everything that a session has to say, taken in buffers of a size. */
function answerOf(session: Session, buffer = 1000): Uint8Array {
  const out: Uint8Array[] = [];
  for (;;) {
    const into = new Uint8Array(buffer);
    const len = session.send(into);
    if (len === 0 && !session.busy) break;
    out.push(into.slice(0, len));
  }
  return Buffer.concat(out);
}

/** Answers to a request, head and body; the request comes in pieces of a size. */
function ask(request: string | Uint8Array, piece = Number.POSITIVE_INFINITY) {
  const session = open();
  const data = typeof request === 'string' ? bytesOf(request) : request;
  for (let at = 0; at < data.length; at += piece) session.receive(data.subarray(at, at + piece));
  const all = answerOf(session);
  const text = Buffer.from(all).toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const [status = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => [line.split(': ')[0]?.toLowerCase(), line.split(': ')[1]]));
  return { status, headers, body: all.subarray(end + 4), text, session };
}

describe('files', () => {
  test('any part of a file is that part of the whole', () => {
    const whole = file(5000, 7);
    fc.assert(fc.property(fc.nat(4999), fc.nat(300), (offset, size) => {
      const part = file(Math.min(size, 5000 - offset), 7, offset);
      expect(Buffer.from(part).equals(whole.subarray(offset, offset + part.length))).toBe(true);
    }));
  });
  test('a place beyond 16 GiB has bytes of its own', () => {
    expect(file(64, 1, 2 ** 34)).not.toEqual(file(64, 1, 0));
    expect(file(60, 1, 2 ** 34 + 4)).toEqual(file(64, 1, 2 ** 34).subarray(4));
  });
  test('memory that is not aligned gets the same bytes', () => {
    const room = new Uint8Array(104);
    fileBytes(room.subarray(3, 103), 0, 9);
    expect(room.slice(3, 103)).toEqual(file(100, 9));
  });
});

describe('answers', () => {
  test('GET brings the file with its digest as tag', () => {
    const { status, headers, body } = ask('GET /bytes/3000000?seed=5 HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(status).toBe('HTTP/1.1 200 OK');
    expect(headers['content-length']).toBe('3000000');
    expect(Buffer.from(body).equals(file(3_000_000, 5))).toBe(true);
    expect(headers.etag).toBe(`"${sha256(body)}"`);
  });
  test('HEAD brings the same head and no body', () => {
    const { headers, body } = ask('HEAD /bytes/1000 HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(headers).toMatchObject({ 'content-length': '1000', etag: `"${sha256(file(1000, 1))}"` });
    expect(body).toHaveLength(0);
  });
  test('a range is a part of the file', () => {
    const { status, headers, body } = ask('GET /bytes/1000 HTTP/1.1\r\nHost: x\r\nRange: bytes=101-200\r\n\r\n');
    expect(status).toBe('HTTP/1.1 206 Partial Content');
    expect(headers['content-range']).toBe('bytes 101-200/1000');
    expect(Uint8Array.from(body)).toEqual(file(100, 1, 101));
    expect(ask('GET /bytes/1000 HTTP/1.1\r\nHost: x\r\nRange: bytes=1000-\r\n\r\n').status).toMatch(/416/);
  });
  test('PUT and POST bring the digest of what came, also in chunks, whatever the pieces', () => {
    const data = file(2000, 3);
    const plain = Buffer.concat([bytesOf('PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n'), data]);
    const chunked = Buffer.concat([
      bytesOf('POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5dC;a=b\r\n'), data.subarray(0, 1500),
      bytesOf('\r\n1F4\r\n'), data.subarray(1500), bytesOf('\r\n0\r\nTrailer: t\r\n\r\n'),
    ]);
    for (const piece of [1, 2, 3, 7, 50, 1448, 1e9]) {
      for (const request of [plain, chunked]) {
        expect(Buffer.from(ask(request, piece).body).toString()).toBe(`${sha256(data)} 2000\n`);
      }
    }
  });
  test('who expects to be told to continue is told', () => {
    const { text } = ask('PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n');
    expect(text).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  });
  test('requests that follow each other are answered in order', () => {
    const gets = [30, 20, 10].map((n) => `GET /bytes/${n} HTTP/1.1\r\nHost: x\r\n\r\n`).join('');
    for (const piece of [1, 13, 1e9]) {
      const { text, session } = ask(gets, piece);
      expect([...text.matchAll(/Content-Length: (\d+)/g)].map((m) => m[1])).toEqual(['30', '20', '10']);
      expect(session.finished).toBe(false);
    }
  });
  test('Connection: close and HTTP/1.0 end the conversation, and what comes behind is not read', () => {
    for (const first of ['GET /bytes/5 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 'GET /bytes/5 HTTP/1.0\r\n\r\n']) {
      const { text, session } = ask(`${first}GET /bytes/6 HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect(text.match(/HTTP\/1.1 200/g)).toHaveLength(1);
      expect(session.finished).toBe(true);
    }
  });
});

describe('requests that cannot be answered', () => {
  test.each<[string, string, string]>([
    ['nothing there', 'GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n', '404'],
    ['a size that is none', 'GET /bytes/x HTTP/1.1\r\nHost: x\r\n\r\n', '404'],
    ['a method of others', 'DELETE /bytes/1 HTTP/1.1\r\nHost: x\r\n\r\n', '405'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', '400'],
    ['no request', 'hello\r\n\r\n', '400'],
    ['another protocol', 'PRI * HTTP/2.0\r\n\r\n', '505'],
    ['a header without a name', 'GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n', '400'],
    ['two lengths', 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', '400'],
    ['a length and chunks', 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', '400'],
    ['another coding', 'PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n', '501'],
    ['a chunk without a size', 'PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', '400'],
    ['a head without end', `GET / HTTP/1.1\r\nHost: ${'x'.repeat(20_000)}`, '431'],
  ])('%s', (_, request, status) => {
    for (const piece of [1, 17, 1e9]) expect(ask(request, piece).status).toContain(`HTTP/1.1 ${status} `);
  });
  test('after a request that cannot be read the conversation ends', () => {
    const { session, headers } = ask('hello\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(session.finished).toBe(true);
    expect(headers.connection).toBe('close');
  });
});
