/** The body of a message: as long as its head says, or in chunks (RFC 9112, 6 and 7). */
import { latin1, RequestError } from './http_head.ts';

export interface Body {
  readonly done: boolean;
  /** Bytes of content so far. */
  readonly bytes: number;
  /** Takes what belongs to it, hands content on, and returns what lies behind its end. */
  read(data: Uint8Array, content: (part: Uint8Array) => void): Uint8Array;
}

export class EmptyBody implements Body {
  readonly done = true;
  readonly bytes = 0;
  read(data: Uint8Array): Uint8Array {
    return data;
  }
}

export class PlainBody implements Body {
  bytes = 0;
  private readonly length: number;

  constructor(length: number) {
    this.length = length;
  }
  get done(): boolean {
    return this.bytes === this.length;
  }
  read(data: Uint8Array, content: (part: Uint8Array) => void): Uint8Array {
    const part = data.subarray(0, this.length - this.bytes);
    this.bytes += part.length;
    content(part);
    return data.subarray(part.length);
  }
}

/** Longest line of a chunk's size, or of a trailer. */
const LINE_MAX = 1024;
const LF = 10;

export class ChunkedBody implements Body {
  done = false;
  bytes = 0;
  private line = '';
  /** Content that the present chunk still has. */
  private left = 0;
  private state: 'size' | 'content' | 'end' | 'trailers' = 'size';

  read(data: Uint8Array, content: (part: Uint8Array) => void): Uint8Array {
    let rest = data;
    while (rest.length > 0 && !this.done) {
      if (this.state === 'content') {
        const part = rest.subarray(0, this.left);
        content(part);
        this.bytes += part.length;
        this.left -= part.length;
        rest = rest.subarray(part.length);
        if (this.left === 0) this.state = 'end';
      } else rest = this.readLine(rest);
    }
    return rest;
  }

  private readLine(data: Uint8Array): Uint8Array {
    const at = data.indexOf(LF);
    this.line += latin1(data.subarray(0, at < 0 ? Math.min(data.length, LINE_MAX + 1) : at));
    if (this.line.length > LINE_MAX) throw new RequestError(400, 'a line of a chunked body is too long');
    if (at < 0) return new Uint8Array(0);
    const line = this.line.replace(/\r$/, '');
    this.line = '';
    if (this.state === 'size') this.size(line);
    else if (this.state === 'trailers') this.done = line === '';
    else if (line !== '') throw new RequestError(400, 'a chunk is longer than it says');
    else this.state = 'size';
    return data.subarray(at + 1);
  }

  private size(line: string): void {
    const digits = /^([0-9a-fA-F]{1,12})\s*(?:;.*)?$/.exec(line)?.[1];
    if (digits === undefined) throw new RequestError(400, 'the size of a chunk cannot be read');
    this.left = Number.parseInt(digits, 16);
    this.state = this.left === 0 ? 'trailers' : 'content';
  }
}
