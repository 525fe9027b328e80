/** The services that every host once had: echo (RFC 862), discard (RFC 863), and a source of bytes in the place of chargen (RFC 864). */
import { fileBytes } from './file_bytes.ts';
import type { Service, Session } from './server.ts';

/** What an echo keeps before it takes more. */
const ECHO_BYTES = 65536;

class Echo implements Session {
  private readonly kept = new Uint8Array(ECHO_BYTES);
  private from = 0;
  private to = 0;
  readonly finished = false;
  readonly busy = false;

  get room(): number {
    return this.from === this.to ? ECHO_BYTES : 0;
  }
  receive(data: Uint8Array): void {
    // A receive begins when nothing is kept, and brings no more than there was room for then: what it brings fits.
    if (this.from === this.to) {
      this.from = 0;
      this.to = 0;
    }
    this.kept.set(data, this.to);
    this.to += data.length;
  }
  end(): void {}
  send(into: Uint8Array): number {
    const part = this.kept.subarray(this.from, Math.min(this.to, this.from + into.length));
    into.set(part);
    this.from += part.length;
    return part.length;
  }
}

class Discard implements Session {
  readonly finished = false;
  readonly busy = false;
  readonly room = Number.POSITIVE_INFINITY;
  receive(): void {}
  end(): void {}
  send(): number {
    return 0;
  }
}

/** Sends the endless file of a seed until the peer goes away. */
class Source implements Session {
  private at = 0;
  private readonly seed: number;
  readonly finished = false;
  readonly busy = false;
  readonly room = Number.POSITIVE_INFINITY;

  constructor(seed: number) {
    this.seed = seed;
  }
  receive(): void {}
  end(): void {}
  send(into: Uint8Array): number {
    fileBytes(into, this.at, this.seed);
    this.at += into.length;
    return into.length;
  }
}

export const echoService = (port: number): Service => ({ port, open: () => new Echo() });
export const discardService = (port: number): Service => ({ port, open: () => new Discard() });
export const sourceService = (port: number, seed: number): Service => ({ port, open: () => new Source(seed) });
