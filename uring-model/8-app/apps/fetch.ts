/** A client of the HTTP server: fetches files, proves every byte, and stores them again under the same digest. */
import type { App, Steps } from '../app.ts';
import type { UserMemory } from '../kernel.ts';
import { prepRecv, prepSend } from '../prep.ts';
import { Ring } from '../ring.ts';
import type { SocketAddress } from '../sockaddr.ts';
import { EIO, MSG_WAITALL } from '../uapi.gen.ts';
import { fileBytes } from './file_bytes.ts';
import { latin1 } from './http_head.ts';
import { closeSocket, connectTo, once } from './open.ts';
import type { OpenStream, StreamLog } from './stream_log.ts';

export interface FetchOptions {
  readonly to: SocketAddress;
  /** Files, one after the other, each on a connection of its own. */
  readonly files: number;
  readonly bytes: number;
  readonly chunk: number;
  readonly log: StreamLog;
}

/** Returns how many files came and went unchanged. */
export function fetchFiles(options: FetchOptions): App {
  return function* (memory: UserMemory): Steps<number> {
    const ring = yield* Ring.create(memory, { entries: 16 });
    const buffer = memory.alloc(options.chunk);
    let whole = 0;
    for (let seed = 1; seed <= options.files; seed++) {
      const fd = yield* connectTo(ring, options.to);
      const log = options.log.open(fd);
      const same = yield* new Exchange(memory, ring, fd, buffer, options, log).run(seed);
      log.end(same ? 0 : -EIO);
      yield* closeSocket(ring, fd);
      if (same) whole++;
    }
    return whole;
  };
}

class Exchange {
  private readonly memory: UserMemory;
  private readonly ring: Ring;
  private readonly fd: number;
  private readonly buffer: number;
  private readonly options: FetchOptions;
  private readonly log: OpenStream;

  constructor(memory: UserMemory, ring: Ring, fd: number, buffer: number, options: FetchOptions, log: OpenStream) {
    this.memory = memory;
    this.ring = ring;
    this.fd = fd;
    this.buffer = buffer;
    this.options = options;
    this.log = log;
  }

  *run(seed: number): Steps<boolean> {
    const { bytes } = this.options;
    yield* this.say(`GET /bytes/${bytes}?seed=${seed} HTTP/1.1\r\nHost: server\r\n\r\n`);
    let at = 0;
    let same = true;
    const head = yield* this.answer(bytes, (part) => {
      const expected = new Uint8Array(part.length);
      fileBytes(expected, at, seed);
      at += part.length;
      same &&= expected.every((byte, i) => byte === part[i]);
    });
    const tag = /^etag: "(\w+)"/im.exec(head)?.[1];
    yield* this.say(`PUT /copy HTTP/1.1\r\nHost: server\r\nContent-Length: ${bytes}\r\nConnection: close\r\n\r\n`);
    yield* this.file(seed);
    let reply = '';
    yield* this.answer(undefined, (part) => {
      reply += latin1(part);
    });
    return same && at === bytes && tag !== undefined && reply === `${tag} ${bytes}\n`;
  }

  private *say(text: string): Steps<void> {
    this.memory.bytes(this.buffer, text.length).set(Uint8Array.from(text, (c) => c.charCodeAt(0)));
    yield* this.send(text.length);
  }

  private *file(seed: number): Steps<void> {
    for (let at = 0; at < this.options.bytes; at += this.options.chunk) {
      const len = Math.min(this.options.chunk, this.options.bytes - at);
      fileBytes(this.memory.bytes(this.buffer, len), at, seed);
      yield* this.send(len);
    }
  }

  private *send(len: number): Steps<void> {
    const sent = yield* once(this.ring, 'send', (sqe) => prepSend(sqe, this.fd, this.buffer, len, MSG_WAITALL));
    this.log.sent(this.memory.bytes(this.buffer, sent));
  }

  /** Reads an answer; `length` is what its body must have, where that is known. Returns its head. */
  private *answer(length: number | undefined, content: (part: Uint8Array) => void): Steps<string> {
    let head = '';
    let left = Number.POSITIVE_INFINITY;
    while (left > 0) {
      const got = yield* once(this.ring, 'recv', (sqe) => prepRecv(sqe, this.fd, this.buffer, this.options.chunk, 0));
      if (got === 0) break;
      let data = this.memory.bytes(this.buffer, got);
      this.log.received(data);
      if (!head.endsWith('\r\n\r\n')) {
        const before = head.length;
        const text = head + latin1(data);
        const end = text.indexOf('\r\n\r\n');
        head = end < 0 ? text : text.slice(0, end + 4);
        if (end < 0) continue;
        data = data.subarray(head.length - before);
        left = length ?? Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      }
      content(data);
      left -= data.length;
    }
    return head;
  }
}
